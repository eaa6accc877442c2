"""The forms of a team's life, of the board "Find a team" and of the morning."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from challenges.models import Challenge
from estrade.kernel.localtext import local
from estrade.web.forms import RuleForm
from teams.models import Absence
from teams.notices import TEXT_LIMIT


class TeamNoticeForm(RuleForm):
    """What a team with open places says on the board."""

    text = forms.CharField(
        label=_("A few words"),
        required=False,
        max_length=1000,
        help_text=_("What you want to do. No address, no telephone number: people meet in the room."),
        widget=forms.Textarea(attrs={"class": "input input--short", "rows": 2, "maxlength": TEXT_LIMIT}),
    )
    skills = forms.CharField(
        label=_("Skills"),
        required=False,
        max_length=1000,
        help_text=_("Separated by commas, for instance: design, Python."),
        widget=forms.TextInput(attrs={"class": "input"}),
    )

    @property
    def words(self) -> dict[str, Any]:
        return {**self.cleaned_data, "skills": self.cleaned_data["skills"].split(",")}


class OwnNoticeForm(TeamNoticeForm):
    """What a person says on the board."""

    challenge = forms.TypedChoiceField(
        label=_("Challenge you would like"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.Select(attrs={"class": "input"}),
    )

    def __init__(self, *args: Any, challenges: Iterable[Challenge], language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["challenge"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", _("Any")), *((one.pk, local(one.title, language)) for one in challenges)]

    @property
    def words(self) -> dict[str, Any]:
        words = super().words
        words["challenge_id"] = words.pop("challenge")
        return words


class AnswerForm(forms.Form):
    """Yes or no."""

    accept = forms.TypedChoiceField(choices=[("1", ""), ("0", "")], coerce=lambda value: value == "1")


class ReasonForm(RuleForm):
    """Why."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=1000, widget=forms.TextInput(attrs={"class": "input"}))


class MemberForm(forms.Form):
    """One person."""

    person = forms.IntegerField(min_value=1, max_value=2**62)


class MoveForm(MemberForm):
    """One person and where to."""

    to = forms.IntegerField(min_value=1, max_value=2**62)


class MergeForm(forms.Form):
    """The team in which all go on."""

    into = forms.IntegerField(min_value=1, max_value=2**62)


class SplitForm(RuleForm):
    """Who goes on in a new team, and its name."""

    name = forms.CharField(
        label=_("Name of the new team"), max_length=200, widget=forms.TextInput(attrs={"class": "input", "maxlength": 60})
    )
    members = forms.TypedMultipleChoiceField(label=_("Who goes"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, members: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["members"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = list(members)


class ApplyForm(forms.Form):
    """Which proposal is applied."""

    fingerprint = forms.RegexField(r"^[0-9a-f]{64}$")
    dissolve = forms.TypedChoiceField(choices=[("1", ""), ("0", "")], coerce=lambda value: value == "1")


def marks_in(data: Any) -> dict[int, str]:
    """What a list to be ticked says: the fields `mark-<number>`, each "", "absent" or "late"; anything else is left out."""
    found = {}
    for name, value in data.items():
        number = name.removeprefix("mark-")
        if name.startswith("mark-") and number.isdecimal() and len(number) < 19 and value in ("", *Absence.State.values):
            found[int(number)] = value
    return found
