"""Which requests may bring files: only from our own pages, on this machine, where the server was told to take them.

There is no cookie to steal, but another site open in the same browser could send a form here. Browsers name the site a
form comes from (``Origin``), and it must be ours; our own host must be this machine's, so that no name that was made to
lead here passes.
"""

from django.conf import settings
from django.http import HttpRequest

PLACE = "/own-figures/"
THIS_MACHINE = ("127.0.0.1", "localhost")


def takes_files(request: HttpRequest) -> bool:
    return (
        settings.ALLOW_UPLOAD
        and request.method == "POST"
        and request.path.startswith(PLACE)
        and is_from_our_own_page(request)
    )


def is_from_our_own_page(request: HttpRequest) -> bool:
    host = request.headers.get("Host", "")
    return (
        host.rpartition(":")[0] in THIS_MACHINE
        and request.headers.get("Origin") == f"{request.scheme}://{host}"
        and request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    )
