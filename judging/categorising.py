"""Categorising: the categories of an edition, and what an organiser says about the category of a team.

Owns categories and what was set by hand. What follows from the members of a team is `judging.categories`.
"""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max

from estrade.access.policy import require
from estrade.editions.deadlines import locked_edition
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person
from judging.events import CategoriesChanged
from judging.models import Categorised, Category
from judging.prizes import refuse_settled

# What an organiser of schools wants first: pupils apart from students.
LEVELS = (
    (Organisation.Category.SCHOOL, {"fr": "Lycée", "en": "Secondary school"}),
    (Organisation.Category.HIGHER_EDUCATION, {"fr": "Supérieur", "en": "Higher education"}),
)


def use_levels(*, person: Person, edition_id: int) -> None:
    """One category for schools and one for higher education; those that exist stay. Refused: `prizes_settled`."""
    with transaction.atomic():
        edition = _open(person, edition_id)
        known = set(edition.categories.values_list("of", flat=True))
        for level, name in LEVELS:
            if level not in known:
                Category.objects.create(edition=edition, position=_next(edition), name=name, of=level)
        _note(person, edition, "category.write", after=[level for level, _name in LEVELS])


def add_category(*, person: Person, edition_id: int, name: str, language: str) -> Category:
    """A category whose teams an organiser chooses. Refused: `name_missing`, `too_long`, `prizes_settled`."""
    name = not_longer("name", one_line(name), 80)
    if not name:
        raise Refused("name_missing", field="name")
    with transaction.atomic():
        edition = _open(person, edition_id)
        category = Category.objects.create(edition=edition, position=_next(edition), name={language: name})
        _note(person, edition, "category.write", after=name)
    return category


def remove_category(*, person: Person, edition_id: int, category_id: int) -> None:
    """Its teams are in what follows from their members, if anything. Refused: `category_in_use` by a prize, `prizes_settled`."""
    with transaction.atomic():
        edition = _open(person, edition_id)
        category = Category.objects.get(pk=category_id, edition=edition)
        if edition.prizes.filter(category=category).exists():
            raise Refused("category_in_use")
        _note(person, edition, "category.remove", before=category_id)
        category.delete()


def place_teams(*, person: Person, edition_id: int, teams: Mapping[int, int | None]) -> None:
    """Say for teams in which category they are (0: in none), or that it follows from their members again (None).

    Refused: `not_found` for what is of elsewhere, `prizes_settled`.
    """
    with transaction.atomic():
        edition = _open(person, edition_id)
        known = set(edition.teams.filter(pk__in=teams).values_list("pk", flat=True))
        categories = {0, *edition.categories.values_list("pk", flat=True)}
        if known != teams.keys() or not {one for one in teams.values() if one is not None} <= categories:
            raise Refused("not_found")
        for team_id, category_id in teams.items():
            if category_id is None:
                Categorised.objects.filter(team=team_id).delete()
            else:
                Categorised.objects.update_or_create(team_id=team_id, defaults={"category_id": category_id or None})
        _note(person, edition, "category.place", after={str(team): category for team, category in sorted(teams.items())})


def _open(person: Person, edition_id: int) -> Edition:
    edition = locked_edition(edition_id)
    require(person, "edition.manage", edition)
    refuse_settled(edition)
    return edition


def _next(edition: Edition) -> int:
    return (edition.categories.aggregate(last=Max("position"))["last"] or 0) + 1


def _note(person: Person, edition: Edition, action: str, *, before: object = None, after: object = None) -> None:
    audit(edition_id=edition.pk, actor_id=person.pk, action=action, thing="categories", before=before, after=after)
    record(CategoriesChanged(), edition_id=edition.pk, on=[ORGANISERS], actor_id=person.pk)
