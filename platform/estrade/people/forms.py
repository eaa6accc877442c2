"""The forms of signing in, and of the codes that replace a password."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from estrade.people.invitations import LONGEST_LIST
from estrade.people.invitations import ROLES as INVITED
from estrade.people.models import Role
from estrade.people.words import ROLES
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


class AskForm(RuleForm):
    """Where a sign-in code is sent to."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email", "autocapitalize": "none"}),
    )


class DigitsForm(RuleForm):
    """Six digits from a mail."""

    code = forms.CharField(
        label=_("Six-digit code"),
        max_length=12,
        widget=forms.TextInput(attrs={"class": "input num", "autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class SecondFactorForm(RuleForm):
    """Six digits of the authenticator app, or a recovery code."""

    code = forms.CharField(
        label=_("Code of the app, or a recovery code"),
        max_length=20,
        widget=forms.TextInput(attrs={"class": "input num", "autocomplete": "one-time-code", "autocapitalize": "characters"}),
    )


class PasswordForm(RuleForm):
    """A new password, typed twice; the present one where there is one."""

    present = forms.CharField(
        label=_("Present password"),
        max_length=200,
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password, once more"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        words = super().clean() or {}
        if words.get("new") != words.get("again"):
            self.add_error("again", _("The two are not the same."))
        return words


class InviteForm(RuleForm):
    """A list of people, and what holds for all of them."""

    role = forms.ChoiceField(label=_("Role, where a line names none"), widget=forms.Select(attrs={"class": "input"}))
    language = forms.ChoiceField(
        label=_("Language of the mails"), choices=settings.LANGUAGES, widget=forms.Select(attrs={"class": "input"})
    )
    people = forms.CharField(
        label=_("People"),
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 8, "spellcheck": "false", "autocapitalize": "none"}),
        help_text=_(
            "One person per line: name, e-mail address, and perhaps a role and an organisation. Paste from a spreadsheet."
        ),
    )
    file = forms.FileField(
        label=_("Or a CSV file"),
        required=False,
        widget=forms.FileInput(attrs={"class": "input", "accept": ".csv,text/csv,text/plain"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(role.value, ROLES[role]) for role in INVITED]

    def clean(self) -> dict[str, Any]:
        """The text of the file stands for the list when there is one."""
        words = super().clean() or {}
        file = words.pop("file", None)
        if file is not None:
            if file.size > LONGEST_LIST:
                raise forms.ValidationError(_("The file is too large for a list of people."))
            data = file.read()
            try:
                words["people"] = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                # What spreadsheets on Windows write.
                words["people"] = data.decode("cp1252", errors="replace")
        if not words.get("people", "").strip():
            self.add_error("people", _("The list is empty."))
        return words
