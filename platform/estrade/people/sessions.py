"""Sessions in the database, as Django keeps them; only the question that each request asks is written by hand."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from estrade.kernel.written import Written

# docs/decisions/0026
BY_KEY = Written("SELECT {session} FROM django_session AS session WHERE session.session_key = %s", session=Session)


class SessionStore(db.SessionStore):
    """Django's, with a load that composes nothing."""

    def _get_session_from_db(self) -> Session | None:
        for (found,) in BY_KEY.rows(self.session_key or ""):
            if found.expire_date > timezone.now():
                kept: Session = found
                return kept
        self._session_key = None
        return None
