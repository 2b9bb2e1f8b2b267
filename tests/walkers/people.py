"""Who walks: people of every role in two places, each with a browser of their own."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.test import Client

from careatlas.improve.people import roles
from careatlas.improve.people.models import Grant, Organisation, Role, User
from careatlas.improve.record import keeping
from careatlas.web import sign_in

HERE, THERE = "S00", "S31"  # parts of two boards, in two regions
HOUSES = {HERE: "B0", THERE: "B3"}


@dataclass
class Person:
    """``user`` is None for whoever has not signed in."""

    name: str
    user: User | None
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    epoch: int = -1

    @property
    def key(self) -> int:
        return self.user.pk if self.user else 0  # nobody's

    def grants(self) -> list[Grant]:
        return list(Grant.objects.filter(user=self.key).select_related("organisation"))

    def has(self, *wanted: Role) -> bool:
        return any(grant.role in wanted for grant in self.grants())

    def over(self, path: str, *wanted: Role) -> bool:
        """Whether one of the roles, or without any whatever role, reaches a place. What somebody only claimed at
        registering reaches the one place they named."""
        return any(
            (grant.role in wanted or not wanted)
            and (
                path == grant.organisation.path
                if grant.is_claimed
                else path.startswith(grant.organisation.path)
            )
            for grant in self.grants()
        )

    def publishes(self) -> bool:
        """For the whole country."""
        return self.over("SIM/", Role.PUBLISHER)

    def be_in(self) -> None:
        """Sign in, and again where a change of rights has ended the session."""
        if self.user is None:
            return
        self.user = User.objects.get(pk=self.user.pk)
        cookie = self.client.cookies.get("sessionid")
        if self.epoch == self.user.epoch and cookie is not None and cookie.value:
            return
        self.client.force_login(self.user, backend="careatlas.web.sign_in.ByPassword")
        session = self.client.session
        session[sign_in.SIGNED_IN_AT] = time.time()
        session.save()
        self.epoch = self.user.epoch


def made(name: str, *granted: tuple[Role, str], claimed: bool = False) -> User:
    user = keeping.create(User, "the world", "the world", email=f"{name}@nhs.test", name=name.capitalize())
    for role, code in granted:
        roles.grant(user, role, Organisation.objects.get(pk=code), "the world", "the world", claimed)
    return User.objects.get(pk=user.pk)


def everybody_there() -> Iterator[Person]:
    for role in Role:
        for code in HOUSES.values():
            yield Person(f"{role.value} of {code}", made(f"{role.value}.{code.lower()}", (role, code)))
    for role in (Role.ASSESSOR, Role.PUBLISHER):
        yield Person(f"{role.value} of all", made(f"{role.value}.sim", (role, "SIM")))
    yield Person("author by claim", made("claimed", (Role.AUTHOR, "SIM"), claimed=True))
