"""The form with which an organiser edits the submission form: one row per field, empty rows to add some."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from estrade.editions.edition_file import FIELD_KINDS
from estrade.files.kinds import KINDS
from estrade.web.forms import RuleForm
from teams.form_fields import (
    FILE,
    HIGHEST,
    HIGHEST_QUOTA_MB,
    LINK,
    LONG,
    LONGEST_LABEL,
    MOST_FIELDS,
    MOST_FILES,
    SHORT,
    USUAL,
    Asked,
    FormField,
)

EMPTY_ROWS = 2
KIND_WORDS = {SHORT: _("short text"), LONG: _("long text"), LINK: _("link"), FILE: _("file")}
# What an organiser chooses from, rather than thirteen endings.
SETS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "all": (_("every accepted format"), ()),
    "slides": (_("slides: PDF, PPTX, ODP"), ("pdf", "pptx", "odp")),
    "pdf": (_("PDF only"), ("pdf",)),
    "poster": (_("PDF or a picture"), ("pdf", "jpeg", "png", "webp")),
    "pictures": (_("pictures"), tuple(key for key, kind in KINDS.items() if kind.is_picture)),
    "film": (_("MP4 film"), ("mp4",)),
}


@dataclass(frozen=True)
class Row:
    """One row of the page: its number and its bound fields by name."""

    number: int
    fields: dict[str, forms.BoundField]
    is_new: bool


class FormEditor(RuleForm):
    """Fields `f0_label_fr`, `f0_kind` and so on, row by row; a row without a label is no field."""

    require_summary = forms.BooleanField(label=_("The summary is required"), required=False)
    require_link = forms.BooleanField(label=_("The link is required"), required=False)
    quota_mb = forms.IntegerField(
        label=_("Room for files per team, in megabytes"), min_value=1, max_value=HIGHEST_QUOTA_MB,
        widget=forms.NumberInput(attrs={"class": "input"}),
    )  # fmt: skip

    def __init__(self, *args: Any, asked: Asked, languages: Sequence[str], **kwargs: Any) -> None:
        self.asked, self.languages = asked, list(languages)
        self.count = min(len(asked.fields) + EMPTY_ROWS, MOST_FIELDS)
        kwargs.setdefault("initial", self._initial())
        super().__init__(*args, **kwargs)
        for number in range(self.count):
            self.fields.update(self._row_fields(number))

    @property
    def rows(self) -> Iterator[Row]:
        """The rows in order."""
        for number in range(self.count):
            start = f"f{number}_"
            named = {name.removeprefix(start): self[name] for name in self.fields if name.startswith(start)}
            yield Row(number, named, number >= len(self.asked.fields))

    def asked_now(self) -> Asked:
        """The form as it was written."""
        given = self.cleaned_data
        rows = [row for number in range(self.count) if (row := self._field(number, given)) is not None]
        fields = [field for _place, field in sorted(rows, key=lambda row: row[0])]
        required = [name for name in ("summary", "link") if given[f"require_{name}"]]
        return Asked(fields=tuple(fields), required=tuple(required), quota_mb=given["quota_mb"])

    def _field(self, number: int, given: dict[str, Any]) -> tuple[int, FormField] | None:
        def of(name: str) -> Any:
            return given[f"f{number}_{name}"]

        label = {language: of(f"label_{language}") for language in self.languages if of(f"label_{language}")}
        if not label or of("away"):
            return None
        known = self.asked.fields[number] if number < len(self.asked.fields) else None
        kind = of("kind") or SHORT
        limit = min(of("limit") or USUAL[kind], HIGHEST[kind])
        hint = {language: of(f"hint_{language}") for language in self.languages if of(f"hint_{language}")}
        field = FormField(
            key=known.key if known else self._free_key(next(iter(label.values())), number), kind=kind, label=label,
            hint=hint, is_required=of("required"), limit=limit, most=of("most") or 1,
            accepts=known.accepts if of("accepts") == "kept" and known else SETS.get(of("accepts"), SETS["all"])[1],
        )  # fmt: skip
        return (of("place") or number + 1, field)

    def _free_key(self, label: str, number: int) -> str:
        stem = slugify(label).replace("-", "_")[:30].strip("_")
        stem = stem if stem[:1].isalpha() else f"field_{stem}".strip("_")
        taken = {field.key for field in self.asked.fields} | {"title", "summary", "text", "link"}
        return f"{stem}_{number + 1}" if stem in taken else stem

    def _initial(self) -> dict[str, Any]:
        asked = self.asked
        initial: dict[str, Any] = {f"require_{name}": name in asked.required for name in ("summary", "link")}
        initial["quota_mb"] = asked.quota_mb
        for number, field in enumerate(asked.fields):
            words = {f"label_{language}": field.label.get(language, "") for language in self.languages}
            words |= {f"hint_{language}": field.hint.get(language, "") for language in self.languages}
            kept = next((name for name, (_words, kinds) in SETS.items() if set(kinds) == set(field.accepts)), "kept")
            row = {**words, "kind": field.kind, "required": field.is_required, "limit": field.limit, "most": field.most,
                   "accepts": kept, "place": number + 1}  # fmt: skip
            initial |= {f"f{number}_{name}": value for name, value in row.items()}
        return initial

    def _row_fields(self, number: int) -> dict[str, forms.Field]:
        def line(label: Any, longest: int) -> forms.Field:
            return forms.CharField(
                label=label, required=False, max_length=longest, widget=forms.TextInput(attrs={"class": "input"})
            )

        def figure(label: Any, most: int) -> forms.Field:
            return forms.IntegerField(
                label=label, required=False, min_value=1, max_value=most, widget=forms.NumberInput(attrs={"class": "input"})
            )

        choice = forms.Select(attrs={"class": "input"})
        sets = [(name, words) for name, (words, _kinds) in SETS.items()]
        known = number < len(self.asked.fields)
        if known and self.initial[f"f{number}_accepts"] == "kept":
            sets.insert(0, ("kept", _("as before")))
        fields: dict[str, forms.Field] = {}
        for language in self.languages:
            fields[f"label_{language}"] = line(_("Name of the field") if language == "en" else _("Name of the field, in French"),
                                               LONGEST_LABEL)  # fmt: skip
            fields[f"hint_{language}"] = line(_("Hint") if language == "en" else _("Hint, in French"), 200)
        fields["kind"] = forms.ChoiceField(
            label=_("Kind"), required=False, choices=[(kind, KIND_WORDS[kind]) for kind in FIELD_KINDS], widget=choice
        )  # fmt: skip
        fields["required"] = forms.BooleanField(label=_("Required"), required=False)
        fields["limit"] = figure(_("Characters, or megabytes of a file, at most"), max(HIGHEST.values()))
        fields["most"] = figure(_("Files at most"), MOST_FILES)
        fields["accepts"] = forms.ChoiceField(
            label=_("Formats of files"), required=False, choices=sets, widget=forms.Select(attrs={"class": "input"})
        )  # fmt: skip
        fields["place"] = figure(_("Position in the form"), 99)
        if known:
            fields["away"] = forms.BooleanField(label=_("Remove this field"), required=False)
        for name in () if known else ("away",):
            fields[name] = forms.BooleanField(required=False, widget=forms.HiddenInput)
        return {f"f{number}_{name}": field for name, field in fields.items()}
