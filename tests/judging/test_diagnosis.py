"""Every condition of a ranking that somebody should look at, on a jury made to have just that."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from judging.ranking import Ballot, Criterion, rank
from judging.ranking.diagnosis import STOP, Diagnosis, _Residuals, chance_above, diagnose

pytestmark = pytest.mark.embedded

IDEA = Criterion(id=1, weight=Decimal(1), lowest=Decimal(0), highest=Decimal(100))
Mark = Callable[[int, int], float | None]


def an_event(*, jurors: int = 8, teams: int = 16, seen: int = 8, seed: int = 1, spoil: Mark | None = None) -> list[Ballot]:
    """Each juror sees a run of teams; runs overlap. `spoil(juror, team)`: what the juror gives instead, None for honest."""
    chance = np.random.default_rng(seed)
    quality, offset = chance.normal(50, 12, teams), chance.normal(0, 6, jurors)
    found = []
    for j in range(jurors):
        for k in range(seen):
            team = (j * teams // jurors + k) % teams
            mark = quality[team] + offset[j] + chance.normal(0, 4)
            other = spoil(j, team) if spoil else None
            value = mark if other is None else other
            found.append(Ballot(juror=j, team=team, marks={1: Decimal(round(min(max(value, 0), 100), 2))}))
    return found


def looked_at(ballots: list[Ballot], teams: int = 16, assigned: int = 8, **changes: Any) -> Diagnosis:
    jurors = {one.juror for one in ballots}
    return diagnose(ballots, [IDEA], teams=list(range(teams)), assigned=dict.fromkeys(jurors, assigned), **changes)


def codes(found: Diagnosis, juror: int | None = None) -> set[str]:
    return {one.code for one in found.findings if juror is None or one.figures.get("juror") == juror}


def test_offsets_spread_and_noise_are_those_that_made_the_ballots() -> None:
    found = looked_at(an_event(seed=3))
    made = np.random.default_rng(3)
    _quality, offset = made.normal(50, 12, 16), made.normal(0, 6, 8)

    told = np.array([one.offset for one in found.jurors])

    assert np.corrcoef(told, offset)[0, 1] > 0.8
    assert 2.5 < found.noise < 5.5
    assert 3 < found.juror_spread < 10
    assert found.reliability is not None
    assert found.reliability > 0.8
    assert found.agreement is not None
    assert found.agreement[0] == "alpha"
    assert all(one.agreement is not None and one.agreement > 0.5 for one in found.jurors)


def test_honest_jurors_are_not_called_inconsistent() -> None:
    """False alarms are rare: at most one in 10 events of eight jurors."""
    alarms = sum("juror_inconsistent" in codes(looked_at(an_event(seed=seed))) for seed in range(10))

    assert alarms <= 1


def test_consistency_is_the_sum_of_squares_by_what_is_left_free() -> None:
    """The leverages add up to what the fit has used; MS_j by hand on one juror."""
    rows = [(one.juror, one.team, float(one.marks[1])) for one in an_event()]
    ranking = rank(rows)
    fit = _Residuals(ranking)
    design = ranking.design

    # By definition, without the shortcut: the hat matrix of the penalised fit.
    jurors, teams = len(design.jurors), len(design.entrants)
    columns = np.zeros((design.size, teams + jurors))
    columns[np.arange(design.size), design.entrant] = 1
    columns[np.arange(design.size), teams + design.juror] = 1
    penalty = np.diag([0.0] * teams + [ranking.shrinkage] * jurors)
    hat = columns @ np.linalg.solve(columns.T @ columns + penalty, columns.T)

    assert np.allclose(fit.leverage, np.diag(hat), atol=1e-9)
    mine = design.juror == 2
    squares = float((fit.rest[mine] ** 2).sum()) / ranking.var_error
    found = fit.consistency(2)
    assert found is not None
    assert found[0] == pytest.approx(squares / float((1 - np.diag(hat)[mine]).sum()))


def test_juror_who_turns_the_order_round_is_inconsistent_and_against_the_others() -> None:
    honest = {(one.juror, one.team): float(one.marks[1]) for one in an_event(seed=5)}

    found = looked_at(an_event(seed=5, spoil=lambda j, t: 100 - honest[j, t] if j == 3 else None))

    assert {"juror_inconsistent", "juror_against_the_others"} <= codes(found, juror=3)
    assert "juror_inconsistent" not in set().union(*(codes(found, juror=j) for j in range(8) if j != 3))


def test_one_value_for_everybody_does_not_discriminate() -> None:
    found = looked_at(an_event(spoil=lambda j, _t: 60 if j == 2 else None))

    assert "juror_does_not_discriminate" in codes(found, juror=2)
    assert next(one for one in found.jurors if one.juror == 2).same_share == 1.0


def test_one_ballot_far_off_is_unusual() -> None:
    found = looked_at(an_event(seed=2, spoil=lambda j, t: 100 if (j, t) == (4, 9) else None, teams=16))
    quiet = looked_at(an_event(seed=2))

    unusual = [(one.figures["juror"], one.figures["team"]) for one in found.findings if one.code == "unusual_ballot"]
    assert unusual == [(4, 9)]
    assert "unusual_ballot" not in codes(quiet)


def test_panels_without_a_link_stop_and_say_how_many_ballots_would_help() -> None:
    ballots = [one for one in an_event() if (one.juror < 4) == (one.team < 8)]

    found = looked_at(ballots)

    assert [(one.code, one.figures) for one in found.stops] == [("groups_not_linked", {"groups": 2, "needed": 1, "advised": 2})]
    assert found.stops[0].level == STOP


def test_juror_who_alone_links_two_panels_is_named() -> None:
    ballots = [one for one in an_event() if (one.juror < 4) == (one.team < 8) or one.juror == 3]

    found = looked_at(ballots)

    assert [one.figures for one in found.findings if one.code == "hangs_on_juror"] == [{"jurors": [3]}]


def test_two_panels_with_a_thin_link_are_weak_across_it() -> None:
    """Six jurors see only their half; jurors 0 and 7 see one team of the other half each: no juror's going cuts the link."""
    rows = [(j, t) for j in range(8) for t in range(14) if (j < 4) == (t < 7)]
    rows = [(j, t) for j, t in rows if t not in (6, 13) or j % 4 == 0] + [(0, 7), (7, 0)]
    chance = random.Random(1)
    level = [chance.randint(0, 40) for _juror in range(8)]
    ballots = [Ballot(juror=j, team=t, marks={1: Decimal(3 * t + level[j] + chance.randint(0, 4))}) for j, t in rows]

    found = looked_at(ballots, teams=14, assigned=7)

    assert [one.figures["teams"] for one in found.findings if one.code == "weakly_linked"] == [[6, 13]]
    assert "hangs_on_juror" not in codes(found)


def test_teams_and_jurors_with_few_ballots_are_named() -> None:
    ballots = [one for one in an_event() if one.team != 5 or one.juror == 2]
    ballots = [one for one in ballots if one.juror != 7 or one.team == 14]

    found = looked_at(ballots, minimum=2)

    assert next(one.figures for one in found.findings if one.code == "teams_not_ranked") == {"teams": [5], "minimum": 2}
    behind = next(one.figures["behind"] for one in found.findings if one.code == "jurors_with_few_ballots")
    assert (7, 1, 8) in behind


def test_winner_that_hangs_on_one_juror_is_said() -> None:
    """Team 1 leads by the 100 of juror 3 alone."""
    rows = [(1, 1, 60), (2, 1, 60), (3, 1, 100), (1, 2, 66), (2, 2, 66), (3, 2, 66), (1, 3, 20), (2, 3, 20), (3, 3, 20)]
    ballots = [Ballot(juror=j, team=t, marks={1: Decimal(x)}) for j, t, x in rows]

    found = looked_at(ballots, teams=4, assigned=3, places=1)

    rests = [one.figures for one in found.findings if one.code == "rests_on_juror"]
    assert {"juror": 3, "winner_changes": True, "in": [2], "out": [1]} in rests


def test_noise_alone_is_called_so_and_small_juries_have_no_intervals() -> None:
    chance = random.Random(7)
    noise = [Ballot(juror=j, team=t, marks={1: Decimal(chance.randint(0, 100))}) for j in range(4) for t in range(12)]

    assert "mostly_noise" in codes(looked_at(noise, teams=12, assigned=12))
    assert "jurors_do_not_differ" in codes(looked_at(noise, teams=12, assigned=12))
    small = looked_at(noise[:3], teams=3, assigned=3)
    assert "no_intervals" in codes(small)
    assert small.jurors[0].offset_error is None


def test_no_ballot_is_no_error_and_every_juror_has_a_line() -> None:
    found = diagnose([], [IDEA], teams=[1], assigned={4: 3})

    assert [(one.juror, one.ballots, one.assigned, one.consistency) for one in found.jurors] == [(4, 0, 3, None)]
    assert codes(found) == {"teams_not_ranked", "jurors_with_few_ballots"}


@pytest.mark.parametrize(("value", "degrees", "chance"), [(6.635, 1, 0.01), (23.209, 10, 0.01), (0, 3, 1.0), (5000, 10, 0.0)])
def test_tail_of_chi_squared(value: float, degrees: float, chance: float) -> None:
    assert chance_above(value, degrees) == pytest.approx(chance, abs=2e-5)
