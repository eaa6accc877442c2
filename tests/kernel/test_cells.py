"""Texts that a spreadsheet could take for a formula, and the way back (I1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estrade.kernel.cells import is_risky, read_cell, safe_cell

pytestmark = pytest.mark.embedded

DANGERS = [
    "=1+1", "+33 1", "-5", "@SUM(A1)", "\t=1", "\rx", "\nx", "  =1", "\u00a0=1", "\u200b@x", "\uff1d1+1", "\uff0b1", "\uff0d1",
    "\uff20x", "\ufe631", "\u22121", "'=1", "''=1", "'\t", " '=1", "\x00=1", "\ufeff=1",
]  # fmt: skip
HARMLESS = ["", "Ada", "'t Hooft", "l'idée = bonne", "1-2", "''", "(=1)", "é", "a@b.fr", "5 - 3"]
texts = st.lists(st.sampled_from([*"=+-@'\t\r\n \uff1d\uff0d\uff20\u200b\u00a0aé1", *"\x00\x1f"])).map("".join) | st.text()


@pytest.mark.parametrize("text", DANGERS)
def test_what_could_be_evaluated_gets_one_apostrophe_i1(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert read_cell(safe_cell(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == read_cell(text) == text


@given(texts)
def test_every_text_comes_back_and_none_goes_out_risky(text: str) -> None:
    cell = safe_cell(text)

    assert read_cell(cell) == text
    assert cell.startswith("'") or not is_risky(cell)
