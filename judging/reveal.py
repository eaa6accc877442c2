"""From the last ballot to the public results: sign off, reveal step by step, publish.

Owns the sign-off and what the snapshot `results` holds. Never changes a ballot. A name is in no
event and no snapshot for the public before its step.
Words: a *step* shows one rank with all the teams that share it, the third first and the first last;
an *entry* is what a step shows.
"""

import hashlib
import json
from typing import Any

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.deadlines import EVERYBODY, change_instants, locked_edition
from estrade.editions.events import PhaseChanged
from estrade.editions.phases import Phase
from estrade.journal.audit import audit
from estrade.journal.log import JURY, ORGANISERS, PUBLIC, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.boards import freeze_locked, record_final_board
from judging.events import BoardSignedOff, ResultsPublished, RevealAdvanced, RevealWithdrawn, RoundClosed
from judging.models import Ballot, Criterion, Prize, Round, Seat, SignOff
from judging.public import RESULTS
from judging.rubrics import plain
from judging.tallies import Tally, tally_of

PODIUM = 3

Row = dict[str, Any]
Entry = dict[str, Any]


def sign_off(*, person: Person, round_id: int, reason: str = "") -> SignOff:
    """Close the round and sign the ranking, recomputed from the ballots; freezes a board that is still live.

    Refused: without a reason, `ballots_missing` (missing) and `teams_not_linked` (groups: jurors link no team of one group with
    a team of another, so that their points do not compare); `no_ballots`, `already_signed_off` (name).
    """
    reason = not_longer("reason", one_line(reason), 200)
    with transaction.atomic():
        edition = locked_edition(Round.objects.values_list("edition_id", flat=True).get(pk=round_id))
        round_ = Round.objects.select_for_update(no_key=True).get(pk=round_id)
        now = db_now()
        require(person, "results.sign_off", edition, at=now)
        if round_.closed_at is not None:
            raise Refused("already_signed_off", name=_signer(round_))
        # Who is writing a score finishes first; who comes later finds the round closed.
        list(Ballot.objects.select_for_update(no_key=True, of=("self",)).filter(seat__round=round_).order_by("pk"))
        if (missing := ballots_missing(round_id=round_id)) and not reason:
            raise Refused("ballots_missing", missing=missing)
        tally = tally_of(round_id=round_id)
        if not tally.marks:
            raise Refused("no_ballots")
        if (groups := len(tally.groups)) > 1 and not reason:
            raise Refused("teams_not_linked", groups=groups)
        round_.closed_at = now
        round_.save(update_fields=["closed_at"])
        signed = SignOff.objects.create(
            round=round_,
            signed_by=person,
            signed_at=now,
            standings=_rows(tally),
            method=tally.method,
            computation=tally.certificate,
            inputs_hash=inputs_hash(round_, tally),
        )
        audit(
            edition_id=edition.pk,
            actor_id=person.pk,
            action="results.sign_off",
            thing=f"round {round_id}",
            after={"inputs": signed.inputs_hash, "missing": missing, "groups": groups, "method": tally.method},
            reason=reason,
        )
        if edition.phase(now) == Phase.JUDGING:
            freeze_locked(person=person, edition=edition, now=now, reason="sign-off")
        closed = RoundClosed(round=round_id)
        record(closed, edition_id=edition.pk, on=[JURY, ORGANISERS], actor_id=person.pk)
        record(BoardSignedOff(round=round_id), edition_id=edition.pk, on=[ORGANISERS], actor_id=person.pk)
    return signed


def ballots_missing(*, round_id: int) -> int:
    """Ballots that are still to be completed: not barred, on teams that have not withdrawn."""
    open_ballots = Ballot.objects.filter(seat__round=round_id, completed_at=None, barred_reason="")
    return open_ballots.filter(team__withdrawn_at=None).count()


def groups_apart(*, round_id: int) -> int:
    """How many groups of teams the complete ballots leave without a link; 1 or 0 when all compare."""
    return len(tally_of(round_id=round_id).groups)


def inputs_hash(round_: Round, tally: Tally) -> str:
    """SHA-256 of all that the ranking was computed from, jurors under their codes, in one canonical form."""
    codes = dict(Seat.objects.filter(round=round_).values_list("pk", "code"))
    numbers = dict(round_.edition.teams.values_list("pk", "number"))
    criteria = {criterion.pk: criterion for criterion in Criterion.objects.filter(rubric=round_.rubric_id)}
    ballots = sorted(
        [codes[one.juror], numbers[one.team], {criteria[pk].key: plain(value) for pk, value in one.marks.items()}]
        for one in tally.marks
    )
    rubric = sorted([c.key, plain(c.weight), plain(c.lowest), plain(c.highest)] for c in criteria.values())
    content = {"method": tally.method, "rubric": rubric, "ballots": ballots}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def advance_reveal(*, person: Person, round_id: int, from_step: int) -> SignOff:
    """Show the next step. Refused: `reveal_moved_on` (step) when another step is shown than the person saw, `reveal_finished`."""
    with transaction.atomic():
        signed = _locked_sign_off(person, "results.reveal", round_id)
        steps = steps_of(signed)
        _check_step(signed, from_step)
        if signed.reveal_step >= len(steps):
            raise Refused("reveal_finished")
        signed.reveal_step += 1
        _save_step(person, signed, before=from_step)
        shown = steps[: signed.reveal_step]
        record(
            RevealAdvanced(step=signed.reveal_step, entry=shown[-1]),
            edition_id=signed.round.edition_id,
            on=[PUBLIC],
            actor_id=person.pk,
            snapshots={RESULTS: _body(shown, of=len(steps))},
        )
    return signed


def step_back(*, person: Person, round_id: int, from_step: int) -> SignOff:
    """Take the last step back. Refused: `reveal_moved_on` (step), `reveal_not_begun`."""
    with transaction.atomic():
        signed = _locked_sign_off(person, "results.reveal", round_id)
        steps = steps_of(signed)
        _check_step(signed, from_step)
        if signed.reveal_step == 0:
            raise Refused("reveal_not_begun")
        signed.reveal_step -= 1
        _save_step(person, signed, before=from_step)
        record(
            RevealWithdrawn(step=signed.reveal_step),
            edition_id=signed.round.edition_id,
            on=[PUBLIC],
            actor_id=person.pk,
            snapshots={RESULTS: _body(steps[: signed.reveal_step], of=len(steps))},
        )
    return signed


def publish_results(*, person: Person, round_id: int) -> SignOff:
    """Make the final order public and end the edition's judging. Refused: `not_signed_off`, `reveal_unfinished` (left)."""
    with transaction.atomic():
        edition = locked_edition(Round.objects.values_list("edition_id", flat=True).get(pk=round_id))
        signed = _locked_sign_off(person, "results.publish", round_id)
        now = db_now()
        steps = steps_of(signed)
        if signed.reveal_step < len(steps):
            raise Refused("reveal_unfinished", left=len(steps) - signed.reveal_step)
        change_instants(edition, now=now, published_at=now)
        audit(
            edition_id=edition.pk,
            actor_id=person.pk,
            action="results.publish",
            thing=f"round {round_id}",
            after={"inputs": signed.inputs_hash},
        )
        record(PhaseChanged(phase=int(Phase.PUBLISHED)), edition_id=edition.pk, on=EVERYBODY, actor_id=person.pk)
        record_final_board(edition_id=edition.pk, standings=signed.standings, now=now)
        results = {**_body(entries_of(signed), of=len(steps)), "step": len(steps), "published": True, "method": signed.method}
        record(ResultsPublished(), edition_id=edition.pk, on=[PUBLIC], actor_id=person.pk, snapshots={RESULTS: results})
    return signed


def steps_of(signed: SignOff) -> list[Entry]:
    """The entries of the podium in the order they are shown: at most three, fewer when ranks are shared."""
    podium = [entry for entry in entries_of(signed) if entry["rank"] is not None and entry["rank"] <= PODIUM]
    return podium[::-1]


def entries_of(signed: SignOff) -> list[Entry]:
    """One entry per rank, best first; teams without a rank come last, under no rank.

    Teams that share a rank share the prizes of all the places they cover.
    """
    prizes = list(Prize.objects.filter(edition=signed.round.edition_id).select_related("sponsor"))
    by_rank: dict[int | None, list[Row]] = {}
    for row in signed.standings:
        by_rank.setdefault(row["rank"], []).append(row)
    return [
        {
            "rank": rank,
            "teams": [_team(row) for row in rows],
            "prizes": [_prize(prize) for prize in prizes if rank is not None and rank <= prize.rank < rank + len(rows)],
        }
        for rank, rows in by_rank.items()
    ]


def _locked_sign_off(person: Person, action: str, round_id: int) -> SignOff:
    signed = SignOff.objects.select_for_update(no_key=True).filter(round=round_id).first()
    # Read after the lock: the results may have been published meanwhile.
    round_ = Round.objects.select_related("edition").get(pk=round_id)
    require(person, action, round_)
    if signed is None:
        raise Refused("not_signed_off")
    signed.round = round_
    return signed


def _check_step(signed: SignOff, from_step: int) -> None:
    if signed.reveal_step != from_step:
        raise Refused("reveal_moved_on", step=signed.reveal_step)


def _save_step(person: Person, signed: SignOff, *, before: int) -> None:
    signed.save(update_fields=["reveal_step"])
    audit(
        edition_id=signed.round.edition_id,
        actor_id=person.pk,
        action="results.reveal",
        thing=f"round {signed.round_id}",
        before=before,
        after=signed.reveal_step,
    )


def _signer(round_: Round) -> str:
    signed = SignOff.objects.filter(round=round_).select_related("signed_by").first()
    return signed.signed_by.name if signed and signed.signed_by else ""


def _body(entries: list[Entry], *, of: int) -> dict[str, Any]:
    """What the snapshot `results` holds before publication."""
    return {"step": len(entries), "of": of, "entries": entries, "published": False}


def _team(row: Row) -> Row:
    score = None if row["score"] is None else round(row["score"], 1)
    return {**{name: row[name] for name in ("id", "name", "title", "partner")}, "score": score}


def _prize(prize: Prize) -> dict[str, Any]:
    return {
        "name": prize.name,
        "citation": prize.citation,
        "amount": None if prize.amount is None else plain(prize.amount),
        "currency": prize.currency,
        "sponsor": prize.sponsor.short_name if prize.sponsor else "",
    }


def _rows(tally: Tally) -> list[Row]:
    """The standings as they are signed: everything the results need, so that a later renaming changes nothing."""
    by_id = {team.pk: team for team in tally.teams}
    rows = []
    for place in tally.standings:
        challenge = by_id[place.team].challenge
        rows.append(
            {
                "id": place.team,
                "name": by_id[place.team].name,
                "title": challenge.title if challenge else {},
                "partner": challenge.partner.short_name if challenge else "",
                "rank": place.rank,
                "pos": place.position,
                "score": None if place.score is None else round(place.score, 6),
                "ballots": place.ballots,
                "expected": tally.expected[place.team],
            }
        )
    return rows
