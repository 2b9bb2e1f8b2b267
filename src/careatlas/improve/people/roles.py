"""Who may do what, where. A role that was given reaches its organisation and everything below; nobody has all.

Rules that other rooms ask: ``may`` for one organisation, ``within`` for a query over many.
"""

from django.db import transaction
from django.db.models import F, Q

from careatlas.improve.people.models import Grant, Organisation, Role, User
from careatlas.improve.record import keeping


def may(user: User, role: Role, organisation: Organisation) -> bool:
    """Whether the person has the role in the organisation or in one above it."""
    return any(
        organisation.path == path if is_claimed else organisation.path.startswith(path)
        for path, is_claimed in _places(user, role)
    )


def has(user: User, role: Role) -> bool:
    """Whether the person has the role anywhere."""
    return bool(_places(user, role))


def within(user: User, role: Role, field: str = "") -> Q:
    """A condition: rows whose organisation (reached by ``field``) lies where the person has the role."""
    column = f"{field}__path" if field else "path"
    condition = Q(pk__in=())
    for path, is_claimed in _places(user, role):
        condition |= Q(**{column if is_claimed else f"{column}__startswith": path})
    return condition


def _places(user: User, role: Role) -> list[tuple[str, bool]]:
    """Paths of the organisations where the person has the role, and whether they only said so themselves: what is
    claimed reaches that organisation alone, or anybody could register as an author of the whole country."""
    if not (user.is_authenticated and user.is_active):
        return []
    found = Grant.objects.filter(user=user, role=role)
    return list(found.values_list("organisation__path", "is_claimed"))


@transaction.atomic
def grant(
    user: User, role: Role, organisation: Organisation, who: str, why: str, claimed: bool = False
) -> Grant:
    """Give a role. A person who had only claimed it is confirmed by being given it."""
    had = Grant.objects.filter(user=user, role=role, organisation=organisation).first()
    if had is None:
        had = keeping.create(
            Grant, who, why, user=user, role=role, organisation=organisation, is_claimed=claimed
        )
        end_sessions(user)
    elif had.is_claimed and not claimed:
        had = keeping.change(had, who, why, had.version, is_claimed=False)
    return had


@transaction.atomic
def withdraw(grant: Grant, who: str, why: str) -> None:
    keeping.remove(grant, who, why)
    end_sessions(grant.user)


def end_sessions(user: User) -> None:
    """Refuse every session the person has, from the next request on."""
    User.objects.filter(pk=user.pk).update(epoch=F("epoch") + 1)


@transaction.atomic
def disable(user: User, who: str, why: str) -> User:
    user.refresh_from_db()
    disabled = keeping.change(user, who, why, user.version, is_active=False)
    end_sessions(user)
    return disabled
