"""The sign-in form."""

from django import forms
from django.utils.translation import gettext_lazy as _

from estrade.web.forms import RuleForm


class SignInForm(RuleForm):
    """A name or an e-mail address, and a password. Pasting works, nothing is remembered here."""

    name = forms.CharField(
        label=_("User name or e-mail address"),
        max_length=254,
        widget=forms.TextInput(
            attrs={"class": "input", "autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )
