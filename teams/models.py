"""Teams, who is in them, and what they hand in."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from challenges.models import Challenge, person_partner_ids
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.files.models import StoredFile
from estrade.kernel.tokens import new_token, readable_code
from estrade.people.models import Person, Role

if TYPE_CHECKING:
    from typing import Self


class Profile(models.Model):
    """What a participant brought along at registration: skills and wishes. Diet, health and remarks are never stored."""

    class Consent(models.TextChoices):
        YES = "yes", "given"
        NO = "no", "refused"
        MISSING = "missing", "not received"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="profiles")
    skills = models.JSONField(default=list, blank=True)
    choices = models.JSONField(default=list, blank=True, help_text="slugs of challenges, best first")
    listed_as = models.CharField(max_length=30, blank=True, help_text="the number in the list, for who has no e-mail")
    is_minor = models.BooleanField(null=True, blank=True, help_text="empty: not said")
    parental_consent = models.CharField(max_length=8, blank=True, choices=Consent.choices, help_text="empty: not asked")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "person"], name="one_profile_per_person_and_edition"),
            models.UniqueConstraint(
                fields=["edition", "listed_as"], condition=~Q(listed_as=""), name="one_person_per_number_in_the_list"
            ),
        ]

    def __str__(self) -> str:
        return str(self.person)


class ContactConsent(models.Model):
    """A person's own yes to being named to the partner of the team's challenge, and reached. No row is no."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "person"], name="one_contact_consent_per_person_and_edition")]

    def __str__(self) -> str:
        return f"{self.person} may be reached"


class Wish(models.Model):
    """One person's wish to be with, or the organisers' reason-free note to keep apart from, another."""

    class Kind(models.TextChoices):
        TOGETHER = "together", "together"
        APART = "apart", "apart"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)

    class Meta:
        verbose_name_plural = "wishes"
        constraints = [
            models.UniqueConstraint(fields=["edition", "person", "other", "kind"], name="each_wish_once"),
            models.CheckConstraint(condition=~Q(person=F("other")), name="a_wish_is_about_somebody_else"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.kind} {self.other}"


class KeptList(models.Model):
    """A list of participants between its preview and its import, for an hour at most, for the person who brought it.

    `report` is what the preview said, afterwards what the import did; the file itself goes with the import.
    """

    token = models.CharField(max_length=32, unique=True, default=new_token)
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    filename = models.CharField(max_length=120)
    data = models.BinaryField()
    sheet = models.CharField(max_length=80, blank=True)
    answers = models.JSONField(default=dict, blank=True)
    report = models.JSONField(default=dict, blank=True)
    changes = models.JSONField(default=list, blank=True, help_text="what became different since the preview")
    kept_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-kept_at"]
        indexes = [models.Index(fields=["kept_at"], name="kept_lists_by_age")]

    def __str__(self) -> str:
        return self.filename


class Team(models.Model):
    """A group that works on one challenge and hands in one submission."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="teams")
    challenge = models.ForeignKey(Challenge, null=True, blank=True, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=60)
    number = models.PositiveSmallIntegerField(help_text="order of passage and place in lists")
    join_code = models.CharField(max_length=16, unique=True, default=readable_code)
    captain = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["edition", "number"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "number"], name="one_team_per_number"),
            models.UniqueConstraint(fields=["edition", "name"], name="one_team_per_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def phase(self, now: datetime) -> Phase:
        return self.edition.phase(now)

    def roles_of(self, person: Person | None) -> frozenset[str]:
        """Roles in the edition, plus `own:participant`, `own:captain`, `own:partner` where this team is theirs."""
        roles = self.edition.roles_of(person)
        if person is None or not person.is_authenticated or person.only_edition not in (None, self.edition_id):
            return roles
        own = set()
        # Whoever continues a team's work keeps reading it; the work itself stands still, the team has withdrawn.
        into = Merger.objects.filter(team=self.pk).values("into")
        if Membership.objects.filter(Q(team=self.pk) | Q(team__in=into), person=person).exists():
            own.add("own:participant")
        if self.captain_id == person.pk and self.memberships.filter(person=person).exists():
            own |= {"captain", "own:captain"}
        if "partner" in roles and self.challenge and self.challenge.partner_id in person_partner_ids(person, self.edition_id):
            own.add("own:partner")
        return roles | own


class Membership(models.Model):
    """A person in a team. Nobody is in two teams of one edition."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["team", "pk"]
        constraints = [models.UniqueConstraint(fields=["edition", "person"], name="one_team_per_person_and_edition")]

    def __str__(self) -> str:
        return f"{self.person} in {self.team}"


class Merger(models.Model):
    """Members of a team that withdrew went on in another one, and keep reading what the first one wrote."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="went_on")
    into = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="mergers")
    merged_at = models.DateTimeField()

    class Meta:
        ordering = ["into", "team"]
        constraints = [
            models.UniqueConstraint(fields=["team", "into"], name="one_merger_per_two_teams"),
            models.CheckConstraint(condition=~Q(team=F("into")), name="a_team_goes_on_in_another_one"),
        ]

    def __str__(self) -> str:
        return f"{self.team} in {self.into}"


class Approach(models.Model):
    """Somebody asks to join a team, or a team invites somebody. No words: who wants to talk finds the other in the room."""

    class Kind(models.TextChoices):
        ASKED = "asked", "asked to join"
        INVITED = "invited", "invited"

    class State(models.TextChoices):
        OPEN = "open", "open"
        ACCEPTED = "accepted", "accepted"
        REFUSED = "refused", "refused"
        TAKEN_BACK = "taken_back", "taken back"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="approaches")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    made_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "approaches"
        ordering = ["team", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "person"], condition=Q(state="open"), name="one_open_approach_per_team_and_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.kind} {self.team}"

    @property
    def by_team(self) -> bool:
        """Whether the team invites, and not the person asks."""
        return self.kind == self.Kind.INVITED


class Notice(models.Model):
    """What a person without a team, or a team with open places, put on the board "Find a team" of their own accord."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    team = models.OneToOneField(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="notice")
    text = models.CharField(max_length=200, blank=True)
    skills = models.JSONField(default=list, blank=True)
    challenge = models.ForeignKey(Challenge, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    posted_at = models.DateTimeField()

    class Meta:
        ordering = ["-posted_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, team__isnull=False) | Q(person__isnull=False, team=None), name="a_notice_has_one_author"
            ),
            models.UniqueConstraint(fields=["edition", "person"], name="one_notice_per_person_and_edition"),
        ]

    def __str__(self) -> str:
        return f"notice of {self.team or self.person}"


class Absence(models.Model):
    """What the organisers saw in the morning: who did not come, and who comes late. Whoever is not in here is there."""

    class State(models.TextChoices):
        ABSENT = "absent", "absent"
        LATE = "late", "late"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=6, choices=State.choices)
    marked_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ["edition", "person"]
        constraints = [models.UniqueConstraint(fields=["edition", "person"], name="one_absence_per_person_and_edition")]

    def __str__(self) -> str:
        return f"{self.person} {self.state}"


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, person: Person | None) -> "Self":
        """Own team's, own challenge's, and all for jurors and organisers of the edition."""
        if person is None or not person.is_authenticated:
            return self.none()
        roles = Role.objects.filter(person=person, edition=models.OuterRef("team__edition"))
        watcher = roles.filter(role__in=[Role.Name.ORGANISER, Role.Name.JUROR, Role.Name.PRESIDENT])
        partner = roles.filter(role=Role.Name.PARTNER, organisation=models.OuterRef("team__challenge__partner"))
        member = Membership.objects.filter(
            Q(team=models.OuterRef("team")) | Q(team__mergers__team=models.OuterRef("team")), person=person
        )
        return self.filter(models.Exists(watcher) | models.Exists(partner) | models.Exists(member))


class Submission(models.Model):
    """What one team hands in: a draft that saves by itself, and numbered versions that count."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="submission")
    draft_title = models.CharField(max_length=120, blank=True)
    draft_summary = models.CharField(max_length=180, blank=True)
    draft_text = models.TextField(max_length=4000, blank=True)
    draft_link = models.URLField(max_length=300, blank=True)
    draft_answers = models.JSONField(default=dict, blank=True, help_text="key of a field of the form: answer")
    draft_revision = models.PositiveIntegerField(default=0)
    draft_saved_at = models.DateTimeField(null=True, blank=True)
    draft_saved_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    current = models.ForeignKey("Receipt", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="since when nothing of it shall count")

    objects = SubmissionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"submission of {self.team}"

    @property
    def edition(self) -> Edition:
        return self.team.edition

    def phase(self, now: datetime) -> Phase:
        return self.team.phase(now)

    def roles_of(self, person: Person | None) -> frozenset[str]:
        return self.team.roles_of(person)


class Receipt(models.Model):
    """One version of a submission, as received: what, when, under which closing time. Never changed."""

    class State(models.TextChoices):
        DELIVERED = "delivered", "delivered"
        CAPTURED = "captured", "captured at the deadline"
        CONFIRMED = "confirmed", "captured, confirmed by the team"
        WITHDRAWN = "withdrawn", "withdrawn"
        LATE = "late", "late"
        ACCEPTED = "accepted", "late, accepted"

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="receipts")
    number = models.PositiveSmallIntegerField()
    reference = models.CharField(max_length=24, unique=True)
    client_id = models.UUIDField(unique=True)
    state = models.CharField(max_length=10, choices=State.choices)
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=180, blank=True)
    text = models.TextField(max_length=4000)
    link = models.URLField(max_length=300, blank=True)
    answers = models.JSONField(default=list, blank=True, help_text="key, label and answer of each further field")
    fingerprint = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    closes_at = models.DateTimeField(help_text="the closing time that was applied")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    accepted_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["submission", "number"]
        constraints = [models.UniqueConstraint(fields=["submission", "number"], name="one_receipt_per_version")]

    def __str__(self) -> str:
        return self.reference


class SubmissionForm(models.Model):
    """What an edition asks of its teams besides title, summary, text and link. Without a row, `form_fields` has defaults."""

    edition = models.OneToOneField(Edition, on_delete=models.CASCADE, related_name="+")
    required = models.JSONField(default=list, blank=True, help_text="which of summary and link must be filled")
    fields = models.JSONField(default=list, blank=True, help_text="the further fields, in order")
    quota_mb = models.PositiveIntegerField(default=200, help_text="megabytes of files per team")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"form of {self.edition}"


class DraftFile(models.Model):
    """A file in the team's draft, under one field of the form."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="files")
    stored = models.OneToOneField(StoredFile, on_delete=models.CASCADE, related_name="+")
    field = models.CharField(max_length=40)
    attached_at = models.DateTimeField()
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["submission", "pk"]

    def __str__(self) -> str:
        return str(self.stored)


class ReceiptFile(models.Model):
    """A file as it was handed in with one version. Never changed."""

    receipt = models.ForeignKey(Receipt, on_delete=models.CASCADE, related_name="files")
    stored = models.ForeignKey(StoredFile, on_delete=models.RESTRICT, related_name="+")
    field = models.CharField(max_length=40)
    label = models.JSONField(default=dict, blank=True, help_text="language: text")

    class Meta:
        ordering = ["receipt", "pk"]
        constraints = [models.UniqueConstraint(fields=["receipt", "stored"], name="each_file_once_per_version")]

    def __str__(self) -> str:
        return str(self.stored)


class ReceiptCounter(models.Model):
    """The last running number under one set of initials, so that no reference is given out twice."""

    initials = models.CharField(max_length=8, unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.initials} {self.last}"


class Extension(models.Model):
    """More time for one team, with a reason. Ends by itself."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="extensions")
    until = models.DateTimeField()
    reason = models.CharField(max_length=200)
    granted_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField()

    class Meta:
        ordering = ["team", "until"]
        constraints = [models.CheckConstraint(condition=Q(until__gt=F("granted_at")), name="an_extension_ends_later")]

    def __str__(self) -> str:
        return f"{self.team} until {self.until:%H:%M}"


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, person: Person | None) -> "Self":
        """Answered to all for everybody; a team's own, a person's own without a team, a partner's; all for facilitators
        and organisers.

        A hidden one stays with the organisers; whoever asked it sees that it was hidden.
        """
        shared = Q(to_all=True, hidden_at=None, challenge__published_at__isnull=False)
        if person is None or not person.is_authenticated:
            return self.filter(shared)
        roles = Role.objects.filter(person=person, edition=models.OuterRef("challenge__edition"))
        organiser = models.Exists(roles.filter(role=Role.Name.ORGANISER))
        partner = models.Exists(roles.filter(role=Role.Name.PARTNER, organisation=models.OuterRef("challenge__partner")))
        facilitator = models.Exists(roles.filter(role=Role.Name.FACILITATOR)) & Q(challenge__published_at__isnull=False)
        member = models.Exists(Membership.objects.filter(team=models.OuterRef("team"), person=person))
        return self.filter(
            shared | organiser | ((partner | facilitator) & Q(hidden_at=None)) | member | Q(team=None, person=person)
        )


class Question(models.Model):
    """What a team, or somebody without one, asks about a challenge, and the answer: to that team, or to all."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="questions")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="questions")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    client_id = models.UUIDField(unique=True)
    text = models.TextField(max_length=1000)
    asked_at = models.DateTimeField()
    answer = models.TextField(max_length=4000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    to_all = models.BooleanField(default=False, help_text="everybody reads it; otherwise the team that asked")
    hidden_at = models.DateTimeField(null=True, blank=True, help_text="hidden by an organiser")

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["challenge", "asked_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(to_all=False) | Q(answered_at__isnull=False), name="all_read_answers_only"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="an_answer_has_words_and_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"question {self.pk}"

    def phase(self, now: datetime) -> Phase:
        return self.challenge.phase(now)

    def roles_of(self, person: Person | None) -> frozenset[str]:
        return self.challenge.roles_of(person)


class Composition(models.Model):
    """One run that forms the teams of an edition: what it was given, how far it is, and the plan it found.

    Plans name people by their number only. A plan is a draft: teams come to be when an organiser uses it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        USED = "used", "used"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    seed = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    rules = models.JSONField(help_text="what the organiser asked for")
    instance = models.JSONField(help_text="what the run was given, without names")
    fingerprint = models.CharField(max_length=64, help_text="of what the run was given")
    progress = models.JSONField(default=dict, blank=True)
    answer = models.JSONField(default=dict, blank=True, help_text="what the run said, besides the plan")
    plan = models.JSONField(default=dict, blank=True, help_text="the teams, with what was changed by hand")
    held = models.JSONField(default=list, blank=True, help_text="people whose place is locked")
    stop_asked = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    heard_at = models.DateTimeField(help_text="when the run last said how far it is")
    created_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["edition", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition"], condition=Q(state__in=["waiting", "running"]), name="one_composition_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"composition {self.pk} of {self.edition}"

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)
