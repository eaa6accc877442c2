"""Prizes: what can be won, who gives it, who decides about it, and a partner's choice.

Owns prizes. Who wins by the order of the ranking is read from the signed results (`judging.awards`), never stored here.
Words: a prize is *settled* once the results have begun to be revealed: from then on nothing about any prize changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from challenges.models import Challenge
from estrade.access.policy import require
from estrade.editions.deadlines import locked_edition
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, DomainEvent, record
from estrade.kernel.cleantext import one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Organisation, Person
from estrade.people.organisations import organisation_named
from judging.categories import category_of
from judging.eligibility import may_win
from judging.events import PrizeChanged, PrizeChosen, PrizeOffered, PrizeRemoved
from judging.models import Category, Prize, Round, SignOff
from teams.models import Team


@dataclass(frozen=True, kw_only=True)
class NewPrize:
    """A prize as written down. `name` and `citation` map languages to texts; `amount` may be None: not money."""

    name: Mapping[str, str]
    citation: Mapping[str, str] = field(default_factory=dict)
    amount: Decimal | None = None
    currency: str = "EUR"
    sponsor: Organisation | None = None
    rank: int = 1
    decided_by: str = Prize.DecidedBy.JURY
    challenge: Challenge | None = None
    category: Category | None = None
    round: Round | None = None
    choose_until: datetime | None = None


def offer_prize(*, person: Person, edition_id: int, new: NewPrize) -> Prize:
    """Add a prize after those that exist.

    Refused: `not_found`, `name_missing`, `choice_invalid`, `sponsor_missing` (a partner that chooses has to be named),
    `amount_invalid`, `rank_invalid`, `challenge_not_of_sponsor` (its teams are not the sponsor's to choose among),
    `prizes_settled`.
    """
    with transaction.atomic():
        edition = _open(person, edition_id)
        _check(edition, new)
        last = edition.prizes.aggregate(last=Max("position"))["last"]
        prize = Prize.objects.create(edition=edition, position=0 if last is None else last + 1, **vars(new))
        _note(person, prize, "prize.offer", PrizeOffered(prize=prize.pk), before=None, after=_facts(prize))
    return prize


def change_prize(*, person: Person, prize_id: int, new: NewPrize) -> Prize:
    """Write a prize anew. A choice falls when another organisation or other teams are concerned.

    Refused as `offer_prize`, and `votes_given` where that would make votes that were given worth nothing.
    """
    with transaction.atomic():
        prize = _locked(person, prize_id)
        _check(prize.edition, new)
        before = _facts(prize)
        concerned = (prize.decided_by, prize.sponsor_id, prize.challenge_id, prize.category_id)
        for name, value in vars(new).items():
            setattr(prize, name, value)
        if concerned != (prize.decided_by, prize.sponsor_id, prize.challenge_id, prize.category_id):
            if prize.votes.exists():
                raise Refused("votes_given", field="decided_by")
            prize.chosen = prize.chosen_at = prize.voting_opened_at = prize.voting_closed_at = None
        prize.save()
        _note(person, prize, "prize.change", PrizeChanged(prize=prize.pk), before=before, after=_facts(prize))
    return prize


def write_prize(*, person: Person, edition_id: int, prize_id: int | None, new: NewPrize, sponsor: str) -> Prize:
    """Add a prize (None) or write one anew, with the sponsor as people call it. Refused as `offer_prize`."""
    with transaction.atomic():
        house = organisation_named(sponsor, category=Organisation.Category.BUSINESS) if one_line(sponsor) else None
        new = replace(new, sponsor=house)
        if prize_id is None:
            return offer_prize(person=person, edition_id=edition_id, new=new)
        return change_prize(person=person, prize_id=Prize.objects.get(pk=prize_id, edition=edition_id).pk, new=new)


def remove_prize(*, person: Person, prize_id: int) -> None:
    """Take a prize back before anything was revealed. Refused: `prizes_settled`, `votes_given` once somebody has voted."""
    with transaction.atomic():
        prize = _locked(person, prize_id)
        if prize.votes.exists():
            raise Refused("votes_given")
        _note(person, prize, "prize.remove", PrizeRemoved(prize=prize.pk), before=_facts(prize), after=None)
        prize.delete()


def choose_winner(*, person: Person, prize_id: int, team_id: int | None) -> Prize:
    """The partner says who gets its prize, or takes that back (None). The same choice again changes nothing.

    Refused: `choice_over` (at) after the time set for it, `prizes_settled` once the reveal has begun, `not_eligible` (team)
    for a team that cannot win it. Raises Prize.DoesNotExist for a prize that no partner decides about, Team.DoesNotExist.
    """
    with transaction.atomic():
        edition = locked_edition(Prize.objects.values_list("edition_id", flat=True).get(pk=prize_id))
        prizes = Prize.objects.select_for_update(no_key=True, of=("self",)).select_related("edition", "sponsor", "challenge")
        prize = prizes.get(pk=prize_id, decided_by=Prize.DecidedBy.PARTNER)
        now = db_now()
        require(person, "prize.choose", prize, at=now)
        if prize.choose_until is not None and now >= prize.choose_until:
            raise Refused("choice_over", at=prize.choose_until.isoformat())
        refuse_settled(edition)
        team = None if team_id is None else Team.objects.select_related("challenge").get(pk=team_id, edition=edition)
        if team is not None and not may_win(prize, team, category_of(edition, [team]).get(team.pk)):
            raise Refused("not_eligible", field="team", team=team.name)
        if prize.chosen_id == team_id:
            return prize
        before, prize.chosen, prize.chosen_at = prize.chosen_id, team, now if team else None
        prize.save(update_fields=["chosen", "chosen_at"])
        _note(person, prize, "prize.choose", PrizeChosen(prize=prize.pk), before=before, after=team_id)
    return prize


def is_settled(edition: Edition) -> bool:
    """Whether the reveal has begun: nothing about any prize changes any more."""
    return edition.published_at is not None or SignOff.objects.filter(round__edition=edition, reveal_step__gt=0).exists()


def _open(person: Person, edition_id: int) -> Edition:
    edition = locked_edition(edition_id)
    require(person, "edition.manage", edition)
    refuse_settled(edition)
    return edition


def refuse_settled(edition: Edition) -> None:
    """Refused: `prizes_settled`. For verbs that hold the edition's lock."""
    # Held, so that the first step of the reveal comes before this or after it.
    list(SignOff.objects.select_for_update(no_key=True, of=("self",)).filter(round__edition=edition))
    if is_settled(edition):
        raise Refused("prizes_settled")


def _locked(person: Person, prize_id: int) -> Prize:
    edition = _open(person, Prize.objects.values_list("edition_id", flat=True).get(pk=prize_id))
    prize = Prize.objects.select_for_update(no_key=True, of=("self",)).get(pk=prize_id)
    prize.edition = edition
    return prize


def _check(edition: Edition, new: NewPrize) -> None:
    if not any(new.name.values()):
        raise Refused("name_missing", field="name")
    if new.amount is not None and (not new.amount.is_finite() or not 0 <= new.amount < 10**7):
        raise Refused("amount_invalid", field="amount")
    if not 1 <= new.rank <= 999:
        raise Refused("rank_invalid", field="rank")
    if new.challenge is not None and new.challenge.edition_id != edition.pk:
        raise Refused("choice_invalid", field="challenge")
    if new.category is not None and new.category.edition_id != edition.pk:
        raise Refused("choice_invalid", field="category")
    if new.round is not None and (new.round.edition_id != edition.pk or new.decided_by != Prize.DecidedBy.JURY):
        raise Refused("choice_invalid", field="round")
    if new.decided_by == Prize.DecidedBy.PARTNER:
        if new.sponsor is None:
            raise Refused("sponsor_missing", field="sponsor")
        if new.challenge is not None and new.challenge.partner_id != new.sponsor.pk:
            raise Refused("challenge_not_of_sponsor", field="challenge")


def _facts(prize: Prize) -> dict[str, object]:
    """What the audit log keeps of a prize: the deciding facts, and times as text."""
    return {
        "name": dict(prize.name),
        "amount": str(prize.amount or ""),
        "sponsor": prize.sponsor_id,
        "rank": prize.rank,
        "decided_by": str(prize.decided_by),
        "challenge": prize.challenge_id,
        "category": prize.category_id,
        "round": prize.round_id,
        "choose_until": prize.choose_until.isoformat() if prize.choose_until else None,
    }


def _note(person: Person, prize: Prize, action: str, event: DomainEvent, *, before: object, after: object) -> None:  # noqa: PLR0913 - one line of the log
    audit(edition_id=prize.edition_id, actor_id=person.pk, action=action, thing=f"prize {prize.pk}", before=before, after=after)
    record(event, edition_id=prize.edition_id, on=[ORGANISERS], actor_id=person.pk)
