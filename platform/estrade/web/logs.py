"""What is written to the log: one line for each request, as plain text or JSON, and never a secret.

Owns the request's number, the formatters and the list of what a secret looks like. A line names the route, not the
address: addresses carry codes. Bodies, cookies, tokens and query strings are never passed to a logger; the formatters
also take out what another library might put into a message or a traceback.
"""

import ipaddress
import logging
import re
import secrets
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from pythonjsonlogger.json import JsonFormatter

from estrade.kernel.tokens import READABLE
from estrade.web.middleware import Handler

logger = logging.getLogger("estrade.request")

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)
GONE = "[...]"
_words = "|".join(("passw(?:or)?d", "secret", "token", "session", "csrf", "cookie", "authorization", "api.?key", "join.?code"))
PATTERNS = (
    # postgresql://name:password@host
    (re.compile(r"://[^\s/@]*:[^\s/@]*@"), f"://{GONE}@"),
    # What PostgreSQL adds to a broken constraint.
    (re.compile(r"Key \(.*?\)=\(.*?\)(?=\s|$)"), f"Key {GONE}"),
    (re.compile(rf"(?i)([\w-]*(?:{_words})[\w-]*)([\"')\]]*\s*[=:]\s*[\"'(]*)(?!\s)[^\s\"'&;,)<>\\]+"), rf"\1\2{GONE}"),
    # The query of an address.
    (re.compile(r"(/[^\s?\"'<>]*)\?[^\s\"'<>\\]+"), rf"\1?{GONE}"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(rf"\b(?=\d*[A-Z])[{READABLE}]{{10}}\b"), "[code]"),
)

_request_id: ContextVar[str] = ContextVar("request_id", default="")


class RequestLog:
    """Gives each request a number, answers it as X-Request-ID, and writes the request's line. The outermost middleware."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        number = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        before, began = _request_id.set(number), time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = number
            if logger.isEnabledFor(logging.INFO):
                facts = _facts(request, response.status_code, round((time.perf_counter() - began) * 1000, 1))
                logger.info("%s", " ".join(map(str, facts.values())), extra={"facts": facts})
            return response
        finally:
            _request_id.reset(before)


def _facts(request: HttpRequest, status: int, milliseconds: float) -> dict[str, Any]:
    # Whoever was not asked for stays unknown: a line in the log is worth no query.
    person = getattr(request, "_cached_user", None)
    edition = getattr(request, "edition", None)
    return {
        "method": request.method,
        "route": route_of(request),
        "status": status,
        "ms": milliseconds,
        "person": getattr(person, "pk", None) or "-",
        "edition": getattr(edition, "slug", None) or "-",
        "address": client_address(request),
    }


def route_of(request: HttpRequest) -> str:
    """The name of the address that answers, for instance `judging:sheet`; `unknown` where nothing does."""
    match = request.resolver_match
    return (match.view_name or match.route) if match is not None else "unknown"


def client_address(request: HttpRequest) -> str:
    """Where the request came from, as the outermost of our proxies saw it. For the log alone: nobody is limited by it."""
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    proxies: int = settings.PROXIES
    address = seen[-proxies] if 0 < proxies <= len(seen) else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return "-"


def without_secrets(text: str) -> str:
    """The text without passwords, keys, codes, e-mail addresses and queries."""
    for secret in _known_secrets():
        text = text.replace(secret, GONE)
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return text


def _known_secrets() -> list[str]:
    urls = (settings.DATABASE_URL, settings.REDIS_URL)
    own = (settings.SECRET_KEY, str(settings.EMAIL_HOST_PASSWORD))
    return [secret for secret in (*own, *(urlsplit(url).password or "" for url in urls)) if len(secret) > 3]


def _nameless(record: logging.LogRecord, text: str) -> str:
    """Django writes the path of a failing request into its message; its route says as much."""
    request = getattr(record, "request", None)
    return text.replace(request.path, route_of(request)) if isinstance(request, HttpRequest) and len(request.path) > 1 else text


class PlainLines(logging.Formatter):
    """Time, level, logger, message, and the number of the request."""

    def format(self, record: logging.LogRecord) -> str:
        number = _request_id.get()
        return without_secrets(_nameless(record, super().format(record))) + (f" ({number})" if number else "")


class JsonLines(JsonFormatter):
    """One JSON object in a line. Only the fields named here: what others hang on a record stays with it."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data |= {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            **getattr(record, "facts", {"message": _nameless(record, record.getMessage())}),
        }
        if number := _request_id.get():
            log_data["request"] = number
        # Its text, when an exception is being reported.
        if trace := message_dict.get("exc_info"):
            log_data["traceback"] = trace

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: without_secrets(value) if isinstance(value, str) else value for name, value in log_data.items()}
