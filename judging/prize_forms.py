"""The form of a prize: its words in each language of the edition, what it is worth, who decides and among whom."""

from typing import Any

from django import forms
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from challenges.models import Challenge
from estrade.editions.models import Edition
from estrade.kernel.cleantext import many_lines, one_line
from estrade.kernel.localtext import local
from estrade.web.forms import RuleForm
from estrade.web.local_moment import LocalMomentField
from judging.models import Category, Prize, Round
from judging.prizes import NewPrize

NAME, CITATION = _("Name of the prize"), _("What it is given for")
DECIDED_BY = [
    (Prize.DecidedBy.JURY, _("The jury: by the order of the ranking")),
    (Prize.DecidedBy.PARTNER, _("A partner: it chooses among the teams on its challenges")),
    (Prize.DecidedBy.AUDIENCE, _("The audience: everybody at the event has one vote")),
]


class PrizeForm(RuleForm):
    """One prize. A field in another language than the edition's first carries it in its name: `name_en`."""

    amount = forms.DecimalField(
        label=_("Amount"), required=False, min_value=0, max_digits=9, decimal_places=2, localize=True,
        help_text=_("In euros. Left empty, the prize is not money."),
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "decimal"}),
    )  # fmt: skip
    sponsor = forms.CharField(
        label=_("Given by"), required=False, max_length=160, help_text=_("The organisation, where there is one."),
        widget=forms.TextInput(attrs={"class": "input", "list": "houses", "autocomplete": "off"}),
    )  # fmt: skip
    decided_by = forms.ChoiceField(label=_("Who decides"), choices=DECIDED_BY, widget=forms.RadioSelect, initial="jury")
    challenge = forms.ModelChoiceField(
        label=_("Only for the teams on"), required=False, queryset=Challenge.objects.none(), empty_label=_("any challenge"),
        widget=forms.Select(attrs={"class": "input"}),
    )  # fmt: skip
    category = forms.ModelChoiceField(
        label=_("Only for the category"), required=False, queryset=Category.objects.none(), empty_label=_("any category"),
        widget=forms.Select(attrs={"class": "input"}),
    )  # fmt: skip
    round = forms.ModelChoiceField(
        label=_("By the order of"), required=False, queryset=Round.objects.none(), empty_label=_("the last round"),
        help_text=_("Where the jury decides. The last round is the final, where there is one."),
        widget=forms.Select(attrs={"class": "input"}),
    )  # fmt: skip
    rank = forms.IntegerField(
        label=_("Place that wins it"), min_value=1, max_value=999, initial=1, required=False,
        help_text=_("Where the jury decides. 1 is the best."), widget=forms.NumberInput(attrs={"class": "input plan__count"}),
    )  # fmt: skip
    choose_until = LocalMomentField(
        label=_("The partner chooses until"), required=False,
        help_text=_("Left empty, until the first result is revealed."),
    )  # fmt: skip

    def __init__(self, *args: Any, edition: Edition, known: Prize | None = None, **kwargs: Any) -> None:
        if known is not None:
            kwargs["initial"] = _initial(known, edition)
        super().__init__(*args, **kwargs)
        self.languages = list(dict.fromkeys([edition.main_language, *edition.languages]))
        self.known = known
        self.fields["challenge"].queryset = edition.challenges.order_by("position", "pk")  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["category"].queryset = edition.categories.all()  # type: ignore[attr-defined]
        if not edition.categories.exists():
            del self.fields["category"]
        rounds = edition.rounds.filter(is_final=False)
        self.fields["round"].queryset = rounds  # type: ignore[attr-defined]
        self.fields["round"].label_from_instance = lambda one: _("Round %(n)s") % {"n": one.number}  # type: ignore[attr-defined]
        if not rounds.exclude(final_by="").exists() and (known is None or known.round_id is None):
            del self.fields["round"]
        # Not `language`: the loop below takes that name, and a choice is worded after it.
        reader = get_language() or "en"
        self.fields["challenge"].label_from_instance = lambda one: local(one.title, reader)  # type: ignore[attr-defined]
        if "category" in self.fields:
            self.fields["category"].label_from_instance = lambda one: local(one.name, reader)  # type: ignore[attr-defined]
        for language in self.languages:
            main = language == self.languages[0]
            ending = "" if main else f" ({get_language_info(language)['name_local']})"
            self.fields[f"name_{language}"] = forms.CharField(
                label=f"{NAME}{ending}", max_length=120, required=main,
                widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
            )  # fmt: skip
            self.fields[f"citation_{language}"] = forms.CharField(
                label=f"{CITATION}{ending}", max_length=400, required=False,
                widget=forms.Textarea(attrs={"class": "input", "rows": 2}),
            )  # fmt: skip

    @property
    def words(self) -> list[Any]:
        return [self[f"{name}_{language}"] for language in self.languages for name in ("name", "citation")]

    def written(self) -> tuple[NewPrize, str]:
        """The prize as typed, and the sponsor's name."""
        typed = self.cleaned_data
        by_partner = typed["decided_by"] == Prize.DecidedBy.PARTNER
        new = NewPrize(
            name=_with_others(
                self.known.name if self.known else {}, {one: one_line(typed[f"name_{one}"]) for one in self.languages}
            ),
            citation=_with_others(
                self.known.citation if self.known else {}, {one: many_lines(typed[f"citation_{one}"]) for one in self.languages}
            ),
            amount=typed["amount"],
            currency=self.known.currency if self.known else "EUR",
            rank=typed["rank"] or 1 if typed["decided_by"] == Prize.DecidedBy.JURY else 1,
            decided_by=typed["decided_by"],
            challenge=typed["challenge"],
            category=typed.get("category"),
            round=typed.get("round") if typed["decided_by"] == Prize.DecidedBy.JURY else None,
            choose_until=typed["choose_until"] if by_partner else None,
        )
        return new, typed["sponsor"]


def _initial(known: Prize, edition: Edition) -> dict[str, Any]:
    languages = dict.fromkeys([edition.main_language, *edition.languages])
    return {
        "amount": known.amount,
        "sponsor": known.sponsor.name if known.sponsor else "",
        "decided_by": known.decided_by,
        "challenge": known.challenge_id,
        "category": known.category_id,
        "round": known.round_id,
        "rank": known.rank,
        "choose_until": known.choose_until,
        **{f"name_{one}": known.name.get(one, "") for one in languages},
        **{f"citation_{one}": known.citation.get(one, "") for one in languages},
    }


def _with_others(known: dict[str, str], typed: dict[str, str]) -> dict[str, str]:
    """What was typed; languages that the edition does not speak are kept, empty ones left out."""
    return {language: text for language, text in {**known, **typed}.items() if text}
