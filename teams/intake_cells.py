"""What every reader of lists hands on: rows of text, or the reason why there are none. Pure."""

from dataclasses import dataclass

MAX_ROWS = 50_000


class Unreadable(Exception):
    """The file as a whole cannot be read. `code` is stable, `figures` go into the sentence."""

    def __init__(self, code: str, **figures: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.figures = figures


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    cells: tuple[str, ...]
