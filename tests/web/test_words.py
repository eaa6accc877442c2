"""Dates, figures and Markdown as people see them, in both languages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from estrade.kernel.markdown import render
from estrade.web.templatetags import estrade as words

pytestmark = pytest.mark.embedded


@pytest.mark.parametrize(
    ("language", "number", "money", "share"),
    [("fr", "84,2", "1\xa0000\xa0€", "25\xa0%"), ("en", "84.2", "€1,000", "25%")],
)
def test_figures_follow_the_language(language: str, number: str, money: str, share: str) -> None:
    with translation.override(language):
        found = (words.local_number(Decimal("84.2")), words.amount(Decimal("1000.00")), words.percent(Decimal("25.00")))

    assert found == (number, money, share)


def test_figures_are_rounded_as_a_browser_does_and_not_cut() -> None:
    with translation.override("en"):
        found = [words.local_number(value, 2) for value in (83.276723, Decimal("76.458"), 80.125, -0.006, 1999.999)]

    assert found == ["83.28", "76.46", "80.13", "-0.01", "2,000.00"]


def test_no_figure_is_no_word() -> None:
    assert (words.local_number(None), words.local_number(""), words.amount(None)) == ("", "", "")


@pytest.mark.parametrize(
    ("language", "first", "last", "expected"),
    [
        ("fr", date(2027, 3, 19), date(2027, 3, 19), "19 mars 2027"),
        ("fr", date(2027, 4, 1), date(2027, 4, 1), "1er avril 2027"),
        ("fr", date(2027, 12, 31), date(2028, 1, 1), "31 décembre 2027"),
        ("en", date(2027, 3, 30), date(2027, 4, 1), "30 March to 1 April 2027"),
        ("en", date(2027, 3, 18), date(2027, 3, 19), "18 and 19 March 2027"),
        ("en", date(2027, 3, 19), date(2027, 3, 21), "19 to 21 March 2027"),
    ],
)
def test_a_range_of_days_says_each_month_once(language: str, first: date, last: date, expected: str) -> None:
    with translation.override(language):
        found = words.date_range(first, last)

    assert expected in found


def test_times_are_those_of_the_edition() -> None:
    instant = datetime(2027, 3, 19, 14, 30, tzinfo=UTC)

    with timezone.override("Europe/Paris"), translation.override("fr"):
        found = (words.day(instant), words.clock_time(instant), words.iso(instant))

    assert found == ("vendredi 19 mars", "15:30", "2027-03-19T14:30:00.000+00:00")


def test_time_left_counts_whole_seconds_up() -> None:
    now = datetime(2027, 3, 19, 14, 30, tzinfo=UTC)
    ahead = [timedelta(minutes=102), timedelta(seconds=299), timedelta(microseconds=1), timedelta(minutes=-30)]

    left = [words.time_left({"now": now}, now + more) for more in ahead]

    assert left == ["1:42:00", "04:59", "00:01", "00:00"]


def test_markdown_keeps_the_order_of_headings() -> None:
    html = render("## Problem\n\ntext\n\n### Detail", top=2)

    assert html == "<h2>Problem</h2>\n<p>text</p>\n<h3>Detail</h3>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://evil.example/x.png)",
        "[x](data:text/html,x)",
        '<a hx-get="/x">x</a>',
    ],
)
def test_markdown_lets_no_code_and_no_picture_through(text: str) -> None:
    html = render(text)

    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html
    assert "<a" not in html


def test_links_in_markdown_vouch_for_nothing() -> None:
    assert 'rel="noopener nofollow ugc"' in render("[site](https://example.org)")
