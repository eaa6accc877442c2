"""The part of a challenge's page that belongs to the jury: what the solutions are scored on."""

from typing import Any

from django import template

from challenges.models import Challenge
from judging.rubric_reads import asked_of_challenge

register = template.Library()


@register.inclusion_tag("judging/criteria_on.html")
def criteria_on(challenge: Challenge) -> dict[str, Any]:
    """The criteria for the teams of a challenge, with weights and levels."""
    return {"asked": asked_of_challenge(challenge)}
