"""Keys for the API: made by a person, shown once, kept only as a hash; each does what its owner may, or only reads.

A key is nothing by itself: whose rights change, or whose account is shut, has keys that follow at the next request.
"""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.models import Token
from careatlas.improve.evidence.writing.answers import Wrong, cleaned
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

START = "careatlas_"  # so that a key is known for one, wherever it turns up
GOOD_FOR_DAYS = (30, 90, 365)
LONGEST_NAME, MOST = 80, 20
SEEN_AT_MOST_EVERY = timedelta(minutes=1)


def of(user: User) -> QuerySet[Token]:
    """The person's keys, the newest first; those that have expired too."""
    return Token.objects.filter(user=user).order_by("-pk")


@transaction.atomic
def make(user: User, name: str, days: int, may_write: bool) -> tuple[Token, str]:
    """A key and its words, which nobody can be told again. Raises answers.Wrong."""
    name = " ".join(cleaned(name).split())
    faults = {}
    if not name or len(name) > LONGEST_NAME:
        faults["name"] = f"Say what it is for, in at most {LONGEST_NAME} characters."
    if days not in GOOD_FOR_DAYS:
        faults["days"] = "Choose one of the times."
    if of(user).count() >= MOST:
        faults["name"] = f"You have {MOST} keys: withdraw one first."
    if faults:
        raise Wrong(faults)
    words = START + secrets.token_urlsafe(32)
    token = keeping.create(
        Token,
        user.email,
        "made a key for the API",
        user=user,
        name=name,
        token_digest=_digest(words),
        may_write=may_write,
        expires_at=timezone.now() + timedelta(days=days),
    )
    return token, words


def is_kept(words: str) -> bool:
    """Whether there is such a key: of two forms at one moment only one made hers."""
    return Token.objects.filter(token_digest=_digest(words)).exists()


@transaction.atomic
def withdraw(number: int, user: User) -> None:
    """From the next request on it opens nothing. Raises NotKnownError where it is none of the person's."""
    token = of(user).select_for_update().filter(pk=number).first()
    if token is None:
        raise NotKnownError("This key", "is none of yours.", "See the list of yours.")
    keeping.remove(token, user.email, "withdrew a key for the API")


def opened_by(words: str) -> Token | None:
    """The key of these words, if it is good today and its owner is still let in."""
    if not words.startswith(START):
        return None
    now = timezone.now()
    good = Token.objects.filter(token_digest=_digest(words), expires_at__gt=now, user__is_active=True)
    token = good.select_related("user").first()
    if token is not None:
        # When it was last used is no content: it is not in the record, and written once a minute at most.
        seen = Q(last_used_at=None) | Q(last_used_at__lt=now - SEEN_AT_MOST_EVERY)
        if Token.objects.filter(seen, pk=token.pk).update(last_used_at=now):
            token.last_used_at = now
    return token


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
