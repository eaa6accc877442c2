"""The one settings file. Every environment variable it reads is in `ENVIRONMENT`, with default and meaning."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import fontpkg_figtree
from django.core.exceptions import ImproperlyConfigured

ENVIRONMENT: dict[str, tuple[str, str]] = {
    "ESTRADE_DATA": ("var/ in the checkout", "Folder of the SQLite database, the secret key and collected static files."),
    "ESTRADE_SECRET_KEY": ("made once, kept in ESTRADE_DATA", "Signs sessions. Required with DATABASE_URL."),
    "ESTRADE_HOSTS": ("localhost,127.0.0.1,[::1]", "Host names the site answers to, separated by commas."),
    "ESTRADE_HTTPS": ("0", "1 when a proxy in front speaks TLS: secure cookies and HSTS."),
    "ESTRADE_DEBUG": ("0", "1 shows technical error pages. Refused together with DATABASE_URL."),
    "ESTRADE_DEMO": ("0", "1 installs the demonstration. Set by `manage.py demo`. Refused together with DATABASE_URL."),
    "DATABASE_URL": ("SQLite in ESTRADE_DATA", "postgresql://user:password@host:port/name for the second world."),
    "REDIS_URL": ("none: one process does everything", "redis://:password@host:port/0 for several processes."),
}

BASE_DIR = Path(__file__).resolve().parents[3]


def _flag(name: str) -> bool:
    value = os.environ.get(name, "0")
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value == "1"


DATABASE_URL = os.environ.get("DATABASE_URL", "")
REDIS_URL = os.environ.get("REDIS_URL", "")
DEBUG = _flag("ESTRADE_DEBUG")
DEMO = _flag("ESTRADE_DEMO")
HTTPS = _flag("ESTRADE_HTTPS")
if DATABASE_URL and (DEBUG or DEMO):
    raise ImproperlyConfigured("ESTRADE_DEBUG and ESTRADE_DEMO must be 0 when DATABASE_URL is set.")

DATA_DIR = Path(os.environ.get("ESTRADE_DATA", BASE_DIR / "var")).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    if key := os.environ.get("ESTRADE_SECRET_KEY"):
        if len(key) < 40:
            raise ImproperlyConfigured("ESTRADE_SECRET_KEY must have at least 40 characters.")
        return key
    if DATABASE_URL:
        raise ImproperlyConfigured("ESTRADE_SECRET_KEY must be set when DATABASE_URL is set.")
    file = DATA_DIR / "secret-key"
    try:
        # Exclusive creation: two processes that start together agree on one key.
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return file.read_text()
    with os.fdopen(handle, "w") as new:
        new.write(key := secrets.token_urlsafe(50))
    return key


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = [host.strip() for host in os.environ.get("ESTRADE_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host.strip()]
if DATABASE_URL and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ESTRADE_HOSTS must name the hosts when DATABASE_URL is set, not *.")

INSTALLED_APPS = [
    "estrade.web",
    "estrade.journal",
    "estrade.editions",
    "estrade.people",
    "challenges",
    "teams",
    "judging",
    "realtime",
    "estrade.scheduling",
    "estrade.archive",
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
    "estrade.web.compression.CompressForReaders",
    "django.middleware.security.SecurityMiddleware",
    "estrade.web.middleware.SafetyHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
    DATABASES["default"]["OPTIONS"] = {
        # Each request has a thread of its own: the pool must hold as many connections as run at once.
        "pool": {"min_size": 2, "max_size": 20, "timeout": 5},
        "options": "-c synchronous_commit=on -c lock_timeout=3s -c statement_timeout=10s"
        " -c idle_in_transaction_session_timeout=10s -c timezone=UTC",
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "estrade.kernel.sqlite",
            "NAME": str(DATA_DIR / "estrade.sqlite3"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": "PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA busy_timeout=10000",
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
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}}
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
SESSION_ENGINE = "django.contrib.sessions.backends.db"
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
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [("fonts", str(Path(fontpkg_figtree.__file__).parent / "files"))]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "estrade.web.storage.HashedStatic"},
}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if HTTPS else None
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
    # HSTS stays with this host: neighbours under the same domain, and a browser's built-in list, are not ours to decide.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SECURE_SSL_REDIRECT = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if not host.startswith((".", "["))]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

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

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # A page that does not exist is an answer, not an incident.
        "django.request": {"level": "ERROR"},
        # While Redis is away it tells so each second with a traceback; the hub says it once.
        "channels_redis": {"level": "CRITICAL"},
    },
}
