"""What a ranking costs: fit, errors, draws, one ballot more, memory, beside the plain mean and a general mixed model; and the
jury record of 40 teams and 20 jurors as a document.

`python -m benchmarks.ranking` prints a table. The mixed model is that of statsmodels and is skipped where statsmodels is not
installed, and above 200 teams, where it takes minutes. Goals: 200 x 50 with errors in 30 ms, one ballot more in
3 ms, the fit of 10,000 x 2,000 with 50,000 ballots in 1 s.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import django
import numpy as np

from judging.ranking import Ranking, rank

Row = tuple[str, str, float]
# Teams, jurors, ballots a team, repetitions.
SIZES = ((200, 50, 4, 15), (1_000, 200, 5, 7), (10_000, 2_000, 5, 3))
MIXED_UP_TO = 200
# Teams and jurors of the record that is printed.
RECORD = (40, 20)


def an_event(teams: int, jurors: int, per_team: int, seed: int = 1) -> list[Row]:
    """Equal loads at random; sd of quality 1, of noise 1, of severity 0.7."""
    chance = np.random.default_rng(seed)
    quality, offset = chance.normal(0, 1, teams), chance.normal(0, 0.7, jurors)
    loads = np.zeros(jurors)
    rows = []
    for i in range(teams):
        chosen = np.argpartition(loads + chance.random(jurors), per_team)[:per_team]
        loads[chosen] += 1
        rows += [(f"J{j:05d}", f"T{i:05d}", float(quality[i] + offset[j] + chance.normal())) for j in chosen.tolist()]
    return rows


def plain_mean(rows: list[Row]) -> dict[str, float]:
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for _juror, team, score in rows:
        scores[team].append(score)
    return {team: sum(own) / len(own) for team, own in scores.items()}


def milliseconds(work: Callable[[], object], times: int) -> float:
    """The median; the first run warms up."""
    work()
    taken = []
    for _run in range(times):
        begin = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begin))
    return median(taken)


def peak_megabytes(work: Callable[[], object]) -> float:
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def mixed_model(rows: list[Row]) -> tuple[float, float] | None:
    """Seconds, and the largest difference to our scores, of statsmodels' MixedLM with free teams and random jurors."""
    try:
        from statsmodels.regression.mixed_linear_model import MixedLM  # noqa: PLC0415 - optional
    except ImportError:
        return None
    teams = sorted({row[1] for row in rows})
    place = {team: n for n, team in enumerate(teams)}
    shown = np.zeros((len(rows), len(teams)))
    shown[np.arange(len(rows)), [place[row[1]] for row in rows]] = 1
    begin = time.perf_counter()
    fitted = MixedLM(np.array([row[2] for row in rows]), shown, groups=np.array([row[0] for row in rows])).fit(reml=True)
    taken = time.perf_counter() - begin
    ours = rank(rows).scores
    return taken, max(abs(ours[team] - fitted.fe_params[place[team]]) for team in teams)


def record_document() -> tuple[float, float, int]:
    """Milliseconds of the first and of the median document of a whole jury record, and its pages."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "platform"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "estrade.config.settings")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("ESTRADE_DATA", folder)
        django.setup()
        from judging.record_pdf import record_pdf  # noqa: PLC0415 - needs the apps loaded

        content = a_record(*RECORD)
        begin = time.perf_counter()
        document = record_pdf(content, language="fr", digest="0" * 64)
        first = 1000 * (time.perf_counter() - begin)
        again = milliseconds(lambda: record_pdf(content, language="fr", digest="0" * 64), 3)
    return first, again, len(re.findall(rb"/Type /Page\b", document))


def a_record(teams: int, jurors: int) -> dict[str, Any]:
    """What `judging.record` keeps of a complete jury with five criteria."""
    chance = np.random.default_rng(1)
    keys = ("answer", "originality", "feasibility", "impact", "pitch")
    marks = chance.integers(0, 6, (jurors, teams, len(keys)))
    at = "2026-11-27T16:30:00+00:00"
    return {
        "format": "estrade-jury-record/1", "edition": {"slug": "event", "name": "An event"}, "round": 1, "version": 1,
        "reason": "", "made_at": at, "method": "mean", "computation": {}, "minimum": 2,
        "criteria": [{"key": key, "label": {"en": key}, "weight": "20", "lowest": "0", "highest": "5"} for key in keys],
        "teams": [{"number": n + 1, "name": f"Team {n + 1}", "withdrawn": False} for n in range(teams)],
        "jurors": [{"code": f"J{n + 1:02d}", "name": f"Juror {n + 1}", "stood_down": None} for n in range(jurors)],
        "ballots": [
            {
                "juror": f"J{j + 1:02d}", "team": i + 1, "state": "counts", "reason": "",
                "marks": dict(zip(keys, map(str, marks[j, i].tolist()), strict=True)),
                "comment": "", "feedback": "", "paper": None,
            }
            for j in range(jurors) for i in range(teams)
        ],
        "corrections": [], "ties": [], "minutes": [],
        "signatures": [{"role": "organiser", "by": "An organiser", "at": at, "reason": ""}],
        "standings": [
            {"team": n + 1, "rank": n + 1, "position": n + 1, "score": 90.0 - n, "raw": 90.0 - n, "ballots": jurors}
            for n in range(teams)
        ],
        "hashes": {"inputs": "0" * 64, "journal": "0" * 64},
    }  # fmt: skip


def main() -> None:
    print("ranking: milliseconds (median), peak memory in MB")
    names = ("mean", "fit", "+ errors", "draws", "update", "MB fit", "MB all")
    print(f"{'teams x jurors, ballots':<28}" + "".join(f"{name:>10}" for name in names) + "  estimator")
    for teams, jurors, per_team, times in SIZES:
        rows = an_event(teams, jurors, per_team)
        found = rank(rows)
        juror, team, score = rows[len(rows) // 2]

        def with_errors(rows: list[Row] = rows) -> Ranking:
            result = rank(rows)
            assert result.standard_errors
            return result

        def draws(rows: list[Row] = rows) -> object:
            return rank(rows).drawn_ranks

        figures = [
            milliseconds(lambda rows=rows: plain_mean(rows), times),  # type: ignore[misc]
            milliseconds(lambda rows=rows: rank(rows).scores, times),  # type: ignore[misc]
            milliseconds(with_errors, times),
            milliseconds(draws, min(times, 3)),
            milliseconds(lambda: found.with_ballot(juror, team, score + 0.5).scores, times),  # noqa: B023 - called at once
        ]
        memory = [peak_megabytes(lambda rows=rows: rank(rows)), peak_megabytes(draws)]  # type: ignore[misc]
        size = f"{teams} x {jurors}, {len(rows)}"
        cells = "".join(f"{figure:>10.2f}" for figure in (*figures, *memory))
        print(f"{size:<28}{cells}  {found.estimator}")
        if teams <= MIXED_UP_TO:
            other = mixed_model(rows)
            said = f"{1000 * other[0]:.0f} ms, scores apart by {other[1]:.1e}" if other else "statsmodels is not installed"
            print(f"{'':<28}MixedLM: {said}")
    first, median_, pages = record_document()
    size = f"{RECORD[0]} teams x {RECORD[1]} jurors, {pages} pages"
    print(f"jury record, {size}: {first:.0f} ms the first time, {median_:.0f} ms after that (median)")


if __name__ == "__main__":
    main()
