"""Prizes: what can be won, for which rank, who gives it.

Owns prizes. Who won is read from the signed results, never stored here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, record
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person
from judging.events import PrizeOffered
from judging.models import Prize


@dataclass(frozen=True, kw_only=True)
class NewPrize:
    """A prize as written down. `name` and `citation` map languages to texts; `amount` may be None: not money."""

    name: Mapping[str, str]
    citation: Mapping[str, str] = field(default_factory=dict)
    amount: Decimal | None = None
    currency: str = "EUR"
    sponsor: Organisation | None = None
    rank: int = 1


def offer_prize(*, person: Person, edition_id: int, new: NewPrize) -> Prize:
    """Add a prize after those that exist. Refused: not_found, name_missing."""
    if not any(new.name.values()):
        raise Refused("name_missing", field="name")
    with transaction.atomic():
        edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
        if edition is None:
            raise Refused("not_found")
        require(person, "edition.manage", edition)
        position = edition.prizes.count()
        prize = Prize.objects.create(edition=edition, position=position, **vars(new))
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="prize.offer",
            thing=f"prize {prize.pk}",
            after={"name": dict(new.name), "amount": str(new.amount or ""), "rank": new.rank},
        )
        record(PrizeOffered(prize=prize.pk), edition_id=edition_id, on=[ORGANISERS], actor_id=person.pk)
    return prize
