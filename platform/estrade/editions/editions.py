"""Editions come to be here, and nowhere else.

Owns the creation of networks and editions. Never touches the times of an edition that exists:
that is `estrade.editions.deadlines`.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.events import EditionChanged, EditionCreated
from estrade.editions.models import Edition, Network
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.refusal import Refused

if TYPE_CHECKING:
    from estrade.people.models import Person


@dataclass(frozen=True, kw_only=True)
class NewEdition:
    """Everything an edition starts with. Instants are aware; `theme` and `lead` map languages to texts."""

    slug: str
    name: str
    starts_on: date
    ends_on: date
    opens_at: datetime
    submissions_close_at: datetime
    judging_opens_at: datetime
    freeze_at: datetime | None = None
    number: int = 1
    kind: str = Edition.Kind.HACKATHON
    time_zone: str = "Europe/Paris"
    place: str = ""
    languages: list[str] = field(default_factory=lambda: ["fr", "en"])
    theme: dict[str, str] = field(default_factory=dict)
    lead: dict[str, str] = field(default_factory=dict)
    is_fictional: bool = False
    board_mode: str = Edition.BoardMode.FULL
    smallest_team: int | None = None
    largest_team: int | None = None
    most_from_one_school: int | None = None
    welcomes_minors: bool = False


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What may be changed at any time before the results are public. Instants are not among it."""

    name: str
    place: str
    board_mode: str
    welcomes_minors: bool
    smallest_team: int | None
    largest_team: int | None
    most_from_one_school: int | None


def create_edition(*, person: "Person", network_slug: str, network_name: str, new: NewEdition) -> Edition:
    """Create an edition of a network (which comes to be with its first one) and make `person` its organiser.

    Allowed to an administrator and to whoever organised an edition of the network before.
    Refused: name_missing, too_long, size_order, name_taken (slug or number), times_out_of_order.
    """
    new = replace(new, name=one_line(new.name))
    _check(new)
    with transaction.atomic():
        network = Network.objects.filter(slug=network_slug).first() or Network(slug=network_slug, name=one_line(network_name))
        require(person, "edition.create", network)
        network.save()
        if Edition.objects.filter(slug=new.slug).exists() or network.editions.filter(number=new.number, rehearses=None).exists():
            raise Refused("name_taken", field="slug")
        edition = Edition.objects.create(network=network, **vars(new))
        # People stand above editions, so their table is reached through the person.
        person.roles.create(edition=edition, role="organiser")
        person.forget_roles()
        audit(
            edition_id=edition.pk, actor_id=person.pk, action="edition.create", thing=f"edition {edition.pk}", after=edition.slug
        )
        record(EditionCreated(edition=edition.pk), edition_id=edition.pk, on=[ORGANISERS], actor_id=person.pk)
    return edition


def change_settings(*, person: "Person", edition_id: int, settings: Settings) -> Edition:
    """Answer the questions of the founding anew; what is written is all of `settings`, times stay.

    Refused: name_missing, too_long, size_order.
    """
    settings = replace(settings, name=one_line(settings.name), place=one_line(settings.place))
    if not settings.name:
        raise Refused("name_missing", field="name")
    _check_words_and_sizes(settings)
    with transaction.atomic():
        edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
        if edition is None:
            raise Refused("not_found")
        require(person, "edition.manage", edition)
        after = vars(settings)
        before = {name: getattr(edition, name) for name in after}
        changed = [name for name in after if after[name] != before[name]]
        if not changed:
            return edition
        for name in changed:
            setattr(edition, name, after[name])
        edition.save(update_fields=changed)
        audit(
            edition_id=edition.pk,
            actor_id=person.pk,
            action="edition.edit",
            thing=f"edition {edition.pk}",
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
        record(EditionChanged(fields=changed), edition_id=edition.pk, on=[ORGANISERS], actor_id=person.pk)
    return edition


def _check(new: NewEdition) -> None:
    if not new.name or not new.slug:
        raise Refused("name_missing", field="name")
    not_longer("slug", new.slug, 50)
    _check_words_and_sizes(new)
    check_order(
        opens_at=new.opens_at, closes_at=new.submissions_close_at, judging_at=new.judging_opens_at, freeze_at=new.freeze_at
    )
    if new.ends_on < new.starts_on:
        raise Refused("times_out_of_order")


def _check_words_and_sizes(new: NewEdition | Settings) -> None:
    not_longer("name", new.name, 120)
    not_longer("place", new.place, 200)
    if new.smallest_team is not None and new.largest_team is not None and new.largest_team < new.smallest_team:
        raise Refused("size_order", field="largest_team")


def check_order(*, opens_at: datetime, closes_at: datetime, judging_at: datetime, freeze_at: datetime | None) -> None:
    """Refused("times_out_of_order") unless opening < deadline <= judging <= freeze."""
    if not opens_at < closes_at <= judging_at or (freeze_at is not None and freeze_at < judging_at):
        raise Refused("times_out_of_order")
