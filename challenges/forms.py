"""The form of a challenge: the edition's language first and required, its other languages beside it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from challenges.challenges import LIMITS, REASON, ChallengeText
from challenges.links import checked_links, links_of
from challenges.models import Challenge
from challenges.reads import Words
from estrade.editions.models import Edition
from estrade.kernel.cleantext import many_lines
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation
from estrade.web.forms import RuleForm

ROWS = {"question": 2, "body": 9, "provided": 4, "expected": 4, "links": 3}
LABELS: dict[str, Any] = {
    "title": _("Title"),
    "question": _("The question in one sentence"),
    "tags": _("Subjects"),
    "body": _("The problem and its context"),
    "provided": _("What is provided"),
    "expected": _("What is expected"),
    "links": _("Links"),
    "eligibility": _("Who can choose it"),
    "referent": _("Person on site"),
}
MARKDOWN = _("Plain text or Markdown: ## for a heading, - for a list.")
HINTS: dict[str, Any] = {
    "tags": _("Separated by commas."),
    "body": MARKDOWN,
    "provided": _("Data, rooms, equipment, people to ask. Markdown too."),
    "expected": _("What teams hand over at the end. Markdown too."),
    "links": _("One per line: the address, then its name."),
    "eligibility": _("In words, where it is not open to everybody."),
    "referent": _("Name, where and when. Pupils read this: no private number, no private address."),
}
# What an amendment calls the parts it changed.
PARTS: dict[str, Any] = {**LABELS, "capacity": _("Teams at most"), "open_to": _("Schools and levels")}


class ChallengeForm(RuleForm):
    """A challenge's words. Lengths are checked by the verb; languages that the edition does not speak are kept.

    `partners`: organisations to choose from, None where any name may be typed. A field in another language than the
    edition's first carries it in its name: `title_en`.
    """

    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        edition: Edition,
        schools: Sequence[Organisation],
        partners: Sequence[Organisation] | None = None,
        known: Challenge | None = None,
        amends: bool = False,
        **kwargs: Any,
    ) -> None:
        if known is not None:
            kwargs["initial"] = _initial(known, edition)
        super().__init__(*args, **kwargs)
        self.languages = list(dict.fromkeys([edition.main_language, *edition.languages]))
        self.known = known
        if known is None:
            self.fields["partner"] = _partner(partners)
        for language in self.languages:
            for name, label in LABELS.items():
                self.fields[self.name_of(name, language)] = self._field(name, label, language)
        self.fields["capacity"] = forms.IntegerField(
            label=PARTS["capacity"], required=False, min_value=1, max_value=1000, help_text=_("Left empty, any number."),
            widget=forms.NumberInput(attrs={"class": "input"}),
        )  # fmt: skip
        self.fields["schools"] = forms.MultipleChoiceField(
            label=_("Open to these schools only"), required=False, widget=forms.CheckboxSelectMultiple,
            choices=[(one.slug, one.name) for one in schools],
        )  # fmt: skip
        self.fields["levels"] = forms.CharField(
            label=_("Open to these levels only"), required=False, help_text=_("Separated by commas. Left empty, all."),
            widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "maxlength": 600}),
        )  # fmt: skip
        if amends:
            self.fields["why"] = forms.CharField(
                label=_("Why it changes"), help_text=_("Shown with the challenge, and told to its teams at once."),
                widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "maxlength": REASON}),
            )  # fmt: skip

    def name_of(self, name: str, language: str) -> str:
        return name if language == self.languages[0] else f"{name}_{language}"

    def _field(self, name: str, label: Any, language: str) -> forms.CharField:
        attrs: dict[str, Any] = {"class": "input", "maxlength": LIMITS[name], "lang": language}
        widget: forms.Widget = forms.TextInput(attrs={**attrs, "autocomplete": "off"})
        if name in ROWS:
            size = "input--tall" if ROWS[name] > 4 else "input--short"
            widget = forms.Textarea(attrs={**attrs, "class": f"input {size}", "rows": ROWS[name]})
        required = language == self.languages[0] and name in {"title", "question"}
        return forms.CharField(label=label, required=required, help_text=HINTS.get(name, ""), widget=widget)

    def in_main_language(self) -> list[forms.BoundField]:
        return [self[name] for name in LABELS]

    def in_other_languages(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Each other language by its own name, with its fields."""
        return [
            (str(get_language_info(language)["name_local"]), [self[self.name_of(name, language)] for name in LABELS])
            for language in self.languages[1:]
        ]

    def text(self, *, position: int) -> ChallengeText:
        """What the form says, beside what a known challenge says in languages that have no field."""
        said = self.cleaned_data
        texts = {
            name: {
                **(getattr(self.known, name) if self.known else {}),
                **{language: said[self.name_of(name, language)] for language in self.languages},
            }
            for name in LABELS
        }
        # A language in which nothing is said is not there at all.
        main = self.languages[0]
        texts = {name: {lang: words for lang, words in spoken.items() if words or lang == main} for name, spoken in texts.items()}
        texts["tags"] = {language: _joined(words) for language, words in texts["tags"].items()}
        open_to = {"schools": said["schools"], "levels": [level.strip() for level in said["levels"].split(",")]}
        return ChallengeText(**texts, open_to=open_to, capacity=said["capacity"], position=position)

    def preview(self) -> list[tuple[str, Words]]:
        """What was typed, as the page will show it: each language in which there is a title."""
        shown = []
        for language in self.languages:
            typed = {name: many_lines(self.data.get(self.name_of(name, language), "")) for name in LABELS}
            if typed["title"] or language == self.languages[0]:
                words = Words(**{**typed, "tags": _joined(typed["tags"]), "links": _sound(typed["links"])})  # type: ignore[arg-type]
                shown.append((language, words))
        return shown


def _initial(known: Challenge, edition: Edition) -> dict[str, Any]:
    initial: dict[str, Any] = {"revision": known.revision, "capacity": known.capacity}
    for language in dict.fromkeys([edition.main_language, *edition.languages]):
        for name in LABELS:
            words = getattr(known, name).get(language, "")
            field = name if language == edition.main_language else f"{name}_{language}"
            initial[field] = words.replace(" · ", ", ") if name == "tags" else words
    initial["schools"] = known.open_to.get("schools", [])
    initial["levels"] = ", ".join(known.open_to.get("levels", []))
    return initial


def _partner(partners: Sequence[Organisation] | None) -> forms.Field:
    label = _("Partner who asks it")
    if partners is not None:
        return forms.TypedChoiceField(
            label=label, coerce=int, choices=[(one.pk, one.name) for one in partners],
            widget=forms.Select(attrs={"class": "input"}),
        )  # fmt: skip
    attrs = {"class": "input", "autocomplete": "off", "maxlength": 160, "list": "partners"}
    return forms.CharField(
        label=label, help_text=_("A company, a local authority, a school."), widget=forms.TextInput(attrs=attrs)
    )


def _joined(words: str) -> str:
    return " · ".join(part.strip() for part in words.replace("·", ",").split(",") if part.strip())


def _sound(lines: str) -> list[Any]:
    try:
        return links_of(checked_links(lines))
    except Refused:
        return []


class RemarkForm(RuleForm):
    """Why a challenge goes back to its partner."""

    remark = forms.CharField(
        label=_("Remark to the partner"),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "maxlength": REASON}),
    )


class ChallengeFileForm(RuleForm):
    """A file that comes with a challenge; the mark is of this one sending."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(label=_("File"), widget=forms.FileInput(attrs={"class": "input"}))
