"""The forms of teams: a submission's draft, coming into a team, and composing all of them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from challenges.models import Challenge
from estrade.kernel.localtext import local
from estrade.web.forms import RuleForm
from teams.composing import Wanted
from teams.models import Submission
from teams.submissions import LIMITS, draft_of


class DraftForm(RuleForm):
    """The draft's words and the revision they are based on. Lengths and the link are checked by the verb."""

    title = forms.CharField(
        label=_("Title"), required=False, widget=forms.TextInput(attrs={"class": "input", "maxlength": LIMITS["title"]})
    )
    summary = forms.CharField(
        label=_("Summary in one sentence"),
        required=False,
        help_text=_("The sentence people read first."),
        widget=forms.Textarea(attrs={"class": "input input--short", "rows": 2, "maxlength": LIMITS["summary"]}),
    )
    text = forms.CharField(
        label=_("The problem and your solution"),
        required=False,
        strip=False,
        help_text=_("Plain text or Markdown: ## for a heading, - for a list."),
        widget=forms.Textarea(attrs={"class": "input input--tall", "rows": 14, "maxlength": LIMITS["text"]}),
    )
    link = forms.CharField(
        label=_("Link to a demonstration"),
        required=False,
        widget=forms.URLInput(attrs={"class": "input", "placeholder": "https://", "maxlength": LIMITS["link"]}),
    )
    base_revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    @classmethod
    def of(cls, draft: Submission, *, read_only: bool) -> "DraftForm":
        """The form as filled by the stored draft."""
        form = cls(initial={**draft_of(draft), "base_revision": draft.draft_revision})
        if read_only:
            for field in form.fields.values():
                if not field.widget.is_hidden:
                    field.widget.attrs["readonly"] = True
        return form

    def based_on(self, revision: int) -> "DraftForm":
        """The same words, as if written after that revision."""
        return DraftForm({**{name: self.data.get(name, "") for name in LIMITS}, "base_revision": revision})

    @property
    def words(self) -> dict[str, Any]:
        return self.cleaned_data


class DeliveryForm(forms.Form):
    """The mark of one press of the button: the same one again is the same delivery."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)

    @staticmethod
    def new_mark() -> UUID:
        return uuid4()


class JoinForm(RuleForm):
    """The code that a team gives to its friends."""

    code = forms.CharField(
        label=_("Code of the team"),
        max_length=40,
        help_text=_("Ten letters and digits. Capitals, spaces and hyphens do not matter."),
        widget=forms.TextInput(
            attrs={"class": "input", "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class TeamForm(RuleForm):
    """A team's name and its challenge."""

    name = forms.CharField(
        label=_("Name of the team"), max_length=200, widget=forms.TextInput(attrs={"class": "input", "maxlength": 60})
    )
    challenge = forms.TypedChoiceField(
        label=_("Challenge"), required=False, coerce=int, empty_value=None, widget=forms.Select(attrs={"class": "input"})
    )

    def __init__(self, *args: Any, challenges: Iterable[Challenge], language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(one.pk, f"{local(one.title, language)} ({one.partner.short_name})") for one in challenges]
        field = self.fields["challenge"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", _("Choose later")), *named]


PRESETS = [
    ("balanced", _("Both alike")),
    ("choices", _("First choices")),
    ("mixing", _("Mixing the schools")),
]


class ComposeForm(RuleForm):
    """Sizes, mixing and what matters most."""

    size_min = forms.IntegerField(
        label=_("People in a team, at least"), min_value=1, max_value=20, widget=forms.NumberInput(attrs={"class": "input"})
    )
    size_max = forms.IntegerField(
        label=_("People in a team, at most"), min_value=1, max_value=20, widget=forms.NumberInput(attrs={"class": "input"})
    )
    max_same_school = forms.IntegerField(
        label=_("Of one school in a team, at most"), min_value=1, max_value=20, widget=forms.NumberInput(attrs={"class": "input"})
    )
    preset = forms.ChoiceField(label=_("What matters most"), choices=PRESETS, widget=forms.Select(attrs={"class": "input"}))
    every_challenge = forms.BooleanField(label=_("Every challenge gets a team"), required=False)
    skills = forms.MultipleChoiceField(
        label=_("Skills wanted in every team"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, skills: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["skills"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(one, one) for one in skills]

    @property
    def wanted(self) -> Wanted:
        return Wanted(**{**self.cleaned_data, "skills": tuple(self.cleaned_data["skills"])})


class PlanForm(forms.Form):
    """Which plan a button belongs to."""

    plan = forms.IntegerField(widget=forms.HiddenInput)


class PlaceForm(PlanForm):
    """One person's place in the plan: another team, locked or free."""

    who = forms.RegexField(r"^\d+$", widget=forms.HiddenInput)
    team = forms.IntegerField(required=False)
    held = forms.BooleanField(required=False)
