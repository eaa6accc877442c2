"""Words and numbers of the templates: texts in the reader's language, dates, figures, icons."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from estrade.kernel.localtext import local as local_text
from estrade.kernel.markdown import render

register = template.Library()


@register.filter
def local(texts: Mapping[str, str] | str | None) -> str:
    """A text kept in several languages, in the reader's: `{{ challenge.title|local }}`."""
    return local_text(texts, get_language() or "fr")


@register.filter
def markdown(text: str, top: int = 3) -> SafeString:
    """Markdown written by people, as safe HTML whose highest heading is h`top`."""
    return render(text, top=top)


@register.filter
def local_number(value: Decimal | float | str | None, decimals: int | None = None) -> str:
    """84.2 as "84,2" in French and "84.2" in English; thousands apart. Nothing for None and for an empty text."""
    if value is None or value == "":
        return ""
    # Django cuts what is too long; a browser's script, `floatformat` and the jury record round it, and all say the same.
    if decimals is not None:
        value = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return number_format(value, decimals, use_l10n=True, force_grouping=abs(float(value)) >= 1000)


@register.filter
def amount(value: Decimal | str | None, currency: str = "EUR") -> str:
    """A sum of money, as a number or its text: "1 000 €" in French, "€1,000" in English."""
    if value is None:
        return ""
    value = Decimal(value)
    figure = local_number(value, 0 if value == int(value) else 2)
    sign = {"EUR": "€", "GBP": "£", "USD": "$"}.get(currency, currency)
    return f"{figure}\xa0{sign}" if _in_french() else f"{sign}{figure}"


@register.filter
def percent(value: Decimal | float) -> str:
    """25 as "25 %" in French and "25%" in English."""
    gap = "\xa0" if _in_french() else ""
    return f"{local_number(value, 0)}{gap}%"


@register.filter
def iso(moment: datetime | None) -> str:
    """An instant for machines, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment else ""


@register.filter
def clock_time(moment: datetime | None) -> str:
    """An instant as the time of day in the edition's time zone: "15:30"."""
    return date_format(timezone.localtime(moment), "TIME_FORMAT") if moment else ""


@register.filter
def clock_near(moment: datetime, now: datetime) -> str:
    """The time of day, behind a short day where it is another one than that of `now`: "15:30", "sam. 28, 10:00"."""
    here = timezone.localtime(moment)
    if here.date() == timezone.localtime(now).date():
        return clock_time(moment)
    return f"{date_format(here, 'D j')}, {clock_time(moment)}"


@register.filter
def day(moment: datetime | date | None) -> str:
    """The day of an instant: "vendredi 19 mars"."""
    return _date_words(timezone.localtime(moment) if isinstance(moment, datetime) else moment, "DATE_FORMAT") if moment else ""


@register.filter
def split(text: str, mark: str) -> list[str]:
    """The parts of a text between marks, without the spaces around them."""
    return [part.strip() for part in text.split(mark) if part.strip()]


@register.filter
def groups(text: str, size: int = 4) -> str:
    """A long code in groups that an eye can compare: "9f2c 41d7 b08e"."""
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


@register.filter
def file_size(size: int | None) -> str:
    """Bytes as people say them: "6,4 Mo" in French, "6.4 MB" in English, "812 ko", "812 kB"."""
    if size is None:
        return ""
    if size >= 1024**3:
        return _("%(size)s GB") % {"size": local_number(round(size / 1024**3, 1), 1)}
    if size >= 1024**2:
        # Formatting cuts, it does not round.
        megabytes = round(size / 1024**2, 1)
        return _("%(size)s MB") % {"size": local_number(megabytes, 0 if megabytes >= 100 or size % 1024**2 == 0 else 1)}
    return _("%(size)s kB") % {"size": max(1, round(size / 1024)) if size else 0}


@register.filter
def late_by(received_at: datetime, closes_at: datetime) -> str:
    """How long after the closing time, as "4:10" or "1:04:10"."""
    seconds = max(0, math.ceil((received_at - closes_at).total_seconds()))
    rest = f"{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{seconds // 3600}:{rest}" if seconds >= 3600 else f"{seconds // 60}:{seconds % 60:02}"


@register.simple_tag
def done_of(items: Iterable[Any]) -> int:
    """How many of the items are in the state "done"."""
    return sum(item.state == "done" for item in items)


@register.filter
def first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


@register.simple_tag
def date_range(first: date, last: date) -> str:
    """ "19 mars 2027", "18 et 19 mars 2027", "du 19 au 21 mars 2027", "du 30 mars au 1 avril 2027"."""
    figures: dict[str, Any] = {
        "first": "1er" if first.day == 1 and _in_french() else first.day,
        "last": _date_words(last, "SHORT_DATE_FORMAT"),
    }
    if first == last:
        return _date_words(last, "SHORT_DATE_FORMAT")
    if (first.year, first.month) != (last.year, last.month):
        figures["first"] = _date_words(first, "MONTH_DAY_FORMAT" if first.year == last.year else "SHORT_DATE_FORMAT")
    elif (last - first).days == 1:
        return _("%(first)s and %(last)s") % figures
    return _("%(first)s to %(last)s") % figures


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon that repeats what the words beside it say."""
    return format_html('<span class="i i-{}" aria-hidden="true"></span>', name)


@register.inclusion_tag("web/countdown.html", takes_context=True)
def countdown(context: dict[str, Any], until: datetime, labelledby: str, *, say: bool = False) -> dict[str, Any]:
    """Time left in boxes: days, hours, minutes; on the last day hours, minutes, seconds. `say` announces the last ones."""
    seconds = _seconds_left(context, until)
    days, hours, minutes = seconds // 86400, seconds // 3600, seconds // 60 % 60
    return {"until": until, "labelledby": labelledby, "say": say, "days": days, "hours": hours, "hours_of_day": hours % 24,
            "minutes": minutes, "seconds": seconds % 60}  # fmt: skip


@register.simple_tag(takes_context=True)
def time_left(context: dict[str, Any], until: datetime) -> str:
    """Time left as "1:42:00", or "04:59" under one hour: the text of a `data-until` element before its first tick."""
    seconds = _seconds_left(context, until)
    rest = f"{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{seconds // 3600}:{rest}" if seconds >= 3600 else rest


def _date_words(day: date, style: str) -> str:
    """A date in words; in French the first of a month is "1er"."""
    words = date_format(day, style)
    return re.sub(r"\b1(?= )", "1er", words, count=1) if day.day == 1 and _in_french() else words


def _in_french() -> bool:
    return (get_language() or "fr").startswith("fr")


def _seconds_left(context: dict[str, Any], until: datetime) -> int:
    now: datetime = context["now"]
    return max(0, math.ceil((until - now).total_seconds()))
