"""Which pools would hold the same savings: of one year, of one cost line or counted by one indicator, at one place or
one within the other.

No pool is made where another stands in its way. Where places moved, so that two came to lie within each other, the
lower of them is told and cannot be evidenced: `sizes` asks `higher`, each time, because it is so until one is removed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from careatlas.catalogue.delivery_gates import load_cost_lines
from careatlas.improve.delivery.models import Pool
from careatlas.improve.delivery.planning.plans import in_words
from careatlas.improve.people.models import Organisation


def of_line(area: Organisation, cost_line: str, year: int) -> Pool | None:
    """The pool that holds some of what one of this cost line here would hold."""
    return _near(area, year).filter(cost_line=cost_line).first()


def of_indicator(area: Organisation, indicator: str, year: int, apart_from: int | None = None) -> Pool | None:
    """The pool that counts some of what one of this indicator here would count; costs that are entered are nobody
    else's."""
    if not indicator:
        return None
    return _near(area, year).filter(indicator=indicator).exclude(pk=apart_from).first()


def higher(pools: Collection[int]) -> dict[int, Pool]:
    """Of these, those within another that holds the same savings, with that one; of two at one place the later."""
    together = defaultdict(list)
    for pool in _alike(Pool.objects.filter(pk__in=pools)):
        for kind in _kinds(pool):
            together[kind].append(pool)
    found: dict[int, Pool] = {}
    for alike in together.values():
        alike.sort(key=lambda pool: (len(pool.area.path), pool.pk))  # whatever holds another comes before it
        for place, pool in enumerate(alike):
            around = next((one for one in alike[:place] if pool.area.path.startswith(one.area.path)), None)
            if around is not None and pool.pk in pools:
                found.setdefault(pool.pk, around)
    return found


def in_full(stands: Pool, area: Organisation) -> str:
    """Where it stands, seen from an area: ``Pool 7 (Maternity, 2025/26) stands at North, above it``."""
    line = load_cost_lines().get(stands.cost_line)
    named = f"Pool {stands.pk} ({line.title if line else stands.cost_line}, {in_words(stands.year)})"
    if stands.area_id == area.pk:
        return f"{named} stands here"
    side = "above" if area.path.startswith(stands.area.path) else "below"
    return f"{named} stands at {stands.area.name}, {side} it,"


def _near(area: Organisation, year: int) -> QuerySet[Pool]:
    """At the area itself, above it or below it."""
    related = Q(area__path__startswith=area.path) | Q(area__in=area.path.strip("/").split("/"))
    return Pool.objects.filter(related, year=year).select_related("area").order_by("pk")


def _alike(pools: QuerySet[Pool]) -> QuerySet[Pool]:
    """Them and all that may hold the same."""
    lines, counted = pools.values("cost_line"), pools.exclude(indicator="").values("indicator")
    found = Pool.objects.filter(
        Q(cost_line__in=lines) | Q(indicator__in=counted), year__in=pools.values("year")
    )
    return found.select_related("area")


def _kinds(pool: Pool) -> Iterable[tuple[int, str, str]]:
    yield pool.year, "cost line", pool.cost_line
    if pool.indicator:
        yield pool.year, "indicator", pool.indicator
