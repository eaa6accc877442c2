"""What a request brings with a file: the mark of this one sending, and the file or what is said of it beforehand."""

from django import forms


class PlainFileForm(forms.Form):
    """A whole file from a form without script."""

    client_id = forms.UUIDField()
    file = forms.FileField()


class StartForm(forms.Form):
    """A file that will come in pieces."""

    client_id = forms.UUIDField()
    name = forms.CharField(max_length=255)
    size = forms.IntegerField(min_value=0)
    declared = forms.CharField(max_length=120, required=False)
