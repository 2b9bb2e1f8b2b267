"""How far into the months anything is told: of what initiatives claim by its pools, of indicators by their source."""

from collections.abc import Collection, Iterable

from careatlas.engine.release import Release
from careatlas.improve.delivery.ledger.sizes import sizes_of
from careatlas.improve.delivery.models import Claim
from careatlas.improve.delivery.months import first_of_year, is_whole, month_of


def claimed_until(
    initiatives: Collection[int], release: Release, beside: Iterable[Claim] = ()
) -> dict[int, int]:
    """By initiative, the last month of which something is claimed and its pool is told; none where there is no such
    month. ``beside``: claims that are not kept yet."""
    kept = Claim.objects.filter(initiative__in=list(initiatives)).select_related("pool")
    claims = [*kept, *beside]
    sizes = sizes_of(release, {claim.pool_id for claim in claims})
    found: dict[int, int] = {}
    for claim in claims:
        size = sizes.get(claim.pool_id)
        if size is None or size.last_day is None:
            continue
        months = enumerate(claim.phasing, first_of_year(claim.pool.year))
        told = [month for month, pence in months if pence and month <= month_of(size.last_day)]
        found[claim.initiative_id] = max(found.get(claim.initiative_id, 0), *told, 0)
    return found


def published_until(release: Release, indicators: Collection[str]) -> dict[str, int]:
    """By indicator, the last month that the release has of the country, however full."""
    country = next(code for code, area in release.areas.items() if area["area_type"] == "country")
    where = {"area": country, "sex": "persons", "age_band": "all", "indicator": sorted(indicators)}
    rows = release.rows("values", ["indicator", "period_start", "period_end"], **where) if indicators else []
    found: dict[str, int] = {}
    for row in rows:
        if is_whole(row["period_start"], row["period_end"]):
            found[row["indicator"]] = max(found.get(row["indicator"], 0), month_of(row["period_start"]))
    return found
