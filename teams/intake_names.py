"""Whole names, and names that lost letters on the way through an encoding. Pure.

A name in one cell is divided only where its writing or its column leaves no choice: the family name in
capitals, or two words under a title that says which comes first. Everything else is asked back.
"""

import re
import unicodedata

from teams.spellings import spelling_key, squeeze

# What an encoding without the letter leaves in its place.
LOST = ("?", "\ufffd")


def divide(text: str, *, first_name_first: bool) -> tuple[str, str] | None:
    """First name and family name of a whole name as written, or None where nothing tells them apart."""
    words = squeeze(text).split(" ")
    capitals = [word.isupper() and sum(letter.isalpha() for letter in word) > 1 for word in words]
    leading = capitals.index(False) if False in capitals else len(words)
    trailing = capitals[::-1].index(False) if False in capitals else len(words)
    if 0 < leading < len(words) and sum(capitals) == leading:
        return " ".join(words[leading:]), " ".join(words[:leading])
    if 0 < trailing < len(words) and sum(capitals) == trailing:
        return " ".join(words[:-trailing]), " ".join(words[-trailing:])
    if len(words) == 2 and all(words):
        return (words[0], words[1]) if first_name_first else (words[1], words[0])
    return None


def has_lost_letters(name: str) -> bool:
    return any(mark in name for mark in LOST)


def may_be(written: str, known: str) -> bool:
    """Whether a name as written, with any letter where one was lost, is this known name."""
    if spelling_key(written) == spelling_key(known):
        return True
    if not has_lost_letters(written):
        return False
    pattern = "".join("." if letter in LOST else re.escape(letter) for letter in _folded(written))
    return re.fullmatch(pattern, _folded(known)) is not None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", squeeze(name)).casefold()
