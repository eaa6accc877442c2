"""Schools that a list names and nobody knows yet: which spellings are one, which only look alike. Pure.

Two spellings are one school when they differ in case, accents, punctuation, an article, a saint written
short, or a word like "Lycée" that one of them leaves out. What looks alike beyond that (initials, a word
missing, letters exchanged) is a question to the organiser, never an answer.

Words: an *unknown* is one such school with all its spellings; an answer is `school` or `higher` (create it
so), `as:<key>` (it is that known school) or `with:<key>` (it is that other unknown).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from teams.spellings import Known, spelling_key, squeeze

MAX_UNKNOWN = 200
ALIKE = 0.82
_ARTICLES = frozenset(("le", "la", "les", "l", "de", "du", "des", "d", "the", "of"))
_KINDS = frozenset(("lycee", "college", "ecole", "universite", "iut", "institut", "campus", "school", "university", "high"))
_SHORT = {"st": "saint", "ste": "sainte", "univ": "universite", "lyc": "lycee"}
_SCHOOL_LEVELS = re.compile(r"seconde|premiere|terminale|2n?de|1e?re|t(?:er)?(?:m|le)|[3-6]e(?:me)?|cap\d?|bacpro.*|[2-6]\w?")


@dataclass(frozen=True, slots=True)
class Unknown:
    """`spellings`: as written, with how often. `same`: a known school that this is but for an article or a kind;
    `alike`: known schools, and bigger unknowns with "new:" before their key, that it might be."""

    key: str
    name: str
    spellings: tuple[tuple[str, int], ...]
    people: int
    is_higher: bool
    same: str = ""
    alike: tuple[str, ...] = ()

    @property
    def suggestion(self) -> str:
        """The answer that follows from the writing alone; empty where somebody has to say."""
        if self.same:
            return f"as:{self.same}"
        if self.alike:
            return ""
        return "higher" if self.is_higher else "school"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What an organiser said about unknown schools: answers and names by their keys. `suggested`: take suggestions."""

    answers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    suggested: bool = False

    def about(self, unknown: Unknown) -> str:
        return self.answers.get(unknown.key) or (unknown.suggestion if self.suggested else "")


@dataclass(frozen=True, slots=True)
class NewSchool:
    """A school to be created. In a reading its key is `new:<key>`."""

    key: str
    name: str
    is_higher: bool
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What the answers come to: schools to create, spellings that known ones learn, and who is still in question."""

    created: tuple[NewSchool, ...]
    learnt: Mapping[str, tuple[str, ...]]
    open: tuple[Unknown, ...]


def unknown_schools(written: Iterable[tuple[str, str]], known: Iterable[Known]) -> list[Unknown]:
    """The unknowns among (school, level) cells that name no known school, the biggest first."""
    levels: dict[str, Counter[bool]] = defaultdict(Counter)
    spelt: dict[str, Counter[str]] = defaultdict(Counter)
    for school, level in written:
        key = spelling_key(school)
        spelt[key][squeeze(school)] += 1
        levels[key][_is_school_level(level)] += 1
    merged = _merge({key: max(spellings, key=lambda one: spellings[one]) for key, spellings in spelt.items()})
    schools = list(known)
    groups = []
    for bare, keys in merged.items():
        spellings = sum((spelt[key] for key in keys), Counter[str]())
        of_school = sum((levels[key] for key in keys), Counter[bool]())
        groups.append(
            Unknown(
                key=bare,
                name=_usual(spellings),
                spellings=tuple(spellings.most_common()),
                people=spellings.total(),
                is_higher=of_school[True] * 2 < of_school.total(),
            )
        )
    groups.sort(key=lambda one: (-one.people, one.key))
    # Of two that look alike the smaller one asks whether it is the bigger one: one question, not two.
    return [_compared(one, groups[:place], schools) for place, one in enumerate(groups)]


def decide(unknowns: Iterable[Unknown], answers: Answers, known: Iterable[Known]) -> Decided:
    """Follow the answers. One that leads nowhere (a circle, somebody gone meanwhile) leaves its question open."""
    by_key = {one.key: one for one in unknowns}
    names = {one.key for one in known}
    said = {key: answers.about(one) for key, one in by_key.items()}
    spellings: dict[str, list[str]] = defaultdict(list)
    still: list[Unknown] = []
    for key, one in by_key.items():
        end, steps = key, 0
        while said.get(end, "").startswith("with:") and steps <= len(by_key):
            end, steps = said[end].removeprefix("with:"), steps + 1
        answer = said.get(end, "")
        if answer in {"school", "higher"}:
            spellings[f"new:{end}"] += [text for text, _ in one.spellings]
        elif answer.startswith("as:") and answer.removeprefix("as:") in names:
            spellings[answer.removeprefix("as:")] += [text for text, _ in one.spellings]
        else:
            still.append(one)
    created = tuple(
        NewSchool(
            f"new:{key}", squeeze(answers.names.get(key, "")) or one.name, said[key] == "higher", tuple(spellings[f"new:{key}"])
        )
        for key, one in by_key.items()
        if said[key] in {"school", "higher"}
    )
    learnt = {key: tuple(texts) for key, texts in spellings.items() if not key.startswith("new:")}
    return Decided(created, learnt, tuple(still))


def _words(text: str) -> list[str]:
    parts = re.findall(r"[^\W_]+", re.sub(r"[\u2019'`\u00b4]", " ", text))
    words = [spelling_key(part) for part in parts]
    return [_SHORT.get(word, word) for word in words if word]


def _bare(text: str) -> tuple[str, ...]:
    """The words that tell a school from others; all of them where nothing else would be left."""
    words = _words(text)
    return tuple(word for word in words if word not in _ARTICLES | _KINDS) or tuple(words)


def _kinds(text: str) -> frozenset[str]:
    return frozenset(_words(text)) & _KINDS


def _merge(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Spelling keys by what they have in common. Two kinds ("Lycée", "Collège") keep equal names apart."""
    groups: dict[str, list[str]] = defaultdict(list)
    for key, text in texts.items():
        groups["".join(_bare(text))].append(key)
    apart: dict[str, list[str]] = {}
    for bare, keys in groups.items():
        if len(frozenset().union(*(_kinds(texts[key]) for key in keys))) > 1:
            apart |= {key: [key] for key in keys}
        else:
            apart[bare] = keys
    return apart


def _usual(spellings: Counter[str]) -> str:
    """The spelling most people use, one with small letters and without abbreviations before others."""
    return max(spellings, key=lambda text: (spellings[text], not text.isupper(), -len(text)))


def _compared(one: Unknown, bigger: list[Unknown], known: list[Known]) -> Unknown:
    same = [school.key for school in known if any(_is_same(one.name, name) for name in (school.name, *school.aliases))]
    alike = [school.key for school in known if any(_is_alike(one.name, name) for name in (school.name, *school.aliases))]
    alike += [f"new:{other.key}" for other in bigger if _is_alike(one.name, other.name)]
    certain = same[0] if len(same) == 1 else ""
    near = () if certain else tuple(dict.fromkeys(same + alike))
    return Unknown(one.key, one.name, one.spellings, one.people, one.is_higher, certain, near)


def _is_same(one: str, other: str) -> bool:
    return _bare(one) == _bare(other) and len(_kinds(one) | _kinds(other)) <= 1


def _is_alike(one: str, other: str) -> bool:
    mine, theirs = _bare(one), _bare(other)
    shared = set(mine) & set(theirs)
    if (set(mine) <= set(theirs) or set(theirs) <= set(mine)) and any(len(word) > 2 for word in shared):
        return True
    if len(mine) == len(theirs) and any(len(word) == 1 for word in (*mine, *theirs)) and _initials_fit(mine, theirs):
        return True
    if spelling_key(one) in _initials(other) or spelling_key(other) in _initials(one):
        return True
    left, right = "".join(mine), "".join(theirs)
    return min(len(left), len(right)) > 4 and SequenceMatcher(None, left, right).ratio() >= ALIKE


def _initials_fit(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    return all(a == b or (min(len(a), len(b)) == 1 and a[0] == b[0]) for a, b in zip(mine, theirs, strict=True))


def _initials(text: str) -> set[str]:
    """What a long name may be called by its first letters: with and without articles."""
    words = _words(text)
    if len(words) < 3:
        return set()
    return {"".join(word[0] for word in words), "".join(word[0] for word in words if word not in _ARTICLES)}


def _is_school_level(level: str) -> bool:
    return bool(_SCHOOL_LEVELS.fullmatch(spelling_key(level)))
