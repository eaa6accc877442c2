"""The one choice of a rehearsal: how long it takes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from estrade.web.forms import RuleForm

MINUTES = (
    ("5", _("5 minutes: to see it once")),
    ("15", _("15 minutes: to try the seats")),
    ("45", _("45 minutes: with the whole staff, everybody in a seat")),
)


class StartForm(RuleForm):
    minutes = forms.TypedChoiceField(
        label=_("How long it takes"), choices=MINUTES, coerce=int, initial="15", widget=forms.RadioSelect
    )
