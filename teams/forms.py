"""The forms of teams: a submission's draft, coming into a team, lists and people, and composing all teams."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.db.models import QuerySet
from django.utils.html import escape
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from challenges.models import Challenge
from estrade.kernel.localtext import local
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation
from estrade.people.words import ONE_ROLE
from estrade.web.forms import RuleForm
from teams.composing import Wanted
from teams.form_fields import LINK, LONG, Asked, FormField
from teams.intake_schools import Unknown
from teams.models import Submission
from teams.questions import LONGEST, LONGEST_ANSWER
from teams.submissions import LIMITS, draft_of
from teams.team_list import WantedTeams


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

    def __init__(self, *args: Any, asked: Asked, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        for name in asked.required:
            self.fields[name].is_wanted = True  # type: ignore[attr-defined]  # read by the template
        for question in asked.questions:
            self.fields[answer_name(question.key)] = _question(question)

    @property
    def questions(self) -> list[forms.BoundField]:
        """The further fields of the edition's form, in order."""
        return [self[answer_name(question.key)] for question in self.asked.questions]

    @classmethod
    def of(cls, draft: Submission, asked: Asked, *, read_only: bool = False) -> "DraftForm":
        """The form as filled by the stored draft."""
        answers = {answer_name(key): words for key, words in draft.draft_answers.items()}
        form = cls(asked=asked, initial={**draft_of(draft), **answers, "base_revision": draft.draft_revision})
        if read_only:
            for field in form.fields.values():
                if not field.widget.is_hidden:
                    field.widget.attrs["readonly"] = True
        return form

    def based_on(self, revision: int) -> "DraftForm":
        """The same words, as if written after that revision."""
        names = [*LIMITS, *(answer_name(question.key) for question in self.asked.questions)]
        return DraftForm({**{name: self.data.get(name, "") for name in names}, "base_revision": revision}, asked=self.asked)

    def refuse(self, refusal: Refused) -> None:
        """A refusal names a further field by its key."""
        field = refusal.figures.get("field")
        if field and answer_name(field) in self.fields:
            refusal.figures["field"] = answer_name(field)
        super().refuse(refusal)

    @property
    def words(self) -> dict[str, Any]:
        """What `save_draft` takes."""
        words = {name: self.cleaned_data[name] for name in (*LIMITS, "base_revision")}
        answers = {question.key: self.cleaned_data[answer_name(question.key)] for question in self.asked.questions}
        return {**words, "answers": answers}


def answer_name(key: str) -> str:
    """The name of a further field among the fields of the page."""
    return f"answer_{key}"


def _question(question: FormField) -> forms.Field:
    language = get_language() or "fr"
    attrs = {"class": "input", "maxlength": question.limit}
    widget: forms.Widget = forms.TextInput(attrs=attrs)
    if question.kind == LONG:
        widget = forms.Textarea(attrs={**attrs, "rows": 6})
    elif question.kind == LINK:
        widget = forms.URLInput(attrs={**attrs, "placeholder": "https://"})
    field = forms.CharField(
        label=local(question.label, language), help_text=escape(local(question.hint, language)), required=False,
        strip=question.kind != LONG, widget=widget,
    )  # fmt: skip
    field.is_wanted = question.is_required  # type: ignore[attr-defined]  # read by the template
    return field


class DeliveryForm(forms.Form):
    """The mark of one press of the button: the same one again is the same delivery."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)

    @staticmethod
    def new_mark() -> UUID:
        return uuid4()


class QuestionForm(RuleForm):
    """A question about a challenge, with the mark of one press of the button."""

    client_id = forms.UUIDField(widget=forms.HiddenInput(attrs={"data-volatile": ""}))
    text = forms.CharField(
        label=_("Your question"),
        help_text=_("In the name of your team. The partner and the organisers read it; no name of yours is shown."),
        widget=forms.Textarea(attrs={"class": "input input--short", "rows": 3, "maxlength": LONGEST}),
    )

    @classmethod
    def fresh(cls) -> "QuestionForm":
        return cls(initial={"client_id": uuid4()})


class AnswerForm(RuleForm):
    """An answer, and who reads it."""

    text = forms.CharField(
        label=_("Your answer"),
        help_text=_("Plain text or Markdown. It stands as it is: it cannot be changed afterwards."),
        widget=forms.Textarea(attrs={"class": "input input--short", "rows": 4, "maxlength": LONGEST_ANSWER}),
    )


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


class RosterForm(forms.Form):
    """What the list of people is narrowed down to. Whatever cannot be read asks for nothing."""

    q = forms.CharField(
        label=_("Name, number or e-mail"), required=False, max_length=80, widget=forms.TextInput(attrs={"class": "input"})
    )
    school = forms.ChoiceField(label=_("School"), required=False, widget=forms.Select(attrs={"class": "input"}))
    role = forms.ChoiceField(label=_("Role"), required=False, widget=forms.Select(attrs={"class": "input"}))
    only = forms.ChoiceField(
        label=_("Only"),
        required=False,
        choices=[("", _("Everybody")), ("team", _("Without a team")), ("consent", _("Without parental consent"))],
        widget=forms.Select(attrs={"class": "input"}),
    )

    def __init__(self, data: Any, *, schools: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["q"].widget.input_type = "search"
        self.choices("school").choices = [("", _("All schools")), *schools]
        self.choices("role").choices = [("", _("All roles")), *ONE_ROLE.items()]

    def choices(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    @property
    def asked(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class TeamListForm(forms.Form):
    """What the list of teams is narrowed down to. Whatever cannot be read asks for nothing."""

    q = forms.CharField(
        label=_("Name or number"), required=False, max_length=80, widget=forms.TextInput(attrs={"class": "input"})
    )
    challenge = forms.ChoiceField(label=_("Challenge"), required=False, widget=forms.Select(attrs={"class": "input"}))
    only = forms.ChoiceField(
        label=_("Only"),
        required=False,
        choices=[
            ("", _("All teams")),
            ("missing", _("Nothing handed in")),
            ("late", _("Late, not decided yet")),
            ("extended", _("With more time")),
            ("withdrawn", _("Withdrawn")),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )

    def __init__(self, data: Any, *, challenges: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["q"].widget.input_type = "search"
        field = self.fields["challenge"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("All challenges")), *challenges]

    @property
    def wanted(self) -> WantedTeams:
        self.is_valid()
        asked = {name: self.cleaned_data.get(name, "") for name in self.fields}
        return WantedTeams(words=asked["q"], challenge=asked["challenge"], only=asked["only"])


class ListForm(RuleForm):
    """The file of a list of participants. What is in it decides, never its name."""

    file = forms.FileField(
        label=_("List of participants"),
        help_text=_("CSV or XLSX, at most 10 MB and 50,000 lines. Nothing is written before you have seen it."),
        error_messages={"required": _("Choose a file first."), "empty": _("The file is empty.")},
        widget=forms.FileInput(attrs={"class": "input", "accept": ".csv,.txt,.xlsx"}),
    )


class SchoolsForm(RuleForm):
    """One question per school that nobody knows yet: create it, under which name, or which one is it?"""

    def __init__(
        self, data: Any, *, unknown: Iterable[Unknown], known: Iterable[tuple[str, str]], answers: Mapping[str, Any]
    ) -> None:
        super().__init__(data)
        self.unknown = list(unknown)
        names = {one.key: one.name for one in self.unknown}
        schools = list(known)
        for one in self.unknown:
            said = answers.get("answers", {}).get(one.key)
            self.fields[f"school-{one.key}"] = forms.ChoiceField(
                label=_("What it is"),
                choices=_school_choices(one, names, schools),
                initial=one.suggestion if said is None else said,
                error_messages={"required": _("Say which school this is.")},
                widget=forms.Select(attrs={"class": "input"}),
            )
            self.fields[f"name-{one.key}"] = forms.CharField(
                label=_("Name of the new school"),
                max_length=160,
                required=False,
                initial=answers.get("names", {}).get(one.key) or one.name,
                widget=forms.TextInput(attrs={"class": "input"}),
            )

    @property
    def questions(self) -> list[tuple[Unknown, forms.BoundField, forms.BoundField]]:
        return [(one, self[f"school-{one.key}"], self[f"name-{one.key}"]) for one in self.unknown]

    @property
    def answers(self) -> dict[str, str]:
        return {one.key: self.cleaned_data[f"school-{one.key}"] for one in self.unknown}

    @property
    def names(self) -> dict[str, str]:
        return {one.key: self.cleaned_data[f"name-{one.key}"] for one in self.unknown}


def _school_choices(one: Unknown, names: Mapping[str, str], known: list[tuple[str, str]]) -> list[Any]:
    """Those that look alike first, then to create it, then every known school."""
    near = [f"as:{key}" if not key.startswith("new:") else f"with:{key.removeprefix('new:')}" for key in one.alike]
    if one.same:
        near.insert(0, f"as:{one.same}")
    by_slug = dict(known)
    told = [
        (answer, format_lazy(_("It is “{name}”"), name=by_slug.get(rest) if kind == "as" else names.get(rest)))
        for answer in near
        for kind, _sign, rest in [answer.partition(":")]
    ]
    create = [("school", _("Create it: secondary school")), ("higher", _("Create it: higher education"))]
    if one.is_higher:
        create.reverse()
    others = [(f"with:{key}", name) for key, name in names.items() if key != one.key and f"with:{key}" not in near]
    others += [(f"as:{slug}", name) for slug, name in known if f"as:{slug}" not in near]
    choose = [("", _("Choose…"))] if not one.suggestion else []
    return [*choose, *told, *create, *([(_("It is another school"), others)] if others else [])]


class PersonForm(RuleForm):
    """Name, school and level of one person. The verb checks them."""

    first_name = forms.CharField(label=_("First name"), required=False, widget=forms.TextInput(attrs={"class": "input"}))
    last_name = forms.CharField(label=_("Family name"), required=False, widget=forms.TextInput(attrs={"class": "input"}))
    school = forms.ModelChoiceField(
        label=_("School"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("No school"),
        widget=forms.Select(attrs={"class": "input"}),
    )
    level = forms.CharField(label=_("Level of study"), required=False, widget=forms.TextInput(attrs={"class": "input"}))

    def __init__(self, data: Any, *, schools: QuerySet[Organisation], name_is_owned: bool, **options: Any) -> None:
        super().__init__(data, **options)
        field = self.fields["school"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = schools
        if name_is_owned:
            for name in ("first_name", "last_name"):
                self.fields[name].disabled = True


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
