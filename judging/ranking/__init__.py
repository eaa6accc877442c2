"""From marks to an order. Pure: plain data in, plain data out, no database and no clock.

`rank` scores entrants from rows of ballots; `table` and `standings` do so from marks on several criteria and split ties;
`judging.ranking.agreement` says how far jurors agree; `judging.ranking.pairwise` ranks from comparisons.
See docs/guide/ranking.md.
"""

from judging.ranking.marks import Ballot, Criterion, ballot_points
from judging.ranking.problems import Unrankable
from judging.ranking.ranking import Component, Ranking, rank, update
from judging.ranking.standings import Standing, Table, linked_groups, standings, table

__all__ = [
    "Ballot",
    "Component",
    "Criterion",
    "Ranking",
    "Standing",
    "Table",
    "Unrankable",
    "ballot_points",
    "linked_groups",
    "rank",
    "standings",
    "table",
    "update",
]
