"""What a plan is worth: whether all teams can be compared, also without any one juror, and how precisely.

A-efficiency: harmonic mean of the eigenvalues, but the one zero, of  diag(k_i) - A diag(1 / load_j) A',  divided by
the mean of k (A: teams x jurors, 1 where a ballot is planned); 1 where every juror scores every team. Its bound for v
teams and jurors of load b is  v (b - 1) / (b (v - 1)), reached by balanced incomplete block designs.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Id: TypeAlias = Hashable


@dataclass(frozen=True, kw_only=True)
class Quality:
    """`components`: groups of teams without a juror in common. `pillars`: jurors whose loss alone would split the rest.

    `efficiency` of `bound`, and their `ratio`; 0 where teams are not linked. `ballots`: lowest and highest number per team;
    `loads`: lowest and highest per juror with a ballot or without.
    """

    components: int
    pillars: tuple[Id, ...]
    efficiency: float
    bound: float
    ballots: tuple[int, int]
    loads: tuple[int, int]

    @property
    def ratio(self) -> float:
        return self.efficiency / self.bound if self.bound else 0.0


def quality(ballots: Iterable[tuple[Id, Id]], *, teams: Sequence[Id], jurors: Sequence[Id]) -> Quality:
    """Measure a plan of pairs (juror, team), each of them once and of those listed.

    >>> found = quality([(1, "a"), (1, "b"), (2, "b"), (2, "c"), (3, "c"), (3, "a")], teams="abc", jurors=[1, 2, 3])
    >>> found.components, found.pillars, round(found.ratio, 2)
    (1, (), 1.0)
    """
    team_place = {team: place for place, team in enumerate(teams)}
    juror_place = {juror: place for place, juror in enumerate(jurors)}
    pairs = [(juror_place[juror], team_place[team]) for juror, team in ballots]
    counts = np.bincount([team for _juror, team in pairs], minlength=len(teams))
    loads = np.bincount([juror for juror, _team in pairs], minlength=len(jurors))
    components, pillars = cuts(pairs, jurors=len(jurors), teams=len(teams))
    efficiency, bound = _efficiency(pairs, counts, loads) if components == 1 and len(teams) > 1 else (0.0, 0.0)
    return Quality(
        components=components,
        pillars=tuple(jurors[place] for place in pillars),
        efficiency=efficiency,
        bound=bound,
        ballots=(int(counts.min()), int(counts.max())) if len(teams) else (0, 0),
        loads=(int(loads.min()), int(loads.max())) if len(jurors) else (0, 0),
    )


def cuts(pairs: Sequence[tuple[int, int]], *, jurors: int, teams: int) -> tuple[int, list[int]]:
    """Components of the teams, a team without ballots being one, and the jurors whose loss makes more of them.

    Depth-first search with low points (Hopcroft & Tarjan 1973) on the graph of jurors and teams.
    """
    near: list[list[int]] = [[] for _node in range(jurors + teams)]
    for juror, team in pairs:
        near[juror].append(jurors + team)
        near[jurors + team].append(juror)
    found: list[int] = [0] * (jurors + teams)
    low: list[int] = [0] * (jurors + teams)
    clock, components = 0, 0
    splits: set[int] = set()
    for root in range(jurors, jurors + teams):
        if found[root]:
            continue
        components += 1
        clock += 1
        found[root] = low[root] = clock
        path = [(root, -1, iter(near[root]))]
        while path:
            node, parent, rest = path[-1]
            other = next(rest, None)
            if other is None:
                path.pop()
                if parent >= 0:
                    low[parent] = min(low[parent], low[node])
                    if low[node] >= found[parent]:
                        splits.add(parent)
            elif not found[other]:
                clock += 1
                found[other] = low[other] = clock
                path.append((other, node, iter(near[other])))
            elif other != parent:
                low[node] = min(low[node], found[other])
    # A root is a team, so that jurors are never roots and each entry here has a real parent above it.
    return components, sorted(node for node in splits if node < jurors)


def _efficiency(pairs: Sequence[tuple[int, int]], counts: np.ndarray, loads: np.ndarray) -> tuple[float, float]:
    busy = np.flatnonzero(loads)
    size, mean = len(counts), float(counts.mean())
    table = np.zeros((size, len(loads)))
    table[[team for _juror, team in pairs], [juror for juror, _team in pairs]] = 1.0
    table = table[:, busy]
    bare = loads[busy].astype(float)
    if counts.min() == counts.max() and len(busy) < size:
        # With k ballots on each team the eigenvalues are k less those of a matrix of jurors, and k for the rest.
        small = np.linalg.eigvalsh((table.T @ table) / np.sqrt(np.outer(bare, bare)))
        values = np.concatenate((np.full(size - len(busy), mean), mean - small[:-1]))
    else:
        values = np.linalg.eigvalsh(np.diag(counts.astype(float)) - (table / bare) @ table.T)[1:]
    if float(values.min()) <= 1e-9 * mean:
        return 0.0, 0.0
    load = float(bare.mean())
    bound = min(size * (load - 1) / (load * (size - 1)), 1.0)
    return float(len(values) / (1 / values).sum()) / mean, bound


def shared_pairs(pairs: Iterable[tuple[Id, Id]]) -> Counter[tuple[Id, Id]]:
    """How many teams each two jurors have in common, in both orders."""
    jurors_of: defaultdict[Id, list[Id]] = defaultdict(list)
    for juror, team in pairs:
        jurors_of[team].append(juror)
    return Counter((one, other) for some in jurors_of.values() for one in some for other in some if one != other)
