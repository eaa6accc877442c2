"""Every refusal has a sentence, and every sentence a refusal."""

import re
from pathlib import Path

import pytest

from estrade.kernel.refusal import Refused
from estrade.web import refusals
from estrade.web.refusals import SENTENCES, problem_of, status_and_sentence

pytestmark = pytest.mark.embedded

ROOT = Path(refusals.__file__).parents[3]
ROOMS = [ROOT / "platform" / "estrade", *(ROOT / room for room in ("challenges", "teams", "judging", "realtime"))]
CODE = "\n".join(
    path.read_text(encoding="utf-8") for room in ROOMS for path in room.rglob("*.py") if path != Path(refusals.__file__)
)


def test_every_code_that_is_raised_has_a_sentence() -> None:
    raised = set(re.findall(r"Refused\(\s*\"(\w+)\"", CODE))

    assert len(raised) > 30
    assert raised - set(SENTENCES) == set()


def test_every_sentence_has_a_code_that_is_raised() -> None:
    assert [code for code in SENTENCES if f'"{code}"' not in CODE] == []


def test_the_table_is_in_order_and_speaks_of_mistakes_of_the_asker() -> None:
    assert list(SENTENCES) == sorted(SENTENCES)
    # A full disk is nobody's mistake.
    assert {status for status, _ in SENTENCES.values() if not 400 <= status < 500} == {507}


def test_figures_stand_in_the_sentence_and_in_the_body() -> None:
    refused = Refused("too_long", field="name", limit=60)

    assert status_and_sentence(refused) == (422, str(SENTENCES["too_long"][1]) % {"limit": 60})
    body = problem_of(refused)
    assert (body["status"], body["code"], body["field"], body["limit"]) == (422, "too_long", "name", 60)


@pytest.mark.parametrize("refused", [Refused("too_long"), Refused("never_heard_of"), Refused("never_heard_of", limit="%s %(x)s")])
def test_a_missing_figure_or_an_unknown_code_still_answers(refused: Refused) -> None:
    status, sentence = status_and_sentence(refused)

    assert 400 <= status < 500
    assert sentence
