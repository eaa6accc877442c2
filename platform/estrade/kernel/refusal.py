"""How a verb says no.

A verb that cannot do its work raises `Refused` with a stable code and figures. The code is for
machines; `estrade.web.refusals` turns it into a status and a sentence in the reader's language.
"""

from typing import Any


class Refused(Exception):
    """A rule said no. `code` is stable and documented; `figures` are plain values for the sentence."""

    def __init__(self, code: str, **figures: Any) -> None:
        super().__init__(code)
        self.code = code
        self.figures = figures
