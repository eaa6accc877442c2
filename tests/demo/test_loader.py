"""Loading and reloading the demonstration, in a process of its own: its tables exist only there."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.tables import lay_tables

ROOT = Path(__file__).parents[2]
PLAY = """
import json, os, sys
sys.path[:0] = [".", "platform"]
import django
django.setup()
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from estrade.demo.loader import load_demo, reload_demo
from estrade.rehearsal.models import Play
from estrade.people.models import Person
from judging.models import Ballot
from teams.models import Team

def facts():
    began = Play.objects.get().began_at
    judged = Ballot.objects.filter(completed_at__lt=began).values("team").distinct().count()
    return [Play.objects.get().elapsed, Person.objects.count(), Team.objects.count(), judged, Session.objects.count()]

load_demo()
first = facts()
SessionStore().create()
Play.objects.update(elapsed=99)
Team.objects.filter(number=1).update(name="Something else")
reload_demo()
print(json.dumps([first, facts(), Team.objects.filter(name="Something else").count()]))
"""


def test_reloaded_demonstration_is_the_loaded_one_without_sessions(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {
        "ESTRADE_DEMO": "1",
        "ESTRADE_DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "estrade.config.settings",
    }

    lay_tables(tmp_path)

    done = subprocess.run([sys.executable, "-c", PLAY], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=55)

    assert done.returncode == 0, done.stderr
    first, second, changed = json.loads(done.stdout)
    expected: list[Any] = [0, 90, 15, 6, 0]
    assert (first, second, changed) == (expected, expected, 0)
