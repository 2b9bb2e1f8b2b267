"""How large a pool is: what a release makes of it, worked out once and kept.

A pool is business as usual less what was seen, in the months of its year from its beginning on that have full figures,
times its unit cost. Months are no guide where the pandemic restricted care or before a registered change of counting; a
change inside the window leaves the size, with the reason why it cannot be evidenced; so does another pool that came to
hold the same savings, which is asked anew each time. Where it cannot be told there is a reason and no figure: never a
guess, never 0.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from careatlas.engine.release import Release
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger import in_the_way, usual
from careatlas.improve.delivery.models import Pool, PoolSize
from careatlas.improve.delivery.months import Series, first_whole_month, month_of
from careatlas.present.usual_history import changes_of

PENCE_IN_A_POUND = 100
ENTERED = "entered"  # the kind of costs that somebody entered: nothing else is like them


class _Read(NamedTuple):
    """What a pool asks, and why it cannot be evidenced even where it can be told."""

    asked: usual.Asked
    pence_each: int
    change: tuple[int, str] | None


def take_sizes(release: Release, pools: QuerySet[Pool] | None = None) -> int:
    """Work out those that the release has not been asked for, and give how many were."""
    pools = Pool.objects.all() if pools is None else pools
    taken = 0
    while waiting := _read_in_full(pools.exclude(sizes__release=release.id)):
        found = [
            PoolSize(pool=pool, release=release.id, **fields)
            for pool, fields in zip(waiting, _worked_out(waiting, release), strict=True)
        ]
        taken += _kept(found)
    return taken


def sizes_of(release: Release, pools: Collection[int]) -> dict[int, PoolSize]:
    """By pool; those not worked out yet are now."""
    take_sizes(release, Pool.objects.filter(pk__in=pools))
    kept = PoolSize.objects.filter(release=release.id, pool__in=pools).select_related("pool__area")
    found = {size.pool_id: size for size in kept}
    for number, higher in in_the_way.higher(found).items():
        size = found[number]
        if size.pence is not None:
            words = f"{in_the_way.in_full(higher, size.pool.area)} and holds the same savings."
            size.reason = " ".join(filter(None, (size.reason, words)))
    return found


def forget(pool: Pool) -> None:
    """It changed: every release is asked again."""
    pool.sizes.all().delete()


def is_barred(size: PoolSize) -> bool:
    """Whether its size is told, but cannot be evidenced: a registered change of counting lies inside, or another pool
    holds the same savings."""
    return size.pence is not None and bool(size.reason)


def _read_in_full(pools: QuerySet[Pool]) -> list[Pool]:
    return list(pools.select_related("area").prefetch_related("costs"))


@transaction.atomic
def _kept(found: Collection[PoolSize]) -> int:
    """Kept is what nothing changed under: a pool or its costs that somebody wrote on meanwhile is asked again."""
    numbers = [size.pool_id for size in found]
    held = Pool.objects.select_for_update(no_key=True).filter(pk__in=numbers).order_by("pk")
    now = {pool.pk: _basis(pool) for pool in held.prefetch_related("costs")}
    still = [size for size in found if now.get(size.pool_id) == _basis(size.pool)]
    PoolSize.objects.bulk_create(still, ignore_conflicts=True)  # somebody else's are the same
    return len(still)


def _basis(pool: Pool) -> tuple[int, list[tuple[date, int]]]:
    """What its size rests on besides the release."""
    return pool.version, sorted((cost.month, cost.pence) for cost in pool.costs.all())


def _worked_out(pools: list[Pool], release: Release) -> list[dict[str, object]]:
    of_kind = _series_of_kinds(pools, release)
    read = [_read(pool, release, of_kind) for pool in pools]
    learnt_from = {kind: series.values() for kind, series in of_kind.items()}
    found = usual.savings([one.asked for one in read], learnt_from)
    return [_in_pence(one, saving) for one, saving in zip(read, found, strict=True)]


def _series_of_kinds(pools: Iterable[Pool], release: Release) -> dict[Hashable, dict[str, Series]]:
    """Indicator and area type -> area -> its counts; every area of the type, to learn from."""
    wanted = defaultdict(set)
    for pool in pools:
        if pool.indicator in release.catalogue["indicators"] and pool.area_id in release.areas:
            wanted[pool.indicator].add(release.areas[pool.area_id]["area_type"])
    found: dict[Hashable, dict[str, Series]] = {}
    for indicator, area_types in wanted.items():
        for area, series in months.monthly(release, indicator, "count").items():
            area_type = release.areas.get(area, {}).get("area_type")
            if area_type in area_types:
                found.setdefault((indicator, area_type), {})[area] = series
    return found


def _read(pool: Pool, release: Release, of_kind: dict[Hashable, dict[str, Series]]) -> _Read:
    began = first_whole_month(pool.began_on)
    year = months.first_of_year(pool.year)
    window = (max(began, year), year + months.YEAR)
    changes = {}
    if pool.counting_changed_on is not None:
        changes[month_of(pool.counting_changed_on)] = pool.counting_changed_why
    if pool.indicator:
        kind = (pool.indicator, release.areas.get(pool.area_id, {}).get("area_type"))
        series = of_kind.get(kind, {}).get(pool.area_id, {})
        changes |= _registered(pool, release)
        pence_each = pool.unit_cost_pence or PENCE_IN_A_POUND
    else:
        kind, pence_each = ENTERED, 1
        series = {month_of(cost.month): float(cost.pence) for cost in pool.costs.all()}
    guide = max((month for month in changes if month <= began), default=0)
    inside = min(((month, why) for month, why in changes.items() if month > began), default=None)
    return _Read(usual.Asked(series, began, window, guide, kind), pence_each, inside)


def _registered(pool: Pool, release: Release) -> dict[int, str]:
    about = release.catalogue["indicators"].get(pool.indicator)
    if about is None or pool.area_id not in release.areas:
        return {}
    changes = changes_of(release, {"id": pool.indicator} | about, pool.area_id, "count")
    return {month_of(day): why for day, why in changes.items()}


def _in_pence(read: _Read, saving: usual.Saving) -> dict[str, object]:
    """Limits are rounded outwards, so that rounding makes nothing sure."""
    last_day = None if saving.last is None else months.last_day(saving.last)
    fields: dict[str, object] = {"months": saving.months, "last_day": last_day, "reason": saving.reason[:300]}
    if math.isnan(saving.value):
        return fields
    fields["pence"] = round(saving.value * read.pence_each)
    fields["lower_pence"] = math.floor(saving.lower * read.pence_each)
    fields["upper_pence"] = math.ceil(saving.upper * read.pence_each)
    if read.change is not None and saving.last is not None and read.change[0] <= saving.last:
        month, why = read.change
        fields["reason"] = f"Counting changed in {months.in_words(month)}: {why.rstrip('.')}."[:300]
    return fields
