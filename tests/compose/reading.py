"""Reads docker-compose.yml and Dockerfile as their programs do, as far as this project uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class VariableMissing(Exception):
    """A variable that must be set is not, with the message of the file."""


def interpolate(text: str, variables: Mapping[str, str]) -> str:
    """`$$`, `${NAME}`, `${NAME:-otherwise}`, `${NAME:?message}` and `${NAME:+instead}`, one inside another."""
    done, place = "", 0
    while (found := text.find("$", place)) >= 0:
        done += text[place:found]
        if text.startswith("$$", found):
            done, place = done + "$", found + 2
            continue
        assert text.startswith("${", found), f"a single $ in {text!r}"
        end = _closing(text, found + 2)
        done, place = done + _value(text[found + 2 : end], variables), end + 1
    return done + text[place:]


def _closing(text: str, place: int) -> int:
    depth = 1
    while depth:
        depth += {"{": 1, "}": -1}.get(text[place], 0) if text[place] == "}" or text[place - 1] == "$" else 0
        place += 1
    return place - 1


def _value(inside: str, variables: Mapping[str, str]) -> str:
    match = NAME.match(inside)
    assert match is not None, inside
    name, how, rest = match[0], inside[match.end() : match.end() + 2], inside[match.end() + 2 :]
    value = variables.get(name, "")
    if how == ":-":
        return value or interpolate(rest, variables)
    if how == ":+":
        return interpolate(rest, variables) if value else ""
    if how == ":?" and not value:
        raise VariableMissing(f"{name}: {rest}")
    assert how in {"", ":?"}, inside
    return value


def compose(variables: Mapping[str, str]) -> dict[str, Any]:
    """The whole file with these variables."""

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return interpolate(value, variables)
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        return [filled(inner) for inner in value] if isinstance(value, list) else value

    read: dict[str, Any] = filled(yaml.safe_load(COMPOSE.read_text()))
    return read


def variables_of(text: str) -> set[str]:
    """Every variable that a file asks Docker Compose for."""
    return set(re.findall(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)", text))


def in_order(services: Mapping[str, Any]) -> list[str]:
    """The services, each after those it waits for."""
    placed: list[str] = []

    def place(name: str) -> None:
        for earlier in services[name].get("depends_on", {}):
            place(earlier)
        if name not in placed:
            placed.append(name)

    for name in services:
        place(name)
    return placed


def dockerfile() -> Iterator[tuple[str, str]]:
    """The instructions of the Dockerfile, each in one piece."""
    text = "\n".join(line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#"))
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word, rest


def image_environment() -> dict[str, str]:
    """What the image sets: the ENV of its last stage."""
    found: dict[str, str] = {}
    for word, rest in dockerfile():
        if word == "FROM":
            found = {}
        if word == "ENV":
            found |= dict(part.split("=", 1) for part in rest.split())
    return found


def example_variables() -> dict[str, str]:
    """The variables of .env.example, those behind a comment sign too, with their example values."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(match.groups() for line in lines if (match := re.fullmatch(r"(?:# )?([A-Z_]+)=(.*)", line)))  # type: ignore[misc]
