"""What an organiser decides about the dossiers."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ReleaseForm(forms.Form):
    """Two ticks."""

    released = forms.BooleanField(label=_("Partners may take their dossier now, before the results"), required=False)
    with_comments = forms.BooleanField(label=_("With what jurors wrote to the teams, without their names"), required=False)
