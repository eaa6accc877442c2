"""Jurors to teams: equal loads, kinds mixed, conflicts kept, everything linked.

Greedy with a look at shared pairs, then repairs. For each team in random order, those with fewest possible jurors first,
the juror is taken who minimises
    load + 2 * (teams in common with the jurors already on this team) + the cost of the pair + a crumb of chance below 0.01.
Nobody exceeds the common level of their kind, so that loads end within 1. Where nobody is left, a ballot moves along a
chain of jurors (one unit of maximum flow); where that fails, the level rises, at most to the juror's own limit. At the end
two ballots of a kind change places until the loss of no single juror would split the teams, then to cost less.
Measured against the bound of balanced incomplete block designs: 0.95 to 0.99.
"""

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from judging.assignment.links import Quality, cuts, quality, shared_pairs
from judging.assignment.problems import Unassignable

Id: TypeAlias = Hashable
# How often two ballots may change places to link what is not linked.
REPAIRS = 400


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`ballots`: (juror, team), kept ones first. `lists`: juror to teams, each in an order of chance: no team is always last.

    `warnings`: {"code": ..., ...} in plain data: not_linked (components), rests_on_juror (juror), loads_unequal (lowest,
    highest, kind), juror_without_teams (juror), single_juror_of_kind (kind, juror).
    """

    ballots: tuple[tuple[Id, Id], ...]
    lists: dict[Id, list[Id]]
    quality: Quality
    warnings: tuple[dict[str, Any], ...]
    seed: int


def assign(  # noqa: PLR0913 - one wish per argument, most of them optional
    teams: Sequence[Id],
    jurors: Sequence[Id],
    *,
    per_team: int,
    kinds: Mapping[Any, str] | None = None,
    conflicts: Iterable[tuple[Id, Id]] = (),
    costs: Mapping[tuple[Any, Any], float] | None = None,
    limits: Mapping[Any, int] | None = None,
    kept: Iterable[tuple[Id, Id]] = (),
    seed: int = 0,
) -> Plan:
    """Give each team `per_team` jurors. The same arguments give the same plan.

    `kinds`: juror to kind (school, partner, ...); each team gets one of each kind, if `per_team` allows, else as many
    kinds as jurors. `conflicts`: pairs (juror, team) that must not be; `costs`: pairs that should rather not be, each as
    dear as so many ballots more on that juror's load. `limits`: juror to the most ballots they take. `kept`: pairs that
    stand already, because scored or promised: a juror who drops out is left out of `jurors`, the others' pairs are kept,
    and only what is missing is planned. Raises Unassignable.

    >>> plan = assign(["a", "b", "c", "d"], ["J1", "J2", "J3", "J4"], per_team=2, conflicts=[("J1", "a")])
    >>> sorted(len(teams) for teams in plan.lists.values()), plan.quality.components, ("J1", "a") in plan.ballots
    ([2, 2, 2, 2], 1, False)
    """
    work = _Work(
        teams=list(teams),
        jurors=list(jurors),
        per_team=per_team,
        kinds=dict(kinds or {}),
        conflicts=list(conflicts),
        costs=dict(costs or {}),
        limits=dict(limits or {}),
        kept=list(kept),
        seed=seed,
    )
    work.fill()
    work.balance()
    work.link()
    work.ease()
    ballots = tuple((work.jurors[j], work.teams[i]) for i, j in work.in_order())
    found = quality(ballots, teams=work.teams, jurors=work.jurors)
    return Plan(ballots=ballots, lists=work.lists(), quality=found, warnings=tuple(work.warnings(found)), seed=seed)


def next_team(
    juror: Id,
    *,
    teams: Sequence[Id],
    ballots: Iterable[tuple[Id, Id]],
    conflicts: Iterable[tuple[Id, Id]] = (),
    busy: Iterable[Id] = (),
    costs: Mapping[Any, float] | None = None,
    seed: int = 0,
) -> Id | None:
    """Where a juror who walks from stand to stand goes next; None when nothing is left.

    Among teams that the juror has not seen, may score and that are not `busy` with another juror: the one with fewest
    `ballots` (juror, team), then the one that costs least: teams shared with its jurors and `costs` (team to cost), then chance.

    >>> next_team("J1", teams=["a", "b", "c"], ballots=[("J1", "a"), ("J2", "b")], busy=[])
    'c'
    """
    given = list(ballots)
    jurors_of: defaultdict[Id, list[Id]] = defaultdict(list)
    for other, team in given:
        jurors_of[team].append(other)
    shared = shared_pairs(given)
    barred = {team for one, team in conflicts if one == juror} | {team for one, team in given if one == juror} | set(busy)
    chance = Random(f"{seed} {juror}")  # noqa: S311 - an even spread, not a secret
    open_ = [team for team in teams if team not in barred]
    crumbs = {team: chance.random() for team in open_}
    dear = costs or {}

    def least(team: Id) -> tuple[int, float, float]:
        met = sum(shared[juror, other] for other in jurors_of[team])
        return len(jurors_of[team]), met + dear.get(team, 0.0), crumbs[team]

    return min(open_, key=least, default=None)


class _Work:
    """A plan in the making. Places instead of identifiers: i for teams, j for jurors, g for kinds."""

    def __init__(  # noqa: PLR0913 - the arguments of `assign`
        self,
        *,
        teams: list[Id],
        jurors: list[Id],
        per_team: int,
        kinds: dict[Any, str],
        conflicts: list[tuple[Id, Id]],
        costs: dict[tuple[Any, Any], float],
        limits: dict[Any, int],
        kept: list[tuple[Id, Id]],
        seed: int,
    ) -> None:
        _check_lists(teams, jurors, per_team)
        self.teams, self.jurors, self.per_team = teams, jurors, per_team
        self.chance = np.random.default_rng(seed)
        self.team_place = {team: place for place, team in enumerate(teams)}
        self.juror_place = {juror: place for place, juror in enumerate(jurors)}
        names = sorted({kinds.get(juror, "") for juror in jurors})
        self.names = names
        for juror in (*kinds, *limits):
            self._juror(juror)
        self.kind = np.array([names.index(kinds.get(juror, "")) for juror in jurors], dtype=np.intp)
        self.allowed = np.ones((len(teams), len(jurors)), dtype=bool)
        for juror, team in conflicts:
            # A conflict of somebody who has no seat binds nobody.
            if juror in self.juror_place:
                self.allowed[self._team(team), self.juror_place[juror]] = False
        self.cost: NDArray[np.float64] = np.zeros((len(teams), len(jurors)))
        for (juror, team), dear in costs.items():
            if juror in self.juror_place:
                self.cost[self._team(team), self.juror_place[juror]] = dear
        self.limit = np.array([limits.get(juror, len(teams)) for juror in jurors], dtype=np.intp)
        if (self.limit < 0).any():
            juror = jurors[int(np.argmax(self.limit < 0))]
            raise Unassignable("count_invalid", f"The limit of {juror} is negative.", juror=juror, limit=int(self.limit.min()))
        self.load = np.zeros(len(jurors), dtype=np.intp)
        self.shared: NDArray[np.float64] = np.zeros((len(jurors), len(jurors)))
        self.on: list[list[int]] = [[] for _team in teams]
        self.kept = {(self._team(team), self._juror(juror)) for juror, team in kept}
        for i, j in sorted(self.kept):
            self._put(i, j)
        self._check_numbers()

    # --- What is asked for ----------------------------------------------------------------------------------------

    def _team(self, team: Id) -> int:
        if team not in self.team_place:
            raise Unassignable("unknown_team", f"There is no team {team}.", team=team)
        return self.team_place[team]

    def _juror(self, juror: Id) -> int:
        if juror not in self.juror_place:
            raise Unassignable("unknown_juror", f"There is no juror {juror}.", juror=juror)
        return self.juror_place[juror]

    def _check_numbers(self) -> None:
        if self.teams and self.per_team > len(self.jurors):
            raise Unassignable(
                "too_few_jurors",
                f"{self.per_team} jurors per team are wanted, and there are {len(self.jurors)}.",
                wanted=self.per_team,
                jurors=len(self.jurors),
            )
        for i, team in enumerate(self.teams):
            free = int(self.allowed[i].sum()) + sum(not self.allowed[i, j] for j in self.on[i])
            if free < self.per_team:
                raise Unassignable(
                    "team_without_jurors",
                    f"Team {team} needs {self.per_team} jurors, and {free} have no conflict with it.",
                    team=team,
                    wanted=self.per_team,
                    allowed=free,
                )
        wanted = sum(max(self.per_team - len(own), 0) for own in self.on)
        possible = int(np.minimum(np.maximum(self.limit - self.load, 0), self.allowed.sum(axis=0)).sum())
        if wanted > possible:
            raise Unassignable(
                "limits_too_low",
                f"{wanted} ballots are wanted, and the jurors' limits allow {possible}.",
                wanted=wanted,
                possible=possible,
            )

    # --- Filling --------------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """Every team gets its jurors, kind by kind."""
        need = self._needs()
        members = [np.flatnonzero(self.kind == g) for g in range(len(self.names))]
        self.level = [_level(self.load[own], self.limit[own], int(need[:, g].sum())) for g, own in enumerate(members)]
        for g, own in enumerate(members):
            self._check_kind(g, own, need)
        self.members = members
        order = self.chance.permutation(len(self.teams))
        order = order[np.argsort(self.allowed[order].sum(axis=1), kind="stable")]
        for i in order.tolist():
            # The kind with fewest free jurors first.
            for g in sorted(range(len(self.names)), key=lambda g: int(self.allowed[i][members[g]].sum())):
                for _slot in range(int(need[i, g])):
                    self._serve(i, g)

    def _needs(self) -> NDArray[np.intp]:
        """How many jurors of each kind each team still gets."""
        groups, size = len(self.names), len(self.teams)
        have = np.zeros((size, groups), dtype=np.intp)
        for i, own in enumerate(self.on):
            for j in own:
                have[i, self.kind[j]] += 1
        open_ = np.maximum(self.per_team - have.sum(axis=1), 0)
        free = np.stack([self.allowed[:, self.kind == g].sum(axis=1) for g in range(groups)], axis=1) if groups else have
        need = np.zeros((size, groups), dtype=np.intp)
        if self.per_team >= groups:
            # One of each kind comes first.
            missing = have == 0
            # Where kept ballots leave less room than that, as many kinds as there is room for.
            missing &= (missing.sum(axis=1) <= open_)[:, None]
            for i, g in np.argwhere(missing & (free == 0)).tolist():
                raise Unassignable(
                    "kind_without_jurors",
                    f"Team {self.teams[i]} needs a juror of kind {self.names[g]}, and each of them has a conflict.",
                    team=self.teams[i],
                    kind=self.names[g],
                    wanted=1,
                    allowed=0,
                )
            need += missing
        rest = open_ - need.sum(axis=1)
        self._spread(need, rest, free, have)
        return need

    def _spread(self, need: NDArray[np.intp], rest: NDArray[np.intp], free: NDArray[np.intp], have: NDArray[np.intp]) -> None:
        """Share out what is left so that the jurors of all kinds end with about the same load."""
        sizes = np.bincount(self.kind, minlength=len(self.names))
        room = np.array([int(np.maximum(self.limit - self.load, 0)[self.kind == g].sum()) for g in range(len(self.names))])
        planned = need.sum(axis=0) + np.bincount(self.kind, weights=self.load, minlength=len(self.names)).astype(np.intp)
        given = need.sum(axis=0)
        waiting = deque(self.chance.permutation(np.flatnonzero(rest > 0)).tolist())
        while waiting:
            i = waiting.popleft()
            fits = (need[i] + have[i] < free[i]) & (given < room)
            fresh = fits & (need[i] + have[i] == 0)
            fits = fresh if fresh.any() else fits
            if not fits.any():
                given_here = int(need[i].sum() + have[i].sum())
                raise Unassignable(
                    "team_unserved",
                    f"Team {self.teams[i]} gets {given_here} of {self.per_team} jurors: conflicts and limits leave nobody.",
                    team=self.teams[i],
                    wanted=self.per_team,
                    given=given_here,
                )
            # The kind whose jurors have least to do; the team's own mix decides between equals.
            g = min(np.flatnonzero(fits).tolist(), key=lambda g: (planned[g] / sizes[g], need[i, g] + have[i, g]))
            need[i, g] += 1
            planned[g] += 1
            given[g] += 1
            rest[i] -= 1
            if rest[i]:
                waiting.append(i)

    def _check_kind(self, g: int, own: NDArray[np.intp], need: NDArray[np.intp]) -> None:
        wanted, possible = int(need[:, g].sum()), int(np.maximum(self.limit - self.load, 0)[own].sum())
        if wanted > possible:
            raise Unassignable(
                "limits_of_kind_too_low",
                f"{wanted} ballots of kind {self.names[g]} are wanted, and the jurors' limits allow {possible}.",
                kind=self.names[g],
                wanted=wanted,
                possible=possible,
            )

    def _serve(self, i: int, g: int) -> None:
        """One juror of kind g for team i: the cheapest below the level, or along a chain, or above the level."""
        own = self.members[g]
        while True:
            open_ = own[self.allowed[i][own] & self._below(g)]
            open_ = open_[~np.isin(open_, self.on[i])]
            if len(open_):
                met = self.shared[np.ix_(open_, self.on[i])].sum(axis=1) if self.on[i] else 0.0
                cost = self.load[open_] + 2 * met + self.cost[i, open_] + 0.01 * self.chance.random(len(open_))
                self._put(i, int(open_[np.argmin(cost)]))
                return
            if self._chain(i, g):
                return
            if self.level[g] >= int(self.limit[own].max(initial=0)):
                raise Unassignable(
                    "team_unserved",
                    f"Team {self.teams[i]} gets {len(self.on[i])} of {self.per_team} jurors: conflicts and limits leave nobody.",
                    team=self.teams[i],
                    kind=self.names[g],
                    wanted=self.per_team,
                    given=len(self.on[i]),
                )
            self.level[g] += 1

    def _below(self, g: int) -> NDArray[np.bool_]:
        own = self.members[g]
        return np.asarray(self.load[own] < np.minimum(self.limit[own], self.level[g]))

    def _chain(self, i: int, g: int) -> bool:
        """Free a juror for team i by handing one of their teams to another juror of the kind, and so on."""
        own = self.members[g]
        starts = [j for j in own[self.allowed[i][own]].tolist() if j not in self.on[i]]
        return self._hand_on(g, dict.fromkeys(starts, (-1, i)), set(own[self._below(g)].tolist()))

    def balance(self) -> None:
        """Move ballots along chains until loads of a kind are within 1, as far as conflicts, limits and kept ballots allow."""
        for g, own in enumerate(self.members):
            for _move in range(len(self.teams)):
                most = int(self.load[own].max(initial=0))
                goal = {j for j in own.tolist() if self.load[j] <= most - 2 and self.load[j] < self.limit[j]}
                full = [j for j in own.tolist() if self.load[j] == most]
                if not goal or not self._hand_on(g, dict.fromkeys(full, (-1, -1)), goal):
                    break

    def _hand_on(self, g: int, came: dict[int, tuple[int, int]], goal: set[int]) -> bool:
        """Search the shortest chain from the jurors in `came` to one of the goal and hand ballots along it."""
        own = self.members[g]
        waiting = deque(came)
        teams_of = self._teams_of(own)
        while waiting:
            j = waiting.popleft()
            if j in goal:
                self._shift(j, came)
                return True
            for other_team in teams_of[j]:
                for other in own[self.allowed[other_team][own]].tolist():
                    if other not in came and other not in self.on[other_team]:
                        came[other] = (j, other_team)
                        waiting.append(other)
        return False

    def _shift(self, j: int, came: dict[int, tuple[int, int]]) -> None:
        """Each juror of the chain takes the team that brought it in; the last one gives the first team its juror."""
        while True:
            before, team = came[j]
            if before >= 0:
                self._take(team, before)
            if team >= 0:
                self._put(team, j)
            if before < 0:
                return
            j = before

    def _teams_of(self, jurors: NDArray[np.intp]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {j: [] for j in jurors.tolist()}
        for i, own in enumerate(self.on):
            for j in own:
                if j in found and (i, j) not in self.kept:
                    found[j].append(i)
        return found

    def _put(self, i: int, j: int) -> None:
        for other in self.on[i]:
            self.shared[j, other] += 1
            self.shared[other, j] += 1
        self.on[i].append(j)
        self.load[j] += 1

    def _take(self, i: int, j: int) -> None:
        self.on[i].remove(j)
        for other in self.on[i]:
            self.shared[j, other] -= 1
            self.shared[other, j] -= 1
        self.load[j] -= 1

    # --- Linking --------------------------------------------------------------------------------------------------

    def link(self) -> None:
        """Exchange ballots until all teams hang together, also without any one juror, as far as exchanges can."""
        worst = self._faults()
        for _try in range(REPAIRS):
            if worst == (0, 0):
                return
            swap = self._draw_swap()
            if swap is None:
                continue
            self._exchange(*swap)
            now = self._faults()
            if now <= worst:
                worst = now
            else:
                i, j, other_team, other = swap
                self._exchange(i, other, other_team, j)

    def ease(self) -> None:
        """Exchange ballots that cost something for such that cost less, as long as nothing hangs together less than before."""
        dear = [(i, j) for i, own in enumerate(self.on) for j in own if self.cost[i, j] > 0 and (i, j) not in self.kept]
        tries, worst = REPAIRS, self._faults() if dear else (0, 0)
        for i, j in sorted(dear, key=lambda pair: (-self.cost[pair], pair))[:REPAIRS]:
            for other_team, other in self._cheaper(i, j):
                if not tries:
                    return
                tries -= 1
                self._exchange(i, j, other_team, other)
                if self._faults() <= worst:
                    break
                self._exchange(i, other, other_team, j)

    def _cheaper(self, i: int, j: int) -> list[tuple[int, int]]:
        """(team, juror) that may change places with juror j on team i, and cost less there, the cheapest first."""
        if j not in self.on[i]:
            return []
        found = []
        for other_team, own in enumerate(self.on):
            for other in own:
                if self._may_swap(i, j, other_team, other):
                    gain = self.cost[i, j] + self.cost[other_team, other] - self.cost[i, other] - self.cost[other_team, j]
                    if gain > 0:
                        found.append((-gain, other_team, other))
        return [(other_team, other) for _gain, other_team, other in sorted(found)]

    def _may_swap(self, i: int, j: int, other_team: int, other: int) -> bool:
        return bool(
            self.kind[other] == self.kind[j]
            and other not in self.on[i]
            and j not in self.on[other_team]
            and self.allowed[i, other]
            and self.allowed[other_team, j]
            and not {(i, j), (other_team, other)} & self.kept
        )

    def _faults(self) -> tuple[int, int]:
        """Surplus components, and jurors whose loss would split the rest."""
        pairs = [(j, i) for i, own in enumerate(self.on) for j in own]
        components, pillars = cuts(pairs, jurors=len(self.jurors), teams=len(self.teams))
        return max(components - 1, 0), len(pillars)

    def _draw_swap(self) -> tuple[int, int, int, int] | None:
        """Two teams and a juror of the same kind from each who may change places."""
        if len(self.teams) < 2 or not self.per_team:
            return None
        i, other_team = (int(place) for place in self.chance.choice(len(self.teams), 2, replace=False))
        if not self.on[i] or not self.on[other_team]:
            return None
        j = self.on[i][int(self.chance.integers(len(self.on[i])))]
        fits = [other for other in self.on[other_team] if self._may_swap(i, j, other_team, other)]
        return (i, j, other_team, fits[int(self.chance.integers(len(fits)))]) if fits else None

    def _exchange(self, i: int, j: int, other_team: int, other: int) -> None:
        self._take(i, j)
        self._take(other_team, other)
        self._put(i, other)
        self._put(other_team, j)

    # --- What came out --------------------------------------------------------------------------------------------

    def in_order(self) -> list[tuple[int, int]]:
        pairs = [(i, j) for i, own in enumerate(self.on) for j in sorted(own)]
        return sorted(self.kept) + [pair for pair in pairs if pair not in self.kept]

    def lists(self) -> dict[Id, list[Id]]:
        lists: dict[Id, list[Id]] = {juror: [] for juror in self.jurors}
        for i, own in enumerate(self.on):
            for j in own:
                lists[self.jurors[j]].append(self.teams[i])
        return {juror: [own[place] for place in self.chance.permutation(len(own))] for juror, own in lists.items()}

    def warnings(self, found: Quality) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []
        if found.components > 1:
            said.append({"code": "not_linked", "components": found.components})
        said += [{"code": "rests_on_juror", "juror": juror} for juror in found.pillars]
        for g, name in enumerate(self.names):
            loads = self.load[self.members[g]]
            if len(loads) and loads.max() - loads.min() > 1:
                said.append({"code": "loads_unequal", "kind": name, "lowest": int(loads.min()), "highest": int(loads.max())})
            if len(loads) == 1 and len(self.jurors) > 1 and len(self.names) > 1:
                said.append({"code": "single_juror_of_kind", "kind": name, "juror": self.jurors[int(self.members[g][0])]})
        said += [{"code": "juror_without_teams", "juror": self.jurors[j]} for j in np.flatnonzero(self.load == 0).tolist()]
        return said


def _level(load: NDArray[np.intp], limit: NDArray[np.intp], wanted: int) -> int:
    """The lowest common level at which jurors with these loads and limits have room for the ballots wanted."""
    level = 0
    while int(np.maximum(np.minimum(limit, level) - load, 0).sum()) < wanted and level < int(limit.max(initial=0)):
        level += 1
    return level


def _check_lists(teams: Sequence[Id], jurors: Sequence[Id], per_team: int) -> None:
    for code, ids in (("team_twice", teams), ("juror_twice", jurors)):
        seen: set[Id] = set()
        for one in ids:
            if one in seen:
                word = code.split("_", maxsplit=1)[0]
                raise Unassignable(code, f"{one} is listed twice.", **{word: one})
            seen.add(one)
    if isinstance(per_team, bool) or not isinstance(per_team, int) or per_team < 1:
        raise Unassignable("count_invalid", f"{per_team} is no number of jurors for a team.", per_team=per_team)
