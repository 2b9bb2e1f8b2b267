"""What a pool cost month by month, where the atlas has no figures of it: entered as lines of a month and pounds.

Who enters months sends with them a stamp of what was on file when they looked: somebody else's months are not
overwritten unseen. An empty cell is a month that is not known, and is left out.
"""

import hashlib
from collections.abc import Mapping
from datetime import date

from django.db import transaction

from careatlas.improve.delivery.ledger import pools
from careatlas.improve.delivery.ledger.money import PENCE
from careatlas.improve.delivery.models import Pool
from careatlas.improve.delivery.planning import figures
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping


def read_costs(text: str) -> dict[date, int]:
    """Month -> whole pence. Raises Wrong.

    >>> read_costs("month,pounds\\n2026-04,1250.5\\n2026-05,")
    {datetime.date(2026, 4, 1): 125050}
    """
    found = {}
    for month, pounds in figures.read_months(text).items():
        found[month] = round(pounds * PENCE)
        if abs(found[month] - pounds * PENCE) > 1e-3:
            raise Wrong({"months": f"{month:%B %Y} has parts of a penny: give pounds such as 12500.50."})
    return found


def stamp(pool: Pool) -> str:
    """Differs as soon as any month of it does: one that was taken away and entered anew is another."""
    on_file = pool.costs.order_by("month").values_list("pk", "version", "pence")
    return hashlib.sha256(repr(list(on_file)).encode()).hexdigest()[:16]


@transaction.atomic
def enter(number: int, user: User, seen: str, months: Mapping[date, int | None], why: str) -> None:
    """All of them or none; None takes a month away. Raises as `pools.enter_cost`, and EditedMeanwhile."""
    pool = pools.held(number, user)
    if stamp(pool) != seen:
        raise keeping.EditedMeanwhile(pool)
    for month, pence in sorted(months.items()):
        pools.enter_cost(number, user, month, pence, why)
