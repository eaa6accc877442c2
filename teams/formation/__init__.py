"""From people, wishes and rules to teams. Pure: plain data in, plain data out, no database.

The data have the format `team-formation/1`; `compose` is the way in.
"""

from teams.formation.composing import compose
from teams.formation.obstacles import find_obstacles, relaxed
from teams.formation.problem import BadInstance
from teams.formation.reasons import Reason, reasons
from teams.formation.repairing import repair
from teams.formation.scoring import Evaluation, evaluate, on_the_day

__all__ = [
    "BadInstance",
    "Evaluation",
    "Reason",
    "compose",
    "evaluate",
    "find_obstacles",
    "on_the_day",
    "reasons",
    "relaxed",
    "repair",
]
