"""Rubrics, seats, ballots, and what was decided with them."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext

from challenges.models import Challenge, person_partner_ids
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.people.models import Organisation, Person
from teams.models import Team

if TYPE_CHECKING:
    from typing import Self


class Rubric(models.Model):
    """One version of a set of criteria. Sealed by the first score.

    Line 0 is the edition's own rubric; further lines are for a challenge or for a round, and each counts its versions.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="rubrics")
    line = models.PositiveSmallIntegerField(default=0, help_text="0: the edition's own rubric")
    version = models.PositiveSmallIntegerField(default=1)
    name = models.JSONField(default=dict, blank=True, help_text="language: text; empty: the edition's own rubric")
    challenge = models.ForeignKey(Challenge, null=True, blank=True, on_delete=models.SET_NULL, related_name="rubrics")
    made_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="why there is a version after the first")
    sealed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["edition", "line", "version"]
        constraints = [models.UniqueConstraint(fields=["edition", "line", "version"], name="one_rubric_per_version")]

    def __str__(self) -> str:
        return f"rubric {self.version} of {self.edition}"


class Criterion(models.Model):
    """One scored dimension: weight, scale and what each level means."""

    rubric = models.ForeignKey(Rubric, on_delete=models.CASCADE, related_name="criteria")
    key = models.SlugField(max_length=40)
    position = models.PositiveSmallIntegerField(default=0)
    label = models.JSONField(help_text="language: text")
    question = models.JSONField(default=dict, blank=True, help_text="language: text")
    weight = models.DecimalField(max_digits=6, decimal_places=2)
    lowest = models.DecimalField(max_digits=6, decimal_places=2, default=Decimal(0))
    highest = models.DecimalField(max_digits=6, decimal_places=2, default=Decimal(5))
    step = models.DecimalField(max_digits=6, decimal_places=2, default=Decimal(1))
    is_required = models.BooleanField(default=True)
    levels = models.JSONField(default=list, blank=True, help_text="[{value, label: {lang}, text: {lang}}]")
    continues = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="continued_by",
        help_text="the criterion of an earlier version whose scores go on here",
    )

    class Meta:
        ordering = ["rubric", "position", "pk"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["rubric", "key"], name="one_criterion_per_key"),
            models.CheckConstraint(condition=Q(weight__gte=0), name="weights_are_not_negative"),
            models.CheckConstraint(condition=Q(highest__gt=F("lowest")), name="a_scale_has_two_ends"),
            models.CheckConstraint(condition=Q(step__gt=0), name="a_step_goes_up"),
        ]

    def __str__(self) -> str:
        return self.key


class Round(models.Model):
    """One pass of judging. Closes when the results are signed off. A final is a round of the teams that advanced to it."""

    class FinalBy(models.TextChoices):
        OVERALL = "overall", "of all teams"
        ROOM = "room", "of each room"
        CHALLENGE = "challenge", "of each challenge"

    class FinalTies(models.TextChoices):
        ALL = "all", "all tied go on"
        CHAIN = "chain", "the tie-break chain decides"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="rounds")
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveSmallIntegerField(default=1)
    closed_at = models.DateTimeField(null=True, blank=True)
    per_team = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="ballots for each team; empty: every juror scores every team"
    )
    walks = models.BooleanField(default=False, help_text="jurors walk from stand to stand and ask for their next team")
    school_share = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="percent of a team from the juror's own school that bars the juror; empty: no rule"
    )
    on_stage = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    staged_at = models.DateTimeField(null=True, blank=True)
    is_final = models.BooleanField(default=False, help_text="only teams that advanced are in it")
    final_by = models.CharField(
        max_length=9,
        choices=FinalBy.choices,
        blank=True,
        help_text="how teams are counted that go on to a final; empty: no final",
    )
    final_count = models.PositiveSmallIntegerField(null=True, blank=True, help_text="teams that go on")
    final_ties = models.CharField(max_length=5, choices=FinalTies.choices, default=FinalTies.ALL)

    class Meta:
        ordering = ["edition", "number"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "number"], name="one_round_per_number"),
            models.CheckConstraint(condition=Q(per_team__gte=1), name="a_team_gets_at_least_one_ballot"),
            models.CheckConstraint(condition=Q(walks=False) | Q(per_team__isnull=False), name="who_walks_knows_how_many_ballots"),
            models.CheckConstraint(
                condition=Q(final_by="", final_count__isnull=True) | Q(final_by__gt="", final_count__gte=1),
                name="a_final_knows_how_many_go_on",
            ),
        ]

    def __str__(self) -> str:
        return f"round {self.number} of {self.edition}"

    def teams(self) -> "models.QuerySet[Team]":
        """The teams of the round, withdrawn ones too: all of the edition, in a final those that advanced."""
        teams = Team.objects.filter(edition=self.edition_id)
        return teams.filter(advances__round=self.pk) if self.is_final else teams

    def phase(self, now: datetime) -> Phase:
        return self.edition.phase(now)

    def roles_of(self, person: Person | None) -> frozenset[str]:
        return self.edition.roles_of(person)


class Room(models.Model):
    """One of several rooms in which teams of a round pitch at the same time, each to its own jurors."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="rooms")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60, blank=True, help_text="empty: its number")
    on_stage = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    staged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["round", "number"]
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="one_room_per_number")]

    def __str__(self) -> str:
        return self.name or gettext("Room %(n)s") % {"n": self.number}


class Placing(models.Model):
    """The room in which a team pitches."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="placings")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="placings")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "team"], name="one_room_per_team_and_round")]

    def __str__(self) -> str:
        return f"{self.team} in {self.room}"


class Advance(models.Model):
    """A team that goes on to a final."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="advances")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="advances")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "team"], name="each_team_advances_once")]

    def __str__(self) -> str:
        return f"{self.team} in {self.round}"


class Seat(models.Model):
    """A juror's place in a round, under a code that stands for the name in public records.

    Who stands down keeps the seat, so that the record says whose scores count and whose do not.
    """

    class ScoresThen(models.TextChoices):
        KEPT = "kept", "complete ballots count"
        VOID = "void", "no ballot counts"

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="seats")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="seats")
    code = models.CharField(max_length=12)
    number = models.PositiveSmallIntegerField()
    room = models.ForeignKey(
        Room, null=True, blank=True, on_delete=models.SET_NULL, related_name="seats", help_text="empty: every room"
    )
    charter_at = models.DateTimeField(null=True, blank=True, help_text="charter accepted, conflicts declared")
    stood_down_at = models.DateTimeField(null=True, blank=True)
    scores_then = models.CharField(max_length=4, choices=ScoresThen.choices, blank=True)
    stood_down_reason = models.CharField(max_length=200, blank=True)
    unsent = models.PositiveSmallIntegerField(default=0, help_text="scores that the juror's device said it still holds")
    unsent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["round", "number"]
        constraints = [
            models.UniqueConstraint(fields=["round", "person"], name="one_seat_per_juror_and_round"),
            models.UniqueConstraint(fields=["round", "code"], name="one_code_per_seat"),
            models.CheckConstraint(
                condition=Q(stood_down_at__isnull=True, scores_then="") | Q(stood_down_at__isnull=False, scores_then__gt=""),
                name="who_stands_down_says_what_becomes_of_the_scores",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.person}"

    @property
    def edition(self) -> Edition:
        return self.round.edition

    def phase(self, now: datetime) -> Phase:
        return self.edition.phase(now)

    def roles_of(self, person: Person | None) -> frozenset[str]:
        roles = self.edition.roles_of(person)
        if person is not None and "juror" in roles and self.person_id == person.pk and self.stood_down_at is None:
            roles |= {"own:juror"}
        return roles


class Tie(models.Model):
    """A juror is close to a participant (coached, taught, related): that participant's team is not theirs to score."""

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="ties")
    about = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seat", "about"], name="each_tie_once")]

    def __str__(self) -> str:
        return f"{self.seat.code} and a participant"


class BallotQuerySet(models.QuerySet["Ballot"]):
    def counting(self) -> "Self":
        """Ballots that count or still may: nothing bars them and nobody took them out. The one place that says so."""
        return self.filter(barred_reason="", void=None)

    def complete(self) -> "Self":
        """Ballots that count now."""
        return self.counting().filter(completed_at__isnull=False)

    def missing(self) -> "Self":
        """Ballots that are still to be completed, on teams that have not withdrawn."""
        return self.counting().filter(completed_at=None, team__withdrawn_at=None)

    def visible_to(self, person: Person | None) -> "Self":
        """A juror's own ballots that count or still may. Nobody else reads a ballot through this door."""
        if person is None or not person.is_authenticated:
            return self.none()
        return self.counting().filter(seat__person=person, seat__stood_down_at=None)


class Ballot(models.Model):
    """All scores of one seat for one team: created by the assignment, complete when every required criterion is scored.

    A conflict of interest keeps the row and bars it, so that the record shows why it is empty.
    """

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="ballots")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="ballots")
    position = models.PositiveSmallIntegerField(default=0)
    barred_reason = models.CharField(max_length=200, blank=True)
    comment = models.TextField(blank=True, max_length=2000, help_text="for the jury")
    comment_version = models.PositiveIntegerField(default=0)
    feedback = models.TextField(blank=True, max_length=2000, help_text="for the team")
    feedback_version = models.PositiveIntegerField(default=0)
    scored = models.PositiveSmallIntegerField(default=0, help_text="required criteria scored")
    completed_at = models.DateTimeField(null=True, blank=True)
    touched_at = models.DateTimeField(null=True, blank=True)

    objects = BallotQuerySet.as_manager()

    class Meta:
        ordering = ["seat", "position"]
        constraints = [models.UniqueConstraint(fields=["seat", "team"], name="one_ballot_per_seat_and_team")]

    def __str__(self) -> str:
        return f"{self.seat.code} on {self.team}"

    @property
    def taken_out(self) -> "Void | None":
        """By whom and why it was taken out of the count; read it with `select_related("void")`."""
        return getattr(self, "void", None)

    @property
    def counts(self) -> bool:
        """One row of `counting`."""
        return not self.barred_reason and self.taken_out is None

    @property
    def edition(self) -> Edition:
        return self.team.edition

    def phase(self, now: datetime) -> Phase:
        return self.edition.phase(now)

    def roles_of(self, person: Person | None) -> frozenset[str]:
        roles = self.edition.roles_of(person)
        is_own = person is not None and self.seat.person_id == person.pk and self.seat.stood_down_at is None
        if is_own and "juror" in roles and not self.barred_reason:
            roles |= {"own:juror"}
        return roles


class Score(models.Model):
    """The current value of one criterion on one ballot, with the version a change must be based on."""

    ballot = models.ForeignKey(Ballot, on_delete=models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    value = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True, help_text="empty: not scored")
    version = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ballot", "criterion"], name="one_score_per_ballot_and_criterion")]

    def __str__(self) -> str:
        return f"{self.criterion} {self.value}"


class ScoreRevision(models.Model):
    """Every score that ever arrived, in order. Append only: the proof that nothing acknowledged was lost."""

    client_id = models.UUIDField(unique=True)
    ballot = models.ForeignKey(Ballot, on_delete=models.CASCADE, related_name="revisions")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    value = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    base_version = models.PositiveIntegerField()
    version = models.PositiveIntegerField(help_text="version it made; 0 when it came after the round was closed")
    is_late = models.BooleanField(default=False)
    device_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.criterion} {self.value} at {self.received_at:%H:%M:%S}"


class HelpCall(models.Model):
    """A juror who needs somebody. At most one is open for a seat; who claimed it is the one who comes."""

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="calls")
    called_at = models.DateTimeField()
    claimed_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    claimed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["called_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["seat"], condition=Q(closed_at__isnull=True), name="one_open_call_per_seat")
        ]

    def __str__(self) -> str:
        return f"{self.seat.code} at {self.called_at:%H:%M}"

    @property
    def edition(self) -> Edition:
        return self.seat.edition

    def phase(self, now: datetime) -> Phase:
        return self.edition.phase(now)

    def roles_of(self, person: Person | None) -> frozenset[str]:
        return self.seat.roles_of(person)


class Category(models.Model):
    """Teams that are ranked apart, for instance by level of school."""

    class Of(models.TextChoices):
        SCHOOL = "school", "school"
        HIGHER_EDUCATION = "higher_education", "higher education"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="categories")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.JSONField(help_text="language: text")
    of = models.CharField(
        max_length=16, choices=Of.choices, blank=True, help_text="where its teams come from; empty: organisers say which"
    )

    class Meta:
        ordering = ["edition", "position", "pk"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(fields=["edition", "of"], condition=~Q(of=""), name="one_category_per_level_and_edition")
        ]

    def __str__(self) -> str:
        return str(self.name)


class Categorised(models.Model):
    """An organiser said in which category a team is, whatever follows from its members."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="+")
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="empty: in none"
    )

    def __str__(self) -> str:
        return f"{self.team}"


class Prize(models.Model):
    """What can be won, who gives it, who decides about it and among which teams.

    By jury: the order of the last round, the final where there is one, or of the round it names; of all teams or those on one
    challenge. By partner: the sponsor chooses among
    the teams on its challenges. By audience: the most votes. Who wins by the order is read from the signed results; a choice
    is kept here, and votes in a table of their own.
    """

    class DecidedBy(models.TextChoices):
        JURY = "jury", "jury"
        PARTNER = "partner", "partner"
        AUDIENCE = "audience", "audience"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="prizes")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.JSONField(help_text="language: text")
    citation = models.JSONField(default=dict, blank=True, help_text="language: text")
    amount = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="EUR")
    sponsor = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField(default=1, help_text="rank that wins it")
    decided_by = models.CharField(max_length=8, choices=DecidedBy.choices, default=DecidedBy.JURY)
    challenge = models.ForeignKey(
        Challenge, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="only its teams; empty: any team"
    )
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="only its teams; empty: any team"
    )
    round = models.ForeignKey(
        Round,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="its order decides; empty: the last one",
    )
    choose_until = models.DateTimeField(null=True, blank=True, help_text="empty: until the results are revealed")
    chosen = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField(null=True, blank=True)
    voting_opened_at = models.DateTimeField(null=True, blank=True)
    voting_closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["edition", "position"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(decided_by="partner") | Q(sponsor__isnull=False), name="a_partner_that_chooses_is_named"
            ),
            models.CheckConstraint(condition=Q(chosen=None) | Q(decided_by="partner"), name="only_a_partner_chooses"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="a_prize_has_a_rank"),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def is_overall(self) -> bool:
        """Whether it goes to a rank of the whole order, so that it is shown with that rank."""
        everybody = self.challenge_id is None and self.category_id is None
        return self.decided_by == self.DecidedBy.JURY and everybody and self.round_id is None

    @property
    def is_voting(self) -> bool:
        return self.voting_opened_at is not None and self.voting_closed_at is None

    def phase(self, now: datetime) -> Phase:
        return self.edition.phase(now)

    def roles_of(self, person: Person | None) -> frozenset[str]:
        roles = self.edition.roles_of(person)
        if "partner" in roles and person is not None and self.sponsor_id in person_partner_ids(person, self.edition_id):
            roles |= {"own:partner"}
        return roles


class Vote(models.Model):
    """One person's vote for a team about a prize of the audience. Given once, never changed."""

    prize = models.ForeignKey(Prize, on_delete=models.PROTECT, related_name="votes")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prize", "person"], name="one_vote_per_person_and_prize")]

    def __str__(self) -> str:
        return f"a vote at {self.at:%H:%M}"


class SignOff(models.Model):
    """The results as signed: recomputed from ballots at that moment, sealed by a hash of their inputs."""

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="sign_off")
    signed_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    signed_at = models.DateTimeField()
    standings = models.JSONField(help_text="rows in order, as computed")
    method = models.CharField(max_length=20)
    computation = models.JSONField(default=dict, blank=True, help_text="how the method was carried out: estimator and figures")
    inputs_hash = models.CharField(max_length=64)
    reveal_step = models.PositiveSmallIntegerField(default=0, help_text="steps shown so far")

    def __str__(self) -> str:
        return f"{self.round} signed {self.signed_at:%H:%M}"


class Signature(models.Model):
    """One of the names under the results, given to exactly one state of the ballots. All that are needed make a sign-off."""

    class As(models.TextChoices):
        PRESIDENT = "president", "jury president"
        ORGANISER = "organiser", "organiser"

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="signatures")
    role = models.CharField(max_length=9, choices=As.choices)
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    inputs_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["round", "at"]
        constraints = [models.UniqueConstraint(fields=["round", "role"], name="one_signature_per_role")]

    def __str__(self) -> str:
        return f"{self.round} {self.role}"


class Void(models.Model):
    """An organiser took a ballot out of the count, with a reason. The ballot stays as it was."""

    ballot = models.OneToOneField(Ballot, on_delete=models.PROTECT, related_name="void")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.ballot} void"


class PaperSheet(models.Model):
    """A sheet filled in by hand and typed in twice, by two people. It becomes scores once both readings agree or are settled.

    Readings are {criterion number: value, "" where the paper says nothing}.
    """

    ballot = models.OneToOneField(Ballot, on_delete=models.PROTECT, related_name="paper")
    first = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    first_at = models.DateTimeField()
    first_marks = models.JSONField()
    second = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    second_at = models.DateTimeField(null=True, blank=True)
    second_marks = models.JSONField(default=dict, blank=True)
    comment = models.TextField(blank=True, max_length=2000, help_text="for the jury")
    feedback = models.TextField(blank=True, max_length=2000, help_text="for the team")
    settled_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True, help_text="when it became scores")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(second__isnull=True) | ~Q(second=F("first")), name="a_paper_sheet_is_read_by_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"paper: {self.ballot}"


class Correction(models.Model):
    """A correction that an organiser asks for where the edition wants two: done when another organiser confirms it."""

    class Kind(models.TextChoices):
        VOID = "void", "ballot out of the count"
        SCORE = "score", "score put right"
        LATE = "late", "late scores accepted"

    ballot = models.ForeignKey(Ballot, on_delete=models.PROTECT, related_name="corrections")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    criterion = models.ForeignKey(Criterion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    value = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    up_to = models.BigIntegerField(null=True, blank=True, help_text="the last late score that was seen")
    reason = models.CharField(max_length=200)
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    is_confirmed = models.BooleanField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.ballot}"


class LateDecision(models.Model):
    """What organisers decided about the scores of a ballot that came after the round was closed: all up to a receipt."""

    ballot = models.ForeignKey(Ballot, on_delete=models.PROTECT, related_name="late_decisions")
    up_to = models.BigIntegerField(help_text="number of the last late score it is about")
    is_accepted = models.BooleanField()
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"late scores of {self.ballot}"


class Minute(models.Model):
    """What was said or decided in the deliberation: by whom, when and why. Append only."""

    class Kind(models.TextChoices):
        NOTE = "note", "note"
        TIE = "tie", "tie decided"
        BORDER = "final", "who is in the final"

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="minutes")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(max_length=2000)
    order = models.JSONField(
        default=list, blank=True, help_text="teams in the order decided, best first; of the final, those that would go on"
    )

    class Meta:
        ordering = ["round", "pk"]

    def __str__(self) -> str:
        return f"{self.round} {self.at:%H:%M}"


class Nudge(models.Model):
    """A word to a juror whose ballots are missing. Shown on the juror's pages until the ballots are complete."""

    seat = models.OneToOneField(Seat, on_delete=models.CASCADE, related_name="nudge")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.seat.code} {self.at:%H:%M}"


class FeedbackRelease(models.Model):
    """From when on the teams of a round may read what the jury thought of their own work."""

    round = models.OneToOneField(Round, on_delete=models.CASCADE, related_name="feedback_release")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.round} {self.at:%H:%M}"


class JuryRecord(models.Model):
    """One version of the result, whole: everything it was computed from and everything decided. Never changed."""

    sign_off = models.ForeignKey(SignOff, on_delete=models.PROTECT, related_name="records")
    version = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=200, blank=True, help_text="why there is a version after the first")
    content = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["sign_off", "version"]
        constraints = [models.UniqueConstraint(fields=["sign_off", "version"], name="one_record_per_version")]

    def __str__(self) -> str:
        return f"{self.sign_off} version {self.version}"
