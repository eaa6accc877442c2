"""Which jurors score which teams. Pure: plain data in, plain data out, no database and no clock.

`assign` makes a plan or says which rule stands in the way; `quality` measures any plan; `next_team` serves jurors who walk
from stand to stand.
"""

from judging.assignment.links import Quality, quality
from judging.assignment.plan import Plan, assign, next_team
from judging.assignment.problems import Unassignable

__all__ = ["Plan", "Quality", "Unassignable", "assign", "next_team", "quality"]
