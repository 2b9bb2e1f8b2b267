"""What is claimed already and stands in the way, where a later day or another year would leave it without a reason.

Days and not months are compared: a month lies wholly after a start where its first day does.
"""

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from careatlas.catalogue.delivery_gates import load_cost_lines
from careatlas.improve.delivery.models import Claim
from careatlas.improve.delivery.months import first_day, first_of_year
from careatlas.improve.delivery.planning.plans import in_words as year_in_words


def fault_of_day(claims: QuerySet[Claim], day: date) -> str:
    """Why nothing can begin on a day: something is saved in a month that does not lie wholly after it. Empty where
    nothing is; money may well be spent earlier."""
    found = claims.filter(pence__gt=0).select_related("pool").order_by("pk")
    early = [one for one in found if _first_month(one) < day]
    return (
        f"Savings are claimed of months before it: change those of {in_words(early)} first." if early else ""
    )


def in_words(claims: Iterable[Claim]) -> str:
    """Such as ``claim 7 (Maternity, 2025/26)``."""
    lines = load_cost_lines()
    return " and ".join(
        f"claim {one.pk} ({lines[one.pool.cost_line].title}, {year_in_words(one.pool.year)})"
        for one in claims
    )


def _first_month(claim: Claim) -> date:
    """The first day of the first month of which something is claimed."""
    months = enumerate(claim.phasing, first_of_year(claim.pool.year))
    return first_day(next(month for month, pence in months if pence))
