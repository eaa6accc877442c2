"""Sessions: found until they have run out, and gone in the same moment as Django's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from estrade.people.sessions import SessionStore

pytestmark = pytest.mark.django_db


def test_a_session_is_found_until_it_runs_out_and_never_under_another_key() -> None:
    made = db.SessionStore()
    made["seat"] = 12
    made.create()
    key = made.session_key
    assert key is not None

    before = dict(SessionStore(key).items())
    others = [SessionStore(other).load() for other in (f"{key[:-1]}#", key.upper(), None)]
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    after = SessionStore(key)

    assert before == {"seat": 12}
    assert others == [{}, {}, {}]
    assert (after.load(), after.session_key) == ({}, None)
