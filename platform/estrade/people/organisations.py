"""Schools, partners, sponsors: known once, for all editions.

Owns organisations and the spellings under which lists may name them.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation


def note_organisation(
    *, slug: str, name: str, category: str, short_name: str = "", spellings: Iterable[str] = ()
) -> Organisation:
    """The organisation with this slug, created when new. A known one keeps its names and only learns spellings.

    Other editions rely on the names, so a second file cannot change them. Refused: name_missing, too_long,
    name_taken (the name belongs to another slug).
    """
    name = not_longer("name", one_line(name), 160)
    short = not_longer("short_name", one_line(short_name) or name[:60], 60)
    learnt = [not_longer("spellings", one_line(spelling), 160) for spelling in spellings]
    if not name or not slug:
        raise Refused("name_missing", field="name")
    with transaction.atomic():
        if Organisation.objects.filter(name=name).exclude(slug=slug).exists():
            raise Refused("name_taken", field="name")
        organisation, is_new = Organisation.objects.select_for_update().get_or_create(
            slug=slug, defaults={"name": name, "short_name": short, "category": category, "spellings": learnt}
        )
        added = [spelling for spelling in learnt if spelling not in organisation.spellings]
        if not is_new and added:
            organisation.spellings = [*organisation.spellings, *added]
            organisation.save(update_fields=["spellings"])
    return organisation


def organisation_named(name: str, *, category: str) -> Organisation:
    """The organisation that people call so, whatever its capitals and accents; a new one when there is none.

    Refused: name_missing, too_long.
    """
    name = not_longer("name", one_line(name), 160)
    slug = slugify(name)[:50].strip("-")
    if not name or not slug:
        raise Refused("name_missing", field="partner")
    with transaction.atomic():
        known = (
            Organisation.objects.filter(Q(slug=slug) | Q(name__iexact=name) | Q(short_name__iexact=name)).order_by("pk").first()
        )
        return known or note_organisation(slug=slug, name=name, category=category)
