"""Letters that gather a person's unread notices, a day or a week of them: only for those who asked, and easily stopped.

A letter is claimed before it is sent, so that two runs at one moment send it once; where sending fails the claim is
given back and the next run tries again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import Q

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.models import Notice, Preference
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

LETTERS = {"never": None, "daily": timedelta(days=1), "weekly": timedelta(days=7)}
EARLY = timedelta(hours=1)  # what runs every day at six is not always on the stroke
MOST = 50  # notices in a letter
WHO = "letters"
_SALT = "careatlas.letters"


@dataclass(frozen=True)
class Digest:
    """A letter to be sent. ``lines``: words and address in the atlas; ``token``: stops letters without signing in."""

    email: str
    name: str
    lines: tuple[tuple[str, str], ...]
    left_out: int
    token: str


def preference_of(user: User) -> Preference:
    """What the person wants; of whoever never said, no letters (not yet kept, version 0)."""
    return Preference.objects.filter(user=user).first() or Preference(user=user, version=0)


@transaction.atomic
def prefer(user: User, letters: str, version: int) -> Preference:
    """``version``: the one the person saw. Raises NotKnownError; EditedMeanwhile."""
    if letters not in LETTERS:
        raise NotKnownError(letters[:20], "is no choice.", f"Choose one of {', '.join(LETTERS)}.")
    User.objects.select_for_update().get(pk=user.pk)
    kept = Preference.objects.filter(user=user).first()
    if kept is None:
        return keeping.create(Preference, user.email, "chose letters", user=user, letters=letters)
    return keeping.change(kept, user.email, "chose letters", version, letters=letters)


def send_due(now: datetime, post: Callable[[Digest], None]) -> int:
    """Send every letter that is due, and give how many were; of whoever has nothing unread, none.

    Where some could not be sent the others are; then the first fault is raised."""
    sent, faults = 0, []
    for preference in _due(now):
        digest = _claimed(preference, now)
        if digest is None:
            continue
        try:
            post(digest)
            sent += 1
        except OSError as fault:  # of the mail server, or of the way there
            _give_back(preference, now)
            faults.append(fault)
    if faults:
        raise faults[0]
    return sent


def token_for(user: User) -> str:
    return signing.dumps(user.pk, salt=_SALT)


def owner_of(token: str) -> User:
    """Whose letters a link stops. Raises NotKnownError."""
    try:
        number = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        number = None
    user = User.objects.filter(pk=number).first()
    if user is None:
        raise NotKnownError("This link", "stops nobody's letters.", "Take the one at the end of a letter.")
    return user


@transaction.atomic
def stop(token: str) -> User:
    """No more letters, whoever opened the link; stopping twice is stopping once."""
    user = owner_of(token)
    kept = Preference.objects.select_for_update().filter(user=user).first()
    if kept is not None:
        keeping.change(kept, user.email, "stopped letters by their link", kept.version, letters="never")
    return user


def _due(now: datetime) -> list[Preference]:
    condition = Q(pk__in=())
    for letters, every in LETTERS.items():
        if every is not None:
            is_time = Q(last_letter_at=None) | Q(last_letter_at__lte=now - every + EARLY)
            condition |= Q(letters=letters) & is_time
    found = Preference.objects.filter(condition, user__is_active=True).select_related("user")
    return list(found.order_by("pk"))


@transaction.atomic
def _claimed(preference: Preference, now: datetime) -> Digest | None:
    """The letter, with its notices marked as sent; None where there is nothing to say or another run has it."""
    user = preference.user
    waiting = Notice.objects.filter(user=user, seen_at=None, mailed_at=None, at__lte=now).order_by(
        "-at", "-pk"
    )
    found = list(waiting)
    if not found:
        return None
    try:
        keeping.change(preference, WHO, "a letter", preference.version, last_letter_at=now)
    except keeping.EditedMeanwhile:
        return None
    Notice.objects.filter(pk__in=[one.pk for one in found]).update(mailed_at=now)
    lines = tuple((one.text, one.address) for one in found[:MOST])
    return Digest(user.email, user.name, lines, len(found) - len(lines), token_for(user))


@transaction.atomic
def _give_back(preference: Preference, now: datetime) -> None:
    Notice.objects.filter(user=preference.user, mailed_at=now).update(mailed_at=None)
    now_kept: Any = Preference.objects.get(pk=preference.pk)
    before = preference.last_letter_at
    keeping.change(now_kept, WHO, "the letter could not be sent", now_kept.version, last_letter_at=before)
