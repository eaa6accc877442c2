"""`python -m benchmarks [name ...]` (or `make bench`): everything that must be fast, beside what it is compared with."""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
from collections.abc import Awaitable, Callable

from benchmarks import assignment, fairness, fanout, imports, memory, pages, ranking, report, sameness, score_write, teams

BENCHMARKS: dict[str, Callable[[bool], Awaitable[report.Section]]] = {
    "score_write": score_write.measure,
    "fanout": fanout.measure,
    "memory": memory.measure,
    "pages": pages.measure,
}
# These print what they find; their figures are for who works on that room.
PRINTED: dict[str, Callable[[], None]] = {
    "imports": imports.main,
    "ranking": ranking.main,
    "assignment": assignment.main,
    "fairness": fairness.main,
    "teams": teams.main,
    "sameness": sameness.main,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"which ones: {', '.join([*BENCHMARKS, *PRINTED])} (all)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it runs; the page is not written")
    parser.add_argument("--embedded", action="store_true", help="leave out PostgreSQL and Redis")
    options = parser.parse_args()
    score_write.IS_ALONE = options.embedded
    if unknown := sorted(set(options.name) - {*BENCHMARKS, *PRINTED}):
        parser.error(f"there is no benchmark called {unknown[0]}; there are {', '.join([*BENCHMARKS, *PRINTED])}")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted, load = options.name or [*BENCHMARKS, *PRINTED], os.getloadavg()[0]
    names = [name for name in wanted if name in BENCHMARKS]
    sections = []
    for name in names:
        sections.append(asyncio.run(BENCHMARKS[name](options.quick)))
        print("\n".join(sections[-1].lines()), flush=True)
    if set(names) == set(BENCHMARKS) and not (options.quick or options.embedded):
        report.PAGE.write_text(report.page(sections, command="python -m benchmarks", load=(load, os.getloadavg()[0])))
        print(f"Written to {report.PAGE.relative_to(report.PAGE.parent.parent)}")
    elif sections and not (options.quick or options.embedded):
        text = report.PAGE.read_text()
        for section in sections:
            text = report.with_section(text, section, load=(load, os.getloadavg()[0]))
        report.PAGE.write_text(text)
    for name in wanted:
        if name in PRINTED and not options.quick:
            PRINTED[name]()


if __name__ == "__main__":
    main()
