"""Who goes on: a number overall or of each group, and ties at the border."""

import pytest

from judging.advancing import ALL_TIED, CHAIN, Entrant, advancing

pytestmark = pytest.mark.embedded

# Ranks after the tie-break chain: 2 and 3 have the same points, and so have 5 and 6, which share the rank even after it.
ROWS = [(1, 1, 90.0, "A"), (2, 2, 80.0, "B"), (3, 3, 80.0, "A"), (4, 4, 70.0, "B"), (5, 5, 60.0, "A"), (6, 5, 60.0, "B")]


def entrants(*, grouped: bool = False) -> list[Entrant]:
    found = [Entrant(team=team, rank=rank, score=score, group=group if grouped else "") for team, rank, score, group in ROWS]
    return [*found[::-1], Entrant(team=7, rank=None, score=95.0, group="A")]


@pytest.mark.parametrize(
    ("count", "ties", "grouped", "going"),
    [
        (1, ALL_TIED, False, {1}),
        (2, ALL_TIED, False, {1, 2, 3}),
        (2, CHAIN, False, {1, 2}),
        (5, CHAIN, False, {1, 2, 3, 4, 5, 6}),
        (99, CHAIN, False, {1, 2, 3, 4, 5, 6}),
        (1, ALL_TIED, True, {1, 2}),
        (2, CHAIN, True, {1, 3, 2, 4}),
    ],
)
def test_the_number_the_groups_and_the_border(count: int, ties: str, grouped: bool, going: set[int]) -> None:
    assert advancing(entrants(grouped=grouped), count=count, ties=ties) == going


def test_nobody_goes_on_where_nobody_is_ranked() -> None:
    assert advancing([Entrant(team=1, rank=None, score=None, group="")], count=3, ties=ALL_TIED) == set()
