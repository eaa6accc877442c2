"""`python -m benchmarks` (or `make bench`): everything that must be fast, measured beside what it is compared with."""

from benchmarks.fanout import main

main()
