"""One-time codes of six figures from an app on the phone (RFC 6238), each good once and for about a minute."""

import time
from io import BytesIO

import pyotp
import segno

from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

ISSUER = "Care Atlas"
SECONDS = 30


def new_secret() -> str:
    return pyotp.random_base32()


def address(user: User, secret: str) -> str:
    """What an app reads to set itself up."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)


def picture(user: User, secret: str) -> bytes:
    """The same as a square of dots, in SVG."""
    written = BytesIO()
    segno.make_qr(address(user, secret)).save(written, kind="svg", scale=4, border=2, light="white")
    return written.getvalue()


def start(user: User, secret: str, code: str) -> bool:
    """Ask this person for codes from now on, once they have shown one."""
    step = _step_of(secret, code)
    if step is None:
        return False
    keeping.change(
        user, user.email, "one-time codes set up", user.version, one_time_secret=secret, last_code=step
    )
    return True


def stop(user: User) -> None:
    keeping.change(user, user.email, "one-time codes taken away", user.version, one_time_secret="")


def is_right(user: User, code: str) -> bool:
    """Whether a code is one of now or of half a minute before or after, later than the last one taken."""
    step = _step_of(user.one_time_secret, code)
    if step is None:
        return False
    later = User.objects.filter(pk=user.pk, last_code__lt=step)
    return later.update(last_code=step) == 1  # two requests with one code: the database lets one pass


def _step_of(secret: str, code: str) -> int | None:
    now = int(time.time())
    right = pyotp.TOTP(secret, interval=SECONDS)
    code = code.replace(" ", "")
    steps = (now // SECONDS + shift for shift in (0, -1, 1))
    return next((step for step in steps if right.verify(code, for_time=step * SECONDS)), None)
