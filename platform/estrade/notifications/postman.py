"""Writes what is due and sends what is written. The database remembers; the mail server may come and go.

A letter is claimed by one UPDATE before it is sent, so two postmen never carry the same one. A process that dies
between the mail server's answer and its note sends that one letter again, with the same Message-ID: nothing in mail
can do better. Without a mail server nothing is written at all, so nothing piles up.
"""

import logging
import smtplib
import threading
from collections.abc import Iterable
from datetime import timedelta
from email.utils import parseaddr
from hashlib import sha256

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models import F

from estrade.kernel.clock import db_now
from estrade.notifications.causes import all_causes
from estrade.notifications.letters import write_letters
from estrade.notifications.models import Letter

logger = logging.getLogger(__name__)

# How long a claim keeps other postmen away: longer than the slowest server may take for one letter.
CLAIM = timedelta(minutes=2)
PAUSES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
AT_ONCE = 50
_round = threading.Lock()


def make_round() -> None:
    """Write the letters that are due, then send those that wait. Never raises; the next round does the rest."""
    if not settings.MAIL:
        return
    now = db_now()
    for name, drafts in all_causes(now):
        try:
            with transaction.atomic():
                write_letters(drafts)
        except Exception:
            logger.exception("letters: %s could not be written", name)
    send_waiting()


def make_round_beside() -> None:
    """The same on a thread of its own, one at a time: where worker and web are one process a slow server stops no tick."""
    if settings.MAIL and _round.acquire(blocking=False):
        threading.Thread(target=_round_of_thread, name="letters", daemon=True).start()


def _round_of_thread() -> None:
    try:
        make_round()
    finally:
        connection.close()
        _round.release()


def send_waiting() -> None:
    """Send the letters that wait, oldest first. The first one that the server does not answer for ends the round."""
    now = db_now()
    waiting = Letter.objects.filter(sent_at=None, try_at__lte=now, expires_at__gt=now).order_by("written_at", "pk")
    ids = list(waiting.values_list("pk", flat=True)[:AT_ONCE])
    if not ids:
        return
    if settings.MAIL == "mailbox":
        Letter.objects.filter(pk__in=ids).update(sent_at=now)
        return
    server = get_connection()
    try:
        _send_all(server, ids)
    finally:
        # Whatever the end of the conversation says, the letters are noted already.
        try:
            server.close()
        except (OSError, smtplib.SMTPException):
            logger.info("letters: the mail server hung up")


def _send_all(server: BaseEmailBackend, ids: Iterable[int]) -> None:
    for pk in ids:
        letter = _claim(pk)
        if letter is None:
            continue
        try:
            message(letter, server).send()
        except smtplib.SMTPRecipientsRefused as refused:
            _put_off(letter, refused)
        except (OSError, smtplib.SMTPException) as away:
            _put_off(letter, away)
            logger.warning("letters: the mail server does not take them: %s", type(away).__name__)
            return
        else:
            _note_sent(letter)


def _claim(pk: int) -> Letter | None:
    now = db_now()
    free = Letter.objects.filter(pk=pk, sent_at=None, try_at__lte=now, expires_at__gt=now)
    return Letter.objects.get(pk=pk) if free.update(try_at=now + CLAIM, tries=F("tries") + 1) else None


def _note_sent(letter: Letter) -> None:
    kept = {"text": "", "html": ""} if letter.kind in Letter.SECRET else {}
    Letter.objects.filter(pk=letter.pk).update(sent_at=db_now(), problem="", **kept)


def _put_off(letter: Letter, problem: Exception) -> None:
    pause = PAUSES[min(letter.tries, len(PAUSES)) - 1]
    # The class alone: a server's answer may repeat addresses and words.
    Letter.objects.filter(pk=letter.pk).update(try_at=db_now() + pause, problem=type(problem).__name__)


def message(letter: Letter, server: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """The letter as a mail: text first, HTML beside it, never answered by a machine."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2]
    number = sha256(letter.cause.encode()).hexdigest()[:32]
    mail = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        to=[letter.address],
        connection=server,
        headers={"Message-ID": f"<{number}@{domain}>", "Auto-Submitted": "auto-generated", "Content-Language": letter.language},
    )
    mail.attach_alternative(letter.html, "text/html")
    return mail
