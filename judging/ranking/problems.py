"""What is wrong with data that cannot be ranked: a stable code, plain figures, one sentence."""

from typing import Any


class Unrankable(ValueError):
    """Data that cannot be ranked.

    `code` is stable, `figures` are plain data that name the culprit (`juror`, `entrant`, `row`, ...),
    `str()` is a sentence for a log. Codes:

    unknown_method, row_malformed, score_not_a_number, weight_invalid, ballot_twice, unknown_entrant,
    weights_all_zero, scale_without_length, mark_not_a_number, mark_off_scale, unknown_criterion,
    nothing_to_compare, table_incomplete, unknown_level.

    >>> try:
    ...     raise Unrankable("ballot_twice", "Juror J1 has two ballots on T1.", juror="J1", entrant="T1")
    ... except Unrankable as problem:
    ...     problem.code, problem.figures
    ('ballot_twice', {'juror': 'J1', 'entrant': 'T1'})
    """

    def __init__(self, code: str, sentence: str, **figures: Any) -> None:
        super().__init__(sentence)
        self.code = code
        self.figures = figures
