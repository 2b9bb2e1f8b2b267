"""Django's settings for the pages and the API.

Two things are set from outside: CAREATLAS_HOME, the folder of releases that `careatlas serve` names, and
CAREATLAS_ALLOW_UPLOAD=1 where it is told to take files (`--allow-upload`). There is no database, no session and no
cookie: pages are made from releases alone.
"""

import os
import secrets
from pathlib import Path

from careatlas.engine.release import home_folder

HERE = Path(__file__).parent
HOME = home_folder().resolve()
# There are no accounts, so files are taken on one's own machine only.
ALLOW_UPLOAD = os.environ.get("CAREATLAS_ALLOW_UPLOAD") == "1"
GENERATED_STATIC = HOME / "static"  # the charts' script, made at set-up: too large to keep in a repository
STATIC_ROOTS = (HERE / "static", GENERATED_STATIC)

DEBUG = False
SECRET_KEY = secrets.token_urlsafe(48)  # nothing is signed yet, so it need not outlive the process
# Any host name will do: no page builds an absolute address from the request, so a false one gains nothing.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "careatlas.web.urls"
DATABASES: dict[str, dict[str, str]] = {}
INSTALLED_APPS: list[str] = []
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
    "django.middleware.common.CommonMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "builtins": ["careatlas.web.template_words"],
            "context_processors": ["careatlas.web.current.for_every_page"],
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
