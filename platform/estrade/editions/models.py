"""A network's editions: when they happen, what rights each moment gives, and what has been carried out."""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from estrade.editions.phases import Phase, Times, phase_at

if TYPE_CHECKING:
    from estrade.people.models import Person


class Network(models.Model):
    """The legal owner of editions."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)

    def __str__(self) -> str:
        return self.name

    def phase(self, now: datetime) -> Phase:
        """A network is always before its next edition."""
        return Phase.BEFORE

    def roles_of(self, person: "Person | None") -> frozenset[str]:
        """Who organised one of its editions is an organiser of the network; an administrator is one everywhere."""
        if person is None or not person.is_authenticated:
            return frozenset({"anonymous"})
        # Whoever organises a copy only gains nothing outside of it.
        known = (
            self.pk is not None
            and person.only_edition is None
            and person.roles.filter(edition__network=self, edition__rehearses=None, role="organiser").exists()
        )
        return frozenset({"anonymous"} | ({"organiser"} if known else set()) | ({"admin"} if person.is_superuser else set()))


class Edition(models.Model):
    """One dated hackathon or ideathon, with the instants that decide every right."""

    class Kind(models.TextChoices):
        HACKATHON = "hackathon", "hackathon"
        IDEATHON = "ideathon", "ideathon"

    class BoardMode(models.TextChoices):
        OFF = "off", "progress only"
        TOP = "top", "first places only"
        ORDER = "order", "full order without points"
        FULL = "full", "full order with points"

    network = models.ForeignKey(Network, on_delete=models.PROTECT, related_name="editions")
    slug = models.SlugField(unique=True)
    number = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.HACKATHON)
    theme = models.JSONField(default=dict, blank=True, help_text="language: text")
    lead = models.JSONField(default=dict, blank=True, help_text="language: text")
    starts_on = models.DateField()
    ends_on = models.DateField()
    time_zone = models.CharField(max_length=40, default="Europe/Paris")
    place = models.CharField(max_length=200, blank=True)
    languages = models.JSONField(default=list, blank=True)
    is_fictional = models.BooleanField(default=False, help_text="people and challenges are invented")

    opens_at = models.DateTimeField()
    submissions_close_at = models.DateTimeField()
    judging_opens_at = models.DateTimeField()
    freeze_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    time_floor = models.DateTimeField(null=True, blank=True, help_text="no clock falls behind what was carried out")
    revision = models.PositiveIntegerField(default=0, help_text="raised whenever an organiser moves a time")
    board_mode = models.CharField(max_length=6, choices=BoardMode.choices, default=BoardMode.FULL)
    live_board = models.BooleanField(default=True)
    fewest_ballots = models.PositiveSmallIntegerField(default=2, help_text="ballots that a team needs for a rank")
    minutes_per_ballot = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="what a juror needs for one team; empty: the usual time"
    )
    corrections_by_two = models.BooleanField(
        default=False, help_text="from the freeze on, a correction of a ballot waits for a second organiser"
    )
    smallest_team = models.PositiveSmallIntegerField(null=True, blank=True, help_text="empty: no rule")
    largest_team = models.PositiveSmallIntegerField(null=True, blank=True, help_text="empty: no rule")
    most_from_one_school = models.PositiveSmallIntegerField(null=True, blank=True, help_text="in one team; empty: no rule")
    welcomes_minors = models.BooleanField(default=False, help_text="people under 18 take part")
    rehearses = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="rehearsals",
        help_text="the edition it copies",
    )

    class Meta:
        ordering = ["-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["network", "number"], condition=Q(rehearses=None), name="one_edition_per_network_and_number"
            ),
            models.UniqueConstraint(fields=["rehearses"], name="one_rehearsal_per_edition"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="an_edition_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(submissions_close_at__gt=F("opens_at")), name="submissions_close_after_the_opening"
            ),
            models.CheckConstraint(
                condition=Q(judging_opens_at__gte=F("submissions_close_at")), name="judging_opens_after_the_deadline"
            ),
            models.CheckConstraint(condition=Q(largest_team__gte=F("smallest_team")), name="largest_team_is_not_below_smallest"),
            models.CheckConstraint(
                condition=Q(smallest_team__gte=1) & Q(largest_team__gte=1) & Q(most_from_one_school__gte=1),
                name="team_rules_start_at_one",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def edition(self) -> "Edition":
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def times(self) -> Times:
        return Times(
            opens_at=self.opens_at,
            submissions_close_at=self.submissions_close_at,
            judging_opens_at=self.judging_opens_at,
            freeze_at=self.freeze_at,
            published_at=self.published_at,
            floor=self.time_floor,
        )

    @property
    def main_language(self) -> str:
        """The language in which everything of the edition is written at least."""
        return str((self.languages or ["fr"])[0])

    def phase(self, now: datetime) -> Phase:
        return phase_at(self.times, now)

    def roles_of(self, person: "Person | None") -> frozenset[str]:
        """The names of the roles a person has in this edition; everybody is at least anonymous."""
        if person is None or not person.is_authenticated:
            return frozenset({"anonymous"})
        return person.roles_in(self.pk)


class ProgrammeStep(models.Model):
    """One line of the programme shown to people. Gives no right."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="programme")
    starts_at = models.DateTimeField()
    title = models.JSONField(help_text="language: text")
    place = models.JSONField(default=dict, blank=True, help_text="language: text")
    is_key = models.BooleanField(default=False)
    is_fixed = models.BooleanField(default=False, help_text="keeps its time when others move")
    least_minutes = models.PositiveSmallIntegerField(default=0, help_text="it may be shortened to this")

    class Meta:
        ordering = ["starts_at", "pk"]

    def __str__(self) -> str:
        return str(self.title)


class Announcement(models.Model):
    """A sentence to everybody in the edition."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="announcements")
    text = models.JSONField(help_text="language: text")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return str(self.text)


class Transition(models.Model):
    """One due moment that has been carried out, once per revision. Its unique row is the lock."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="transitions")
    key = models.CharField(max_length=60)
    revision = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField()

    class Meta:
        ordering = ["-done_at"]
        constraints = [models.UniqueConstraint(fields=["edition", "key", "revision"], name="each_moment_is_carried_out_once")]

    def __str__(self) -> str:
        return f"{self.key} at {self.due_at:%Y-%m-%d %H:%M:%S}"
