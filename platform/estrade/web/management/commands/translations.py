"""`manage.py translations`: collect the sentences, merge them into fr.po, compile fr.mo.

Uses Babel, so that a machine without gettext can do it. The compiled file is kept in the
repository (docs/decisions/0006): the site speaks French without a build step.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.utils.translation.template import templatize

ROOMS = ("platform", "challenges", "teams", "judging", "realtime")
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
FOLDER = Path("platform/estrade/web/locale/fr/LC_MESSAGES")
# A fixed date: the file changes only when a sentence does.
BORN = datetime(2026, 1, 1, tzinfo=UTC)


class Command(BaseCommand):
    help = "Collect sentences into fr.po and compile fr.mo. With --check: only say what is missing."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.BASE_DIR / FOLDER
        catalog = merged_catalog(folder / "django.po")
        missing = [message for message in catalog if message.id and not is_translated(message)]
        po, mo = io.BytesIO(), io.BytesIO()
        write_po(po, catalog, no_location=True, sort_output=True, ignore_obsolete=True, width=120)
        write_mo(mo, catalog)
        if options["check"]:
            stale = po.getvalue() != (folder / "django.po").read_bytes() or mo.getvalue() != (folder / "django.mo").read_bytes()
            if missing or stale:
                sentences = "\n".join(f"  {message.id!r}" for message in missing)
                raise CommandError(
                    f"{len(missing)} sentences without French.\n{sentences}\nThen type: python manage.py translations"
                )
            return
        (folder / "django.po").write_bytes(po.getvalue())
        (folder / "django.mo").write_bytes(mo.getvalue())
        self.stdout.write(f"{len(catalog)} sentences, {len(missing)} without French.")
        for message in missing:
            self.stdout.write(f"  {message.id!r}")


def merged_catalog(po: Path) -> Catalog:
    """The sentences found in the code, with the French already known for them."""
    known = read_po(po.open("rb"), locale="fr") if po.exists() else Catalog(locale="fr")
    catalog = Catalog(
        locale="fr",
        project="Estrade",
        version="1",
        copyright_holder="Estrade contributors",
        creation_date=BORN,
        revision_date=BORN,
        last_translator="Estrade contributors",
        language_team="French",
        header_comment="# French of Estrade.",
        charset="utf-8",
        fuzzy=False,
    )
    for text, context, comments in found_sentences():
        old = known.get(text[0] if isinstance(text, tuple) else text, context)
        string = old.string if old is not None and not old.fuzzy else None
        catalog.add(text, string, context=context, auto_comments=comments, flags=old.flags if old else ())
    return catalog


def is_translated(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return bool(strings) and all(strings)


def found_sentences() -> Iterator[tuple[Any, str | None, list[str]]]:
    """(text or (singular, plural), context, translators' comments) of every Python file and template."""
    for room in ROOMS:
        for path in sorted((settings.BASE_DIR / room).rglob("*")):
            if path.suffix not in {".py", ".html", ".txt"} or "/data/" in path.as_posix():
                continue
            source = path.read_text(encoding="utf-8")
            code = source if path.suffix == ".py" else templatize(source)
            for _line, text, comments, context in extract("python", io.BytesIO(code.encode()), KEYWORDS, ["Translators:"]):
                yield text, context, comments
