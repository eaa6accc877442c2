"""The files that start Estrade on a server: valid, and naming nothing that does not exist."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands

from tests import provide
from tests.compose import reading
from tests.walls.test_house import ROOT, packages_on_disk, tracked_files

pytestmark = pytest.mark.embedded

BIN = Path(sys.executable).parent
NEEDED = {
    "ESTRADE_SITE": "estrade.example.org",
    "ESTRADE_SECRET_KEY": "Zq7-xR2_vLm9Tn4KcYw8PbHs3JdFg6AeUoIi1XrQ5WtNyMzEhSkVaBuCfDpGjLl",
    "POSTGRES_PASSWORD": "p0stgres",
    "REDIS_PASSWORD": "r3dis",
}
OURS = ("web", "worker", "beat", "migrate", "first-organiser", "backup")
# Made by a command of its own room, which may not be there yet.
LATER = {"backup"}
# What stands for the embedded world, for a try, or has a safe default that a server keeps.
NOT_ON_A_SERVER = {
    "ESTRADE_DEBUG", "ESTRADE_DEMO", "ESTRADE_PLAIN_HTTP", "ESTRADE_DRAIN_SECONDS", "HOST", "PORT", "FRESH", "LANG"
}  # fmt: skip


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    return reading.compose(NEEDED)


def test_the_compose_file_keeps_the_published_schema() -> None:
    checked = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_wrong_compose_file_would_be_found(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text((ROOT / "docker-compose.yml").read_text().replace("    restart: unless-stopped", "    restart: [often]"))

    checked = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", wrong], capture_output=True, check=False
    )

    assert checked.returncode == 1


def test_every_variable_of_the_compose_file_is_explained_and_no_other() -> None:
    asked = reading.variables_of((ROOT / "docker-compose.yml").read_text())

    assert asked == set(reading.example_variables())


def test_the_examples_hold_no_secret_and_what_is_needed_is_asked_for() -> None:
    examples = reading.example_variables()

    assert {name for name, value in examples.items() if value and ("PASSWORD" in name or "SECRET" in name)} == set()
    for name in NEEDED:
        with pytest.raises(reading.VariableMissing, match=name):
            reading.compose({**NEEDED, name: ""})


@pytest.mark.parametrize("service", OURS)
def test_our_services_set_what_the_settings_read_and_nothing_else(composed: dict[str, Any], service: str) -> None:
    image = reading.image_environment()
    given = set(composed["services"][service]["environment"]) | {name for name in image if name.startswith("ESTRADE_")}
    first = {"ESTRADE_FIRST_ORGANISER", "ESTRADE_FIRST_PASSWORD"}

    assert given - set(settings.ENVIRONMENT) == set()
    # Others may have been added since, with a default that a server can keep.
    assert {"ESTRADE_SECRET_KEY", "ESTRADE_HOSTS", "ESTRADE_HTTPS", "ESTRADE_PROXIES", "DATABASE_URL", "REDIS_URL"} <= given
    assert given & NOT_ON_A_SERVER == set()
    # The first password goes to the one service that needs it.
    assert given & first == (first if service == "first-organiser" else set())


@pytest.mark.parametrize("service", OURS)
def test_every_command_exists(composed: dict[str, Any], service: str) -> None:
    words = composed["services"][service]
    text = " ".join([*words["command"], *words.get("healthcheck", {}).get("test", [])])
    named = set(re.findall(r"manage\.py ([a-z_]+)", text))

    assert named - LATER - set(get_commands()) == set()
    assert named or "celery -A manage" in text
    # The only problem that a service is asked about.
    assert set(re.findall(r"manage\.py health (\w+)", text)) <= {"scheduler_silent"}


def test_every_service_says_how_it_is_and_starts_again(composed: dict[str, Any]) -> None:
    services = composed["services"]
    once = {"migrate", "first-organiser"}

    assert {name for name, service in services.items() if "healthcheck" not in service} == once
    assert {name for name, service in services.items() if service["restart"] != "unless-stopped"} == once
    for name, service in services.items():
        for earlier, how in service.get("depends_on", {}).items():
            ends = how["condition"] == "service_completed_successfully"
            assert ends == (earlier in once), f"{name} waits for {earlier}"


def test_nothing_but_the_proxy_is_reachable_from_outside(composed: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in composed["services"].items() if "ports" in service}

    assert ports == {"proxy": ["80:80", "443:443"]}


def test_every_named_volume_is_declared_and_used(composed: dict[str, Any]) -> None:
    mounts = [mount for service in composed["services"].values() for mount in service.get("volumes", [])]

    assert {mount.partition(":")[0] for mount in mounts} == set(composed["volumes"])


def test_every_host_and_port_between_the_services_is_that_of_a_service(composed: dict[str, Any]) -> None:
    services = composed["services"]
    web = services["web"]
    caddyfile = composed["configs"]["caddyfile"]["content"]

    hosts = {re.search(r"@(\w+):(\d+)", str(web["environment"][name]))[0] for name in ("DATABASE_URL", "REDIS_URL")}  # type: ignore[index]
    assert hosts == {"@postgres:5432", "@redis:6379"}
    assert "dynamic a web 8000" in caddyfile
    assert web["command"][-1] == "0.0.0.0:8000"
    assert "http_port 80\n" in caddyfile
    assert "https_port 443\n" in caddyfile
    assert "--port 6379" in services["redis"]["command"][-1]


def test_redis_and_postgres_lose_nothing_and_ask_for_a_password(composed: dict[str, Any]) -> None:
    redis = composed["services"]["redis"]["command"][-1]
    postgres = composed["services"]["postgres"]

    for flag in ("--appendonly yes", "--maxmemory-policy noeviction", '--requirepass "$REDIS_PASSWORD"'):
        assert flag in redis
    assert "synchronous_commit=on" in postgres["command"]
    assert postgres["environment"]["POSTGRES_PASSWORD"] == NEEDED["POSTGRES_PASSWORD"]
    # Each process may fill its pool.
    most = int(next(word for word in postgres["command"] if word.startswith("max_connections=")).partition("=")[2])
    assert most >= 20 * 8


@pytest.mark.parametrize(
    ("tls", "line"), [("", None), ("internal", "tls internal"), ("/certificates/a.pem /certificates/a.key", None)]
)
def test_the_certificate_is_fetched_made_or_given(tls: str, line: str | None) -> None:
    caddyfile = reading.compose({**NEEDED, "ESTRADE_TLS": tls})["configs"]["caddyfile"]["content"]

    found = [text.strip() for text in caddyfile.splitlines() if text.strip().startswith("tls")]
    assert found == ([line or f"tls {tls}"] if tls else [])


@pytest.mark.parametrize("tls", ["", "internal"])
def test_the_proxy_understands_its_file(tmp_path: Path, tls: str) -> None:
    caddy = provide.caddy_program()
    if caddy is None:
        pytest.skip("not provided: Caddy")
    file = tmp_path / "Caddyfile"
    file.write_text(reading.compose({**NEEDED, "ESTRADE_TLS": tls})["configs"]["caddyfile"]["content"])

    adapted = subprocess.run(
        [caddy, "adapt", "--config", file, "--adapter", "caddyfile"], capture_output=True, text=True, check=False
    )

    assert adapted.returncode == 0, adapted.stderr
    assert '"source":"a"' in adapted.stdout
    assert '"web"' in adapted.stdout


def test_the_image_holds_what_runs_and_no_secret() -> None:
    instructions = list(reading.dockerfile())
    words = [word for word, _ in instructions]
    commands = " ; ".join(rest for word, rest in instructions if word == "RUN")
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert words.count("FROM") == 2
    assert "--require-hashes -r /requirements.txt" in commands
    assert "manage.py collectstatic" in commands
    assert words.index("USER") > max(place for place, word in enumerate(words) if word == "RUN")
    assert dict(instructions)["USER"] == "estrade"
    assert "/live" in dict(instructions)["HEALTHCHECK"]
    assert reading.image_environment()["ESTRADE_STATIC"] == "/static"
    assert "ARG" not in words
    assert not any("KEY" in name or "PASSWORD" in name for name in reading.image_environment())
    # `.*` leaves out .env, .git and .venv.
    assert {".*", "var/"} <= set(ignored)
    rooms = {name.partition(".")[0].replace("estrade", "platform") for name in packages_on_disk()}
    assert rooms & {line.rstrip("/") for line in ignored} == set()
    assert {"manage.py", "requirements.txt"} & set(ignored) == set()


def test_the_shells_of_the_image_are_understood() -> None:
    for word, rest in reading.dockerfile():
        if word == "RUN":
            assert subprocess.run(["sh", "-n", "-c", rest], check=False).returncode == 0, rest
    for service in reading.compose(NEEDED)["services"].values():
        for words in (service.get("command", []), service.get("healthcheck", {}).get("test", [])):
            scripts = [words[2]] if words[:2] == ["sh", "-c"] else words[1:] if words[:1] == ["CMD-SHELL"] else []
            for script in scripts:
                assert subprocess.run(["sh", "-n", "-c", script], check=False).returncode == 0, script
            assert scripts or all(shlex.quote(str(word)) for word in words)


def test_no_variable_is_read_that_the_table_does_not_name() -> None:
    sources = [path for path in tracked_files() if path.suffix == ".py"]
    # Taking a file apart takes longer than looking for a word.
    asking = [path for path in sources if any(word in path.read_text() for word in ("environ", "getenv"))]
    read = {name for path in asking for name in _variables_read(path)}

    assert read - set(settings.ENVIRONMENT) - {"DJANGO_SETTINGS_MODULE"} == set()
    assert {"ESTRADE_DATA", "ESTRADE_PROXIES", "ESTRADE_FIRST_PASSWORD", "DATABASE_URL", "HOST"} <= read


def _variables_read(path: Path) -> set[str]:
    """Names asked of os.environ, in whatever way; a name that is not written out fails unless its function says which."""
    parts = path.relative_to(ROOT).parts
    if parts[0] in {"tests", "benchmarks", "docs", ".ci"}:
        return set()
    tree = ast.parse(path.read_text())
    named = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(node.targets[0].elts, node.value.elts, strict=False)
            named |= {a.id: b.value for a, b in pairs if isinstance(a, ast.Name) and isinstance(b, ast.Constant)}
    asked: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            asked.append(node.slice)
        elif isinstance(node, ast.Call):
            function = ast.unparse(node.func)
            ours = {"_flag", "_count"} if path.name == "settings.py" else set()
            if function in {"os.environ.get", "os.getenv", "os.environ.setdefault", "os.environ.pop"} | ours:
                asked.append(node.args[0])
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in {"_flag", "_count"}
        for inner in ast.walk(node)
    }
    found = set()
    for name in asked:
        if id(name) in inside:
            continue
        value = name.value if isinstance(name, ast.Constant) else named.get(ast.unparse(name))
        assert isinstance(value, str), f"{path}: which variable is {ast.unparse(name)}?"
        found.add(value)
    return found
