"""Django's settings for the pages and the API.

Set from outside: CAREATLAS_HOME, the folder of releases that `careatlas serve` names; CAREATLAS_ALLOW_UPLOAD=1 where
it is told to take files (`--allow-upload`); and what `web/configuration.py` reads. Pages made from releases are kept,
ask no database and set no cookie; those that people write on have sessions.
"""

import os
from pathlib import Path

from careatlas.engine.release import home_folder
from careatlas.web.configuration import AUTHORED, configuration, database, secret_key

HERE = Path(__file__).parent
HOME = home_folder().resolve()
# There are no accounts, so files are taken on one's own machine only.
ALLOW_UPLOAD = os.environ.get("CAREATLAS_ALLOW_UPLOAD") == "1"
GENERATED_STATIC = HOME / "static"  # the charts' script, made at set-up: too large to keep in a repository
STATIC_ROOTS = (HERE / "static", GENERATED_STATIC)

DEBUG = False
SECRET_KEY = secret_key(HOME)
CONFIGURATION = configuration(HOME)
# Any host name will do: no page builds an absolute address from the request, so a false one gains nothing.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "careatlas.web.urls"
DATABASES = {"default": database(HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "axes",
    "careatlas.improve.record",
    "careatlas.improve.people",
    "careatlas.improve.evidence",
    "careatlas.improve.delivery",
]
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "careatlas.web.sign_in.ByPassword",
    "careatlas.web.sign_in.ByCode",
]
PASSWORD_HASHERS = ["careatlas.web.sign_in.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 12}),
        ("UserAttributeSimilarityValidator", {"user_attributes": ("email", "name")}),
        ("CommonPasswordValidator", {}),
    )
]
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIGURATION.address.startswith("https:")
CSRF_FAILURE_VIEW = "careatlas.web.faults.not_from_here"
CSRF_TRUSTED_ORIGINS = [CONFIGURATION.address]
SIGN_IN_ADDRESS = "/account/sign-in/"
AXES_USERNAME_FORM_FIELD = "username"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # of those who got in nothing is kept
AXES_LOCKOUT_CALLABLE = "careatlas.web.account.pages.locked_out"
# Many people share the address of a hospital: those are held to twenty failures a minute (web/sign_in.py).
SILENCED_SYSTEM_CHECKS = ["axes.W006"]
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = HOME / AUTHORED / "letters"
if CONFIGURATION.mail:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = CONFIGURATION.mail.host, CONFIGURATION.mail.port
    EMAIL_HOST_USER, EMAIL_USE_TLS = CONFIGURATION.mail.user, True
    EMAIL_HOST_PASSWORD = os.environ.get("CAREATLAS_MAIL_PASSWORD", "")
    DEFAULT_FROM_EMAIL = CONFIGURATION.mail.sender
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
APPEND_SLASH = True
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_500  # a worksheet of 40 options on 8 criteria has 1,100
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

MIDDLEWARE = [
    "careatlas.web.cache.PageCache",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "careatlas.web.faults.PlainFaults",
    "careatlas.web.body_size.BodySize",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "careatlas.web.policies.Policies",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "builtins": ["careatlas.web.template_words"],
            "context_processors": [
                "django.template.context_processors.request",
                "careatlas.web.current.for_every_page",
            ],
            "loaders": [
                ("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"]),
            ],
        },
    }
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600  # sent only over https
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
