"""Adds a jury to the database of a play and prints what the story must know, as JSON: `python -m tests.compose.set_up JURORS`.

Run as a process of its own in the environment of the web processes: the story itself only speaks HTTP.
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
os.environ["DJANGO_SETTINGS_MODULE"] = "estrade.config.settings"

import django  # noqa: E402 - the path comes first

django.setup()

from django.conf import settings  # noqa: E402 - needs the settings' path

from tests.judging.stage import a_stage  # noqa: E402 - needs the apps loaded
from tests.serving import session_of  # noqa: E402 - needs the apps loaded


def main(jurors: int) -> None:
    # Nobody of these signs in with a password: their sessions are made here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    stage = a_stage(jurors=jurors, teams=3, slug="served")
    print(
        json.dumps(
            {
                "slug": stage.edition.slug,
                "edition": stage.edition.pk,
                "cookie": settings.SESSION_COOKIE_NAME,
                "sessions": [session_of(juror) for juror in stage.jurors],
                "criteria": [criterion.pk for criterion in stage.criteria],
                "teams": [team.pk for team in stage.teams],
                "join_codes": [team.join_code for team in stage.teams],
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
