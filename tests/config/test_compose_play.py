"""docker-compose.yml, played by this machine's processes: see `python -m tests.compose`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.compose import reading
from tests.compose.playing import missing_programs
from tests.conftest import NOT_PROVIDED


@pytest.mark.embedded
@pytest.mark.servers
@pytest.mark.timeout(280)
def test_the_compose_file_can_be_played_with_its_story() -> None:
    if lacking := missing_programs():
        pytest.skip(NOT_PROVIDED + lacking[0])

    played = subprocess.run(
        [sys.executable, "-m", "tests.compose"], cwd=reading.ROOT, capture_output=True, text=True, check=False, timeout=270
    )

    assert played.returncode == 0, played.stdout + played.stderr
    assert "0 lost, 0 twice" in played.stdout
    assert "everything has ended" in played.stdout


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("$$HOME", "$HOME"),
        ("${A}", "1"),
        ("${A:-2}${B:-2}", "12"),
        ("${B:-x${A}y}", "x1y"),
        ("${A:+tls ${A}} ${B:+tls ${B}}", "tls 1 "),
        ("$$((${B:-3} * 60))", "$((3 * 60))"),
    ],
)
def test_variables_are_filled_in_as_docker_compose_does(text: str, filled: str) -> None:
    assert reading.interpolate(text, {"A": "1", "B": ""}) == filled
