"""From the last ballot to the public results: sign off, reveal step by step, publish.

Owns signatures, the sign-off and what the snapshot `results` holds. Never changes a ballot. A name is in no
event and no snapshot for the public before its step.
Words: a *step* shows one prize that is given apart from the order, or one rank with all the teams that share it: first the
prizes apart, then each category, then the third rank, and the first rank last; an *entry* is what a step shows.
"""

import hashlib
import json
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from estrade.access.policy import require
from estrade.editions.deadlines import EVERYBODY, change_instants, locked_edition
from estrade.editions.events import PhaseChanged
from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.audit import audit
from estrade.journal.log import JURY, JURY_BOARD, ORGANISERS, PUBLIC, record
from estrade.kernel.cleantext import not_longer, one_line
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person, Role
from judging.awards import awards_of, category_orders, not_in_final, prizes_of, shown, shown_team
from judging.boards import freeze_locked, record_final_board
from judging.events import (
    BoardSignedOff,
    ResultsPublished,
    ResultsRevised,
    ResultsSigned,
    RevealAdvanced,
    RevealWithdrawn,
    RoundClosed,
)
from judging.finals import waits_for_final
from judging.models import Ballot, Criterion, JuryRecord, Prize, Round, Seat, Signature, SignOff
from judging.public import RESULTS
from judging.record import keep_record
from judging.rubrics import plain
from judging.stage import clear_stage
from judging.tallies import Tally, tally_of
from judging.votes import close_all

PODIUM = 3

Row = dict[str, Any]
Entry = dict[str, Any]


def sign_off(*, person: Person, round_id: int, reason: str = "") -> SignOff | None:
    """Put one's name under the ranking as the ballots make it now; the last name that is needed closes the round.

    Needed are an organiser and, where the edition has one, the president of the jury; who is both signs for both. A name
    stands under one state of the ballots: when they change, it has to be given anew. The last one freezes a board that is
    still live and makes the first version of the record. None while a name is missing.
    Refused: without a reason (one's own or that of the name before), `ballots_missing` (missing) and `teams_not_linked`
    (groups: jurors link no team of one group with a team of another, so that their points do not compare); `no_ballots`,
    `already_signed` (name: who was faster in the same role), `already_signed_off` (name).
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
        tally = tally_of(round_id=round_id)
        digest = inputs_hash(round_, tally)
        given = {one.role: one for one in round_.signatures.select_related("person") if one.inputs_hash == digest}
        reasons = list(dict.fromkeys(one.reason for one in [*given.values(), Signature(reason=reason)] if one.reason))
        missing = ballots_missing(round_id=round_id)
        if missing and not reasons:
            raise Refused("ballots_missing", missing=missing)
        if not tally.marks:
            raise Refused("no_ballots")
        if (groups := len(tally.groups)) > 1 and not reasons:
            raise Refused("teams_not_linked", groups=groups)
        mine = sorted(signatures_needed(edition) & person.roles_in(edition.pk)) or [Signature.As.ORGANISER]
        fresh = [role for role in mine if role not in given]
        if not fresh:
            first = given[mine[0]].person
            raise Refused("already_signed", name=first.name if first else "")
        for role in fresh:
            facts = {"person": person, "at": now, "inputs_hash": digest, "reason": reason}
            given[role], _new = Signature.objects.update_or_create(round=round_, role=role, defaults=facts)
        after = {"inputs": digest, "missing": missing, "groups": groups, "method": tally.method, "as": fresh}
        is_last = not signatures_needed(edition) - given.keys()
        audit(
            edition_id=edition.pk,
            actor_id=person.pk,
            action="results.sign_off" if is_last else "results.sign",
            thing=f"round {round_id}",
            after=after,
            reason=reason,
        )
        if not is_last:
            record(ResultsSigned(round=round_id), edition_id=edition.pk, on=[JURY_BOARD, ORGANISERS], actor_id=person.pk)
            return None
        round_.closed_at = now
        round_.save(update_fields=["closed_at"])
        signed = SignOff(round=round_, signed_by=person, signed_at=now)
        _compute(signed, tally, digest)
        if edition.phase(now) == Phase.JUDGING:
            freeze_locked(person=person, edition=edition, now=now, reason=_("Results signed"))
        keep_record(signed=signed, person=person, tally=tally, now=now, reason="")
        clear_stage(round_=round_, person=person)
        closed = RoundClosed(round=round_id)
        record(closed, edition_id=edition.pk, on=[JURY, ORGANISERS], actor_id=person.pk)
        done = BoardSignedOff(round=round_id)
        record(done, edition_id=edition.pk, on=[JURY_BOARD, ORGANISERS], actor_id=person.pk)
    return signed


def signatures_needed(edition: Edition) -> set[str]:
    """Whose names stand under the results: an organiser's, and the president's where there is one."""
    chaired = Role.objects.filter(edition=edition.pk, role=Role.Name.PRESIDENT, person__is_active=True).exists()
    return {str(Signature.As.ORGANISER), str(Signature.As.PRESIDENT)} if chaired else {str(Signature.As.ORGANISER)}


def revise(*, person: Person, round_id: int, reason: str) -> JuryRecord | None:
    """After a ballot changed: a new version of a result that is signed, with the reason; None where nothing is signed yet.

    For verbs that hold the edition's lock, have asked the policy and have written their own rows. What is public already
    becomes the new order. Refused: `reveal_begun`, between the first step of a reveal and the publication.
    """
    signed = SignOff.objects.select_for_update(no_key=True).filter(round=round_id).first()
    if signed is None:
        return None
    signed.round = Round.objects.select_related("edition").get(pk=round_id)
    edition, now = signed.round.edition, db_now()
    if signed.reveal_step and edition.published_at is None:
        raise Refused("reveal_begun")
    tally = tally_of(round_id=round_id)
    _compute(signed, tally, inputs_hash(signed.round, tally))
    kept = keep_record(signed=signed, person=person, tally=tally, now=now, reason=reason)
    after = {"inputs": signed.inputs_hash, "version": kept.version}
    audit(
        edition_id=edition.pk, actor_id=person.pk, action="results.revise", thing=f"round {round_id}", after=after, reason=reason
    )
    record(ResultsRevised(round=round_id), edition_id=edition.pk, on=[JURY_BOARD, ORGANISERS], actor_id=person.pk)
    if edition.published_at is not None and not waits_for_final(signed.round):
        signed.reveal_step = len(steps_of(signed))
        signed.save(update_fields=["reveal_step"])
        record_final_board(edition_id=edition.pk, standings=signed.standings, now=now)
        _record_published(signed, person, corrected=kept)
    return kept


def _compute(signed: SignOff, tally: Tally, digest: str) -> None:
    signed.standings = _rows(tally)
    signed.method = tally.method
    signed.computation = tally.certificate
    signed.inputs_hash = digest
    signed.save()


def _record_published(signed: SignOff, person: Person, *, corrected: JuryRecord | None = None) -> None:
    """Say the whole order to everybody; of a correction its version and instant, not its reason, which may name a juror."""
    steps = steps_of(signed)
    results = {
        **_body(entries_of(signed), of=len(steps)),
        "step": len(steps),
        "published": True,
        "method": signed.method,
        "awards": [one for one in steps if one["rank"] is None],
        "categories": category_orders(signed, prizes_of(signed)),
    }
    if corrected is not None:
        results["corrected"] = {"version": corrected.version, "at": corrected.made_at.isoformat()}
    edition_id = signed.round.edition_id
    record(ResultsPublished(), edition_id=edition_id, on=[PUBLIC], actor_id=person.pk, snapshots={RESULTS: results})


def ballots_missing(*, round_id: int) -> int:
    """Ballots that are still to be completed: neither barred nor void, on teams that have not withdrawn."""
    return Ballot.objects.missing().filter(seat__round=round_id).count()


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
    ties = [[numbers[team] for team in order if team in numbers] for order in tally.decided]
    content = {"method": tally.method, "minimum": tally.minimum, "rubric": rubric, "ballots": ballots, "ties": ties}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def advance_reveal(*, person: Person, round_id: int, from_step: int) -> SignOff:
    """Show the next step of the edition's last round.

    Refused: `reveal_moved_on` (step) when another step is shown than the person saw, `reveal_finished`, `final_to_come` while
    a final decides.
    """
    with transaction.atomic():
        signed = _locked_sign_off(person, "results.reveal", round_id)
        _check_step(signed, from_step)
        if from_step == 0:
            close_all(person=person, edition=signed.round.edition)
        steps = steps_of(signed)
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
    """Make the final order public and end the edition's judging.

    Refused: `not_signed_off`, `reveal_unfinished` (left), `final_to_come`.
    """
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
        _record_published(signed, person)
    return signed


def steps_of(signed: SignOff) -> list[Entry]:
    """The entries as they are shown: prizes given apart, the podium of each category, then that of all teams.

    A podium has at most three entries, fewer when ranks are shared.
    """
    prizes = prizes_of(signed)
    of_categories = [
        entry
        for order in category_orders(signed, prizes)
        for entry in reversed([one for one in order["entries"] if one["rank"] <= PODIUM])
    ]
    podium = [entry for entry in _entries(signed, prizes) if entry["rank"] is not None and entry["rank"] <= PODIUM]
    return [*awards_of(signed, prizes), *of_categories, *podium[::-1]]


def entries_of(signed: SignOff) -> list[Entry]:
    """One entry per rank, best first; teams without a rank come last, under no rank.

    Teams that share a rank share the prizes of all the places they cover. Prizes given apart are in no entry.
    """
    return _entries(signed, prizes_of(signed))


def _entries(signed: SignOff, prizes: list[Prize]) -> list[Entry]:
    overall = [prize for prize in prizes if prize.is_overall]
    by_rank: dict[int | None, list[Row]] = {}
    for row in [*signed.standings, *not_in_final(signed)]:
        by_rank.setdefault(row["rank"], []).append(row)
    return [
        {
            "rank": rank,
            "teams": [shown_team(row) for row in rows],
            "prizes": [shown(prize) for prize in overall if rank is not None and rank <= prize.rank < rank + len(rows)],
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
    if waits_for_final(round_):
        raise Refused("final_to_come")
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
