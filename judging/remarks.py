"""Remarks: what a juror writes beside the scores, for the jury (`comment`) or for the team (`feedback`).

Owns the two texts of a ballot and their versions. Never shows one to anybody: who reads them is decided where they are read.
Words: a *version* counts the accepted texts, from 1; a *base version* is the one the juror had before their eyes.
"""

from dataclasses import dataclass

from django.db import transaction

from estrade.access.policy import require
from estrade.journal.log import ORGANISERS, person_stream, record
from estrade.kernel.cleantext import many_lines, not_longer
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from judging.ballots import own_ballot
from judging.events import RemarkWritten

COMMENT, FEEDBACK = "comment", "feedback"
WHICH = (COMMENT, FEEDBACK)
LONGEST = 2000


@dataclass(frozen=True, kw_only=True)
class RemarkReceipt:
    """What stands on the ballot now."""

    which: str
    text: str
    version: int


def write_remark(*, person: Person, edition_id: int, team_id: int, which: str, text: str, base_version: int) -> RemarkReceipt:
    """Keep one text of the juror's own ballot on a team; "" takes it away. What stands there already is received again.

    Raises Ballot.DoesNotExist for a ballot that is not the person's to see. Refused: `remark_conflict` (value, version: what
    stands there now), `too_long`, `round_closed`, `choice_invalid`.
    """
    if which not in WHICH:
        raise Refused("choice_invalid", field="which")
    text = not_longer("text", many_lines(text), LONGEST)
    with transaction.atomic():
        ballot = own_ballot(person, edition_id, team_id)
        require(person, "score.write", ballot)
        standing, version = getattr(ballot, which), getattr(ballot, f"{which}_version")
        if text == standing:
            # An answer that was lost is asked for again; two devices that say the same do not quarrel.
            return RemarkReceipt(which=which, text=text, version=version)
        if ballot.seat.round.closed_at is not None:
            raise Refused("round_closed")
        if base_version != version:
            raise Refused("remark_conflict", value=standing, version=version)
        setattr(ballot, which, text)
        setattr(ballot, f"{which}_version", version + 1)
        ballot.touched_at = db_now()
        ballot.save(update_fields=[which, f"{which}_version", "touched_at"])
        record(
            RemarkWritten(ballot=ballot.pk, team=team_id, seat=ballot.seat_id, which=which),
            edition_id=edition_id,
            on=[ORGANISERS, person_stream(person.pk)],
            actor_id=person.pk,
        )
    return RemarkReceipt(which=which, text=text, version=version + 1)
