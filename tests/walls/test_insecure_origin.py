"""A hall is served over plain http, where browsers hide whatever needs a secure context: no script may need it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.walls.test_house import ROOT, tracked_files

pytestmark = pytest.mark.embedded

SCRIPTS = sorted(path for path in tracked_files() if path.suffix == ".js" and "static" in path.parts)
NAMES = [str(path.relative_to(ROOT)) for path in SCRIPTS]
# Absent, or without effect, at http://192.168.1.20.
SECURE_ONLY = re.compile(
    r"randomUUID|crypto\s*\.\s*subtle|\bsubtle\s*\.|navigator\s*(?:\?\.|\.|\[)\s*[\"']?(?:locks|serviceWorker|clipboard|wakeLock|"
    r"geolocation|mediaDevices|getUserMedia|share|credentials|bluetooth|usb|serial|hid|storage|getBattery|userAgentData)\b|"
    r"\bnew\s+Notification\b|Notification\s*\.\s*requestPermission|PushManager|PaymentRequest|\bcaches\s*\.|"
    r"show(?:Open|Save)FilePicker|\bcookieStore\b|DeviceMotionEvent|DeviceOrientationEvent|\bSharedArrayBuffer\b|isSecureContext"
)
# Guarded uses, each with what happens without it: {file: {match: reason}}.
GUARDED: dict[str, dict[str, str]] = {}


def without_comments(script: str) -> str:
    return re.sub(r"/\*.*?\*/|(?m:(?<!:)//.*$)", "", script, flags=re.DOTALL)


@pytest.mark.parametrize("path", SCRIPTS, ids=NAMES)
def test_no_script_needs_a_secure_context(path: Path) -> None:
    allowed = GUARDED.get(str(path.relative_to(ROOT)), {})

    needed = {found for found in SECURE_ONLY.findall(without_comments(path.read_text())) if found not in allowed}

    assert needed == set()


@pytest.mark.parametrize(
    "script",
    [
        "const id = crypto.randomUUID();",
        "await crypto.subtle.digest('SHA-256', bytes);",
        "navigator.locks.request('outbox', send);",
        "navigator?.serviceWorker.register('/sw.js');",
        "navigator['clipboard'].writeText(code);",
        "await navigator.wakeLock.request('screen');",
        "navigator.storage.persist();",
        "new Notification('Frozen');",
    ],
)
def test_the_wall_sees_what_it_is_there_for(script: str) -> None:
    assert SECURE_ONLY.search(without_comments(script))


def test_every_guarded_use_is_still_there() -> None:
    gone = [(name, use) for name, uses in GUARDED.items() for use in uses if use not in (ROOT / name).read_text()]

    assert gone == []
