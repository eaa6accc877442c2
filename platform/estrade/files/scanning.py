"""The virus scanner, where an installation has one: ClamAV's daemon, asked over its socket for each file.

Without one nothing is scanned, and the pages say so. Set and silent is no answer: the file is not taken.
"""

import socket
from pathlib import Path

from django.conf import settings

from estrade.kernel.refusal import Refused

PIECE = 64 * 1024
SECONDS = 60


def is_scanning() -> bool:
    """Whether files are scanned for viruses here."""
    return bool(settings.CLAMD)


def scan(path: Path) -> None:
    """Refused: file_infected; scanner_silent when there is a scanner and it gives no answer."""
    if not is_scanning():
        return
    try:
        answer = _ask(path)
    except OSError:
        raise Refused("scanner_silent") from None
    if answer.endswith("FOUND"):
        raise Refused("file_infected", field="file")
    if not answer.endswith("OK"):
        raise Refused("scanner_silent")


def _ask(path: Path) -> str:
    with _connected() as clamd, path.open("rb") as file:
        clamd.sendall(b"zINSTREAM\0")
        while piece := file.read(PIECE):
            clamd.sendall(len(piece).to_bytes(4, "big") + piece)
        clamd.sendall(b"\0\0\0\0")
        answer = b""
        while not answer.endswith(b"\0") and (more := clamd.recv(4096)):
            answer += more
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def _connected() -> socket.socket:
    if settings.CLAMD.startswith("/"):
        clamd = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        clamd.settimeout(SECONDS)
        try:
            clamd.connect(settings.CLAMD)
        except OSError:
            clamd.close()
            raise
        return clamd
    host, _, port = settings.CLAMD.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS)
