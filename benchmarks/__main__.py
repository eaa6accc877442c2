"""`python -m benchmarks` (or `make bench`): everything that must be fast, measured beside what it is compared with."""

from benchmarks import fanout, imports

fanout.main()
imports.main()
