"""Rebuilds scores and order of a jury record: python recompute.py record.json. Needs numpy. See README.md beside it."""

import json
import sys
from pathlib import Path

import numpy as np


def rebuilt(record):
    """Team to score, best first, those without a rank left out. Offsets s: (diag(n_j + strength) - N' D^-1 N) s = rests."""
    criteria = [c for c in record["criteria"] if float(c["weight"]) > 0]
    ballots = [{**b, "marks": {**b.get("filled", {}), **b["marks"]}} for b in record["ballots"] if b["state"] == "counts"]
    teams, jurors = (sorted({b[name] for b in ballots}) for name in ("team", "juror"))
    marks, seen = np.zeros((len(teams), len(jurors))), np.zeros((len(teams), len(jurors)))
    for b in ballots:
        at = teams.index(b["team"]), jurors.index(b["juror"])
        for c in criteria:
            up = (float(b["marks"][c["key"]]) - float(c["lowest"])) / (float(c["highest"]) - float(c["lowest"]))
            marks[at] += 100 * float(c["weight"]) / sum(float(one["weight"]) for one in criteria) * up
        seen[at] = 1
    count = seen.sum(1)
    scores = marks.sum(1) / count
    strength = record["computation"].get("shrinkage")
    if record["method"] == "adjusted" and strength is not None:
        left = (marks - seen * scores[:, None]).sum(0)
        scores -= seen @ np.linalg.solve(np.diag(seen.sum(0) + strength) - seen.T @ (seen / count[:, None]), left) / count
    out = {t["number"] for t in record["teams"] if t["withdrawn"]}
    kept = [(t, float(s)) for t, s, n in zip(teams, scores, count, strict=True) if n >= record["minimum"] and t not in out]
    return dict(sorted(kept, key=lambda row: -row[1]))


if __name__ == "__main__":
    record = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    scores, told = rebuilt(record), {r["team"]: r["score"] for r in record["standings"] if r["rank"] is not None}
    ordered = [scores[team] for team in told if team in scores]  # equal scores stand in the order the rule for ties gave them
    same = scores.keys() == told.keys() and all(abs(scores[t] - told[t]) < 1e-6 for t in told)
    fine = same and all(a > b - 2e-6 for a, b in zip(ordered, ordered[1:], strict=False))
    print("\n".join(f"team {team}: {score:.6f}" for team, score in scores.items()), "the same" if fine else "DIFFERENT", sep="\n")
    sys.exit(0 if fine else 1)
