"""How a team is called in a heading."""

from django import template
from django.utils.translation import gettext as _

from estrade.kernel.cleantext import folded

register = template.Library()
# A team that calls itself so needs no such word before its name.
_WORDS = frozenset({folded("Team"), folded("Équipe")})


@register.filter
def as_team(name: str) -> str:
    """ "Team Canopée", but "Team 4" for a team of that name."""
    first = folded(name).partition(" ")[0]
    return name if first in _WORDS else _("Team %(name)s") % {"name": name}
