"""Published figures, and figures of other programs, that the ranking must reproduce (tests/judging/data/README.md)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from judging.ranking import rank
from judging.ranking.agreement import icc, kendall_w, krippendorff_alpha

pytestmark = pytest.mark.embedded

DATA = Path(__file__).parent / "data"
Row = tuple[str, str, float]


def table(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def rows(name: str, column: str = "score") -> list[Row]:
    return [(row["judge"], row["entrant"], float(row[column])) for row in table(name)]


def expected(part: str, key: str, column: str) -> dict[str, float]:
    return {row[key]: float(row[column]) for row in table(f"synthetic40x20_{part}")}


SYNTHETIC = rows("synthetic40x20")
SUMMARY = expected("summary", "quantity", "value")


def test_adjusted_scores_errors_and_offsets_are_those_of_lme4() -> None:
    found = rank(SYNTHETIC)

    assert found.scores == pytest.approx(expected("entrants", "entrant", "adjusted_FR"), abs=1e-6)
    assert found.standard_errors == pytest.approx(expected("entrants", "entrant", "se_FR"), abs=1e-6)
    assert found.offsets == pytest.approx(expected("judges", "judge", "severity_FR"), abs=1e-6)
    assert found.raw_means == pytest.approx(expected("entrants", "entrant", "raw_mean"), abs=1e-6)
    assert found.ballots == expected("entrants", "entrant", "n")


def test_variance_components_and_likelihood_are_those_of_lme4() -> None:
    found = rank(SYNTHETIC)

    assert (found.estimator, found.degrees, len(found.components)) == ("reml", 89, 1)
    assert found.var_juror == pytest.approx(SUMMARY["FR_var_judge"], rel=1e-6)
    assert found.var_error == pytest.approx(SUMMARY["FR_var_resid"], rel=1e-6)
    assert found.log_likelihood == pytest.approx(-SUMMARY["FR_m2REMLll"] / 2, abs=1e-6)
    assert found.shrinkage == pytest.approx(found.var_error / found.var_juror)


def test_shrunk_scores_are_the_predictions_of_lme4() -> None:
    found = rank(SYNTHETIC, method="shrunk")

    assert found.effects == pytest.approx(expected("entrants", "entrant", "blup_RR"), abs=1e-5)
    assert found.offsets == pytest.approx(expected("judges", "judge", "severity_RR"), abs=1e-5)
    assert found.mean == pytest.approx(SUMMARY["RR_mu"], abs=1e-5)
    assert found.scores["T01"] == pytest.approx((found.mean or 0) + found.effects["T01"])
    components = (found.var_entrant, found.var_juror, found.var_error)
    assert components == pytest.approx([SUMMARY[f"RR_var_{name}"] for name in ("entrant", "judge", "resid")], rel=1e-5)
    assert found.log_likelihood == pytest.approx(-SUMMARY["RR_m2REMLll"] / 2, abs=1e-6)


def test_fixed_scores_are_those_of_least_squares() -> None:
    found = rank(SYNTHETIC, method="fixed")

    assert found.scores == pytest.approx(expected("entrants", "entrant", "ls_fixed"), abs=1e-6)
    assert found.var_error == pytest.approx(SUMMARY["LS_resid_var"], rel=1e-6)
    assert sum(found.offsets.values()) == pytest.approx(0, abs=1e-9)


def test_intraclass_correlations_are_those_of_shrout_and_fleiss() -> None:
    found = icc(rows("shrout_fleiss_1979"))

    single, several = (found.icc_1_1, found.icc_2_1, found.icc_3_1), (found.icc_1_k, found.icc_2_k, found.icc_3_k)
    assert [round(square, 2) for square in (found.bms, found.wms, found.jms, found.ems)] == [11.24, 6.26, 32.49, 1.02]
    assert single == pytest.approx((0.1657418, 0.2897638, 0.7148407), abs=1e-6)
    assert several == pytest.approx((0.4427971, 0.6200505, 0.9093155), abs=1e-6)


def test_concordance_and_rank_sums_are_those_of_the_wine_tasting() -> None:
    published = table("quandt_expected")[0]
    tasting = rows("quandt_winetaster_1998-03-09", "rank")

    found = kendall_w(tasting)
    order = rank([(judge, wine, -place) for judge, wine, place in tasting])

    assert found.w == pytest.approx(float(published["kendall_W"]), abs=0.00006)
    assert list(found.rank_sums.values()) == [float(votes) for votes in published["votes_against"].split()]
    assert list(order.ranks.values()) == [int(place) for place in published["group_rank"].split()]


def test_alpha_of_the_synthetic_ballots() -> None:
    assert krippendorff_alpha(SYNTHETIC) == pytest.approx(0.55482, abs=5e-6)
