"""Which challenge each unit works on, before anybody sits in a team.

A relaxation of the whole task: per challenge only totals count (people, people per school, holders of a
skill). With T teams on a challenge at least max(0, people of a school - T) of them share a team with a
schoolmate, and at least max(0, T - holders) teams lack a skill. Simulated annealing over single moves
and swaps; the number of teams of a challenge follows from its people.
"""

from collections.abc import Callable, Sequence
from math import exp
from random import Random

from teams.formation.problem import Problem

HOT, COLD = 6.0, 0.25
BROKEN_SHARE = 0.012
LIKED = 4


class Sharing:
    """Totals per challenge, and the price of each challenge under the best number of teams for its people."""

    def __init__(self, problem: Problem) -> None:
        rules = problem.rules
        self.problem = problem
        self.rules = rules
        # Far below `hard`, or no way would lead from a challenge of four people to one of eight.
        self.broken_price = BROKEN_SHARE * rules.hard
        self.size = [int(size) for size in problem.unit_size]
        self.preference = problem.unit_preference.tolist()
        self.school = [[(s, int(n)) for s, n in enumerate(row) if n] for row in problem.unit_school]
        self.wished = [
            [(v, -float(price)) for v, price in enumerate(row) if price < 0] if problem.has_links else [] for row in problem.link
        ]
        self.skill = [[(q, int(n)) for q, n in enumerate(row) if n] for row in problem.unit_skill]
        self.where = [-1] * len(problem.units)
        self.seeds = [[challenge for _, challenge in problem.locked].count(c) for c in range(len(problem.challenges))]
        self.people = [0] * len(problem.challenges)
        self.schools = [[0] * problem.unit_school.shape[1] for _ in problem.challenges]
        self.doubled = [[0] * problem.unit_school.shape[1] for _ in problem.challenges]
        self.skills = [[0] * problem.unit_skill.shape[1] for _ in problem.challenges]
        self.price: list[float] = []

    def begin(self, rng: Random) -> None:
        """Everybody on the challenge liked best, locked ones on theirs."""
        fixed, challenges = dict(self.problem.locked), range(len(self.problem.challenges))
        for unit, prices in enumerate(self.preference):
            drawn = [(prices[challenge], rng.random(), challenge) for challenge in challenges]
            self.put(unit, fixed.get(unit, min(drawn)[2]))
        self.reprice()

    def reprice(self) -> None:
        """Bring the prices of all challenges up to their totals."""
        self.price = [self._cheapest(challenge)[0] for challenge in range(len(self.problem.challenges))]

    def put(self, unit: int, challenge: int) -> None:
        """Move a unit's totals to `challenge` (-1: nowhere); the prices stay as they were."""
        for at, sign in ((self.where[unit], -1), (challenge, 1)):
            if at >= 0:
                self.people[at] += sign * self.size[unit]
                row, doubled = self.schools[at], self.doubled[at]
                for school, count in self.school[unit]:
                    row[school] += sign * count
                    doubled[school] += sign * (count - 1)
                row = self.skills[at]
                for skill, count in self.skill[unit]:
                    row[skill] += sign * count
        self.where[unit] = challenge

    def teams(self, challenge: int) -> int:
        """How many teams suit the people on this challenge best."""
        return self._cheapest(challenge)[1]

    def _cheapest(self, challenge: int) -> tuple[float, int]:
        rules, people = self.rules, self.people[challenge]
        low = max(self.problem.teams_min[challenge], self.seeds[challenge])
        high = max(self.problem.teams_max[challenge], low)
        first, last = -(-people // rules.size_max), people // rules.size_min
        first, last = min(max(first, low), high), max(min(last, high), low)
        if first > last:
            first, last = last, first
        best, chosen = float("inf"), first
        for count in range(first, last + 1):
            price = self._with_teams(challenge, count)
            if price < best:
                best, chosen = price, count
        return best, chosen

    def _with_teams(self, challenge: int, count: int) -> float:
        rules, people = self.rules, self.people[challenge]
        broken = max(0, rules.size_min * count - people) + max(0, people - rules.size_max * count)
        same, most = 0, rules.max_same_school * count
        for number, doubled in zip(self.schools[challenge], self.doubled[challenge], strict=True):
            if number - count > doubled:
                same += number - count
                if number > most:
                    broken += number - most
            else:
                same += doubled
        missing = 0
        for holders in self.skills[challenge]:
            if holders < count:
                missing += count - holders
        return rules.same_school * same + rules.missing_skill * missing + self.broken_price * broken

    def change(self, moves: Sequence[tuple[int, int]]) -> tuple[float, dict[int, float], list[tuple[int, int]]]:
        """Carry out moves (unit, challenge); returns the difference, the new prices and how to take it back."""
        back = [(unit, self.where[unit]) for unit, _ in moves]
        touched = {at for _, at in back} | {to for _, to in moves}
        difference = 0.0
        for unit, to in moves:
            at = self.where[unit]
            difference += self.preference[unit][to] - self.preference[unit][at]
            for other, price in self.wished[unit]:
                difference += price * ((self.where[other] == at) - (self.where[other] == to))
            self.put(unit, to)
        prices = {c: self._cheapest(c)[0] for c in touched}
        difference += sum(price - self.price[c] for c, price in prices.items())
        return difference, prices, back


def share_out(problem: Problem, rng: Random, steps: int, should_stop: Callable[[], bool]) -> Sharing:
    """The best sharing found in `steps` trial moves."""
    sharing = Sharing(problem)
    sharing.begin(rng)
    draw = _Draw(sharing, rng)
    value = best = 0.0
    kept = list(sharing.where)
    for step in range(steps if draw.is_possible else 0):
        if step % 256 == 0 and should_stop():
            break
        moves = draw.moves()
        if not moves:
            continue
        difference, prices, back = sharing.change(moves)
        if difference > 0 and rng.random() >= exp(-difference / (HOT * (COLD / HOT) ** (step / steps))):
            for unit, before in back:
                sharing.put(unit, before)
            continue
        for challenge, price in prices.items():
            sharing.price[challenge] = price
        value += difference
        if value < best - 1e-9:
            best, kept = value, list(sharing.where)
    for unit, challenge in enumerate(kept):
        sharing.put(unit, challenge)
    sharing.reprice()
    return sharing


class _Draw:
    """Random moves: one unit to a challenge, mostly one it likes, or two units change places."""

    def __init__(self, sharing: Sharing, rng: Random) -> None:
        self.sharing, self.rng = sharing, rng
        fixed = dict(sharing.problem.locked)
        self.challenges = len(sharing.problem.challenges)
        self.free = [unit for unit in range(len(sharing.problem.units)) if unit not in fixed]
        self.liked = [sorted(range(self.challenges), key=prices.__getitem__)[:LIKED] for prices in sharing.preference]

    @property
    def is_possible(self) -> bool:
        return bool(self.free) and self.challenges > 1

    def moves(self) -> list[tuple[int, int]]:
        rng, where = self.rng, self.sharing.where
        unit = self.free[int(rng.random() * len(self.free))]
        liked, at = self.liked[unit], where[unit]
        to = liked[int(rng.random() * len(liked))] if rng.random() < 0.7 else int(rng.random() * self.challenges)
        if to == at:
            return []
        if rng.random() >= 0.6:
            return [(unit, to)]
        other = self.free[int(rng.random() * len(self.free))]
        if where[other] == at:
            return []
        return [(unit, where[other]), (other, at)]
