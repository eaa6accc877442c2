"""The questions of a new edition, on three screens, and the same ones later as its settings.

One form carries all answers: a screen shows its own questions and keeps the others out of sight, so that nothing is
lost on the way forth and back, without a session and without a script. Local times are read in the edition's zone.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from estrade.editions.editions import NewEdition, Settings
from estrade.editions.models import Edition, Network
from estrade.kernel.clock import db_now
from estrade.web.forms import RuleForm
from estrade.web.local_moment import READING, LocalMomentField
from judging.founding import FORMATS, format_named, moved

HOME_ZONE = "Europe/Paris"
FRIDAY = 4
COPY = "copy-"
LARGEST = 99
# What each screen asks; after the bar, what stands under "Advanced" and has an answer already.
SCREENS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("source", "network_name", "name", "starts_on", "place", "with_challenges"), ("slug", "number", "time_zone")),
    (("welcomes_minors", "smallest_team", "largest_team", "most_from_one_school"), ("board_mode",)),
    (("opens_at", "submissions_close_at", "judging_opens_at"), ("freeze_at",)),
)
INSTANTS = ("opens_at", "submissions_close_at", "judging_opens_at", "freeze_at")
# What a format or an earlier edition answers.
TAKEN_OVER = ("welcomes_minors", "smallest_team", "largest_team", "most_from_one_school", "board_mode", *INSTANTS)
FORMAT_NAMES = {
    "weekend-hackathon": _("Weekend hackathon: Friday evening to Sunday"),
    "two-day-ideathon": _("Two-day ideathon, with pupils"),
}
BOARD_MODES = [
    (Edition.BoardMode.FULL, _("Full order with points")),
    (Edition.BoardMode.ORDER, _("Full order without points")),
    (Edition.BoardMode.TOP, _("First places only")),
    (Edition.BoardMode.OFF, _("Progress only")),
]


def _text(label: Any, limit: int, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=limit, widget=forms.TextInput(attrs={"class": "input"}), **options)


def _count(label: Any, **options: Any) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"class": "input"})
    return forms.IntegerField(label=label, min_value=1, max_value=LARGEST, required=False, widget=widget, **options)


def _yes(label: Any, **options: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, **options)


def _board_mode() -> forms.ChoiceField:
    automatic = ("", _("Progress only where minors take part, full order otherwise"))
    return forms.ChoiceField(
        label=_("What the public leaderboard shows"),
        required=False,
        choices=[automatic, *BOARD_MODES],
        widget=forms.Select(attrs={"class": "input"}),
    )


class SettingsForm(RuleForm):
    """What the founding asked and may be answered anew while the event lives."""

    name = _text(_("Name of the event"), 120)
    place = _text(_("Place"), 200, required=False)
    welcomes_minors = _yes(_("People under 18 take part"))
    smallest_team = _count(_("People in a team, at least"), help_text=_("Left empty: no rule."))
    largest_team = _count(_("People in a team, at most"), help_text=_("Left empty: no rule."))
    most_from_one_school = _count(_("People of one school in a team, at most"), help_text=_("Left empty: no rule."))
    board_mode = _board_mode()

    def settings(self) -> Settings:
        return Settings(**self.cleaned_data | {"board_mode": _mode_of(self.cleaned_data)})


@cache
def _time_zones() -> list[str]:
    """Looked up once: they are some six hundred files."""
    return sorted(available_timezones())


class FoundingForm(SettingsForm):
    """Every question of a new edition. `source` is a format or an earlier edition of those in `earlier`."""

    source = forms.ChoiceField(label=_("Begin with"), required=False, widget=forms.RadioSelect)
    network_name = _text(_("Network or organisation that runs it"), 120)
    starts_on = forms.DateField(
        label=_("First day"),
        required=False,
        widget=forms.DateInput(attrs={"class": "input", "type": "date"}, format="%Y-%m-%d"),
    )
    with_challenges = _yes(_("Take the challenges over as drafts"), help_text=_("Where an earlier edition is copied."))
    slug = forms.SlugField(
        label=_("Address"),
        required=False,
        max_length=50,
        help_text=_("Short, without spaces. Left empty, it is made from the name."),
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    number = forms.IntegerField(
        label=_("Number of the edition"), min_value=1, max_value=9999, widget=forms.NumberInput(attrs={"class": "input"})
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(zone, zone) for zone in _time_zones()],
        widget=forms.Select(attrs={"class": "input"}),
    )
    opens_at = LocalMomentField(label=_("Opening"))
    submissions_close_at = LocalMomentField(label=_("Submissions close"))
    judging_opens_at = LocalMomentField(label=_("Pitches and scoring start"))
    freeze_at = LocalMomentField(label=_("The leaderboard freezes"), required=False)
    # For which source and day the answers below were filled in: another one fills them in anew.
    filled_for = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, network: Network | None, earlier: Mapping[str, Edition], initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.network, self.earlier = network, earlier
        copies = [(key, _("A copy of %(name)s") % {"name": one.name}) for key, one in earlier.items()]
        self.fields["source"].choices = [*((key, FORMAT_NAMES[key]) for key in FORMATS), *copies]  # type: ignore[attr-defined]
        if network is not None:
            del self.fields["network_name"]
        if not earlier:
            del self.fields["with_challenges"]

    @property
    def zone(self) -> ZoneInfo:
        return zone_named(self.data.get("time_zone"))

    def full_clean(self) -> None:
        # Local times are read in the edition's zone; those that a clock change skips or repeats are refused.
        with timezone.override(self.zone):
            super().full_clean()

    def clean_source(self) -> str:
        return str(self.cleaned_data["source"] or FORMATS[0])

    def forget_errors_after(self, screen: int) -> None:
        """Keep the errors of what has been asked so far."""
        asked = {name for screen_ in SCREENS[:screen] for part in screen_ for name in part}
        for name in [name for name in self.errors if name not in asked]:
            del self.errors[name]

    def screen_of_errors(self, screen: int) -> int:
        """The first screen with something wrong on it; the one being read when it is about no question."""
        return next((n for n, parts in enumerate(SCREENS, start=1) if self.errors.keys() & {*parts[0], *parts[1]}), screen)

    def answers(self) -> dict[str, Any]:
        """Everything as it was typed, to be shown once more."""
        typed: dict[str, Any] = {}
        for name, field in self.fields.items():
            value = field.widget.value_from_datadict(self.data, {}, name)
            typed[name] = value[0] if isinstance(value, tuple) else value
        return typed

    def readings(self) -> Iterator[tuple[str, str]]:
        """Choices made for times that come twice: they travel with the answers."""
        for name in INSTANTS:
            if reading := self.data.get(name + READING):
                yield name + READING, reading

    def network_words(self) -> dict[str, str]:
        if self.network is not None:
            return {"network_slug": self.network.slug, "network_name": self.network.name}
        name = self.cleaned_data["network_name"]
        return {"network_slug": slugify(name)[:50] or "network", "network_name": name}

    def new_edition(self) -> NewEdition:
        values = self.cleaned_data
        asked = ("name", "place", "number", "time_zone", "welcomes_minors", *TAKEN_OVER[1:4], *INSTANTS)
        first, last = values["opens_at"], values["freeze_at"] or values["judging_opens_at"]
        original = self.earlier.get(values["source"])
        words = {"theme": original.theme, "lead": original.lead, "languages": original.languages} if original else {}
        return NewEdition(
            **{name: values[name] for name in asked},
            **words,
            slug=values["slug"] or slugify(values["name"])[:50] or "event",
            kind=original.kind if original else format_named(values["source"]).kind,
            board_mode=_mode_of(values),
            starts_on=first.astimezone(self.zone).date(),
            ends_on=max(first, last).astimezone(self.zone).date(),
        )


def first_answers(network: Network | None) -> dict[str, Any]:
    """What the form begins with: a weekend in a few weeks, so that a name is all a first try needs."""
    today = db_now().astimezone(ZoneInfo(HOME_ZONE)).date() + timedelta(weeks=4)
    friday = today + timedelta(days=(FRIDAY - today.weekday()) % 7)
    before = network.editions.filter(rehearses=None).order_by("-number").values_list("number", flat=True) if network else None
    number = ((before.first() if before is not None else None) or 0) + 1
    answers = {"source": FORMATS[0], "starts_on": friday.isoformat(), "number": number, "time_zone": HOME_ZONE}
    return answers | taken_over(FORMATS[0], None, friday)


def refilled(answers: Mapping[str, Any], earlier: Mapping[str, Edition]) -> dict[str, Any]:
    """The answers of the later screens after the first one: another source answers anew, another day only moves the times."""
    source, day = str(answers["source"] or FORMATS[0]), date.fromisoformat(answers["starts_on"])
    was_source, _bar, was_day = str(answers.get("filled_for") or "").partition(" ")
    if source != was_source:
        words = {}
        original = earlier.get(source)
        if original is not None:
            words = {name: answers.get(name) or getattr(original, name) for name in ("name", "place")}
        return {**answers, **words, **taken_over(source, original, day)}
    days = day - date.fromisoformat(was_day)
    times = {name: _later(answers[name], days) for name in INSTANTS}
    return {**answers, **times, "filled_for": f"{source} {day}"}


def taken_over(source: str, original: Edition | None, day: date) -> dict[str, Any]:
    """What a format or an earlier edition answers to an edition that begins on `day`."""
    giver = original or format_named(source)
    zone = ZoneInfo(giver.time_zone)
    answers: dict[str, Any] = {name: getattr(giver, name) for name in TAKEN_OVER}
    for name in INSTANTS:
        at = answers[name]
        answers[name] = at and f"{moved(at, day - giver.starts_on, zone).astimezone(zone):%Y-%m-%dT%H:%M}"
    if original is None:
        answers["board_mode"] = ""
    return {**answers, "time_zone": giver.time_zone, "filled_for": f"{source} {day}"}


def zone_named(name: str | None) -> ZoneInfo:
    return ZoneInfo(name if name and name in available_timezones() else HOME_ZONE)


def _later(local: str, days: timedelta) -> str:
    """A typed local time some days later; what cannot be read stays as it is and is complained about in its turn."""
    try:
        return f"{datetime.fromisoformat(local) + days:%Y-%m-%dT%H:%M}" if local else local
    except (ValueError, OverflowError):
        return local


def _mode_of(answers: Mapping[str, Any]) -> str:
    automatic = Edition.BoardMode.OFF if answers["welcomes_minors"] else Edition.BoardMode.FULL
    return str(answers["board_mode"] or automatic)
