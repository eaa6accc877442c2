"""The shape of the checkout itself: what must not exist, what must be named, who may import whom."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.embedded

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = PROJECT["tool"]["importlinter"]["contracts"]
# Put together here, so that this file names no host either.
PACKAGE_HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("unpkg", "com"))]
PACKAGE_HOSTS += [".".join(parts) for parts in (("deb", "debian", "org"), ("jsdelivr", "net"), ("fonts", "googleapis"))]


def tracked_files() -> list[Path]:
    """What a clone contains."""
    # The owner of the files need not be the one who runs the tests.
    listing = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def packages_on_disk() -> set[str]:
    """The rooms: every package that lies in the root or in `platform/estrade`."""
    roots = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks", "docs"}
    return roots | {f"estrade.{path.parent.name}" for path in (ROOT / "platform/estrade").glob("*/__init__.py")}


def test_platform_is_a_plain_folder() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.python_version())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert not (ROOT / "platform/__init__.py").exists()
    assert asked.stdout.strip() == ".".join(map(str, sys.version_info[:3]))


def test_no_test_package_is_called_platform() -> None:
    assert list((ROOT / "tests").rglob("platform/__init__.py")) == []


def test_root_has_few_entries() -> None:
    entries = {path.relative_to(ROOT).parts[0] for path in tracked_files()}

    assert len(entries) <= 22, sorted(entries)


def test_every_room_is_named_by_the_contract_of_the_rooms() -> None:
    lines = next(contract["layers"] for contract in CONTRACTS if contract["id"] == "rooms")

    named = {name.strip(" ()") for line in lines for name in line.split("|")}

    assert packages_on_disk() - named == set()


def test_every_room_is_named_by_the_contract_for_the_inside() -> None:
    containers = next(set(contract["containers"]) for contract in CONTRACTS if contract["id"] == "inside")

    # `config` joins the rooms and has no pages, rules or tables.
    assert packages_on_disk() - containers == {"estrade.config"}


@pytest.mark.parametrize("package", ["judging.ranking", "judging.assignment", "teams.formation"])
def test_every_pure_package_is_named_by_its_contract(package: str) -> None:
    sources = next(set(contract["source_modules"]) for contract in CONTRACTS if contract["id"] == "pure")

    assert (ROOT / package.replace(".", "/")).exists() == (package in sources)


def test_no_file_names_a_package_host() -> None:
    pattern = re.compile("|".join(map(re.escape, PACKAGE_HOSTS)).encode())

    guilty = [str(path.relative_to(ROOT)) for path in tracked_files() if pattern.search(path.read_bytes())]

    assert guilty == []


def test_the_lock_for_development_contains_the_lock_for_running() -> None:
    pinned = re.compile(r"^([a-z0-9][^ ]*==[^ ;]+)", re.MULTILINE)

    running, development = (
        set(pinned.findall((ROOT / name).read_text())) for name in ("requirements.txt", "requirements-dev.txt")
    )

    assert running - development == set()


def test_every_dependency_has_its_reason() -> None:
    wanted = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    names = {re.split(r"[^A-Za-z0-9-]", line)[0] for line in wanted}

    explained = set(re.findall(r"^\| `([^`]+)`", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE))

    assert explained == names


def test_imports_keep_the_contracts() -> None:
    linter = Path(sys.executable).parent / "lint-imports"

    checked = subprocess.run(
        [linter, "--no-logo", "--cache-dir", ".cache/import_linter"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "platform")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


AGGREGATES = {"Avg", "Count", "Max", "Min", "Sum"}


def functions_that_count_without_an_order(source: str) -> list[str]:
    """Functions that annotate rows with an aggregate of other rows and do not say in which order they come."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        called = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        annotating = [node for node in called if isinstance(node.func, ast.Attribute) and node.func.attr == "annotate"]
        given = [keyword.value for node in annotating for keyword in node.keywords]
        names = {node.id for value in given for node in ast.walk(value) if isinstance(node, ast.Name)}
        orders = any(isinstance(node.func, ast.Attribute) and node.func.attr == "order_by" for node in called)
        if names & AGGREGATES and not orders:
            found.append(function.name)
    return found


def test_rows_that_are_counted_say_their_order() -> None:
    """The order of a model does not hold for a query that groups: PostgreSQL gives such rows in any order."""
    control = "def f(rows):\n    return rows.annotate(n=Count('teams'))\n"
    code = [path for path in tracked_files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] not in {"tests"}]

    found = {
        str(path.relative_to(ROOT)): names for path in code if (names := functions_that_count_without_an_order(path.read_text()))
    }

    assert functions_that_count_without_an_order(control) == ["f"]
    assert found == {}


def nameless_after_a_commit(source: str) -> list[int]:
    """Lines that hand something else than a lambda to `on_commit(..., robust=True)`."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    robust = [
        node
        for node in calls
        if ast.unparse(node.func).endswith("on_commit") and any(key.arg == "robust" for key in node.keywords)
    ]
    return [node.lineno for node in robust if not isinstance(node.args[0], ast.Lambda)]


def test_what_may_fail_after_a_commit_has_a_name() -> None:
    """Django names it in the log, and raises where it cannot: a fact that is kept would be answered with an error."""
    code = [path for path in tracked_files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] not in {"tests"}]
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in code}

    found = {name: lines for name, text in texts.items() if "robust" in text and (lines := nameless_after_a_commit(text))}

    assert nameless_after_a_commit("transaction.on_commit(partial(tell, 1), robust=True)") == [1]
    assert found == {}
