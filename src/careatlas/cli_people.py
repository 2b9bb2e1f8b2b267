"""The commands about people and the record: whom to let in first, and whether anybody wrote where nobody may."""

from pathlib import Path
from typing import Any

import click

from careatlas.cli_parts import json_option, opened, release_option, shown
from careatlas.errors import AtlasError


@click.group()
def people() -> None:
    """Invite people, list them, and take their rights away."""


@people.command()
@click.argument("email")
@click.option(
    "--role", required=True, help="author, assessor, plan_manager, finance_assurer, publisher or reader."
)
@click.option(
    "--organisation", required=True, help="Code of the organisation; the role reaches all below it."
)
@release_option
def invite(email: str, role: str, organisation: str, release: Path | None) -> None:
    """Let somebody in with a role: prints the link that the letter holds. The first publisher comes in this way."""
    _ready(release)
    from django.conf import settings

    from careatlas.improve.people import letters, organisations
    from careatlas.improve.people.models import Role

    if role not in Role.values:
        raise AtlasError(role, "is no role.", f"Give one of {', '.join(Role.values)}.")

    def say(address: str, kind: str, token: str) -> None:
        click.echo(f"{settings.CONFIGURATION.address.rstrip('/')}/account/letter/{token}/")

    letters.invite(email, Role(role), organisations.organisation(organisation), "command line", say)


@people.command("list")
@json_option
@release_option
@shown
def list_people(release: Path | None) -> list[dict[str, Any]]:
    """List who may do what, and where."""
    _ready(release)
    from careatlas.improve.people.models import Grant

    found = Grant.objects.select_related("user", "organisation").order_by("user__email", "pk")
    return [
        {
            "email": grant.user.email,
            "name": grant.user.name,
            "is_active": grant.user.is_active,
            "role": grant.role,
            "organisation": grant.organisation_id,
            "organisation_name": grant.organisation.name,
            "is_claimed": grant.is_claimed,
        }
        for grant in found
    ]


@people.command()
@click.argument("email")
@click.option("--why", required=True, help="Kept in the record.")
@release_option
def disable(email: str, why: str, release: Path | None) -> None:
    """Shut somebody out, at once: every session they have ends."""
    _ready(release)
    from careatlas.improve.people import roles
    from careatlas.improve.people.models import User

    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise AtlasError(email, "is nobody here.", "See careatlas people list.")
    roles.disable(user, "command line", why)
    click.echo(f"{user.email} is shut out")


@click.group()
def audit() -> None:
    """The record of every change: its head, and whether it is whole."""


@audit.command()
@release_option
def head(release: Path | None) -> None:
    """Print the last entry's number and hash: keep it where whoever can write to the database cannot."""
    _ready(release)
    from careatlas.improve.record import chain

    click.echo(chain.head())


@audit.command()
@click.option("--head", "known_head", help="One that was kept elsewhere: shows whether the end was cut off.")
@release_option
def verify(known_head: str | None, release: Path | None) -> None:
    """Read the record from its beginning and say where it is not what was written."""
    _ready(release)
    from careatlas.improve.record import chain
    from careatlas.improve.record.models import Entry

    found = list(chain.faults(known_head))
    for fault in found:
        click.echo(fault)
    if found:
        raise AtlasError(
            "the record", f"has {len(found)} fault{'s' * (len(found) > 1)}.", "Restore a backup."
        )
    click.echo(f"{Entry.objects.count()} entries, each as it was written")


def _ready(release: Path | None) -> None:
    from careatlas.web.authored import prepare, take_organisations

    prepare(opened(release).folder.parent.parent)
    take_organisations()
