"""The application a server runs: stylesheet and scripts straight from disk, everything else from Django."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careatlas.web.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

from careatlas.web.ready import make_ready

HEADERS_OF_FILES = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _add_headers(headers: object, path: str, url: str) -> None:
    for name, value in HEADERS_OF_FILES.items():
        headers[name] = value  # type: ignore[index]


def _application() -> WhiteNoise:
    # Pages name each file with a fingerprint of its content, so a browser may keep it for a year.
    served = WhiteNoise(
        get_wsgi_application(),
        max_age=365 * 24 * 3600,
        allow_all_origins=False,
        add_headers_function=_add_headers,
    )
    for root in settings.STATIC_ROOTS:
        if root.is_dir():
            served.add_files(str(root), prefix="static/")
    return served


application = _application()
make_ready(application)
