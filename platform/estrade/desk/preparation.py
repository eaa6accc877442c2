"""What is still missing before the day: the organiser's check list. Reads only; the pages it leads to do the work."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from estrade.editions.models import Edition
from estrade.people.models import PersonalCode, Role

JURY = (Role.Name.JUROR, Role.Name.PRESIDENT)
TITLES: dict[str, Promise] = {
    "challenges": _("Challenges published"),
    "people": _("Participants brought in"),
    "jury": _("Jury put together"),
    "codes": _("Personal codes printed"),
}


@dataclass(frozen=True)
class Item:
    """One line: done or not, how far in words, and the page that does it."""

    key: str
    is_done: bool
    words: str
    url: str

    @property
    def title(self) -> Promise:
        return TITLES[self.key]


def preparation_of(edition: Edition) -> list[Item]:
    """The lines in the order in which one does them, in two queries."""
    counted = Edition.objects.filter(pk=edition.pk).aggregate(
        written=Count("challenges", distinct=True),
        published=Count("challenges", filter=Q(challenges__published_at__isnull=False), distinct=True),
        waiting=Count("challenges", filter=Q(challenges__waiting_since__isnull=False), distinct=True),
        participants=Count("roles", filter=Q(roles__role=Role.Name.PARTICIPANT), distinct=True),
        jurors=Count("roles", filter=Q(roles__role__in=JURY), distinct=True),
    )
    with_code = PersonalCode.objects.filter(edition=edition, person__roles__edition=edition)
    codes = with_code.filter(person__roles__role=Role.Name.PARTICIPANT).count()
    return [
        Item(
            "challenges",
            0 < counted["written"] == counted["published"],
            _challenges_in_words(counted),
            _where("challenges:manage", edition),
        ),
        Item(
            "people",
            counted["participants"] > 0,
            ngettext("%(n)s person", "%(n)s people", counted["participants"]) % {"n": counted["participants"]},
            _where("teams:people", edition),
        ),
        Item(
            "jury",
            counted["jurors"] > 0,
            ngettext("%(n)s juror", "%(n)s jurors", counted["jurors"]) % {"n": counted["jurors"]},
            _where("judging:setup", edition),
        ),
        Item(
            "codes",
            0 < counted["participants"] <= codes,
            gettext("%(published)s of %(all)s") % {"published": codes, "all": counted["participants"]},
            _where("people:codes", edition),
        ),
    ]


def _challenges_in_words(counted: dict[str, int]) -> str:
    words = gettext("%(published)s of %(all)s") % {"published": counted["published"], "all": counted["written"]}
    if not counted["waiting"]:
        return words
    waiting = ngettext("%(n)s challenge awaits approval", "%(n)s challenges await approval", counted["waiting"])
    return f"{words}, {waiting % {'n': counted['waiting']}}"


def _where(name: str, edition: Edition) -> str:
    return reverse(name, args=[edition.slug])
