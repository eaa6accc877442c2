"""How often the right team wins: simulated events, ranked by the shipped code, by the plain mean and by z-scores per juror.

`python -m benchmarks.fairness [events]` prints, per scenario, Kendall's tau with the true order and the share of the true top
three found, and how often the 90 % rank interval holds the true rank. Goals: never more than .01 tau below the mean, at least
.03 above where jurors differ and each sees a part of the teams, intervals that cover 87 to 94 %.

Two scenarios stay below .03, and not for want of events: "8 ballots a team" gains .025 and "juror spreads differ" .024, each
to .001 (800 and 1,500 other events). With the true ratio of the variances in place of the estimated one the same events gain
.0005 more, so that nothing is left to the estimate; with every juror's severity known exactly they would gain .035 and .038.
Eight ballots average most of the severity away before anything is adjusted, and an offset cannot undo a spread.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from judging.ranking import rank

Row = tuple[int, int, float]
Floats = NDArray[np.float64]
EVENTS = 200


@dataclass(frozen=True)
class Scenario:
    """sd of quality 1; `panels`: closed groups of teams and jurors; `links`: ballots of each panel in the next one."""

    name: str
    teams: int = 40
    jurors: int = 20
    per_team: int = 4
    severity: float = 0.7
    noise: float = 1.0
    panels: int = 1
    links: int = 0
    tracks: float = 0.0
    missing: float = 0.0
    troll: str = ""
    spread: float = 0.0
    points: bool = False
    share: float = 1.0
    # Whether jurors differ and each sees a part, so that adjusting must show.
    differs: bool = False


SCENARIOS = (
    Scenario("base", differs=True),
    Scenario("12 teams, 3 ballots, 4 a juror", teams=12, jurors=9, per_team=3),
    Scenario("200 teams", teams=200, jurors=100, share=1 / 3, differs=True),
    Scenario("8 ballots a team", jurors=40, per_team=8, differs=True),
    Scenario("severity 1.0", severity=1.0, differs=True),
    Scenario("no severity", severity=0.0),
    Scenario("little noise", noise=0.5, differs=True),
    Scenario("4 disconnected panels", panels=4),
    Scenario("panels + 2 links each", panels=4, links=2),
    Scenario("unequal tracks, disconnected", panels=4, tracks=1.0),
    Scenario("unequal tracks + links", panels=4, links=2, tracks=1.0),
    Scenario("25 % missing, jurors leave", missing=0.25),
    Scenario("one troll, extreme", troll="extreme"),
    Scenario("one troll, inverted", troll="inverted"),
    Scenario("juror spreads differ", spread=0.4, differs=True),
    Scenario("whole points 1-5", points=True),
    Scenario("3 ballots a juror", jurors=53, differs=False),
    Scenario("complete, 6 jurors", teams=15, jurors=6, per_team=6),
)


def simulate(scenario: Scenario, chance: np.random.Generator) -> tuple[Floats, list[Row]]:
    """The true qualities, and ballots (juror, team, score)."""
    s = scenario
    panel_of_team = np.arange(s.teams) * s.panels // s.teams
    panel_of_juror = np.arange(s.jurors) * s.panels // s.jurors
    quality = chance.normal(0, 1, s.teams) + s.tracks * (panel_of_team - (s.panels - 1) / 2) * (s.panels > 1)
    severity = chance.normal(0, s.severity, s.jurors)
    stretch = np.exp(chance.normal(0, s.spread, s.jurors)) if s.spread else np.ones(s.jurors)
    pairs = _pairs(s, panel_of_team, panel_of_juror, chance)
    if s.missing:
        gone = set(chance.choice(s.jurors, max(1, s.jurors // 10), replace=False).tolist())
        left = (s.missing - len(gone) / s.jurors) / (1 - len(gone) / s.jurors)
        pairs = [(j, i) for j, i in pairs if j not in gone and chance.random() > left]
    rows = []
    for j, i in pairs:
        score = float(stretch[j] * (quality[i] + chance.normal(0, s.noise)) + severity[j])
        if j == 0 and s.troll:
            score = float(chance.choice([-3.0, 3.0])) if s.troll == "extreme" else -2 * score
        rows.append((j, i, float(np.clip(np.round(3 + score), 1, 5)) if s.points else score))
    return quality, rows


def _pairs(
    s: Scenario, of_team: NDArray[np.intp], of_juror: NDArray[np.intp], chance: np.random.Generator
) -> list[tuple[int, int]]:
    """Equal loads at random inside each panel, and the links."""
    loads = np.zeros(s.jurors)
    pairs = []
    for i in chance.permutation(s.teams).tolist():
        own = np.flatnonzero(of_juror == of_team[i])
        chosen = own[np.argsort(loads[own] + chance.random(len(own)))[: s.per_team]]
        loads[chosen] += 1
        pairs += [(j, i) for j in chosen.tolist()]
    for panel in range(s.panels if s.links else 0):
        after = np.flatnonzero(of_team == (panel + 1) % s.panels)
        own = chance.choice(np.flatnonzero(of_juror == panel), s.links, replace=False)
        pairs += list(zip(own.tolist(), chance.choice(after, s.links, replace=False).tolist(), strict=True))
    return pairs


def plain_mean(rows: list[Row]) -> dict[int, float]:
    return _means([(i, y) for _j, i, y in rows])


def z_score(rows: list[Row]) -> dict[int, float]:
    """Each juror's scores less their mean, over their spread."""
    own: defaultdict[int, list[float]] = defaultdict(list)
    for j, _i, y in rows:
        own[j].append(y)
    spread = {j: float(np.std(some, ddof=1)) if len(some) > 1 else 0.0 for j, some in own.items()}
    return _means([(i, (y - float(np.mean(own[j]))) / spread[j] if spread[j] else 0.0) for j, i, y in rows])


def adjusted(rows: list[Row]) -> dict[int, float]:
    return rank(rows).scores  # type: ignore[return-value]  # the identifiers are those of the rows


METHODS: dict[str, Callable[[list[Row]], dict[int, float]]] = {"mean": plain_mean, "z-score": z_score, "adjusted": adjusted}


def _means(scores: list[tuple[int, float]]) -> dict[int, float]:
    by_team: defaultdict[int, list[float]] = defaultdict(list)
    for team, score in scores:
        by_team[team].append(score)
    return {team: sum(own) / len(own) for team, own in by_team.items()}


def tau(one: Floats, other: Floats) -> float:
    """Kendall's tau-b."""
    a, b = (np.sign(values[:, None] - values[None, :]) for values in (one, other))
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def coverage(quality: Floats, rows: list[Row], seed: int) -> float | None:
    """The share of teams whose true rank the 90 % interval holds."""
    intervals = rank(rows, seed=seed).rank_intervals()
    teams = sorted(int(str(team)) for team in intervals)
    true = {team: 1 + sum(quality[other] > quality[team] for other in teams) for team in teams}
    held = [low <= true[team] <= high for team in teams if (ends := intervals[team]) for low, high in [ends]]
    return sum(held) / len(held) if held else None


def run(scenario: Scenario, events: int) -> tuple[dict[str, list[float]], dict[str, list[float]], list[float]]:
    taus: dict[str, list[float]] = {name: [] for name in METHODS}
    tops: dict[str, list[float]] = {name: [] for name in METHODS}
    held: list[float] = []
    for event in range(max(10, int(events * scenario.share))):
        quality, rows = simulate(scenario, np.random.default_rng([event, len(scenario.name)]))
        present = sorted({row[1] for row in rows})
        best = set(np.argsort(-quality)[:3].tolist())
        for name, method in METHODS.items():
            scores = method(rows)
            taus[name].append(tau(quality[present], np.array([scores[team] for team in present])))
            tops[name].append(len(best & set(sorted(scores, key=lambda team: -scores[team])[:3])) / 3)
        if (share := coverage(quality, rows, event)) is not None:
            held.append(share)
    return taus, tops, held


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else EVENTS
    print(f"fairness: tau / share of the true top three, {events} events (a third of it at 200 teams); error of tau about .006")
    print(f"{'scenario':<32}" + "".join(f"{name:>14}" for name in METHODS) + f"{'gain':>8}{'error':>7}{'90 % holds':>12}")
    for scenario in SCENARIOS:
        taus, tops, held = run(scenario, events)
        cells = "".join(f"{np.mean(taus[name]):>8.3f}/{np.mean(tops[name]):.2f} " for name in METHODS)
        gain = float(np.mean(taus["adjusted"]) - np.mean(taus["mean"]))
        error = float(np.std(np.subtract(taus["adjusted"], taus["mean"]), ddof=1)) / len(taus["mean"]) ** 0.5
        verdict = "" if gain >= (0.03 if scenario.differs else -0.01) else "  short of the goal"
        print(f"{scenario.name:<32}{cells}{gain:>+8.3f}{error:>7.3f}{np.mean(held):>11.1%}{verdict}")


if __name__ == "__main__":
    main()
