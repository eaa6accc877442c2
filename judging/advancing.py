"""Who goes on to the final: a number of teams, of all or of each group, and what happens to ties at the border.

Pure: ranks and points in, teams out.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

ALL_TIED, CHAIN = "all", "chain"


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A team as it was ranked: `group` is what it is counted in; `rank` None where it has too few ballots for one."""

    team: int
    group: Hashable
    rank: int | None
    score: float | None


def advancing(entrants: Iterable[Entrant], *, count: int, ties: str) -> set[int]:
    """The teams that go on: `count` of each group, best first, and more where the border falls into a tie.

    ALL_TIED: whoever has the points of the last one goes on too. CHAIN: the tie-break chain decides, and only who shares
    the rank even after it goes on too. A team without a rank never does.
    """
    groups: defaultdict[Hashable, list[tuple[int, float, int]]] = defaultdict(list)
    for one in entrants:
        if one.rank is not None and one.score is not None:
            groups[one.group].append((one.rank, round(one.score, 6), one.team))
    found: set[int] = set()
    for ranked in groups.values():
        ranked.sort()
        last_rank, last_score, _team = ranked[min(count, len(ranked)) - 1]
        found |= {team for rank, score, team in ranked if rank <= last_rank or (ties == ALL_TIED and score == last_score)}
    return found
