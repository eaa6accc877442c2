"""The forms of the control room. A typed word stands before what the whole room sees."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from estrade.editions.deadlines import INSTANTS, MOVABLE
from estrade.editions.models import Edition, ProgrammeStep
from estrade.editions.phases import Phase
from estrade.editions.programme import NewStep
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.web.forms import RuleForm
from estrade.web.local_moment import LocalMomentField


def _line(label: Any, *, required: bool = True, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=200,
        required=required,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
        **options,
    )


class ReasonForm(RuleForm):
    """Why an organiser bends a rule. It goes into the journal."""

    reason = _line(_("Reason"), help_text=_("Written into the journal."))


class OptionalReasonForm(RuleForm):
    reason = _line(_("Reason"), required=False, help_text=_("Written into the journal."))


class ConfirmForm(RuleForm):
    """`word` must be typed as shown, in capitals or not."""

    word = _line("")
    expected: Promise | str = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected_word = str(self.expected)
        self.fields["word"].label = gettext("Type %(word)s to confirm") % {"word": self.expected_word}
        self.fields["word"].widget.attrs |= {"data-retype": self.expected_word}

    def clean_word(self) -> str:
        word = str(self.cleaned_data["word"]).strip()
        if word.casefold() != self.expected_word.casefold():
            raise ValidationError(gettext("Type %(word)s, or keep things as they are."), params={"word": self.expected_word})
        return word


class FreezeForm(ConfirmForm):
    expected = _("FREEZE")


class PublishForm(ConfirmForm):
    expected = _("PUBLISH")


class StepForm(RuleForm):
    """Which step of the reveal the organiser had before their eyes."""

    from_step = forms.IntegerField(min_value=0, max_value=100)


class AnnounceForm(RuleForm):
    text = forms.CharField(
        label=_("Message"), max_length=500, widget=forms.Textarea(attrs={"class": "input input--short", "rows": 3})
    )


class ExtendForm(RuleForm):
    """`closes` is the closing time the organiser saw: sent twice, the time is given once."""

    minutes = forms.IntegerField(
        label=_("Minutes"), min_value=1, max_value=240, widget=forms.NumberInput(attrs={"class": "input"})
    )
    closes = forms.DateTimeField(widget=forms.HiddenInput)
    reason = _line(_("Reason"), help_text=_("Written into the journal."))


class MoveForm(RuleForm):
    """A new instant in the edition's local time; hours that a clock change skips or repeats are refused."""

    at = LocalMomentField(label=_("New time"), seconds=True)
    reason = _line(_("Reason"), required=False, help_text=_("Needed when less than 15 minutes are left and it comes earlier."))


class NumberForm(RuleForm):
    """What the reader had before their eyes: a step of the programme, or an entry of the audit log."""

    number = forms.IntegerField(min_value=1, max_value=2**62)


class DelayForm(RuleForm):
    """`seen_at` is when the step began on the page: sent twice, it moves once."""

    minutes = forms.IntegerField(min_value=1, max_value=240)
    seen_at = forms.DateTimeField()


class ProgrammeStepForm(RuleForm):
    """One line of the programme: its title and place in each language of the edition, its time, how it behaves."""

    starts_at = LocalMomentField(label=_("Begins"))
    is_key = forms.BooleanField(label=_("Nobody may miss it"), required=False)
    is_fixed = forms.BooleanField(label=_("It keeps its time when others move"), required=False)
    least_minutes = forms.IntegerField(
        label=_("Minutes it needs at least"),
        min_value=0,
        max_value=1440,
        required=False,
        help_text=_("When earlier steps take longer, it is never shortened below this."),
        widget=forms.NumberInput(attrs={"class": "input"}),
    )

    def __init__(self, data: Any, *, edition: Edition, step: ProgrammeStep | None) -> None:
        names = ("starts_at", "is_key", "is_fixed", "least_minutes")
        initial = {name: getattr(step, name) for name in names} if step else {"starts_at": edition.opens_at}
        super().__init__(data, initial=initial)
        self.languages = edition.languages or ["fr"]
        for language in self.languages:
            for name, label, texts in (
                ("title", _("Title"), step.title if step else {}),
                ("place", _("Place"), step.place if step else {}),
            ):
                words = f"{label} ({language})" if len(self.languages) > 1 else label
                required = name == "title" and language == self.languages[0]
                self.fields[f"{name}_{language}"] = forms.CharField(
                    label=words,
                    max_length=120,
                    required=required,
                    initial=texts.get(language, ""),
                    widget=forms.TextInput(attrs={"class": "input"}),
                )
        self.order_fields([*(f"title_{language}" for language in self.languages), "starts_at"])

    def refuse(self, refusal: Refused) -> None:
        field = refusal.figures.get("field")
        if field in {"title", "place"}:
            refusal.figures["field"] = f"{field}_{self.languages[0]}"
        super().refuse(refusal)

    def new_step(self) -> NewStep:
        typed = self.cleaned_data
        return NewStep(
            starts_at=typed["starts_at"],
            title={language: typed[f"title_{language}"] for language in self.languages},
            place={language: typed[f"place_{language}"] for language in self.languages},
            is_key=typed["is_key"],
            is_fixed=typed["is_fixed"],
            least_minutes=typed["least_minutes"] or 0,
        )


INSTANT_LABELS = {
    "opens": _("The event opens"),
    "submissions_close": _("Submissions close"),
    "judging_opens": _("Pitches and scoring start"),
    "freeze": _("The leaderboard freezes"),
}


def dialogs_for(edition: Edition) -> dict[str, Any]:
    """An empty form for each dialog of the control room; ids differ, so that all fit on one page."""
    moves = [
        (name, INSTANT_LABELS[name], MoveForm(auto_id=f"{name}_%s", initial={"at": getattr(edition, INSTANTS[name])}))
        for name in MOVABLE
        if name != "opens" or edition.phase(db_now()) == Phase.BEFORE
    ]
    return {
        "announce": AnnounceForm(auto_id="announce_%s"),
        "freeze": FreezeForm(auto_id="freeze_%s"),
        "thaw": OptionalReasonForm(auto_id="thaw_%s"),
        "sign_off": OptionalReasonForm(auto_id="sign_off_%s"),
        "publish": PublishForm(auto_id="publish_%s"),
        "moves": moves,
    }
