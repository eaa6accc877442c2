"""The forms of signing in, and of the codes that replace a password."""

from django import forms
from django.utils.translation import gettext_lazy as _

from estrade.people.models import Role
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


class CodeForm(RuleForm):
    """A personal code as it stands on paper; spaces, hyphens and small letters do not matter."""

    code = forms.CharField(
        label=_("Personal code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"class": "input", "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class IssueForm(RuleForm):
    """Whose codes are made; `replace` ends those that exist."""

    role = forms.ChoiceField(choices=Role.Name.choices)
    replace = forms.BooleanField(required=False)


class ReplaceForm(RuleForm):
    """Whose code is replaced."""

    person = forms.IntegerField(min_value=1, max_value=2**63 - 1)
