"""A stored file as an answer. Whoever calls has asked for the right to read it, at this very request.

Nothing of a file can act in this site's name: it is an attachment of its own kind, in a sandbox, and no browser may take
it for something else. Pictures, which were written anew, may be shown in a page.
"""

from pathlib import Path

from django.http import HttpResponseBase
from django.utils.http import content_disposition_header

from estrade.files.models import StoredFile
from estrade.files.places import path_of
from estrade.kernel.refusal import Refused
from estrade.web.streaming import Streamed, pieces_of

SANDBOX = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def answer_with(stored: StoredFile, *, inline: bool = False) -> HttpResponseBase:
    """The file. `inline` shows a picture instead of saving it. Refused: file_lost when its bytes are not here."""
    path: Path = path_of(stored.digest)
    if not path.is_file():
        raise Refused("file_lost", name=stored.name)
    response = Streamed(pieces_of(path), content_type=stored.what.content_type)
    response["Content-Length"] = str(stored.size)
    disposition = content_disposition_header(not (inline and stored.what.is_picture), stored.name)
    response["Content-Disposition"] = disposition or "attachment"
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response
