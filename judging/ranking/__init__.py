"""From marks to an order. Pure: plain data in, plain data out, no database and no clock."""

from judging.ranking.standings import Ballot, Criterion, Standing, ballot_points, standings

__all__ = ["Ballot", "Criterion", "Standing", "ballot_points", "standings"]
