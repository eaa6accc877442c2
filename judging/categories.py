"""Categories: groups of teams that are ranked apart, for instance by level of school. Which team is in which.

Reads only. Ranks nothing: there is one fit over all ballots, and the order of a category is the signed order with the other
teams left out.
Words: a category is *derived* when it follows from where the members of a team come from, else *by hand*; what an organiser
sets for a team comes before what follows from its members.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from estrade.editions.models import Edition
from estrade.people.models import Organisation, Role
from judging.models import Categorised, Category
from teams.models import Membership, Team


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A team with its category; `is_by_hand`: an organiser set it."""

    team: Team
    category: Category | None
    is_by_hand: bool


def placed_teams(edition: Edition, teams: Sequence[Team]) -> list[Placed]:
    """Each team with its category, in a fixed number of queries."""
    categories = {one.pk: one for one in edition.categories.all()}
    if not categories:
        return [Placed(team=team, category=None, is_by_hand=False) for team in teams]
    by_hand = dict(Categorised.objects.filter(team__edition=edition).values_list("team_id", "category_id"))
    derived = _derived(edition, categories, [team.pk for team in teams])
    return [
        Placed(
            team=team,
            category=categories.get(by_hand[team.pk] or 0) if team.pk in by_hand else derived.get(team.pk),
            is_by_hand=team.pk in by_hand,
        )
        for team in teams
    ]


def category_of(edition: Edition, teams: Sequence[Team]) -> dict[int, int]:
    """Team to the number of its category; a team in none is left out."""
    return {one.team.pk: one.category.pk for one in placed_teams(edition, teams) if one.category is not None}


def _derived(edition: Edition, categories: Mapping[int, Category], teams: Sequence[int]) -> dict[int, Category]:
    """By where most members come from; as many from both, the higher level, which is the harder competition."""
    of = {one.of: one for one in categories.values() if one.of}
    kinds = dict(
        Role.objects.filter(edition=edition, role=Role.Name.PARTICIPANT)
        .exclude(organisation=None)
        .values_list("person_id", "organisation__category")
    )
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for team_id, person_id in Membership.objects.filter(edition=edition, team__in=teams).values_list("team_id", "person_id"):
        kind = kinds.get(person_id) or ""
        if kind in of:
            counts[team_id][kind] += 1
    higher = Organisation.Category.HIGHER_EDUCATION
    return {team: of[max(found, key=lambda kind: (found[kind], kind == higher))] for team, found in counts.items()}
