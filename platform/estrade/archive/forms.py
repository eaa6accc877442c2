"""Choosing a file, and saying yes to it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from estrade.web.forms import RuleForm


class ArrivalForm(RuleForm):
    """A file that holds an edition."""

    file = forms.FileField(
        label=_("The exported edition"),
        help_text=_("The ZIP of “Export everything now”, or the edition.json in it. 50 MB at most."),
        widget=forms.FileInput(attrs={"class": "input", "accept": ".zip,.json"}),
    )


class ConfirmForm(RuleForm):
    """The file that was looked at, by the SHA-256 of its content."""

    digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
