"""A field for a local time. In the night of the clock change it asks which of two instants is meant."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from estrade.kernel.localtime import exists, readings

READING = "_reading"


class LocalMomentInput(forms.DateTimeInput):
    """Below the field, where the time has two readings, one choice for each. What is typed is kept."""

    readings: list[datetime] = []

    def value_from_datadict(self, data: Any, files: Any, name: str) -> tuple[str, str]:
        return str(data.get(name) or ""), str(data.get(name + READING) or "")

    def format_value(self, value: Any) -> Any:
        return value[0] if isinstance(value, tuple) else super().format_value(value)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, attrs, renderer)
        choices = format_html_join(
            "",
            '<label class="check-line"><input type="radio" name="{}" value="{}">{}</label>',
            ((name + READING, at.isoformat(), words_of(at)) for at in self.readings),
        )
        return format_html("{}{}", field, choices)


class LocalMomentField(forms.DateTimeField):
    """A date and time in the active time zone. Never guesses: what the change skips or repeats is refused with both readings."""

    def __init__(self, *, seconds: bool = False, **options: Any) -> None:
        step = {"step": "1"} if seconds else {}
        shape = "%Y-%m-%dT%H:%M:%S" if seconds else "%Y-%m-%dT%H:%M"
        options["widget"] = LocalMomentInput(attrs={"class": "input", "type": "datetime-local", **step}, format=shape)
        super().__init__(**options)

    def to_python(self, value: Any) -> datetime | None:
        text, chosen = value if isinstance(value, tuple) else (value, "")
        try:
            return super().to_python(text)
        except ValidationError:
            local = _naive(text)
            if local is None:
                raise
            zone = timezone.get_current_timezone()
            found = readings(local, zone)
            for at in found:
                if at.isoformat() == chosen:
                    return at
            if len(found) == 1:
                raise
            self.widget.readings = found
            if exists(local, zone):
                raise ValidationError(
                    _("This time comes twice in the night of the clock change. Choose the one you mean.")
                ) from None
            raise ValidationError(
                _("This time does not exist in the night of the clock change. Choose the one you mean.")
            ) from None


def words_of(at: datetime) -> str:
    """One reading in words: "02:30, summer time (UTC+2)"."""
    offset = at.utcoffset()
    assert offset is not None
    hours = offset.total_seconds() / 3600
    figures = {"time": f"{at:%H:%M}", "offset": f"UTC{hours:+g}"}
    if at.dst():
        return _("%(time)s, summer time (%(offset)s)") % figures
    return _("%(time)s, winter time (%(offset)s)") % figures


def _naive(text: Any) -> datetime | None:
    try:
        local = parse_datetime(str(text).strip())
    except ValueError:
        return None
    return local if local is not None and local.tzinfo is None else None
