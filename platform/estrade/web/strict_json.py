"""JSON as everybody reads it the same: no name twice, no NaN, no endless numbers, no depth, no NUL."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework import parsers

from estrade.kernel.refusal import Refused

DEEPEST = 20
LONGEST_NUMBER = 30
UNSPEAKABLE = re.compile("[\x00\ud800-\udfff]")


class StrictJSONParser(parsers.JSONParser):
    """Reads a request's body, and not one byte more than a request may have."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise RequestDataTooBig
        return read_json(raw)


def read_json(raw: bytes) -> Any:
    """The content of a JSON text. Refused: `malformed_json`."""
    try:
        read = json.loads(
            raw.decode(), object_pairs_hook=_without_repeats, parse_constant=_refuse, parse_int=_integer, parse_float=_fraction
        )
        _look_through(read, 0)
    except (ValueError, RecursionError):
        raise Refused("malformed_json") from None
    return read


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name appears twice")
    return read


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("endless number")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if len(digits) > LONGEST_NUMBER or number in {float("inf"), float("-inf")}:
        raise ValueError("endless number")
    return number


def _look_through(read: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("too deep")
    if isinstance(read, str) and UNSPEAKABLE.search(read):
        raise ValueError("characters that no text holds")
    if isinstance(read, dict):
        for name, value in read.items():
            _look_through(name, depth)
            _look_through(value, depth + 1)
    elif isinstance(read, list):
        for value in read:
            _look_through(value, depth + 1)
