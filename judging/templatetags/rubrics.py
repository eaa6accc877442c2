"""What is scored, on pages of several rooms."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format

from challenges.models import Challenge
from judging.rubric_reads import asked_of_challenge

register = template.Library()


@register.filter
def mark(value: Decimal | float | str) -> str:
    """A mark or a weight as people write it: 2.50 as "2,5" in French, 5.00 as "5"."""
    return number_format(Decimal(str(value)).normalize() + 0, use_l10n=True)


@register.inclusion_tag("judging/criteria_on.html")
def criteria_on(challenge: Challenge) -> dict[str, Any]:
    """The criteria for the teams of a challenge, with weights and levels."""
    return {"asked": asked_of_challenge(challenge)}
