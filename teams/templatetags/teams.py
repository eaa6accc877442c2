"""How a team is called in a heading."""

from django import template

from teams import words

register = template.Library()
register.filter(words.as_team)
