"""One table of a TOML file, asked key by key; what is wrong is collected, so that all of it can be told at once.

Pure. A question that finds nothing usable notes a problem and answers with an empty value of its kind.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

Texts = Mapping[str, str]


class Part:
    """One table of the file. Each question takes a key out of it; what is left at the end was not understood."""

    def __init__(self, content: Mapping[str, Any], path: str, problems: list[str], languages: tuple[str, ...]) -> None:
        self.content = dict(content)
        self.path = path
        self.problems = problems
        self.languages = languages

    def complain(self, key: str, what: str) -> None:
        self.problems.append(f"{self.path}.{key} {what}.")

    def take(self, key: str, kinds: type | tuple[type, ...], what: str, default: Any = ...) -> Any:
        value = self.content.pop(key, default)
        if value is ...:
            self.complain(key, "is missing")
            return None
        # A TOML boolean is a Python int: `number = true` is a mistake, not a one.
        if value is not default and (not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool)):
            self.complain(key, f"must be {what}")
            return None
        return value

    def text(self, key: str, default: Any = ...) -> str:
        value = self.take(key, str, "text", default)
        if value == "" and default is ...:
            self.complain(key, "is empty")
        return value or ""

    def slug(self, key: str) -> str:
        value = self.text(key)
        if value and (not _SLUG.fullmatch(value) or len(value) > 50):
            self.complain(key, "must be small letters, digits and hyphens, 50 at most")
        return value

    def one_of(self, key: str, allowed: Iterable[str], default: Any = ...) -> str:
        value, names = self.text(key, default), list(allowed)
        if value and value not in names:
            self.complain(key, f"is {value!r} but must be one of: {', '.join(names)}")
        return value

    def whole(self, key: str, default: Any = ..., *, least: int = 1) -> int:
        value = self.take(key, int, "a whole number", default)
        if value is not None and value < least:
            self.complain(key, f"must be {least} or more")
        return value if value is not None else least

    def number(self, key: str, default: Any = ...) -> Decimal:
        value = self.take(key, (int, float), "a number", default)
        if isinstance(value, float) and not isfinite(value):
            self.complain(key, "must be a number")
            return Decimal(0)
        return Decimal(str(value)) if value is not None else Decimal(0)

    def words(self, key: str) -> tuple[str, ...]:
        value = self.take(key, list, "a list of texts", [])
        if value and not all(isinstance(one, str) and one for one in value):
            self.complain(key, "must be a list of texts")
            return ()
        return tuple(value or ())

    def texts(self, key: str, default: Any = ...) -> Texts:
        """A text per language of the edition; a plain text stands for all of them."""
        value = self.take(key, (dict, str), "a text per language", default)
        if isinstance(value, str):
            return dict.fromkeys(self.languages, value)
        if not value:
            return {}
        return {language: str(self._in_language(key, value, language, str) or "") for language in self.languages}

    def lists(self, key: str, length: int | None = None) -> Mapping[str, tuple[str, ...]]:
        """A list of texts per language, each `length` long where that is given."""
        value = self.take(key, dict, "a list per language")
        found: dict[str, tuple[str, ...]] = {}
        for language in self.languages if value else ():
            entries = self._in_language(key, value, language, list) or []
            found[language] = tuple(str(entry) for entry in entries)
            if length is not None and len(entries) != length:
                self.complain(f"{key}.{language}", f"has {len(entries)} entries but the scale has {length} steps")
        return found

    def _in_language(self, key: str, value: Mapping[str, Any], language: str, kind: type) -> Any:
        entry = value.get(language)
        if not entry or not isinstance(entry, kind):
            self.complain(f"{key}.{language}", "is missing")
            return None
        return entry

    def part(self, key: str) -> "Part":
        return Part(self.take(key, dict, "a table") or {}, f"{self.path}.{key}", self.problems, self.languages)

    def parts(self, key: str) -> list["Part"]:
        entries = self.take(key, list, "a list of tables", []) or []
        if not all(isinstance(entry, dict) for entry in entries):
            self.complain(key, "must be a list of tables")
            return []
        return [
            Part(entry, f"{self.path}.{key}[{place}]", self.problems, self.languages)
            for place, entry in enumerate(entries, start=1)
        ]

    def end(self) -> None:
        for key in self.content:
            self.complain(key, "is not known")
