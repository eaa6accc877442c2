"""The cheapest way to give each of n rows one of n columns (the assignment problem).

Shortest augmenting paths with potentials, O(n^3): H. W. Kuhn, "The Hungarian method for the assignment
problem" (1955), in the form of R. Jonker and A. Volgenant (1987). Plain lists: at the sizes used here
(about a dozen) that is faster than arrays.
"""

from collections.abc import Sequence

INFINITY = float("inf")


def cheapest_assignment(cost: Sequence[Sequence[float]]) -> list[int]:
    """For each row its column, with the least sum. `cost` is square and finite."""
    n = len(cost)
    row_price, column_price = [0.0] * (n + 1), [0.0] * (n + 1)
    row_of = [n] * (n + 1)
    for row in range(n):
        row_of[n] = row
        column, before = _shortest_path(cost, row_of, row_price, column_price)
        while column != n:
            row_of[column] = row_of[before[column]]
            column = before[column]
    chosen = [0] * n
    for column in range(n):
        chosen[row_of[column]] = column
    return chosen


def _shortest_path(
    cost: Sequence[Sequence[float]], row_of: list[int], row_price: list[float], column_price: list[float]
) -> tuple[int, list[int]]:
    """From the row parked at column n to a free column; adjusts the prices, returns that column and the way back."""
    n = len(cost)
    least, before = [INFINITY] * n, [n] * n
    column, visited, open_columns = n, [n], list(range(n))
    while True:
        current = row_of[column]
        line, price = cost[current], row_price[current]
        delta, following = INFINITY, n
        for j in open_columns:
            reduced = line[j] - price - column_price[j]
            if reduced < least[j]:
                least[j], before[j] = reduced, column
            if least[j] < delta:
                delta, following = least[j], j
        for j in visited:
            row_price[row_of[j]] += delta
            column_price[j] -= delta
        for j in open_columns:
            least[j] -= delta
        if row_of[following] == n:
            return following, before
        column = following
        visited.append(column)
        open_columns.remove(column)
