"""What people typed, made safe to store and to compare."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estrade.kernel.cleantext import folded, many_lines, not_longer, one_line
from estrade.kernel.refusal import Refused

pytestmark = pytest.mark.embedded


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Zoé\u00a0 Martin ", "Zoé Martin"),
        ("Zoe\u0301", "Zoé"),
        ("a\tb\nc\r\nd", "a b c d"),
        ("a\x00b\u200bc\u202ed", "abcd"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\u200b", ""),
    ],
)
def test_one_line_is_one_visible_line(typed: str, stored: str) -> None:
    assert one_line(typed) == stored


def test_many_lines_keep_their_breaks() -> None:
    assert many_lines(" a\r\n\r\nb\rc\x07 ") == "a\n\nb\nc"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)
    assert many_lines(many_lines(text)) == many_lines(text)
    assert "\x00" not in many_lines(text)


@pytest.mark.parametrize("other", ["LES TOITS", "Lеs Tоits", "Ｌｅｓ Ｔｏｉｔｓ", "les\u200b  toits", "les\u00a0toits"])
def test_texts_that_look_equal_fold_to_the_same(other: str) -> None:
    assert folded(other) == folded("Les Toits")


def test_a_limit_is_a_limit() -> None:
    assert not_longer("name", "x" * 60, 60) == "x" * 60
    with pytest.raises(Refused) as refused:
        not_longer("name", "x" * 61, 60)
    assert refused.value.figures == {"field": "name", "limit": 60, "length": 61}
