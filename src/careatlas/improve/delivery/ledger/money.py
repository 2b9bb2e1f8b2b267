"""Pounds as people write them, and whole pence as they are kept: nothing is guessed, and nothing rounded."""

import re
from collections.abc import Sequence

from careatlas.improve.evidence.writing.answers import Wrong, cleaned

PENCE = 100
_POUNDS = re.compile(r"(?P<sign>-?)(?P<whole>\d{1,3}(,\d{3})+|\d{1,13})(\.(?P<pence>\d{1,2}))?")
REMEDY = "Give pounds such as 12500, 12,500 or 12500.50."


def read_pounds(said: str, field: str) -> int | None:
    """Whole pence; None where nothing is said. Commas only between thousands. Raises Wrong.

    >>> read_pounds("£1,250.5", "amount"), read_pounds(" ", "amount")
    (125050, None)
    """
    text = cleaned(said).replace("\u2212", "-").replace("£", "").replace(" ", "").replace("\u00a0", "")
    if not text:
        return None
    found = _POUNDS.fullmatch(text)
    if found is None or not text.isascii():
        raise Wrong({field: REMEDY})
    pence = int(found["whole"].replace(",", "")) * PENCE + int((found["pence"] or "").ljust(2, "0"))
    return -pence if found["sign"] else pence


def in_pounds(pence: int) -> str:
    """To the penny, as a form shows it and reads it again.

    >>> in_pounds(125050), in_pounds(-3), in_pounds(200)
    ('1250.50', '-0.03', '2')
    """
    whole, rest = divmod(abs(pence), PENCE)
    return f"{'-' if pence < 0 else ''}{whole}" + (f".{rest:02d}" if rest else "")


def to_the_penny(pence: int) -> str:
    """For the record of who changed what, where three figures would hide a change.

    >>> to_the_penny(-123450050)
    '-£1,234,500.50'
    """
    return f"{'-' if pence < 0 else ''}£{abs(pence) // PENCE:,}.{abs(pence) % PENCE:02d}"


def months_to_the_penny(phasing: Sequence[int]) -> str:
    return ", ".join(to_the_penny(each) for each in phasing)
