"""What people typed, made safe to store and to compare. Never shortens: a rule decides about lengths."""

import unicodedata

from estrade.kernel.refusal import Refused

# Letters of other scripts that look like Latin ones (CTFd once let two "equal" names in).
LOOK_ALIKES = str.maketrans("авеѕіјкмнорсԛтухԝһԁαεικνορτυχ", "abesijkmhopcqtyxwhdaeikvoptux")

# Letters that Unicode does not split into a base letter and a mark.
_UNSPLIT = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})
_APOSTROPHES = "'\u2019\u2018\u02bc`"


# What takes no room on paper: joiners, variation selectors, fillers. Texts keep them, names are compared without.
_UNSEEN = dict.fromkeys(
    [0x200D, 0x034F, 0x115F, 0x1160, 0x3164, 0xFFA0, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)]
)


def one_line(text: str) -> str:
    """NFC, without control and invisible characters, every run of white space one space."""
    return " ".join(_visible(text.replace("\t", " ").replace("\n", " ").replace("\r", " ")).split())


def many_lines(text: str) -> str:
    """NFC, line ends as one character, without other control and invisible characters, no space at the ends."""
    return _visible(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def folded(text: str) -> str:
    """What two texts that look equal have in common: compare with it, never show it."""
    return one_line(unicodedata.normalize("NFKC", text).translate(_UNSEEN)).casefold().translate(LOOK_ALIKES)


def plain_words(text: str) -> str:
    """Small words of letters and digits without accents, one space between: what people type when they search."""
    bare = unicodedata.normalize("NFKD", text).casefold().translate(_UNSPLIT)
    letters = (c if c.isalnum() else " " for c in bare if not unicodedata.combining(c) and c not in _APOSTROPHES)
    return " ".join("".join(letters).split())


def not_longer(field: str, text: str, limit: int) -> str:
    """The text itself; Refused("too_long") above `limit` characters."""
    if len(text) > limit:
        raise Refused("too_long", field=field, limit=limit, length=len(text))
    return text


def _visible(text: str) -> str:
    kept = (c for c in unicodedata.normalize("NFC", text) if c in "\n\u200d" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return "".join(kept)
