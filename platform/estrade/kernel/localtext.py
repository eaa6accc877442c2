"""Texts that exist in one or several languages: `{"fr": "Défi", "en": "Challenge"}`."""

import os
from collections.abc import Mapping


def local(texts: Mapping[str, str] | str | None, language: str) -> str:
    """The text in `language` ("fr", "en-gb"), else in the first language it was written in, else ""."""
    if not texts:
        return ""
    if isinstance(texts, str):
        return texts
    return texts.get(language) or texts.get(language.split("-")[0]) or next((t for t in texts.values() if t), "")


def terminal_language() -> str:
    """The language of the terminal that started this process: "fr" or "en"."""
    return "fr" if os.environ.get("LANG", "").startswith("fr") else "en"
