"""Money that was named before there was a pool: a claim is made of it, or it is put aside with the reason.

Either way it leaves the list, and the record keeps what it said and what became of it.
"""

from collections.abc import Callable

from django.db import transaction

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.ledger import claims
from careatlas.improve.delivery.models import Claim, Initiative, Proposal
from careatlas.improve.delivery.planning import who
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping


def of(initiative: Initiative, number: int) -> Proposal:
    """Raises NotKnownError."""
    found = initiative.proposals.filter(pk=number).first()
    if found is None:
        raise NotKnownError(f"Proposal {number}", "is not on the list any more.", "Look at its initiative.")
    return found


def seen(number: int, user: User) -> Proposal:
    """One that the person may make something of. Raises NotKnownError."""
    found = Proposal.objects.select_related("initiative").filter(pk=number).first()
    if found is None or not who.written_by(user).filter(pk=found.initiative_id).exists():
        raise NotKnownError(f"Proposal {number}", "is none that you may write on.", "See the list of yours.")
    return found


def held(number: int, user: User) -> Proposal:
    """To be changed, until the end of the transaction. Raises NotKnownError."""
    return Proposal.objects.select_for_update().get(pk=seen(number, user).pk)


@transaction.atomic
def put_aside(number: int, user: User, why: str) -> Initiative:
    """Raises answers.Wrong where no reason is given; NotKnownError."""
    proposal = held(number, user)
    keeping.remove(proposal, user.email, claims.reason_given(why))
    return proposal.initiative


@transaction.atomic
def made_a_claim(number: int, user: User, claim: Callable[[], Claim]) -> Claim:
    """What ``claim`` adds takes the proposal's place. Raises what it raises; NotKnownError."""
    proposal = held(number, user)
    made = claim()
    keeping.remove(proposal, user.email, f"made claim {made.pk} of it")
    return made
