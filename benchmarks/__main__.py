"""`python -m benchmarks` (or `make bench`): everything that must be fast, measured beside what it is compared with."""

from benchmarks import fanout, teams

fanout.main()
teams.main()
