"""The form of a challenge: written in the language of whoever writes it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from challenges.challenges import LIMITS, ChallengeText
from challenges.models import Challenge
from estrade.kernel.localtext import local
from estrade.web.forms import RuleForm


def _line(label: Any, limit: int, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "maxlength": limit}), **options
    )


class ChallengeForm(RuleForm):
    """A challenge's words in one language. Lengths are checked by the verb; other languages are kept as they are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["partner"].widget.attrs["list"] = "partners"

    partner = _line(_("Partner who asks it"), 160, help_text=_("A company, a local authority, a school."))
    title = _line(_("Title"), LIMITS["title"])
    question = forms.CharField(
        label=_("The question in one sentence"),
        widget=forms.Textarea(attrs={"class": "input input--short", "rows": 2, "maxlength": LIMITS["question"]}),
    )
    body = forms.CharField(
        label=_("Context, what is provided, what is expected"),
        required=False,
        help_text=_("Plain text or Markdown: ## for a heading, - for a list."),
        widget=forms.Textarea(attrs={"class": "input input--tall", "rows": 10, "maxlength": LIMITS["body"]}),
    )
    referent = _line(
        _("Person on site"), LIMITS["referent"], required=False, help_text=_("Name, where and when. Shown with the challenge.")
    )
    capacity = forms.IntegerField(
        label=_("Teams at most"),
        required=False,
        min_value=1,
        max_value=1000,
        help_text=_("Left empty, any number."),
        widget=forms.NumberInput(attrs={"class": "input"}),
    )

    @classmethod
    def of(cls, challenge: Challenge, *, language: str) -> "ChallengeForm":
        """The form as filled by a challenge; whose it is stays."""
        texts = {name: local(getattr(challenge, name), language) for name in ("title", "question", "body", "referent")}
        form = cls(initial={**texts, "capacity": challenge.capacity})
        del form.fields["partner"]
        return form

    def text(self, *, language: str, position: int, known: Challenge | None = None) -> ChallengeText:
        """What the form says in `language`, beside what a known challenge says in others."""
        words = self.cleaned_data
        texts = {
            name: {**(getattr(known, name) if known else {}), language: words[name]}
            for name in ("title", "question", "body", "referent")
        }
        return ChallengeText(**texts, tags=known.tags if known else {}, capacity=words["capacity"], position=position)


class ChallengeFileForm(RuleForm):
    """A file that comes with a challenge; the mark is of this one sending."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(label=_("File"), widget=forms.FileInput(attrs={"class": "input"}))
