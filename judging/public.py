"""What anonymous eyes may get of the judging: what was recorded for them, and nothing else.

Reads the journal only. There is no way from here to a ballot or to the true board.
"""

from dataclasses import dataclass
from typing import Any

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.journal.log import PUBLIC, snapshot
from estrade.kernel.clock import db_now

RESULTS = "results"
# Which team the hall looks at: {"team": number or nothing}; where there are several rooms also which of them spoke last
# ("room"), and of each {number, name, team, teams: those that pitch in it}.
STAGE = "stage"
NOTHING_YET: dict[str, Any] = {"rows": [], "progress": {"ballots": 0, "expected": 0, "percent": 0}, "mode": "full", "at": None}


def public_board(edition: Edition) -> dict[str, Any]:
    """The board as the room sees it, with the number it was true at (`seq`) and whether it is `frozen`."""
    last = snapshot(edition_id=edition.pk, name=PUBLIC)
    frozen = edition.phase(db_now()) == Phase.FROZEN
    return {**(last.body if last else NOTHING_YET), "seq": last.seq if last else 0, "frozen": frozen}


@dataclass(frozen=True, kw_only=True)
class OnStage:
    """The number in the database of the team on stage, None while nobody is. `teams`: those of its room, None where all are.

    `began`: whether a team has ever been called to this stage. `room` and `name` are 0 and "" where there is one room for all; a
    room without a name of its own has its number.
    """

    team: int | None = None
    room: int = 0
    name: str = ""
    teams: list[int] | None = None
    began: bool = False


def public_stage(edition: Edition, *, room: int = 0) -> OnStage:
    """Who is on stage in this room, or (0) in the one that spoke last, else in any other where somebody is."""
    last = snapshot(edition_id=edition.pk, name=STAGE)
    listed = last.body.get("rooms", []) if last else []
    rooms = {
        one["number"]: OnStage(
            team=one["team"], room=one["number"], name=one["name"], teams=one["teams"], began=one.get("began", True)
        )
        for one in listed
    }
    if room:
        return rooms.get(room, OnStage(room=room))
    if not rooms:
        return OnStage(team=last.body["team"] if last else None)
    spoke = rooms.get(last.body["room"], OnStage()) if last else OnStage()
    return next((one for one in (spoke, *rooms.values()) if one.team is not None), spoke)


def public_results(edition: Edition) -> dict[str, Any]:
    """What of the results has been revealed: {step, of, entries, published, seq}; step 0 before the first one.

    `entries` are in the order of the reveal (third rank first) until `published`, then the whole order, best first,
    teams without a rank last under rank None, with the `method` of the points ("mean" or "adjusted") and the `awards`: the
    prizes given apart from the order, and the `categories`: [{name, entries}], each ranked apart. In the reveal these come
    first, the prizes as entries under rank None, those of a category with its name under `category`.
    An entry: {rank, teams: [{id, name, title, partner, score}], prizes: [{name, citation, amount, currency, sponsor, by}]};
    title, name and citation map languages to texts, `by` says who decided. `corrected`: {version, at} of the last correction
    after the publication, where there was one.
    """
    last = snapshot(edition_id=edition.pk, name=RESULTS)
    if last is None:
        return {"step": 0, "of": 0, "entries": [], "published": False, "seq": 0}
    return {**last.body, "seq": last.seq}
