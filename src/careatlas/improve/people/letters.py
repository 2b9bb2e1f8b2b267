"""How people come in: a link sent to their address, good once and for some days. Nobody needs a manager to write an
example, only an address of a staff domain; every other role is given by a publisher of the organisation, who invites.
"""

import hashlib
import secrets
from collections.abc import Callable, Collection
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone

from careatlas.errors import NotKnownError
from careatlas.improve.people import roles
from careatlas.improve.people.models import Letter, Organisation, Role, User
from careatlas.improve.record import keeping

GOOD_FOR = {"join": timedelta(days=7), "password": timedelta(hours=2)}
Post = Callable[[str, str, str], None]  # address, kind of letter, token


def is_of_staff(email: str, domains: Collection[str]) -> bool:
    """Whether an address is of a staff domain or of one below it: ``leeds.nhs.uk`` is of ``nhs.uk``.

    >>> is_of_staff("a@leeds.nhs.uk", ["nhs.uk"]), is_of_staff("a@notnhs.uk", ["nhs.uk"])
    (True, False)
    """
    domain = email.rpartition("@")[2].lower()
    return any(domain == known.lower() or domain.endswith(f".{known.lower()}") for known in domains)


def register(email: str, name: str, organisation: Organisation, domains: Collection[str], post: Post) -> None:
    """Send a link to join as an author. Silent where the address may not, or has joined: who is here is not told."""
    email = email.strip().lower()
    if is_of_staff(email, domains) and not User.objects.filter(email=email).exists():
        _send(email, post, name=name, role=Role.AUTHOR, organisation=organisation, is_claimed=True)


def invite(email: str, role: Role, organisation: Organisation, who: str, post: Post) -> None:
    """Send a link to join with a role; to whoever has joined already the role is given at once."""
    email = email.strip().lower()
    user = User.objects.filter(email=email, is_active=True).first()
    if user is not None:
        roles.grant(user, role, organisation, who, "invited")
    else:
        _send(email, post, who=who, role=role, organisation=organisation)


def forgotten(email: str, post: Post) -> None:
    """Send a link to choose a new password, if the address is of somebody here; silent if not."""
    email = email.strip().lower()
    if User.objects.filter(email=email, is_active=True).exists():
        _send(email, post)


def opened(token: str) -> Letter:
    """The letter a link leads to. Raises NotKnownError where it was used, is too old, or never was."""
    letter = Letter.objects.filter(token_digest=_digest(token), used_at=None).first()
    if letter is None or letter.expires_at < timezone.now():
        raise NotKnownError("This link", "was used already, or is too old.", "Ask for another.")
    return letter


@transaction.atomic
def answer(token: str, password: str, name: str = "") -> User:
    """Join, or choose the new password. Raises ValidationError where the password is a bad one."""
    letter = opened(token)
    user = User.objects.filter(email=letter.email).first() or User(
        email=letter.email, name=name or letter.name
    )
    validate_password(password, user)
    user.set_password(password)
    if user.pk is None:
        user = keeping.create(
            User, letter.email, "joined by letter", email=user.email, name=user.name, password=user.password
        )
    else:
        user = keeping.change(
            user, letter.email, "new password by letter", user.version, password=user.password
        )
    if letter.role:
        role = Role(letter.role)
        roles.grant(user, role, letter.organisation, letter.email, "joined by letter", letter.is_claimed)
    keeping.change(letter, letter.email, "used", letter.version, used_at=timezone.now())
    user.refresh_from_db()
    return user


def _send(email: str, post: Post, who: str = "", **fields: object) -> None:
    kind = "join" if "role" in fields else "password"
    token = secrets.token_urlsafe(32)
    keeping.create(
        Letter,
        who or email,
        "letter to join" if kind == "join" else "letter for a new password",
        email=email,
        token_digest=_digest(token),
        expires_at=timezone.now() + GOOD_FOR[kind],
        **fields,
    )
    transaction.on_commit(lambda: post(email, kind, token))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
