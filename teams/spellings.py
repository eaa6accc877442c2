"""How a name is written: compare spellings, tidy capitals. Pure: no Django, no tables.

Two spellings are the same when they differ only in case, accents, spaces, hyphens, apostrophes
or other punctuation. Everything beyond that ("ESTP Dijon" for "ESTP") is an alias that somebody
wrote down: nothing is guessed from likeness, because a wrong guess moves a person silently.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

# Letters that Unicode does not split into a base letter and a mark.
_UNSPLIT = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u00b4": "'"})
# Written small inside a family name when something follows: "DE COURCY" -> "de Courcy".
_PARTICLES = frozenset(["de", "du", "des", "von", "van", "der", "den", "zu", "da", "do", "dos", "di", "e", "y"])


@dataclass(frozen=True, slots=True)
class Known:
    """A school or a challenge that a cell may name: its key, its usual name, other spellings."""

    key: str
    name: str
    aliases: tuple[str, ...] = ()


def spelling_key(text: str) -> str:
    """The letters and digits of a text, small and without accents: equal keys, same spelling."""
    return _key(text)


@lru_cache(maxsize=20_000)
def _key(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_UNSPLIT)
    return "".join(letter for letter in folded if letter.isalnum())


def spellings_of(known: Iterable[Known]) -> dict[str, Known]:
    """Every spelling key and the one thing it names. Names win over aliases; a spelling of two things names neither."""
    choices = list(known)
    found: dict[str, Known | None] = {}
    for one in choices:
        for spelling in {spelling_key(one.name), spelling_key(one.key)}:
            found[spelling] = None if spelling in found else one
    by_alias: dict[str, Known | None] = {}
    for one in choices:
        for spelling in {spelling_key(alias) for alias in one.aliases}:
            by_alias[spelling] = None if spelling in by_alias else one
    return {key: one for key, one in (by_alias | found).items() if key and one is not None}


def squeeze(text: str) -> str:
    """The text composed, with single plain spaces inside and none around."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def tidy_name(text: str) -> str:
    """A name in proper case. Words that already mix capitals and small letters stay as they are."""
    name = squeeze(text).translate(_APOSTROPHES)
    if name == name.casefold():
        return " ".join(_capitalised(word) for word in name.split(" "))
    words = name.split(" ")
    tidy = [_tidy_word(word) for word in words]
    for place, word in enumerate(words[:-1]):
        if word.isupper() and word.casefold() in _PARTICLES:
            tidy[place] = word.lower()
    return " ".join(tidy)


def _tidy_word(word: str) -> str:
    parts = re.split(r"([-'])", word)
    return "".join(_capitalised(part) if part.isupper() else part for part in parts)


def _capitalised(word: str) -> str:
    parts = re.split(r"([-'])", word)
    return "".join(part[:1].upper() + part[1:].lower() for part in parts)
