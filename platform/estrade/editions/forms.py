"""The form of a new edition: local times, checked in the edition's own zone."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from estrade.editions.editions import NewEdition
from estrade.editions.models import Edition, Network
from estrade.kernel.clock import db_now
from estrade.web.forms import RuleForm

HOME_ZONE = "Europe/Paris"
FRIDAY = 4


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label, widget=forms.DateTimeInput(attrs={"class": "input", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )


def _text(label: Any, limit: int, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=limit, widget=forms.TextInput(attrs={"class": "input"}), **options)


class EditionForm(RuleForm):
    """Defaults make a weekend in a few weeks, so that a name is all a first try needs."""

    network_name = _text(_("Network or organisation that runs it"), 120)
    name = _text(_("Name of the event"), 120)
    slug = forms.SlugField(
        label=_("Address"),
        required=False,
        max_length=50,
        help_text=_("Short, without spaces. Left empty, it is made from the name."),
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    number = forms.IntegerField(
        label=_("Number of the edition"), min_value=1, max_value=999, widget=forms.NumberInput(attrs={"class": "input"})
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(Edition.Kind.HACKATHON, _("Hackathon")), (Edition.Kind.IDEATHON, _("Ideathon"))],
        widget=forms.Select(attrs={"class": "input"}),
    )
    place = _text(_("Place"), 200, required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(z, z) for z in sorted(available_timezones())],
        widget=forms.Select(attrs={"class": "input"}),
    )
    opens_at = _moment(_("Opening"))
    submissions_close_at = _moment(_("Submissions close"))
    judging_opens_at = _moment(_("Pitches and scoring start"))
    freeze_at = _moment(_("The leaderboard freezes"))

    def __init__(self, data: Any = None, *, network: Network | None = None) -> None:
        super().__init__(data, initial=_defaults(network))
        self.network = network
        if network is not None:
            del self.fields["network_name"]

    @property
    def zone(self) -> ZoneInfo:
        name = self.data.get("time_zone") or HOME_ZONE
        return ZoneInfo(name if name in available_timezones() else HOME_ZONE)

    def full_clean(self) -> None:
        # Local times are read in the edition's zone; those that a clock change skips or repeats are refused.
        with timezone.override(self.zone):
            super().full_clean()

    def network_words(self) -> dict[str, str]:
        if self.network is not None:
            return {"network_slug": self.network.slug, "network_name": self.network.name}
        name = self.cleaned_data["network_name"]
        return {"network_slug": slugify(name)[:50] or "network", "network_name": name}

    def new_edition(self) -> NewEdition:
        values = {name: value for name, value in self.cleaned_data.items() if name != "network_name"}
        values["slug"] = values["slug"] or slugify(values["name"])[:50] or "event"
        first, last = values["opens_at"], values["freeze_at"]
        return NewEdition(
            **values,
            starts_on=first.astimezone(self.zone).date(),
            ends_on=max(first, last).astimezone(self.zone).date(),
        )


def _defaults(network: Network | None) -> dict[str, Any]:
    today = db_now().astimezone(ZoneInfo(HOME_ZONE)).date() + timedelta(weeks=4)
    friday = today + timedelta(days=(FRIDAY - today.weekday()) % 7)
    sunday = friday + timedelta(days=2)
    at = {
        "opens_at": datetime.combine(friday, time(18)),
        "submissions_close_at": datetime.combine(sunday, time(15, 30)),
        "judging_opens_at": datetime.combine(sunday, time(16)),
        "freeze_at": datetime.combine(sunday, time(18)),
    }
    before = network.editions.filter(rehearses=None).order_by("-number").values_list("number", flat=True) if network else None
    number = ((before.first() if before is not None else None) or 0) + 1
    return {**at, "number": number, "time_zone": HOME_ZONE, "kind": Edition.Kind.HACKATHON}
