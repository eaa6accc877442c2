"""Default deny: every address asks the permission matrix, or stands in a short list of open pages.

A new address that forgets to ask fails here, before anybody finds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from estrade.access.policy import matrix
from estrade.editions.phases import Phase
from estrade.journal.models import AuditEntry, Event
from estrade.web.api import PolicyDecides
from teams.questions import ask_question
from tests.builders import a_challenge, a_delivered_submission, a_person, a_team, an_edition, bring_to, captain_of

# What a stranger may open, and why.
OPEN = {
    "editions:root": "the first page",
    "editions:edition": "edition.read is everybody's",
    "people:sign_in": "the way in",
    "people:type_code": "the way in with a code",
    "people:ask_code": "the way in by mail: a POST that answers everybody alike",
    "people:mail_code": "the way in by mail: the code it asks for decides",
    "people:second_factor": "the second question of a sign-in that has begun",
    "people:set_up_second_factor": "the same, the first time",
    "people:account": "one's own account: asks for a session and shows nobody else's",
    "people:renew_second_factor": "one's own account: a POST that asks for a code",
    "people:sign_out": "the way out: a POST that ends one's own session",
    "web:language": "sets a cookie of the reader's own",
    "challenges:challenge": "challenge.read is everybody's once the edition is open",
    "judging_public:board": "shows what was recorded for the public",
    "judging_public:results": "shows what was revealed to the public",
    "realtime:screen": "shows what was recorded for the public",
    "realtime:stage": "shows what was recorded for the public",
    "realtime:room": "shows what was recorded for the public",
    "realtime:board": "shows what was recorded for the public",
    "api:editions": "edition.read is everybody's",
    "api:edition": "edition.read is everybody's",
    "api:challenges": "challenge.read is everybody's once the edition is open",
    "api:challenge": "challenge.read is everybody's once the edition is open",
    "api:questions": "what was answered to everybody stands on the page of a challenge",
    "api:board": "board.read is everybody's once judging began",
    "api:results": "results.read is everybody's after publication",
    "api:events": "the stream `public` is everybody's",
    "api:schema": "describes, holds no data",
    "api:docs": "describes, holds no data",
}
# They take a POST by purpose: ways in and out, one's own account, one's own cookie.
TAKES_A_POST = {name for name in OPEN if name.startswith("people:")} | {"web:language"}
# These two hold no data, so they ask nothing of the matrix.
WITHOUT_THE_MATRIX = {"api:schema", "api:docs"}
# The administration has its own wall (tests/admin), the demonstration lets everybody in by purpose.
ELSEWHERE = {"admin", "demo"}
# Somebody without a role reads a list of nothing.
EMPTY = ("api:teams", "get")
REMARK = {"which": "comment", "text": "Good", "base_version": 0}
# Everybody reads there, and only those who take part may write.
WRITTEN_BY_SOME = ("api:questions", "post")
SCORE = {"criterion": 1, "value": "4", "client_id": "00000000-0000-4000-8000-000000000000", "base_version": 0}
REFUSED = {401, 403, 404, 405}


def routes(resolver: URLResolver | None = None, room: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            if entry.app_name not in ELSEWHERE:
                yield from routes(entry, entry.namespace or room)
        elif isinstance(entry, URLPattern):
            yield f"{room}:{entry.name}", entry


ROUTES = dict(routes())
ENDPOINTS = {
    name: entry.callback.cls
    for name, entry in ROUTES.items()
    if hasattr(entry.callback, "cls") and name not in WITHOUT_THE_MATRIX
}


def test_every_open_page_exists() -> None:
    assert set(OPEN) - set(ROUTES) == set()


def test_every_address_has_a_name_of_its_own() -> None:
    counted = Counter(name for name, _ in routes())

    assert [name for name in counted if name.endswith(":None")] == []
    # Of two addresses with one name a page's form finds the last, whichever it means.
    assert [name for name, addresses in counted.items() if addresses > 1] == []


@pytest.mark.parametrize("name", sorted(ENDPOINTS))
def test_every_endpoint_declares_the_action_of_each_of_its_methods(name: str) -> None:
    endpoint = ENDPOINTS[name]
    methods = {method.upper() for method in endpoint.http_method_names if method != "head" and hasattr(endpoint, method)}

    assert endpoint.permission_classes == [PolicyDecides]
    assert set(endpoint.asks) == methods
    assert set(endpoint.asks.values()) <= set(matrix())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("phase", "has_account"), [(Phase.BEFORE, False), (Phase.OPEN, True), (Phase.JUDGING, True), (Phase.PUBLISHED, False)]
)
def test_a_stranger_opens_the_open_pages_and_writes_nothing(phase: Phase, has_account: bool) -> None:
    edition = an_edition()
    challenge = a_challenge(edition)
    team = a_team(edition, challenge=challenge)
    receipt = a_delivered_submission(team)
    question = ask_question(person=captain_of(team), challenge_id=challenge.pk, text="Which data?", client_id=uuid4())
    bring_to(edition, phase)
    known = {
        "slug": edition.slug, "challenge_slug": challenge.slug, "team_id": team.pk, "team": team.pk, "receipt": receipt.pk,
        "reference": receipt.reference, "prize_id": 1, "name": "freeze", "code": "en", "person_id": team.captain_id,
        "question_id": question.pk, "token": "not-the-token-of-any-play", "seat": 1, "field": "pitch", "file_id": 1,
        "organisation_id": challenge.partner_id,
        "invitation_id": 1,
        "seat_id": 1, "call_id": 1, "ballot_id": 1, "correction_id": 1, "room": 1,
        "ballot": 1, "version": 1, "line": 1, "round_id": 1,
        "step": 1,
        "member_id": team.captain_id, "notice_id": 1, "approach_id": 1,
    }  # fmt: skip
    # A page takes longer to write than to refuse; what is refused is decided before either.
    client = Client(headers={"accept": "application/json"} if phase in {Phase.OPEN, Phase.JUDGING} else {})
    if has_account:
        client.force_login(a_person())
    before = Event.objects.count(), AuditEntry.objects.count()

    let_in = {
        (name, method): answer.status_code
        for name, entry in ROUTES.items()
        # What a browser's page can send everywhere; the rest once, and wherever somebody may have written a method for it.
        for method in (("get", "post", "put", "delete") if phase is Phase.JUDGING or name in ENDPOINTS else ("get", "post"))
        if (name not in OPEN or (name, method) == WRITTEN_BY_SOME)
        and (name, method) != EMPTY
        and not is_refused(answer := ask(client, method, name, entry, known))
    }

    assert let_in == {}
    assert (Event.objects.count(), AuditEntry.objects.count()) == before


def ask(client: Client, method: str, name: str, entry: URLPattern, known: dict[str, Any]) -> Any:
    try:
        where = reverse(name, kwargs={key: known[key] for key in entry.pattern.converters})
    except NoReverseMatch:
        # The slug of the edition stands in front of the room's own part.
        where = reverse(name, kwargs={key: known[key] for key in ("slug", *entry.pattern.converters)})
    if (name, method) == ("api:scores", "post"):
        return client.post(where, SCORE, content_type="application/json")
    if (name, method) == ("api:remarks", "post"):
        return client.post(where, REMARK, content_type="application/json")
    if (name, method) == WRITTEN_BY_SOME:
        return client.post(where, {"text": "Which?", "client_id": SCORE["client_id"]}, content_type="application/json")
    return getattr(client, method)(where)


def is_refused(answer: Any) -> bool:
    to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in/")
    return answer.status_code in REFUSED or to_sign_in


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(OPEN) - TAKES_A_POST))
def test_an_open_page_only_reads(name: str) -> None:
    edition = an_edition()
    challenge = a_challenge(edition)
    known = {"slug": edition.slug, "challenge_slug": challenge.slug, "room": 1}

    answer = ask(Client(), "post", name, ROUTES[name], known)

    assert answer.status_code == (401 if (name, "post") == WRITTEN_BY_SOME else 405)
