"""Two hundred telephones behind one address: the hall's router has one for all, so no limit may count addresses."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.conf import settings

from estrade.people.attempts import CODES_PER_EDITION, SIGN_INS_PER_ACCOUNT
from teams.models import Membership
from tests import builders
from tests.serving import Site, served, session_of, subscribed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]

PHONES = 200
TOKEN = "t" * 32


def post(site: Site, path: str, form: dict[str, str], *, session: str = "") -> int:
    """What a page's form does: cookies, token, and the answer's status."""
    cookies = {settings.CSRF_COOKIE_NAME: TOKEN, **({settings.SESSION_COOKIE_NAME: session} if session else {})}
    answer = httpx.post(
        f"{site.origin}{path}", data={**form, "csrfmiddlewaretoken": TOKEN}, timeout=30, verify=False,
        headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())},
    )  # fmt: skip
    return answer.status_code


def test_two_hundred_pages_are_live_at_once() -> None:
    edition = builders.an_edition()

    with served() as site, contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(site.socket(edition.slug)) for _ in range(PHONES)]
        heads = {subscribed(socket, "public")["heads"]["public"] for socket in sockets}

    assert len(sockets) == PHONES
    assert len(heads) == 1


def test_everybody_joins_by_code_from_one_address() -> None:
    edition = builders.an_edition()
    team = builders.a_team(edition)
    newcomers = [session_of(builders.a_participant(edition)) for _ in range(CODES_PER_EDITION + 10)]

    with served() as site, ThreadPoolExecutor(4) as hall:
        path, form = f"/e/{edition.slug}/join/", {"code": team.join_code}
        statuses = list(hall.map(lambda session: post(site, path, form, session=session), newcomers))

    assert set(statuses) == {302}
    assert Membership.objects.filter(team=team).count() == len(newcomers) + 1


def test_guessing_locks_the_account_and_never_the_address() -> None:
    attacked, others = builders.a_person(), [builders.a_person() for _ in range(3 * SIGN_INS_PER_ACCOUNT)]

    with served() as site:
        # More than two hours' worth: the hour of the clock may turn meanwhile, and the count begins anew.
        guesses = range(2 * SIGN_INS_PER_ACCOUNT + 1)
        guessed = [post(site, "/sign-in/", {"name": attacked.username, "password": f"guess {n}"}) for n in guesses]
        let_in = [post(site, "/sign-in/", {"name": one.username, "password": builders.PASSWORD}) for one in others]

    assert set(guessed[:SIGN_INS_PER_ACCOUNT]) == {422}
    assert set(guessed) == {422, 429}
    assert set(let_in) == {302}
