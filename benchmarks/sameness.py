"""Whether the doors tell by their time who has an account: 500 names that exist beside 500 that do not, in turn.

`python -m benchmarks.sameness` asks the password door and the door of codes by mail, each name once. Answers and statements
are compared by tests; here is what is left, the time on the processor. Printed is how often somebody took longer than nobody
(one half: nothing to be told apart), with the interval in which that lies by chance alone in 99 of 100 runs.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from math import sqrt
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = 500
# Standard deviations of 99 in 100.
CERTAIN = 2.576


def main(names: int = NAMES) -> None:
    """Measure and print. Makes a database of its own and throws it away."""
    with tempfile.TemporaryDirectory(prefix="estrade-sameness-") as folder:
        # Settings are read once per process: this benchmark has one of its own.
        if os.environ.get("ESTRADE_BENCHMARK") != "sameness":
            environment = {**os.environ, "ESTRADE_DATA": folder, "ESTRADE_BENCHMARK": "sameness"}
            environment = {name: value for name, value in environment.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
            sys.stdout.flush()
            command = [sys.executable, "-m", "benchmarks.sameness"]
            if code := os.spawnve(os.P_WAIT, sys.executable, command, environment):
                raise SystemExit(code)
            return
        _measure(names)


def _measure(names: int) -> None:
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    os.environ["DJANGO_SETTINGS_MODULE"] = "estrade.config.settings"
    import django  # noqa: PLC0415 - only in the child
    from django.conf import settings  # noqa: PLC0415 - only in the child
    from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: PLC0415 - only in the child

    # The hash of the product, a hundred times quicker: it is the same for both sides, and what differs shows better.
    PBKDF2PasswordHasher.iterations //= 100
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - needs the apps loaded

    from estrade.kernel.refusal import Refused  # noqa: PLC0415 - needs the apps loaded
    from estrade.people.mail_codes import ask_mail_code  # noqa: PLC0415 - needs the apps loaded
    from estrade.people.signin import identify  # noqa: PLC0415 - needs the apps loaded
    from tests import builders  # noqa: PLC0415 - needs the apps loaded

    settings.MAIL = "smtp"
    call_command("migrate", verbosity=0)
    for number in range(names):
        builders.a_person(username=f"known{number}", email=f"known{number}@example.org")

    def by_password(name: str) -> None:
        try:
            identify(name=name, password="wrong")
        except Refused:
            return

    doors: dict[str, tuple[Callable[[str], object], str]] = {
        "password": (by_password, "{}"),
        "code by mail": (lambda address: ask_mail_code(email=address), "{}@example.org"),
    }
    print(f"\n{names} names that exist and {names} that do not, asked in turn, SQLite, one process")
    print(f"{'':16}{'known':>12}{'unknown':>12}{'longer':>9}{'by chance':>16}")
    for door, (ask, shape) in doors.items():
        known, unknown = _times(ask, shape, names)
        longer = _share_of_longer(known, unknown)
        spread = CERTAIN * sqrt((2 * names + 1) / (12 * names * names))
        middle = [f"{1000 * sorted(times)[names // 2]:9.3f} ms" for times in (known, unknown)]
        print(
            f"{door:16}{middle[0]:>12}{middle[1]:>12}{longer:9.3f}{f'{0.5 - spread:.3f} to {0.5 + spread:.3f}':>16}", flush=True
        )


def _times(ask: Callable[[str], object], shape: str, names: int) -> tuple[list[float], list[float]]:
    """Processor time per name, in an order drawn by lot, after some that warm everything up."""
    for number in range(20):
        ask(shape.format(f"warm{number}"))
    order = [(which, number) for which in ("known", "nobody") for number in range(names)]
    random.Random(7).shuffle(order)  # noqa: S311 - an order, not a secret
    times: dict[str, list[float]] = {"known": [], "nobody": []}
    for which, number in order:
        began = time.thread_time()
        ask(shape.format(f"{which}{number}"))
        times[which].append(time.thread_time() - began)
    return times["known"], times["nobody"]


def _share_of_longer(some: list[float], others: list[float]) -> float:
    """How often one of `some` is longer than one of `others`, over all pairs; a tie is half."""
    won = sum((one > other) + 0.5 * (one == other) for one in some for other in others)
    return won / (len(some) * len(others))


if __name__ == "__main__":
    main()
