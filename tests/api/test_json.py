"""What is sent as JSON and is none, or is one that two readers would read differently: 400, never 500, nothing changes."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from estrade.kernel.refusal import Refused
from estrade.web.strict_json import read_json
from judging.models import ScoreRevision
from tests.api.test_scores import address, post, signed_in
from tests.judging.stage import Stage, a_stage

pytestmark = pytest.mark.embedded

GARBAGE = [
    b"   ",
    b"{",
    b"nothing",
    b"'single'",
    b'{"value": 1,}',
    b'{"value": 1} {"value": 2}',
    b'{"value": "1", "value": "2"}',
    b'{"value": {"a": 1, "a": 2}}',
    b'{"value": NaN}',
    b'{"value": Infinity}',
    b'{"value": -Infinity}',
    b'{"value": 1e999}',
    b'{"value": -1e999}',
    b'{"value": ' + b"9" * 10_000 + b"}",
    b'{"value": 0.' + b"9" * 10_000 + b"}",
    b'{"value": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    b'{"a": ' * 10_000 + b"1" + b"}" * 10_000,
    b'{"value": ' + b"[" * 30 + b"]" * 30 + b"}",
    b'{"value": "\x00"}',
    b'{"value": "\\u0000"}',
    b'{"\\u0000": 1}',
    b'{"value": "\\ud800"}',
    b'{"value": "\xff"}',
    b'\xef\xbb\xbf{"value": 1}',
    '{"value": "é"}'.encode("utf-16"),
    b"\x00" * 1000,
]


@pytest.fixture
def stage(db: None) -> Stage:
    return a_stage(jurors=1, teams=1)


@pytest.mark.parametrize("raw", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_refused(stage: Stage, raw: bytes) -> None:
    answer = post(signed_in(stage.jurors[0]), address(stage), raw)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not ScoreRevision.objects.exists()


@pytest.mark.parametrize("raw", [b"[]", b"null", b"1", b'"text"', b"[{}]", b"true"])
def test_what_is_not_an_object_is_refused(stage: Stage, raw: bytes) -> None:
    answer = post(signed_in(stage.jurors[0]), address(stage), raw)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


def test_more_than_a_request_may_have_is_too_large(stage: Stage) -> None:
    answer = post(signed_in(stage.jurors[0]), address(stage), b'{"value": "' + b"4" * 1024 * 1024 + b'"}')

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(), some, max_size=3),
    max_leaves=8,
)


@given(JSON)
@example({"a": "\\u0000 is only written here"})
def test_honest_json_is_read_as_it_is(value: Any) -> None:
    raw = json.dumps(value).encode()

    try:
        read = read_json(raw)
    except Refused:
        assert "\\u0000" in raw.decode()
    else:
        assert read == value


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    with contextlib.suppress(Refused):
        read_json(raw)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_no_json_breaks_the_score(stage: Stage, value: Any) -> None:
    client = signed_in(stage.jurors[0])
    sent = {"criterion": value, "value": value, "client_id": value, "base_version": value, "device_at": value}

    answers = [post(client, address(stage), json.dumps(raw)) for raw in (sent, value)]

    assert {answer.status_code for answer in answers} <= {400, 404, 422}
