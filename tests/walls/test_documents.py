"""Documents that cannot go stale: links lead somewhere, tables name what exists, printed pages are those of the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from estrade.desk.guide import event_kinds, pages
from estrade.web.refusals import SENTENCES
from tests.walls.test_house import ROOT, tracked_files

pytestmark = pytest.mark.embedded

DOCUMENTS = sorted(path for path in tracked_files() if path.suffix == ".md")
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
# Where a shortened path of the architecture may begin.
ROOTS = (ROOT, ROOT / "platform/estrade", ROOT / "platform")
EXAMPLES = {"judging/help.py", "tests/judging/test_help.py"}
CODE = [path for path in tracked_files() if path.suffix == ".py" and "tests" not in path.parts]


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_printed_page_is_that_of_the_code(name: str) -> None:
    assert (ROOT / "docs/guide" / name).read_text() == pages()[name], "Type: python manage.py print_guide"


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", path.read_text())
    local = [link.partition("#")[0] for link in links if "://" not in link]

    # The picture is taken by `make screenshots`.
    missing = [link for link in local if link and not link.startswith("docs/images/") and not (path.parent / link).exists()]

    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_every_heading_that_is_linked_exists(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+#[^)\s]+)\)", path.read_text()):
        target, _, anchor = link.partition("#")
        headings = re.findall(r"^#+ (.+)$", (path.parent / target).read_text(), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", ["docs/architecture.md", "docs/CONTRIBUTING.md", "README.md"])
def test_every_path_that_is_named_exists(name: str) -> None:
    quoted = re.findall(r"`([a-z_./-]+/[\w./-]*|[\w/]+\.(?:py|js|csv|md|toml|yml))(?::[^`]*)?`", (ROOT / name).read_text())
    paths = {path for path in quoted if not path.startswith(("/", "."))} - EXAMPLES

    missing = [path for path in sorted(paths) if not any((root / path).exists() or list(root.rglob(path)) for root in ROOTS)]

    assert missing == []


def test_every_room_has_a_line_in_the_architecture() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    rooms = {path.parent.name for path in (ROOT / "platform/estrade").glob("*/__init__.py")}
    rooms |= {path.parent.name for path in ROOT.glob("*/models.py")} | {"realtime"}

    assert {room for room in rooms if not re.search(rf"^(\| )?.*\b{room}\b", text, re.MULTILINE)} == set()


def test_every_verb_in_the_flows_exists() -> None:
    text = (ROOT / "docs/architecture.md").read_text()

    for path, name in re.findall(r"`([\w/]+\.py): ([\w.]+)`", text):
        found = next(root / path for root in ROOTS if (root / path).exists())
        defined = {
            node.name for node in ast.walk(ast.parse(found.read_text())) if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        assert set(name.split(".")) <= defined, f"{path}: {name}"


def test_every_command_that_is_named_exists() -> None:
    texts = "".join(path.read_text() for path in DOCUMENTS)

    named = set(re.findall(r"manage\.py ([a-z_]+)", texts)) - {"demo", "help"}

    assert named - set(get_commands()) == set()


def test_every_refusal_in_the_code_has_its_sentence() -> None:
    raised = set()
    for path in CODE:
        raised |= set(re.findall(r'Refused\(\s*"(\w+)"', path.read_text()))

    assert raised - set(SENTENCES) == set()


def test_every_event_says_what_it_means() -> None:
    kinds = [event.kind for event in event_kinds()]

    assert len(kinds) == len(set(kinds))
    assert [event.__name__ for event in event_kinds() if not event.__doc__ or event.__doc__.startswith(event.__name__)] == []


def test_every_decision_names_its_danger_rule_and_exceptions() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))

    assert [path.name[:4] for path in decisions] == [f"{number:04d}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        headings = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)
        assert headings == ["Danger", "Rule", "Exceptions"], path.name
        assert len(path.read_text().splitlines()) < 60, path.name


def test_a_line_of_the_changelog_names_whom_it_serves() -> None:
    lines = re.findall(r"^- (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert lines
    roles = {"everybody", "partner", "participant", "juror", "president", "organiser", "facilitator", "school contact"}
    assert {line.partition(":")[0] for line in lines} <= roles | {"projector", "developer", "administrator"}


def test_no_document_names_a_place_on_somebodys_machine() -> None:
    guilty = [
        name
        for name, path in zip(NAMES, DOCUMENTS, strict=True)
        if re.search(r"(?<![\w.])/(home|root|work|Users|tmp)/", path.read_text())
    ]

    assert guilty == []
