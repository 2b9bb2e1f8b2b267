"""Pools, initiatives and claims for the tests of the ledger, on the places of `web_release`.

Board B0 and its sub-areas S00 to S07 lie in region R0; B1 beside it; B2 in R1.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from careatlas.engine.release import Release
from careatlas.improve.delivery.ledger.claims import phased_as
from careatlas.improve.delivery.models import Claim, Cost, Figure, Initiative, Measure, Pool, PoolSize, Return
from careatlas.improve.delivery.months import first_day, month_of
from careatlas.improve.people.models import Organisation, User

YEAR = 2025
APRIL = date(YEAR, 4, 1)


def org(code: str) -> Organisation:
    return Organisation.objects.get(pk=code)


def pool(area: str = "B0", cost_line: str = "emergency_admissions", year: int = YEAR, **more: Any) -> Pool:
    said = {"programme": "planned_care", "began_on": date(year, 4, 1)}
    return Pool.objects.create(area_id=area, cost_line=cost_line, year=year, **(said | more))


def sized(pool: Pool, release: Release, pence: int | None, lower: int | None = None, **more: Any) -> PoolSize:
    """As if the release had made this of it; told to the end of its year."""
    said = {"lower_pence": lower, "upper_pence": pence, "last_day": date(pool.year + 1, 3, 31), "months": 12}
    return PoolSize.objects.create(pool=pool, release=release.id, pence=pence, **(said | more))


def initiative(organisation: str = "B0", title: str = "Hospital at home", **more: Any) -> Initiative:
    """One that has passed its gates, unless ``more`` says otherwise."""
    return Initiative.objects.create(
        **{"organisation_id": organisation, "title": title, "status": "running"} | more
    )


def claim(initiative: Initiative, pool: Pool, pence: int, **more: Any) -> Claim:
    said = {"timing": "recurrent", "form": "capacity", "phasing": phased_as([1] * 12, pence)}
    return Claim.objects.create(initiative=initiative, pool=pool, pence=pence, **(said | more))


def measure(
    initiative: Initiative, figures: list[float], last: date = date(2026, 3, 1), **more: Any
) -> Measure:
    """A measure of quality whose last figure is of the month given."""
    said = {"kind": "quality", "title": "Readmissions", "better": "lower"}
    made = Measure.objects.create(initiative=initiative, **(said | more))
    first = month_of(last) + 1 - len(figures)
    Figure.objects.bulk_create(
        Figure(measure=made, month=first_day(first + place), value=value)
        for place, value in enumerate(figures)
    )
    return made


def held(initiative: Initiative) -> Initiative:
    """Give it a start and a measure of quality that swings as before."""
    Initiative.objects.filter(pk=initiative.pk).update(starts_on=APRIL)
    initiative.refresh_from_db()
    measure(initiative, [9.0, 11.0] * 24)
    return initiative


def cost(pool: Pool, pence: list[int], first: date) -> None:
    begin = month_of(first)
    Cost.objects.bulk_create(
        Cost(pool=pool, month=first_day(begin + place), pence=each) for place, each in enumerate(pence)
    )


def sent(
    initiative: Initiative,
    month: date,
    excuse: str = "",
    by: User | None = None,
    excused: Iterable[Measure] | None = None,
) -> Return:
    """An excuse is of every measure unless ``excused`` says of which."""
    measures = initiative.measures.all() if excused is None else excused
    return Return.objects.create(
        initiative=initiative,
        month=month,
        excuse=excuse,
        excused=[one.pk for one in measures],
        excused_by=by,
        sent_in_at=timezone.now() - timedelta(1),
    )
