"""The doors of the demonstration: who sits behind each, and where it opens."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from estrade.demo.pulse import CAPTAIN as PUPIL
from estrade.demo.pulse import FACILITATORS, NEWCOMER
from estrade.demo.pulse import SLUG as PULSE
from estrade.demo.pulse_life import PARTNER
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.kernel.clock import db_now

# Who chairs the sample's jury (`pitches.toml`): results are signed by two.
CHAIR = "jury3"
HINT = {
    "public": _("What the world sees."),
    "control": _("Jury progress, freeze, sign-off, reveal."),
    "chair": _("The other signature under the results."),
    "juror": _("The eighth seat is yours: score a team."),
    "captain": _("A team that has handed in its work."),
    "late": _("A team with a few minutes more."),
    "partner": _("The solutions to one's own challenge."),
    "screen": _("For the projector: board, then podium."),
    "api": _("Every address, with examples."),
    "admin": _("All tables, read mostly."),
    "feedback": _("What the jury says to this team, once an organiser has released it."),
    "record": _("The signed record of the jury, as document and as data."),
    "dossier": _("Each solution with its files: one ZIP, or printed."),
    "pulse": _("204 pupils of eight schools, ten challenges."),
    "pulse-screen": _("The one clock of the afternoon."),
    "pulse-control": _("What is missing, times, programme."),
    "pulse-facilitator": _("The programme: next step in one tap."),
    "pulse-captain": _("A team that has begun its draft."),
    "pulse-newcomer": _("A pupil without a team, on the board “Find a team”."),
    "pulse-partner": _("A partner whom teams ask."),
    "pulse-morning": _("Who is absent, and the fewest moves."),
}


@dataclass(frozen=True)
class Door:
    """`path` is where the door leads; with `username` it signs in on the way."""

    key: str
    title: Promise
    path: str
    username: str | None = None

    @property
    def address(self) -> str:
        return reverse("demo:enter", args=[self.key]) if self.username else self.path

    @property
    def hint(self) -> Promise:
        return HINT[self.key]


def doors() -> list[Door]:
    """In the order of the table; empty while no edition is loaded."""
    edition = Edition.objects.filter(rehearses=None).order_by("pk").first()
    if edition is None:
        return []
    slug = [edition.slug]
    return [
        Door("public", _("Public page"), reverse("editions:edition", args=slug)),
        Door("screen", _("Projector"), reverse("realtime:screen", args=slug)),
        Door("juror", _("Juror"), reverse("judging:jury", args=slug), "jury8"),
        Door("control", _("Control room"), reverse("desk:control", args=slug), "maud"),
        Door("chair", _("Jury chair"), reverse("judging:cockpit", args=slug), CHAIR),
        Door("captain", _("Captain"), reverse("teams:home", args=slug), "captain"),
        Door("late", _("Late team"), reverse("teams:home", args=slug), "late"),
        Door("partner", _("Partner"), reverse("desk:partner", args=slug), "partner"),
        Door("api", _("API documentation"), reverse("api:docs")),
        Door("admin", _("Administration"), reverse("admin:index"), "admin"),
    ]


def doors_after_results() -> tuple[list[Door], bool]:
    """What the sample hackathon leaves behind, and whether it does already: its results are published by the visitor."""
    edition = Edition.objects.filter(rehearses=None).order_by("pk").first()
    if edition is None:
        return [], False
    slug = [edition.slug]
    left = [
        Door("feedback", _("Feedback of the jury"), reverse("judging:feedback", args=slug), "captain"),
        Door("record", _("Jury record"), reverse("judging:cockpit", args=slug), "maud"),
        Door("dossier", _("The partner’s dossier"), reverse("desk:partner", args=slug), "partner"),
    ]
    return left, edition.phase(db_now()) == Phase.PUBLISHED


def pulse_doors() -> list[Door]:
    """The doors of Idéathon Pulse; empty while it is still being loaded."""
    edition = Edition.objects.filter(slug=PULSE, roles__person__username=NEWCOMER).first()
    if edition is None:
        return []
    slug = [edition.slug]
    return [
        Door("pulse", _("Public page"), reverse("editions:edition", args=slug)),
        Door("pulse-screen", _("Projector"), reverse("realtime:screen", args=slug)),
        Door("pulse-control", _("Control room"), reverse("desk:control", args=slug), "maud"),
        Door("pulse-facilitator", _("Facilitator"), reverse("desk:programme", args=slug), FACILITATORS[0][0]),
        Door("pulse-captain", _("Captain"), reverse("teams:home", args=slug), PUPIL),
        Door("pulse-newcomer", _("Pupil without a team"), reverse("teams:find", args=slug), NEWCOMER),
        Door("pulse-partner", _("Partner"), reverse("desk:partner", args=slug), PARTNER),
        Door("pulse-morning", _("The morning"), reverse("teams:morning", args=slug), "maud"),
    ]
