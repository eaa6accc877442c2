"""The part of a challenge's page that belongs to the teams: what they ask, and what they are answered."""

from typing import Any

from django import template

from challenges.models import Challenge
from teams.forms import QuestionForm
from teams.question_reads import box_of
from teams.reads import team_number

register = template.Library()


@register.inclusion_tag("teams/questions.html", takes_context=True)
def questions_on(context: dict[str, Any], challenge: Challenge) -> dict[str, Any]:
    """The questions about a challenge that the reader may see, with the form to ask one."""
    box = box_of(challenge, person=context["user"], now=context["now"])
    return {"box": box, "edition": context["edition"], "form": QuestionForm.fresh(), "on_page": True}


@register.simple_tag(takes_context=True)
def own_team_stream(context: dict[str, Any]) -> str:
    """The streams on which the reader hears of answers to their own questions."""
    user, edition = context["user"], context["edition"]
    if not user.is_authenticated or "participant" not in edition.roles_of(user):
        return ""
    team = team_number(person=user, edition=edition)
    return f" team.{team}" if team else f" person.{user.pk}"
