"""A juror's sheet as a page and as a plain form: what each criterion shows, and what a sent form means to change.

And the organisers' forms around a juror and a plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import BadRequest
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from estrade.kernel.cleantext import many_lines
from estrade.kernel.localtext import local
from estrade.kernel.refusal import Refused
from estrade.web.forms import RuleForm
from judging.ballots import read_value
from judging.finals import MOST as MOST_FINALISTS
from judging.jury import MOST_MINUTES
from judging.plans import MOST
from judging.reads import DONE, EMPTY, OFF, OwnBallot, Sheet, SheetCriterion
from judging.remarks import WHICH
from judging.rooms import MOST_ROOMS

# More values than this do not fit as buttons on a phone; more than the second figure make a list nobody scrolls.
MOST_BUTTONS = 11
MOST_OPTIONS = 101


@dataclass(frozen=True)
class LevelField:
    """One value of a scale as shown; a dot for each earlier score of the juror at this value."""

    value: str
    shown: str
    label: str
    text: str
    past: int

    @property
    def dots(self) -> range:
        return range(self.past)


@dataclass(frozen=True)
class CriterionField:
    """One criterion on the page. `client_id` marks the write this copy of the form would make."""

    item: SheetCriterion
    percent: Decimal
    client_id: UUID
    levels: list[LevelField]

    @property
    def widget(self) -> str:
        count = len(self.levels)
        return "buttons" if count <= MOST_BUTTONS else "select" if count <= MOST_OPTIONS else "number"

    @property
    def has_words(self) -> bool:
        return any(level.text for level in self.levels)

    @property
    def has_past(self) -> bool:
        return any(level.past for level in self.levels)

    @property
    def is_unscored(self) -> bool:
        return self.item.value == ""


@dataclass(frozen=True, kw_only=True)
class Intended:
    """One score that a sent form means to write, as it was typed: one that cannot be read stops no other."""

    criterion_id: int
    typed: str | None
    client_id: UUID
    base_version: int


def fields_of(sheet: Sheet) -> list[CriterionField]:
    """The criteria with their share of the total."""
    total = sum((item.criterion.weight for item in sheet.criteria), Decimal(0)) or Decimal(1)
    return [CriterionField(item, 100 * item.criterion.weight / total, uuid4(), _levels(item)) for item in sheet.criteria]


def _levels(item: SheetCriterion) -> list[LevelField]:
    language = get_language() or "fr"
    return [
        LevelField(
            value=level.value,
            shown=number_format(Decimal(level.value), use_l10n=True),
            label=local(level.label, language),
            text=local(level.text, language),
            past=level.past,
        )
        for level in item.levels
    ]


def state_of(sheet: Sheet) -> dict[int | str, dict[str, Any]]:
    """What the server holds, for the page's script: criterion, or name of a text, to value and version."""
    scores: dict[int | str, dict[str, Any]] = {
        item.criterion.pk: {"value": item.value or None, "version": item.version, "received_at": item.received_at}
        for item in sheet.criteria
    }
    return scores | {remark.which: {"value": remark.text, "version": remark.version} for remark in sheet.remarks}


def own_ranking(sheet: Sheet) -> list[tuple[int | None, OwnBallot]]:
    """What the juror has scored, best first. Only finished ballots have a rank; a partial total is shown without."""
    begun = [one for one in sheet.ballots if one.state not in {OFF, EMPTY} or one.team == sheet.team]
    ordered = sorted(begun, key=lambda one: -one.total)
    finished = [one.total for one in ordered if one.state == DONE]
    return [(1 + finished.index(one.total) if one.state == DONE else None, one) for one in ordered]


def intended_scores(data: Mapping[str, str], sheet: Sheet) -> list[Intended]:
    """The scores that differ from what the form showed when it was made; what was not touched is not written.

    Raises BadRequest for a form that this page did not make.
    """
    ids = [item.criterion.pk for item in sheet.criteria]
    # A form made before a new version of the rubric has marks of its own criteria; the verb knows what they are now.
    ids += sorted(pk for name in data if (pk := _marked(name)) is not None and pk not in ids)
    if "clear" in data:
        ids = [pk for pk in ids if str(pk) == data["clear"]]
    intended = []
    for pk in ids:
        typed = None if "clear" in data else data.get(f"score-{pk}")
        if f"client-{pk}" in data and _differs(typed, data.get(f"was-{pk}")):
            intended.append(_intended(data, pk, typed))
    return intended


def _differs(typed: str | None, was: str | None) -> bool:
    try:
        return read_value(typed, from_form=True) != read_value(was, from_form=True)
    except Refused:
        return True


def _marked(name: str) -> int | None:
    """The criterion that a field of a sheet's form is the mark of."""
    number = name.removeprefix("client-")
    return int(number) if number != name and number.isascii() and number.isdecimal() and len(number) < 18 else None


def _intended(data: Mapping[str, str], pk: int, typed: str | None) -> Intended:
    try:
        client_id, base = UUID(data[f"client-{pk}"]), int(data[f"base-{pk}"])
    except (KeyError, ValueError) as error:
        raise BadRequest("a sheet without its marks") from error
    return Intended(criterion_id=pk, typed=typed, client_id=client_id, base_version=base)


@dataclass(frozen=True, kw_only=True)
class IntendedRemark:
    """One text that a sent form means to write."""

    which: str
    text: str
    base_version: int


def intended_remarks(data: Mapping[str, str]) -> list[IntendedRemark]:
    """The texts that differ from what the form showed when it was made. Raises BadRequest for a form of elsewhere."""
    intended = []
    for which in WHICH:
        if f"remark-{which}" not in data or "clear" in data:
            continue
        text = many_lines(data[f"remark-{which}"])
        if text == many_lines(data.get(f"was-{which}", "")):
            continue
        base = data.get(f"base-{which}", "")
        if not (base.isascii() and base.isdecimal() and len(base) < 10):
            raise BadRequest("a sheet without its marks")
        intended.append(IntendedRemark(which=which, text=text, base_version=int(base)))
    return intended


def declared(data: Mapping[str, str]) -> dict[int, str]:
    """The teams a juror ticked on the charter, each with the reason chosen. Raises BadRequest for a form of elsewhere."""
    found = {}
    for name, kind in data.items():
        team = name.removeprefix("conflict-")
        if team == name or not kind:
            continue
        if not (team.isascii() and team.isdecimal() and len(team) < 18):
            raise BadRequest("a charter with an unknown team")
        found[int(team)] = kind
    return found


class LeaveForm(RuleForm):
    """A juror stands down: what becomes of the scores is asked, never presumed."""

    scores = forms.ChoiceField(
        label=_("What becomes of the scores?"),
        choices=[
            ("kept", _("Complete ballots count. Begun ones do not.")),
            ("void", _("No ballot of this juror counts.")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason, for the jury record"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )


class HandOverForm(RuleForm):
    """Somebody else takes the seat, with the scores given from it so far."""

    first_name = forms.CharField(
        label=_("First name"), max_length=80, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=80, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
    )
    organisation = forms.CharField(
        label=_("Organisation"),
        max_length=160,
        required=False,
        help_text=_("A juror does not score the teams on the challenge of the own organisation."),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )


class PlanForm(RuleForm):
    """How many ballots each team gets."""

    per_team = forms.IntegerField(
        label=_("Ballots for each team"),
        min_value=1,
        max_value=MOST,
        widget=forms.NumberInput(attrs={"class": "input plan__count", "inputmode": "numeric"}),
    )
    mixes = forms.BooleanField(label=_("Mix schools, businesses and institutions on each team"), required=False)


class RoomsForm(RuleForm):
    """Into how many rooms a round is split."""

    count = forms.IntegerField(
        label=_("Rooms"),
        min_value=2,
        max_value=MOST_ROOMS,
        widget=forms.NumberInput(attrs={"class": "input plan__count", "inputmode": "numeric"}),
    )


class FinalForm(RuleForm):
    """Who goes on to a final."""

    by = forms.ChoiceField(
        label=_("Is there a final?"),
        required=False,
        choices=[
            ("", _("No: the results come from this round")),
            ("overall", _("Yes: the first of all teams")),
            ("room", _("Yes: the first of each room")),
            ("challenge", _("Yes: the first on each challenge")),
        ],
        widget=forms.RadioSelect,
    )
    count = forms.IntegerField(
        label=_("How many"),
        required=False,
        min_value=1,
        max_value=MOST_FINALISTS,
        widget=forms.NumberInput(attrs={"class": "input plan__count", "inputmode": "numeric"}),
    )
    ties = forms.ChoiceField(
        label=_("If teams have the same points at the border"),
        choices=[("all", _("all of them go on")), ("chain", _("the tie-break rules decide"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=200,
        help_text=_("Needed once the jury has begun."),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )


class NeedsForm(RuleForm):
    """What the figures of a jury are computed from."""

    teams = forms.IntegerField(label=_("Teams"), min_value=1, max_value=5000)
    ballots = forms.IntegerField(label=_("Ballots for each team"), min_value=1, max_value=MOST)
    minutes = forms.IntegerField(label=_("Minutes for each team"), min_value=1, max_value=MOST_MINUTES)
    jurors = forms.IntegerField(label=_("Jurors"), min_value=1, max_value=1000)


class JurorForm(RuleForm):
    """One juror more."""

    first_name = forms.CharField(
        label=_("First name"), max_length=80, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=80, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
    )
    organisation = forms.CharField(
        label=_("Organisation"),
        max_length=160,
        required=False,
        help_text=_("A juror does not score the teams on the challenge of the own organisation."),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    is_president = forms.BooleanField(label=_("Chairs the jury"), required=False)
