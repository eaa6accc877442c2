"""Who is at the other end of a connection, by the session in its cookie. One read, off the event loop.

The same rules as for a page: a session that has ended, a changed password or a closed account is nobody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest, parse_cookie

from estrade.editions.models import Edition
from estrade.kernel.clock import db_now
from estrade.people.door import person_of as signed_in
from estrade.people.models import Person
from realtime.streams import allowed


@dataclass(frozen=True)
class Visitor:
    """Who came to which edition, and which of the wished streams they may hear."""

    edition_id: int
    person_id: int | None
    may_hear: frozenset[str]


def session_key_of(headers: Collection[tuple[bytes, bytes]]) -> str | None:
    """The session's key in the cookies of a handshake or a request; None without one."""
    cookies = "; ".join(value.decode("latin-1") for name, value in headers if name == b"cookie")
    return parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME) or None


def person_of(session_key: str | None) -> Person | None:
    """The signed-in person of a session; None for nobody."""
    if session_key is None:
        return None
    request = HttpRequest()
    request.session = SessionStore(session_key)
    person: Any = signed_in(request)
    return cast(Person, person) if person.is_authenticated else None


def receive_visitor(*, slug: str, session_key: str | None, streams: Collection[str]) -> Visitor | None:
    """Who this is and which of `streams` they may hear now; None where there is no such edition."""
    edition = Edition.objects.filter(slug=slug).first()
    if edition is None:
        return None
    person = person_of(session_key)
    return Visitor(edition.pk, person.pk if person else None, _heard_by(person, edition, streams))


def still_heard(*, edition_id: int, session_key: str | None, person_id: int | None, streams: Collection[str]) -> frozenset[str]:
    """Those of `streams` that this session may still hear; none once it is somebody else's or nobody's."""
    edition = Edition.objects.filter(pk=edition_id).first()
    person = person_of(session_key)
    if edition is None or (person.pk if person else None) != person_id:
        return frozenset()
    return _heard_by(person, edition, streams)


def ended_sessions(session_keys: Collection[str]) -> frozenset[str]:
    """Those of the sessions that are over: signed out, expired or replaced."""
    alive = Session.objects.filter(session_key__in=session_keys, expire_date__gt=db_now())
    return frozenset(session_keys) - frozenset(alive.values_list("session_key", flat=True))


def existing_editions(edition_ids: Collection[int]) -> frozenset[int]:
    """Those of the editions that are still there: a restarted demonstration has new ones."""
    return frozenset(Edition.objects.filter(pk__in=edition_ids).values_list("pk", flat=True))


def _heard_by(person: Person | None, edition: Edition, streams: Collection[str]) -> frozenset[str]:
    return frozenset(name for name in streams if allowed(person, edition, name))
