"""`python -m benchmarks` (or `make bench`): everything that must be fast, measured beside what it is compared with."""

from benchmarks import assignment, fairness, fanout, ranking

fanout.main()
ranking.main()
assignment.main()
fairness.main()
