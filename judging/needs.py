"""How many jurors and minutes a jury needs: what an organiser has to know before inviting anybody.

Pure arithmetic: teams, ballots, minutes and jurors in, whole minutes and jurors out. Knows no table.
"""

from dataclasses import dataclass

# What four ballots and eight minutes are to a first look: good rankings begin at four, a pitch with questions takes eight.
USUAL_BALLOTS = 4
USUAL_MINUTES = 8


@dataclass(frozen=True, kw_only=True)
class Needs:
    """`ballots` for each of `teams`, each taking `minutes` of one of `jurors`; all at least 1. `there`: minutes there are."""

    teams: int
    ballots: int
    minutes: int
    jurors: int
    there: int | None = None

    @property
    def total(self) -> int:
        """Minutes until the last ballot is in where the work is shared evenly, rounded up."""
        return -(-self.teams * self.ballots * self.minutes // self.jurors)

    @property
    def fewest(self) -> int:
        """Teams of the juror who scores fewest of them."""
        return self.teams * self.ballots // self.jurors

    @property
    def most(self) -> int:
        """Teams of the juror who scores most of them."""
        return -(-self.teams * self.ballots // self.jurors)

    @property
    def longest(self) -> int:
        """Minutes of the juror with most teams: teams do not divide."""
        return self.most * self.minutes

    @property
    def too_few(self) -> bool:
        """Nobody scores a team twice, so a team gets at most one ballot from each juror."""
        return self.jurors < self.ballots

    @property
    def enough(self) -> int | None:
        """Jurors with whom it is done in the minutes that are there; None where not even one team fits in."""
        each = (self.there or 0) // self.minutes
        return max(-(-self.teams * self.ballots // each), self.ballots) if each else None
