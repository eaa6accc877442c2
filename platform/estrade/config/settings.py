"""The one settings file. Every environment variable it reads is in `ENVIRONMENT`, with default and meaning."""

import os
import re
import secrets
import socket
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
import fontpkg_figtree
from django.core.exceptions import ImproperlyConfigured

ENVIRONMENT: dict[str, tuple[str, str]] = {
    "ESTRADE_DATA": ("var/ in the checkout", "Folder of the SQLite database, the secret key and collected static files."),
    "ESTRADE_STATIC": (
        "collected into ESTRADE_DATA at the start",
        "Folder that `manage.py collectstatic` filled beforehand, as an image does when it is built.",
    ),
    "ESTRADE_SECRET_KEY": (
        "made once, kept in ESTRADE_DATA",
        "Signs sessions: 40 characters or more. Required with DATABASE_URL.",
    ),
    "ESTRADE_HOSTS": ("localhost,127.0.0.1,[::1]", "Host names the site answers to, separated by commas."),
    "ESTRADE_HTTPS": (
        "0",
        "1 when a proxy in front speaks TLS: secure cookies and HSTS. "
        "Required with DATABASE_URL unless all hosts are this machine.",
    ),
    "ESTRADE_PLAIN_HTTP": (
        "0",
        "1 allows ESTRADE_HTTPS=0 with DATABASE_URL: in a private network where nobody reads along.",
    ),
    "ESTRADE_PROXIES": (
        "0",
        "How many proxies stand in front: which address of X-Forwarded-For is the client's, for the log alone. No limit asks it. "
        "Required with DATABASE_URL unless all hosts are this machine.",
    ),
    "ESTRADE_LOG": (
        "warnings",
        "`warnings`: plain lines, what somebody should look at. `lines`: and one for each request. `json`: the same as JSON.",
    ),
    "ESTRADE_CLAMD": (
        "none: files are not scanned",
        "ClamAV's daemon, which scans each file that is handed in: host:port, or the path of its socket.",
    ),
    "ESTRADE_DRAIN_SECONDS": (
        "0",
        "How long a process that is asked to end still takes requests while `/ready` says 503, for a balancer that asks there.",
    ),
    "ESTRADE_FIRST_ORGANISER": (
        "asked on the terminal",
        "User name or e-mail address of the person `manage.py first_organiser` creates.",
    ),
    "ESTRADE_FIRST_PASSWORD": ("asked on the terminal", "That person's password. It can be taken away once the person exists."),
    "ESTRADE_MAIL": (
        "none: no mail leaves, codes on paper are the way in",
        "The mail server: smtp+tls://user:password@host:587 (STARTTLS) or smtps://user:password@host:465; "
        "smtp://host:25 on this machine only. The demonstration keeps its letters and never sends one.",
    ),
    "ESTRADE_MAIL_FROM": ("none", "Address that mails come from. Required with ESTRADE_MAIL."),
    "ESTRADE_URL": (
        "with ESTRADE_HTTPS the first of ESTRADE_HOSTS",
        "What addresses in mails begin with, for instance https://estrade.example.org. "
        "Required with ESTRADE_MAIL over plain HTTP.",
    ),
    "ESTRADE_SECOND_FACTOR": (
        "1 with DATABASE_URL and ESTRADE_HTTPS, otherwise 0",
        "1 asks organisers and administrators for a code of an authenticator app as well when they sign in.",
    ),
    "ESTRADE_DEBUG": ("0", "1 shows technical error pages. Refused together with DATABASE_URL."),
    "ESTRADE_DEMO": ("0", "1 installs the demonstration. Set by `manage.py demo`. Refused together with DATABASE_URL."),
    "ESTRADE_VENUE": ("0", "1 for one laptop in a hall, over plain HTTP. Set by `manage.py venue`. Refused with DATABASE_URL."),
    "ESTRADE_NAME": ("estrade", "In a venue: the laptop's name in the hall, as in http://estrade.local:8000."),
    "ESTRADE_COPIES": ("copies/ in ESTRADE_DATA", "In a venue: folder of the hourly copies; another disk is safer."),
    "ESTRADE_CERT": ("none: plain HTTP", "In a venue: file of a TLS certificate; secure cookies, together with ESTRADE_KEY."),
    "ESTRADE_KEY": ("none: plain HTTP", "In a venue: file of the certificate's private key."),
    "DATABASE_URL": (
        "SQLite in ESTRADE_DATA",
        "postgresql://user:password@host:port/name for the second world; what follows a `?` goes to the PostgreSQL client.",
    ),
    "REDIS_URL": ("none: one process does everything", "redis://:password@host:port/0 for several processes."),
    "HOST": ("127.0.0.1, for `make venue` 0.0.0.0", "Address that `make demo`, `make venue` and `make run` listen on."),
    "PORT": ("8000", "Port that `make demo`, `make venue` and `make run` listen on."),
    "COPIES": ("none", "ESTRADE_COPIES for `make venue`."),
    "FROM": ("none", "File of a copy that `make venue` restores into an empty data folder."),
    "FRESH": ("0", "1 lets `make demo` start over."),
    "OPENBLAS_NUM_THREADS": ("1", "Threads of numpy's arithmetic. One is quickest for matrices of the size of a jury."),
    "LANG": ("the terminal's", "The language in which `make demo` and `make venue` print."),
}

BASE_DIR = Path(__file__).resolve().parents[3]


def _flag(name: str) -> bool:
    value = os.environ.get(name, "0")
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value == "1"


def _count(name: str, *, most: int) -> int:
    value = os.environ.get(name) or "0"
    if not (value.isascii() and value.isdecimal() and int(value) <= most):
        raise ImproperlyConfigured(f"{name} must be a number from 0 to {most}, not {value!r}.")
    return int(value)


DATABASE_URL = os.environ.get("DATABASE_URL", "")
REDIS_URL = os.environ.get("REDIS_URL", "")
DEBUG = _flag("ESTRADE_DEBUG")
DEMO = _flag("ESTRADE_DEMO")
HTTPS = _flag("ESTRADE_HTTPS")
VENUE = _flag("ESTRADE_VENUE")
if VENUE and (DATABASE_URL or REDIS_URL or DEBUG or DEMO or HTTPS):
    raise ImproperlyConfigured(
        "ESTRADE_VENUE is for one process on one laptop: unset DATABASE_URL, REDIS_URL, ESTRADE_DEBUG, ESTRADE_DEMO"
        " and ESTRADE_HTTPS, or start `manage.py runserver`."
    )
VENUE_NAME = os.environ.get("ESTRADE_NAME") or "estrade"
if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", VENUE_NAME):
    raise ImproperlyConfigured(f"ESTRADE_NAME must be small letters, digits and hyphens, not {VENUE_NAME!r}.")
TLS_CERTIFICATE, TLS_KEY = os.environ.get("ESTRADE_CERT", ""), os.environ.get("ESTRADE_KEY", "")
if bool(TLS_CERTIFICATE) != bool(TLS_KEY) or (TLS_KEY and not VENUE):
    raise ImproperlyConfigured("ESTRADE_CERT and ESTRADE_KEY belong together, and to `manage.py venue`.")
# What browsers speak with us, whether a proxy or this process deciphers it.
SECURE = HTTPS or bool(TLS_CERTIFICATE)
SCHEME = "https" if SECURE else "http"
PLAIN_HTTP = _flag("ESTRADE_PLAIN_HTTP")
PROXIES = _count("ESTRADE_PROXIES", most=9)
DRAIN_SECONDS = _count("ESTRADE_DRAIN_SECONDS", most=60)
if DATABASE_URL and DEBUG:
    raise ImproperlyConfigured("ESTRADE_DEBUG must be 0 when DATABASE_URL is set.")
if DATABASE_URL and DEMO:
    raise ImproperlyConfigured("ESTRADE_DEMO must be 0 when DATABASE_URL is set.")


def _mail_server(address: str) -> dict[str, str | int | bool]:
    """Django's settings for the server of ESTRADE_MAIL. No password and no letter crosses a network in the clear."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured("ESTRADE_MAIL must be an address such as smtp+tls://user:password@host:587.") from None
    if parts.scheme not in {"smtp", "smtp+tls", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured("ESTRADE_MAIL must be an smtp+tls://, smtps:// or smtp:// address with a host.")
    if parts.scheme == "smtp" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ImproperlyConfigured("ESTRADE_MAIL must be smtp+tls:// or smtps:// when the server is another machine.")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def _cannot_write(folder: Path, error: OSError) -> str:
    return f"cannot write in {folder} ({error.strerror}). Choose another folder, or give it room and rights."


DATA_DIR = Path(os.environ.get("ESTRADE_DATA", BASE_DIR / "var")).resolve()
try:
    # Its subfolder takes what browsers send.
    (DATA_DIR / "uploads").mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"ESTRADE_DATA: {_cannot_write(DATA_DIR, error)}") from error
COPIES_FOLDER = Path(os.environ.get("ESTRADE_COPIES") or DATA_DIR / "copies").resolve()


def _secret_key() -> str:
    if key := os.environ.get("ESTRADE_SECRET_KEY"):
        if len(key) < 40:
            raise ImproperlyConfigured("ESTRADE_SECRET_KEY must have at least 40 characters.")
        if len(set(key)) < 8 or key.startswith(("django-insecure-", "change-me")):
            raise ImproperlyConfigured("ESTRADE_SECRET_KEY must be made at random, not be an example.")
        return key
    if DATABASE_URL:
        raise ImproperlyConfigured("ESTRADE_SECRET_KEY must be set when DATABASE_URL is set.")
    file = DATA_DIR / "secret-key"
    try:
        # Exclusive creation: two processes that start together agree on one key.
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        if key := file.read_text():
            return key
        # The power went, or the disk was full, between the file and its words.
        handle = os.open(file, os.O_WRONLY)
    except OSError as error:
        raise ImproperlyConfigured(f"ESTRADE_DATA: {_cannot_write(DATA_DIR, error)}") from error
    with os.fdopen(handle, "w") as new:
        new.write(key := secrets.token_urlsafe(50))
    return key


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = [host.strip() for host in os.environ.get("ESTRADE_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host.strip()]
if VENUE:
    # `estrade.web.hosts` decides, in front of everything: it knows addresses as numbers, which this list cannot name.
    _extra_hosts = {host.strip().lower() for host in os.environ.get("ESTRADE_HOSTS", "").split(",")} - {"", "*"}
    _names = {"localhost", f"{VENUE_NAME}.local", socket.gethostname().lower()}
    VENUE_HOSTS = sorted(_names | {f"{name.partition('.')[0]}.local" for name in _names} | _extra_hosts)
    ALLOWED_HOSTS = ["*"]
if DATABASE_URL and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ESTRADE_HOSTS must name the hosts when DATABASE_URL is set, not *.")
if DATABASE_URL and not {host.lstrip(".") for host in ALLOWED_HOSTS} <= {"localhost", "127.0.0.1", "[::1]"}:
    if not HTTPS and not PLAIN_HTTP:
        raise ImproperlyConfigured(
            "ESTRADE_HTTPS must be 1 when ESTRADE_HOSTS names other hosts than this machine: a proxy in front speaks TLS. "
            "ESTRADE_PLAIN_HTTP=1 allows plain HTTP in a private network."
        )
    if not os.environ.get("ESTRADE_PROXIES"):
        raise ImproperlyConfigured("ESTRADE_PROXIES must say how many proxies stand in front (0 for none).")

# How letters leave: "smtp"; "mailbox", kept to be read on a page; or "", not at all.
MAIL = "mailbox" if DEMO else "smtp" if (MAIL_SERVER := os.environ.get("ESTRADE_MAIL", "")) else "mailbox" if DEBUG else ""
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("ESTRADE_MAIL_FROM", "") or "estrade@localhost"
if re.search(r"[\r\n]", DEFAULT_FROM_EMAIL) or not re.search(r"[^@\s<>]+@[^@\s<>]+", DEFAULT_FROM_EMAIL):
    raise ImproperlyConfigured("ESTRADE_MAIL_FROM must be an e-mail address.")
# Never from a request: a forged Host would write itself into somebody's mail.
BASE_URL = os.environ.get("ESTRADE_URL", "").rstrip("/")
if BASE_URL:
    _base = urlsplit(BASE_URL)
    if _base.scheme not in {"http", "https"} or not _base.hostname or _base.path or _base.query or _base.fragment:
        raise ImproperlyConfigured("ESTRADE_URL must be scheme and host alone, such as https://estrade.example.org.")
    if _base.scheme != "https" and SECURE:
        raise ImproperlyConfigured("ESTRADE_URL must be https:// when ESTRADE_HTTPS is 1.")
elif HTTPS:
    BASE_URL = f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
elif not MAIL or MAIL == "mailbox":
    BASE_URL = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
else:
    raise ImproperlyConfigured("ESTRADE_URL must be set with ESTRADE_MAIL: addresses in mails begin with it.")
if MAIL == "smtp":
    if not os.environ.get("ESTRADE_MAIL_FROM"):
        raise ImproperlyConfigured("ESTRADE_MAIL_FROM must be set with ESTRADE_MAIL.")
    _server = _mail_server(MAIL_SERVER)
    EMAIL_HOST, EMAIL_PORT = _server["EMAIL_HOST"], _server["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _server["EMAIL_HOST_USER"], _server["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _server["EMAIL_USE_TLS"], _server["EMAIL_USE_SSL"]
SECOND_FACTOR = _flag("ESTRADE_SECOND_FACTOR") if os.environ.get("ESTRADE_SECOND_FACTOR") else bool(DATABASE_URL and HTTPS)

INSTALLED_APPS = [
    "estrade.web",
    "estrade.journal",
    "estrade.editions",
    "estrade.people",
    "estrade.files",
    "challenges",
    "teams",
    "judging",
    "realtime",
    "estrade.notifications",
    "estrade.scheduling",
    "estrade.dossiers",
    "estrade.archive",
    "estrade.venue",
    "estrade.rehearsal",
    "estrade.desk",
    *(["estrade.demo"] if DEMO else []),
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "estrade.desk.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "estrade.web.logs.RequestLog",
    *(["estrade.web.middleware.OurHostsOnly"] if VENUE else []),
    "estrade.web.compression.CompressForReaders",
    "django.middleware.security.SecurityMiddleware",
    "estrade.web.middleware.SafetyHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "estrade.people.middleware.KeepToTheEdition",
    "estrade.people.middleware.LockSharedDevices",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *(["estrade.people.middleware.AskForSecondFactor"] if SECOND_FACTOR else []),
    "estrade.editions.middleware.CurrentEdition",
    "estrade.web.middleware.RefusalPages",
]

ROOT_URLCONF = "estrade.config.urls"
ASGI_APPLICATION = "estrade.config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "estrade.web.context.page",
            ],
        },
    }
]

if DATABASE_URL:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL)}
    if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must be a postgresql:// address.")
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    given = DATABASES["default"].get("OPTIONS", {})
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        **given,
        # Each request has a thread of its own: the pool must hold as many connections as run at once.
        "pool": {"min_size": 2, "max_size": 20, "timeout": 5},
        # Ours come last, so that an address cannot switch them off.
        "options": f"{given.get('options', '')} -c synchronous_commit=on -c lock_timeout=3s -c statement_timeout=10s"
        " -c idle_in_transaction_session_timeout=10s -c timezone=UTC".strip(),
    }
else:
    # Seconds that a writer waits for another. Starting the demonstration over is one long transaction while everything
    # else goes on, and on a slow machine it takes more than ten.
    busy_seconds = 60 if DEMO else 10
    DATABASES = {
        "default": {
            "ENGINE": "estrade.kernel.sqlite",
            "NAME": str(DATA_DIR / "estrade.sqlite3"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": busy_seconds,
                "init_command": f"PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA busy_timeout={busy_seconds}000",
            },
            "TEST": {"NAME": str(DATA_DIR / "test.sqlite3")},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if REDIS_URL:
    if urlsplit(REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured("REDIS_URL must be a redis://, rediss:// or unix:// address.")
    if not urlsplit(REDIS_URL).password and urlsplit(REDIS_URL).hostname not in {None, "localhost", "127.0.0.1", "::1"}:
        raise ImproperlyConfigured("REDIS_URL must have a password when Redis is on another machine.")
    # A Redis that hangs costs a web process a quarter of a second at most; nobody's request waits for it in any case.
    patience = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, **patience}]},
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1000}}}

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["estrade.people.backends.UsernameOrEmail"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "people:sign_in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
SESSION_ENGINE = "estrade.people.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "estrade.web.errors.csrf_failure"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [BASE_DIR / "platform/estrade/web/locale"]
FORMAT_MODULE_PATH = ["estrade.web.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
# Set: collected when the image was built, and never written to afterwards.
STATIC_IS_READY = bool(os.environ.get("ESTRADE_STATIC"))
STATIC_ROOT = Path(os.environ["ESTRADE_STATIC"]).resolve() if STATIC_IS_READY else DATA_DIR / "static"
STATICFILES_DIRS = [("fonts", str(Path(fontpkg_figtree.__file__).parent / "files"))]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "estrade.web.storage.HashedStatic"},
}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if SECURE else None
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if SECURE:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
    # HSTS stays with this host: neighbours under the same domain, and a browser's built-in list, are not ours to decide.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SECURE_SSL_REDIRECT = True
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if not host.startswith((".", "["))]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Beside the files themselves: the system's own folder may be small, or memory.
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
CLAMD = os.environ.get("ESTRADE_CLAMD", "")
if CLAMD and not re.fullmatch(r"/.+|[^\s:]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}", CLAMD):
    raise ImproperlyConfigured("ESTRADE_CLAMD must be host:port or the path of a socket.")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["estrade.web.api.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["estrade.web.api.PolicyDecides"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["estrade.web.strict_json.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "estrade.web.api.problem",
    "DEFAULT_METADATA_CLASS": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Estrade",
    "DESCRIPTION": "Editions, challenges, teams, scores, boards and the journal of an edition.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# One flush of a live board at once, then at most one per interval; run inline by the tests.
SOON_INLINE = False
BOARD_INTERVAL_SECONDS = 0.1

HEALTH_CHECKS = [
    "estrade.scheduling.lease.silence",
    "estrade.notifications.checks.letters_leave",
    "estrade.venue.checks.clock_of_the_journal",
    "estrade.venue.checks.clock_of_the_devices",
    "estrade.venue.checks.copies_made",
    "estrade.venue.checks.disk_of_the_copies",
]

LOG = os.environ.get("ESTRADE_LOG") or "warnings"
if LOG not in {"warnings", "lines", "json"}:
    raise ImproperlyConfigured(f"ESTRADE_LOG must be warnings, lines or json, not {LOG!r}.")
_STEPS = "WARNING" if LOG == "warnings" else "INFO"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {"()": "estrade.web.logs.PlainLines", "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "estrade.web.logs.JsonLines"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json" if LOG == "json" else "lines"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "estrade": {"level": _STEPS},
        # A page that does not exist is an answer, not an incident.
        "django.request": {"level": "ERROR"},
        # Django hangs a handler of its own here.
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        # While Redis is away it tells so each second with a traceback; the hub says it once.
        "channels_redis": {"level": "CRITICAL"},
        # Of its own it would write whole addresses, with their queries.
        "uvicorn": {"handlers": [], "level": _STEPS, "propagate": True},
        "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
