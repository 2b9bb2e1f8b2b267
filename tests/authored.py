"""People, roles and examples for the tests of what people write, on the small release of `web_release`."""

import time
from datetime import date
from typing import Any

from django.test import Client

from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.people import roles
from careatlas.improve.people.models import Organisation, Role, User
from careatlas.improve.record import keeping

WHOLE: dict[str, Any] = {
    "summary": "We rang patients before they came.",
    "setting": "hospital_outpatient",
    "programme": "planned_care",
    "problem": "One in ten did not come.",
    "what_was_done": "Two clerks rang everybody three days before.",
    "cost_to_start_gbp": 0,
    "quality_effect": "Shorter waits.",
    "evidence": "An audit.",
    "implementation": "Six weeks.",
    "how_money_is_realised": "No money is saved.",
    "how_measured": "We counted who came.",
}  # what has to be answered before an example is handed in


def person(name: str, *given: tuple[Role, str], claimed: bool = False) -> User:
    """``person("ann", (Role.ASSESSOR, "B1"))``."""
    user = User.objects.create(email=f"{name.lower()}@nhs.test", name=name.capitalize())
    for role, code in given:
        roles.grant(user, role, Organisation.objects.get(pk=code), "the test", "needed here", claimed)
    return User.objects.get(pk=user.pk)


def signed_in(user: User) -> Client:
    """A browser in which the person has signed in."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(pk=user.pk), backend="careatlas.web.sign_in.ByPassword")
    session = client.session
    session["signed_in_at"] = time.time()
    session.save()
    return client


def example(author: User, owner: str = "T01", stage: Stage = Stage.DRAFT, **more: Any) -> Example:
    said = {"title": "Ringing patients", **more}
    return keeping.create(
        Example,
        author.email,
        "the test",
        owner=Organisation.objects.get(pk=owner),
        author=author,
        stage=stage,
        **said,
    )


def whole(author: User, owner: str = "T01", **more: Any) -> Example:
    """One that could be handed in."""
    return example(author, owner, **(WHOLE | more))


STARTED = date(2025, 9, 1)  # as `web_release.IMPROVED`
