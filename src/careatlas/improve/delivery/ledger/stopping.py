"""Stopping an initiative: what it did stays, and of the months still to come it claims nothing any more. An idea did
nothing: nothing of what it would have claimed stays."""

from django.db import transaction
from django.utils import timezone

from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger.claims import UNCONFIRMED
from careatlas.improve.delivery.models import Claim, Initiative, Status
from careatlas.improve.delivery.planning import gateways, initiatives
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

WHY = "it was stopped: nothing is claimed of later months"
WHY_IDEA = "it was stopped as an idea: nothing was done that could save"


@transaction.atomic
def stop(number: int, user: User, version: int, why: str) -> Initiative:
    """Taking it up again brings no claim back: what it will save then is said anew. Raises as `gateways.stop` does."""
    was_idea = initiatives.opened(number, user).status == Status.IDEA
    stopped = gateways.stop(number, user, version, why)
    this_month = months.month_of(timezone.now().date())
    for claim in Claim.objects.select_for_update().filter(initiative=stopped).order_by("pk"):
        if was_idea:
            keeping.remove(claim, user.email, WHY_IDEA)
        else:
            _keep_until(claim, this_month, user)
    return stopped


def _keep_until(claim: Claim, month: int, user: User) -> None:
    """Its months up to and with this one."""
    began = months.first_of_year(claim.pool.year)
    phasing = [each if began + at <= month else 0 for at, each in enumerate(claim.phasing)]
    if not any(phasing):
        keeping.remove(claim, user.email, WHY)
    elif phasing != claim.phasing:
        said = {"phasing": phasing, "pence": sum(phasing), **UNCONFIRMED}
        keeping.change(claim, user.email, WHY, claim.version, **said)
