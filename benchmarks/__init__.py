"""Benchmarks: run with `python -m benchmarks` or one by one."""

import os

# As in the product, see manage.py.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
