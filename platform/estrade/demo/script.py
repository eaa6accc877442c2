"""The acts of the demonstration and what the simulated jurors will think. Pure: no clock, no database.

Played seconds count from the first open page; they stand still while nobody looks.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

OFFLINE_FROM, OFFLINE_TO = 60.0, 90.0
EXTENSION_ENDS = 180.0
FREEZE = 300.0
LAST_BALLOT = 390.0
YOUR_SEAT_IS_FILLED = LAST_BALLOT - 5


@dataclass(frozen=True)
class Act:
    """A line of the story: `at` in played seconds."""

    key: str
    at: float
    text: Promise

    @property
    def clock(self) -> str:
        return f"{int(self.at) // 60}:{int(self.at) % 60:02d}"


ACTS = (
    Act("scoring", 0, _("Seven jurors are scoring, the board moves. The eighth seat is yours.")),
    Act("offline", OFFLINE_FROM, _("A juror loses the network. The control room says so.")),
    Act("online", OFFLINE_TO, _("The juror is back: every score arrives, nothing is lost.")),
    Act("extension", EXTENSION_ENDS, _("The late team's extra time is over: its draft is captured.")),
    Act("freeze", FREEZE, _("The board is frozen for the room. The control room moves on.")),
    Act("last", LAST_BALLOT, _("The last ballot is in. Now it is your turn: sign off, reveal 3, 2, 1, publish.")),
)


@dataclass(frozen=True)
class PlannedScore:
    """One tap a simulated juror will make."""

    at: float
    seat: str
    team_id: int
    criterion_id: int
    value: int


@dataclass(frozen=True)
class Criterion:
    """What a simulated juror needs to know of a criterion: its scale is whole points from `lowest` to `highest`."""

    pk: int
    lowest: int
    highest: int


def plan_scores(
    *,
    seats: Sequence[tuple[str, float]],
    teams: Sequence[tuple[int, Sequence[float]]],
    criteria: Sequence[Criterion],
    barred: Mapping[str, set[int]],
    seed: int = 2027,
) -> list[PlannedScore]:
    """Every tap in order of time, the last one just before the last ballot is due.

    `seats` are (name, severity in points), `teams` (id, strength per criterion) in order of passage.
    Each team is on stage for an equal slice of time. The same arguments give the same plan.
    """
    chance = random.Random(seed)  # noqa: S311 - a play, not a secret
    slice_ = (YOUR_SEAT_IS_FILLED - 10) / max(len(teams), 1)
    plan = []
    for order, (team_id, strengths) in enumerate(teams):
        for rank, (seat, severity) in enumerate(seats):
            opinions = [chance.gauss(0, 0.55) for _c in criteria]
            # The very first juror is quick, so that the board moves within seconds.
            at = order * slice_ + (1.0 if order == rank == 0 else chance.uniform(2, slice_ * 0.55))
            pace = 0.3 if order == rank == 0 else chance.uniform(1.0, slice_ * 0.4 / len(criteria))
            if team_id in barred.get(seat, set()):
                continue
            for number, criterion in enumerate(criteria):
                wanted = round(strengths[number] + severity + opinions[number])
                value = min(criterion.highest, max(criterion.lowest, wanted))
                plan.append(PlannedScore(at + number * pace, seat, team_id, criterion.pk, value))
    return sorted(plan, key=lambda tap: (tap.at, tap.seat, tap.criterion_id))
