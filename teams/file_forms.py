"""What a request brings with a file: the mark of this one sending, and the file or what is said of it beforehand."""

from collections.abc import Iterator

from django import forms

from estrade.files.uploads import Sending
from estrade.kernel.refusal import Refused


class PlainFileForm(forms.Form):
    """A whole file from a form without script."""

    client_id = forms.UUIDField()
    file = forms.FileField()

    def sent(self) -> tuple[Sending, Iterator[bytes]]:
        """What is said of the file, and its bytes in pieces. Refused: `file_empty` when there is none, or no mark."""
        if not self.is_valid():
            raise Refused("file_empty", field="file")
        file = self.cleaned_data["file"]
        return Sending.of_form(file, client_id=self.cleaned_data["client_id"]), file.chunks()


class StartForm(forms.Form):
    """A file that will come in pieces."""

    client_id = forms.UUIDField()
    name = forms.CharField(max_length=255)
    size = forms.IntegerField(min_value=0)
    declared = forms.CharField(max_length=120, required=False)
