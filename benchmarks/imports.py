"""What it costs to bring ten thousand people in: in batches, beside the way that asks the database for each person.

`python -m benchmarks.imports` previews and imports one list twice into an empty database of its own: as the
product does it, and row by row (fewer of them), as a first version would. Absolute times depend on the machine; the ratios are
the figures to compare.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCHOOLS = 40


def list_of(people: int) -> bytes:
    """A list with everything the reader understands; one in ten wishes to be with the one before."""
    rows = ["N°;NOM Prénom;Établissement;Classe;Vœu 1;Vœu 2;Points forts;Avec;Mineur;Autorisation parentale"]
    for n in range(1, people + 1):
        friend = f"FAMILLE{_letters(n - 1)} Prénom" if n % 10 == 0 else ""
        rows.append(
            f"{n};FAMILLE{_letters(n)} Prénom;Lycée {_letters(n % SCHOOLS)};Seconde;{n % 3 + 1};;analyse / vidéo;{friend};Oui;Oui"
        )
    return "\r\n".join(rows).encode("cp1252")


def _letters(number: int) -> str:
    return "".join(chr(ord("A") + int(digit)) for digit in f"{number:05}")


def measured(what: Callable[[], Any]) -> tuple[Any, float, int]:
    """The result, the seconds and the number of queries."""
    from django.db import connection  # noqa: PLC0415 - needs the settings

    counted = 0

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal counted
        counted += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        began = time.perf_counter()
        result = what()
        return result, time.perf_counter() - began, counted


def row_by_row(edition: Any, reading: Any) -> None:
    """The reference: for each person, look for it, create it, give it role, profile and wishes."""
    from django.db import transaction  # noqa: PLC0415 - needs the settings

    from estrade.people.models import Organisation, Role  # noqa: PLC0415 - needs the apps loaded
    from estrade.people.people import create_person  # noqa: PLC0415 - needs the apps loaded
    from teams.models import Profile, Wish  # noqa: PLC0415 - needs the apps loaded

    people: dict[str, Any] = {}
    with transaction.atomic():
        for listed in reading.people:
            school = Organisation.objects.get(name=reading.school_names[listed.school])
            known = Profile.objects.filter(edition=edition, listed_as=listed.number).select_related("person").first()
            person = known.person if known else create_person(first_name=listed.first_name, last_name=listed.last_name)
            people[listed.key] = person
            Role.objects.get_or_create(
                person=person, edition=edition, role="participant", defaults={"organisation": school, "level": listed.level}
            )
            brought = {
                "skills": list(listed.skills), "choices": list(listed.choices), "listed_as": listed.number,
                "is_minor": listed.is_minor, "parental_consent": listed.consent,
            }  # fmt: skip
            Profile.objects.get_or_create(person=person, edition=edition, defaults=brought)
        for listed in reading.people:
            for friend in listed.friends:
                Wish.objects.get_or_create(edition=edition, person=people[listed.key], other=people[friend], kind="together")


def main(people: int = 10_000, reference: int = 2_000) -> None:
    """Measure and print. Makes a database of its own and throws it away."""
    with tempfile.TemporaryDirectory(prefix="estrade-imports-") as folder:
        # Settings are read once per process: this benchmark has one of its own.
        if os.environ.get("ESTRADE_BENCHMARK") != "imports":
            environment = {**os.environ, "ESTRADE_DATA": folder, "ESTRADE_BENCHMARK": "imports"}
            environment = {name: value for name, value in environment.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
            sys.stdout.flush()
            if code := os.spawnve(
                os.P_WAIT,
                sys.executable,
                [sys.executable, "-m", "benchmarks.imports", f"--people={people}", f"--reference={reference}"],
                environment,
            ):
                raise SystemExit(code)
            return
        _measure(people, reference)


def _measure(people: int, reference: int) -> None:
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    os.environ["DJANGO_SETTINGS_MODULE"] = "estrade.config.settings"
    import django  # noqa: PLC0415 - only in the child

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - needs the apps loaded

    from teams.intake import ground_of, import_participants, read_list  # noqa: PLC0415 - needs the apps loaded
    from teams.intake_schools import Answers  # noqa: PLC0415 - needs the apps loaded
    from tests import builders  # noqa: PLC0415 - needs the apps loaded

    call_command("migrate", verbosity=0)
    ours, theirs = builders.an_edition(), builders.an_edition()
    for edition in (ours, theirs):
        for _ in range(3):
            builders.a_challenge(edition)
    data = list_of(people)

    def bring(*, dry_run: bool) -> Any:
        return import_participants(
            person=None, edition=ours, data=data, filename="list.csv", answers=Answers(suggested=True), dry_run=dry_run
        )

    print(f"\nImport of {people} people ({len(data) / 1024:.0f} KB), SQLite, one process")
    print(f"{'':44}{'seconds':>9}{'rows/s':>9}{'queries':>9}")
    times = {}
    for name, work in (
        ("preview", lambda: bring(dry_run=True)),
        ("import", lambda: bring(dry_run=False)),
        ("the same list again", lambda: bring(dry_run=False)),
    ):
        report, seconds, queries = measured(work)
        if report.is_blocked:
            raise SystemExit("The list of the benchmark was refused.")
        times[name] = seconds
        print(f"{name:44}{seconds:9.2f}{people / seconds:9.0f}{queries:9}", flush=True)
    some = min(people, reference)
    reading = read_list(list_of(some), ground_of(theirs), Answers(suggested=True), "")
    _, seconds, queries = measured(lambda: row_by_row(theirs, reading))
    name = f"row by row, {some} people, writing alone"
    print(f"{name:44}{seconds:9.2f}{some / seconds:9.0f}{queries:9}")
    faster = (people / times["import"]) / (some / seconds)
    print(f"ratio of rows per second, import (with reading) to row by row (without): {faster:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--reference", type=int, default=2_000, help="people of the way that is slow")
    asked = parser.parse_args()
    main(asked.people, asked.reference)
