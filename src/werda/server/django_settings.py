"""Django for the pages. Everything that differs between installations comes from `werda.server.settings`.

A process has one database role, named by ``WERDA_ROLE`` (``werda_desk`` unless said otherwise): pages can do nothing
that their role cannot. Sign-up and portal share the look with the desk and nothing else: they have addresses, apps and
cookies of their own; nobody signs in to sign-up, and the portal keeps its sessions itself (`usecases.open_session`).
"""

import os
import secrets

from werda.portal.areas import AREAS
from werda.server.settings import Settings
from werda.store.roles import Role

_settings = Settings.from_environment()
_role = Role(os.environ.get("WERDA_ROLE", Role.DESK.value))
_parameters = _settings.database.parameters(_role)
_signup = _role is Role.SIGNUP
_portal = _role is Role.PORTAL
_desk = not _signup and not _portal
_audience = "signup" if _signup else "portal" if _portal else "desk"


def _secret_key() -> str:
    file = _settings.keys / "django"
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("WERDA_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
ROOT_URLCONF = "werda.server.urls" if _desk else f"werda.{_audience}.urls"
WSGI_APPLICATION = None
ASGI_APPLICATION = "werda.server.pages.application"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _settings.database.name,
        "HOST": _parameters["host"],
        "PORT": _parameters["port"],
        "USER": _parameters["user"],
        "PASSWORD": _parameters["password"],
        "OPTIONS": {key: _parameters[key] for key in ("target_session_attrs", "connect_timeout") if key in _parameters},
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "store.Agent"

_everywhere = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "werda.store",
    "werda.look",
]
_of_audience = {
    "signup": ["werda.signup"],
    "portal": ["werda.portal", *(f"werda.portal.{area}" for area in AREAS)],
    "desk": [],
}
_of_desk = [
    "django.contrib.sessions",
    "django.contrib.messages",
    "werda.desk",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *(["werda.demo"] if os.environ.get("WERDA_DEMO") == "1" else []),
]
INSTALLED_APPS = [*_of_audience[_audience], *_everywhere, *(_of_desk if _desk else [])]
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
LANGUAGE_CODE = "de"
LANGUAGES = [("de", "Deutsch"), ("en", "English")]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "werda.look.language.ChosenLanguageMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
if not _desk:  # no login of Django's: a draft, or a session of the portal, is opened by its cookie alone
    MIDDLEWARE = [
        "django.middleware.security.SecurityMiddleware",
        "csp.middleware.CSPMiddleware",
        "django.middleware.common.CommonMiddleware",
        "werda.look.brand.BrandMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        *(["werda.portal.access.ClosedUnlessDeclared"] if _portal else []),
    ]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                *(
                    []
                    if not _desk
                    else [
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                ),
            ]
        },
    }
]

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "werda.desk.signin.DeskAdapter"
ACCOUNT_RATE_LIMITS = False  # desk.tries limits, exactly and by device
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "werda.desk.sealed.SealingAdapter"
MFA_FORMS = {"authenticate": "werda.desk.signin.SecondStepForm"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Werda"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/desk/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Holds which one-time codes were used, for all processes; entries end by themselves and are never pushed out by others.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

SESSION_ENGINE = "werda.desk.sealed"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # in no cookie of its own
SESSION_COOKIE_AGE = 10 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _settings.https
# A `__Host-` cookie is bound to this host; browsers accept one over https only.
SESSION_COOKIE_NAME = ("__Host-" if _settings.https else "") + "werda_desk"
_csrf = {"signup": "werda_order_csrf", "portal": "werda_portal_csrf", "desk": "werda_csrf"}
CSRF_COOKIE_NAME = ("__Host-" if _settings.https else "") + _csrf[_audience]
if _portal:
    LANGUAGE_COOKIE_NAME = "werda_portal_language"
    CSRF_FAILURE_VIEW = "werda.portal.access.stale_form"
    CSRF_COOKIE_SAMESITE = "Lax"
if _signup:
    LANGUAGE_COOKIE_NAME = "werda_order_language"
    CSRF_FAILURE_VIEW = "werda.signup.views.stale_form"
SECURE_HSTS_SECONDS = 31_536_000 if _settings.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _settings.https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}

STATIC_URL = "static/"  # served by server.pages
# Error reports show no request data: they could hold what somebody typed (B9).
DEFAULT_EXCEPTION_REPORTER_FILTER = "werda.server.error_reports.NothingOfTheRequest"
LOGGING_CONFIG = None  # server.logs configures logging for every process
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]

# How the pages reach the gate (usecases.ask_gate).
WERDA_GATE_SOCKET = _settings.gate_socket
WERDA_PUSHING = _settings.pushing
WERDA_GATE_KEY_FILE = _settings.keys / ("portal-api-key" if _portal else "desk-api-key")
# Where LISTEN/NOTIFY is heard, as the role of this process.
WERDA_DATABASE = _settings.database
WERDA_DATABASE_ROLE = _role
WERDA_DEMO = os.environ.get("WERDA_DEMO") == "1"
# Ports and folders, which the demo shows and calls.
WERDA_SETTINGS = _settings
