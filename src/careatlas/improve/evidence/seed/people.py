"""People of the simulated country: one of each role, and an author for every body that could tell of something.

Everybody's password is known: see `people.simulated`, which shuts them out of every other atlas.
"""

from collections.abc import Mapping
from typing import NamedTuple

from django.contrib.auth.hashers import make_password

from careatlas.improve.people import roles
from careatlas.improve.people.models import Kind, Organisation, Role, User
from careatlas.improve.people.simulated import PASSWORD, address
from careatlas.improve.record import keeping

SIMULATOR = "the simulator"
PEOPLE = {  # who they are: the role, and whether all of the country is theirs
    "publisher": (Role.PUBLISHER, True),
    "assessor.one": (Role.ASSESSOR, True),
    "assessor.two": (Role.ASSESSOR, True),
    "assessor.three": (Role.ASSESSOR, True),
    "author": (Role.AUTHOR, False),
    "plan.manager": (Role.PLAN_MANAGER, False),
    "programme.lead": (Role.PLAN_MANAGER, True),
    "finance.assurer": (Role.FINANCE_ASSURER, False),
    "finance.lead": (Role.FINANCE_ASSURER, True),
    "reader": (Role.READER, False),
}


class Account(NamedTuple):
    email: str
    role: str
    organisation: str


def accounts() -> list[Account]:
    """The accounts that somebody may want to try; all have the same password."""
    found = User.objects.filter(email__in=[address(name) for name in PEOPLE]).prefetch_related(
        "grants__organisation"
    )
    told = {user.email: user.grants.all()[0] for user in found}
    return [
        Account(address(name), Role(told[address(name)].role).label, told[address(name)].organisation.name)
        for name in PEOPLE
        if address(name) in told
    ]


def everybody() -> dict[str, User]:
    """The people of PEOPLE, and an author for each board, and for each trust that lies in none: by code."""
    country = Organisation.objects.get(kind=Kind.NATIONAL)
    bodies = Organisation.objects.filter(kind__in=(Kind.BOARD, Kind.TRUST), is_current=True).order_by("path")
    first = bodies.filter(kind=Kind.BOARD)[0]
    password = make_password(PASSWORD)

    def person(name: str, role: Role, where: Organisation) -> User:
        user = keeping.create(
            User, SIMULATOR, "a person of the simulated country",
            email=address(name), name=name.replace(".", " ").capitalize(), password=password,
        )  # fmt: skip
        roles.grant(user, role, where, SIMULATOR, "a person of the simulated country")
        return User.objects.get(pk=user.pk)

    found = {
        name: person(name, role, country if is_national else first)
        for name, (role, is_national) in PEOPLE.items()
    }
    for body in bodies:
        if not any(other != body and body.path.startswith(other.path) for other in bodies):
            found[body.pk] = (
                found["author"] if body == first else person(f"author.{body.pk.lower()}", Role.AUTHOR, body)
            )
    return found


def author_of(owner: Organisation, accounts: Mapping[str, User]) -> User:
    codes = owner.path.strip("/").split("/")
    return next(accounts[code] for code in reversed(codes) if code in accounts)
