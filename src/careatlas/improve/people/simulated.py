"""People of the simulated country: everybody knows their password, so they are let in only where it is served."""

from careatlas.engine.release import Release
from careatlas.improve.people import roles
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

PASSWORD = "simulated country"
DOMAIN = "simulated.invalid"  # no letter can ever get there
WHO = "the release"


def address(name: str) -> str:
    return f"{name}@{DOMAIN}"


def keep_to_their_country(release: Release) -> None:
    """Shut them out of every other atlas, with their sessions and tokens; let them in again in their own."""
    is_theirs = release.manifest["simulated"]
    for user in User.objects.filter(email__endswith=f"@{DOMAIN}", is_active=not is_theirs):
        if is_theirs:
            keeping.change(user, WHO, "the simulated country is served", user.version, is_active=True)
        else:
            roles.disable(user, WHO, "the simulated country is not what is served")
