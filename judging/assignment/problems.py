"""Why no plan exists: a stable code, and the rule, the team and both numbers in plain data."""

from typing import Any


class Unassignable(ValueError):
    """No plan can keep all rules, or what was asked for makes no sense.

    `code` is stable, `figures` are plain data, `str()` a sentence for a log. Codes:

    team_twice (team), juror_twice (juror), unknown_team, unknown_juror (in conflicts, kinds, limits or ballots kept),
    count_invalid (per_team, limit), too_few_jurors (wanted per team, jurors), limits_too_low (wanted ballots, possible),
    team_without_jurors (team, wanted, allowed), kind_without_jurors (team, kind, wanted, allowed),
    limits_of_kind_too_low (kind, wanted, possible), team_unserved (team, wanted, given: conflicts and limits together).
    """

    def __init__(self, code: str, sentence: str, **figures: Any) -> None:
        super().__init__(sentence)
        self.code = code
        self.figures = figures
