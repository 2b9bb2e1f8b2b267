"""Whether it stands that quality which did not hold does not count against an initiative.

An excuse is said in a return, and of what was seen then: of those measures, and of months up to its own. It falls once
a later month is told of what is claimed, because the return of that month asks for it anew; of what is finished or
stopped no more returns are asked. What whoever wrote a claim says, before or afterwards, counts nothing.
"""

from collections.abc import Collection, Iterable, Mapping

from careatlas.improve.delivery.models import Initiative, Return
from careatlas.improve.delivery.months import month_of
from careatlas.improve.delivery.planning import independence
from careatlas.improve.delivery.planning.initiatives import OVER


def standing(
    initiatives: Iterable[Initiative], not_held: Mapping[int, Collection[int]], known: Mapping[int, int]
) -> dict[int, Return]:
    """By initiative, the return whose excuse stands. ``not_held``: numbers of measures that got worse or are missing;
    ``known``: the last month told of what it claims, or where that is none, of quality."""
    is_over = {one.pk: one.status in OVER for one in initiatives}
    found = {
        number: one
        for number, one in _latest(is_over).items()
        if one.excused_by
        and set(not_held[number]) <= set(one.excused)
        and (is_over[number] or month_of(one.month) >= known[number])
    }
    claimants = independence.claimants(found)
    return {number: one for number, one in found.items() if one.excused_by.email not in claimants[number]}


def _latest(initiatives: Collection[int]) -> dict[int, Return]:
    """The last return that was sent in of each."""
    sent = Return.objects.filter(initiative__in=list(initiatives), sent_in_at__isnull=False)
    return {one.initiative_id: one for one in sent.select_related("excused_by").order_by("month")}
