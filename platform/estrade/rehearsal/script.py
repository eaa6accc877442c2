"""The two stories that can be played, and what simulated people think and write in them. Pure: no clock, no database.

Played seconds count from the beginning of the play; they stand still while it is paused. `afternoon` is the sample
edition's last afternoon and has fixed seconds; `whole` runs from the opening to the last ballot in the chosen time.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The last afternoon, in seconds. Its freeze and its late team's extra time are stored instants of the sample.
OFFLINE_FROM, OFFLINE_TO = 60.0, 90.0
EXTENSION_ENDS = 180.0
FREEZE = 300.0
LAST_BALLOT = 390.0
YOUR_SEAT_IS_FILLED = LAST_BALLOT - 5

# The whole event, in parts of the chosen time.
DEADLINE, JUDGING, FROZEN, END = 0.40, 0.45, 0.85, 0.95


@dataclass(frozen=True)
class Act:
    """A line of the story: `at` in played seconds."""

    key: str
    at: float
    text: Promise

    @property
    def clock(self) -> str:
        return f"{int(self.at) // 60}:{int(self.at) % 60:02d}"


@dataclass(frozen=True, kw_only=True)
class Story:
    """What happens when. Pairs are (from, to) in played seconds; `writing` is None where the deadline is over."""

    acts: tuple[Act, ...]
    writing: tuple[float, float] | None
    late_at: float
    judging: tuple[float, float]
    offline: tuple[float, float]
    lost_answer_at: float
    seats_filled_at: float

    @property
    def last_at(self) -> float:
        return self.acts[-1].at


AFTERNOON = Story(
    acts=(
        Act("scoring", 0, _("Seven jurors are scoring, the board moves. The eighth seat is yours.")),
        Act("offline", OFFLINE_FROM, _("A juror loses the network. The control room says so.")),
        Act("online", OFFLINE_TO, _("The juror is back: every score arrives, nothing is lost.")),
        Act("extension", EXTENSION_ENDS, _("The late team's extra time is over: its draft is captured.")),
        Act("freeze", FREEZE, _("The board is frozen for the room. The control room moves on.")),
        Act("last", LAST_BALLOT, _("The last ballot is in. Now it is your turn: sign off, reveal 3, 2, 1, publish.")),
    ),
    writing=None,
    late_at=0.0,
    judging=(0.0, YOUR_SEAT_IS_FILLED - 10),
    offline=(OFFLINE_FROM, OFFLINE_TO),
    lost_answer_at=OFFLINE_TO + 30,
    seats_filled_at=YOUR_SEAT_IS_FILLED,
)


def whole_story(length: float, *, freezes: bool) -> Story:
    """From the opening to the last ballot in `length` seconds; without a freeze where the edition plans none."""
    frozen = (Act("freeze", FROZEN * length, _("The board is frozen for the room. The control room moves on.")),)
    return Story(
        acts=(
            Act("opening", 0, _("The doors are open: the teams write their drafts.")),
            Act("delivery", 0.18 * length, _("The first teams hand in.")),
            Act(
                "deadline",
                DEADLINE * length,
                _("The deadline. A draft never handed in is captured; another team comes late and waits for you."),
            ),
            Act("scoring", JUDGING * length, _("The jury scores, the board moves.")),
            Act("offline", 0.55 * length, _("A juror loses the network. The control room says so.")),
            Act("online", 0.63 * length, _("The juror is back: every score arrives, nothing is lost.")),
            Act("lost", 0.70 * length, _("An answer is lost on the way: the score is sent again, and counts once.")),
            *(frozen if freezes else ()),
            Act("last", END * length, _("The last ballot is in. Now it is your turn: sign off, reveal 3, 2, 1, publish.")),
        ),
        writing=(0.02 * length, 0.34 * length),
        late_at=(DEADLINE + 0.02) * length,
        judging=((JUDGING + 0.005) * length, 0.93 * length),
        offline=(0.55 * length, 0.63 * length),
        lost_answer_at=0.70 * length,
        seats_filled_at=0.94 * length,
    )


@dataclass(frozen=True)
class PlannedScore:
    """One tap a simulated juror will make. `seat` is the juror."""

    at: float
    seat: int
    team_id: int
    criterion_id: int
    value: Decimal


@dataclass(frozen=True)
class PlannedDraft:
    """A simulated captain saves the draft: the number `step` counts the drafts of a team from 1."""

    at: float
    seat: int
    team_id: int
    step: int


@dataclass(frozen=True)
class PlannedDelivery:
    """A simulated captain hands in."""

    at: float
    seat: int
    team_id: int


Deed = PlannedScore | PlannedDraft | PlannedDelivery


@dataclass(frozen=True)
class Criterion:
    """What a simulated juror needs to know of a criterion: points from `lowest` to `highest` by `step`."""

    pk: int
    lowest: Decimal
    highest: Decimal
    step: Decimal = Decimal(1)

    @property
    def unit(self) -> float:
        """The fifth part of the scale, in points."""
        return float(self.highest - self.lowest) / 5

    def lowest_and(self, part: float) -> float:
        """The points at `part` of the scale."""
        return float(self.lowest) + part * float(self.highest - self.lowest)

    def nearest(self, points: float) -> Decimal:
        """The value on the scale that is nearest to `points`."""
        steps = round((Decimal(points) - self.lowest) / self.step)
        most = (self.highest - self.lowest) // self.step
        return self.lowest + min(max(Decimal(steps), Decimal(0)), most) * self.step


def plan_scores(
    *,
    seats: Sequence[tuple[int, float]],
    teams: Sequence[tuple[int, Sequence[float]]],
    criteria: Sequence[Criterion],
    barred: Mapping[int, set[int]],
    during: tuple[float, float] = AFTERNOON.judging,
    seed: int = 2027,
) -> list[PlannedScore]:
    """Every tap in order of time, the last one just before the end of `during`.

    `seats` are (juror, severity in fifths of a scale), `teams` (id, strength in points per criterion) in order of
    passage. Each team is on stage for an equal slice of time. The same arguments give the same plan.
    """
    chance = random.Random(seed)  # noqa: S311 - a play, not a secret
    begin, end = during
    slice_ = (end - begin) / max(len(teams), 1)
    soonest, quickest = min(2.0, slice_ * 0.1), min(1.0, slice_ * 0.1 / max(len(criteria), 1))
    plan = []
    for order, (team_id, strengths) in enumerate(teams):
        for rank, (seat, severity) in enumerate(seats):
            opinions = [chance.gauss(0, 0.55) for _c in criteria]
            # The very first juror is quick, so that the board moves within seconds.
            at = begin + order * slice_ + (soonest / 2 if order == rank == 0 else chance.uniform(soonest, slice_ * 0.55))
            slowest = slice_ * 0.4 / max(len(criteria), 1)
            pace = min(0.3, quickest) if order == rank == 0 else chance.uniform(quickest, slowest)
            if team_id in barred.get(seat, set()):
                continue
            for number, criterion in enumerate(criteria):
                wanted = strengths[number % len(strengths)] + (severity + opinions[number]) * criterion.unit
                plan.append(PlannedScore(at + number * pace, seat, team_id, criterion.pk, criterion.nearest(wanted)))
    return sorted(plan, key=lambda tap: (tap.at, tap.seat, tap.criterion_id))


def plan_pitches(*, captains: Sequence[tuple[int, int]], story: Story, seed: int = 2027) -> list[Deed]:
    """Two drafts per team and a hand-in. `captains` are (captain, team) in order of passage.

    With two teams or more the last one never hands in; with three or more the one before comes late.
    """
    if story.writing is None:
        return []
    chance = random.Random(seed)  # noqa: S311 - a play, not a secret
    begin, end = story.writing
    third = (end - begin) / 3
    plan: list[Deed] = []
    for order, (captain, team_id) in enumerate(captains):
        left = len(captains) - order
        plan.append(PlannedDraft(begin + chance.uniform(0, third), captain, team_id, 1))
        plan.append(PlannedDraft(begin + third + chance.uniform(0, third / 2), captain, team_id, 2))
        if left == 2 and len(captains) > 2:
            plan.append(PlannedDelivery(story.late_at, captain, team_id))
        elif left > 1 or len(captains) == 1:
            plan.append(PlannedDelivery(begin + 1.5 * third + chance.uniform(0, 1.4 * third), captain, team_id))
    return sorted(plan, key=lambda deed: (deed.at, deed.seat))
