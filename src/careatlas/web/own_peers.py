"""A reader's own set of peers, as the address keeps it: ``?peers=03R,15F``, or ``peers=`` once for each."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import QueryDict

NAME = "peers"


def asked_for(asked: QueryDict) -> list[str]:
    """The codes or names given, in the reader's order; empty where the reader named none."""
    texts = [text.strip() for given in asked.getlist(NAME) for text in given.split(",")]
    return [text for text in texts if text]


def address(codes: Sequence[str]) -> str:
    """The set as the end of an address; empty for none."""
    return urlencode({NAME: ",".join(codes)}, safe=",") if codes else ""
