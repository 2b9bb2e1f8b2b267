"""``/api/v1/delivery/``, read with a key: plans and their parts, as far as its owner sees them.

What its owner may not see answers 404, as if it were not there. What is claimed and came of it is in ``api_money``;
what changes something in ``api_writing``.
"""

from collections.abc import Callable
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from careatlas.improve.delivery.models import Figure, Measure, Milestone
from careatlas.improve.delivery.planning import initiatives, parts, plans, who
from careatlas.improve.people import organisations
from careatlas.improve.people.models import User
from careatlas.web.api_keys import Key, pace
from careatlas.web.api_parts import MOST_ROWS, Fault, Limit, Offset, answers, one_page
from careatlas.web.current import current_release
from careatlas.web.delivery.api_rows import (
    FigureRow,
    InitiativeRow,
    MeasureRow,
    MilestoneRow,
    PlanRow,
    as_row,
    as_rows,
    rows_of,
)

router = Router(tags=["delivery"], auth=Key(), throttle=pace)
MOST = 2**62
Number = Annotated[int, Path(..., ge=1, le=MOST, description="its number")]
Year = Annotated[int | None, Query(None, ge=2000, le=2099, description="2026 is April 2026 to March 2027")]


def by_number(meaning: str) -> Any:
    return Annotated[int | None, Query(None, ge=1, le=MOST, description=meaning)]


def by_word(meaning: str) -> Any:
    return Annotated[str, Query("", max_length=100, description=meaning)]


OfPlan, OfInitiative = by_number("number of a plan"), by_number("number of an initiative")
OfOrganisation = by_word("code or name of an organisation: its own, and what lies below it")


def get(path: str, answer: Any, summary: str) -> Callable[..., Any]:
    return router.get(path, response=answers(answer) | {401: Fault, 429: Fault}, summary=summary)


@get("/plans", rows_of(PlanRow), "Plans")
def list_plans(
    request: HttpRequest,
    year: Year,
    organisation: OfOrganisation,
    limit: Limit = MOST_ROWS,
    offset: Offset = 0,
) -> Any:
    found = within(who.visible_plans(request.auth), organisation)
    found = found if year is None else found.filter(year=year)
    return page_of(PlanRow, found.order_by("-year", "organisation__path", "pk"), limit, offset)


@get("/plans/{number}", PlanRow, "One plan; its version is the entity tag")
def one_plan(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    return tagged(response, PlanRow, plans.plan_seen(number, request.auth))


@get("/initiatives", rows_of(InitiativeRow), "Initiatives")
def list_initiatives(
    request: HttpRequest,
    plan: OfPlan,
    organisation: OfOrganisation,
    workstream: by_word("id of a workstream"),
    status: by_word("idea, planned, running, finished or stopped"),
    limit: Limit = MOST_ROWS,
    offset: Offset = 0,
) -> Any:
    found = within(who.visible_initiatives(request.auth), organisation)
    said = {"plan": plan, "workstream": workstream, "status": status}
    found = found.filter(**{name: value for name, value in said.items() if value})
    return page_of(InitiativeRow, found.order_by("pk"), limit, offset)


@get("/initiatives/{number}", InitiativeRow, "One initiative; its version is the entity tag")
def one_initiative(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    return tagged(response, InitiativeRow, initiatives.seen(number, request.auth))


@get("/milestones", rows_of(MilestoneRow), "Milestones, by the day they are due")
def list_milestones(
    request: HttpRequest, plan: OfPlan, initiative: OfInitiative, limit: Limit = MOST_ROWS, offset: Offset = 0
) -> Any:
    found = of_initiatives(Milestone.objects.all(), request.auth, plan, initiative)
    return page_of(MilestoneRow, found.order_by("due_on", "pk"), limit, offset)


@get("/milestones/{number}", MilestoneRow, "One milestone; its version is the entity tag")
def one_milestone(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    return tagged(response, MilestoneRow, parts.part_seen("milestones", number, request.auth))


@get("/measures", rows_of(MeasureRow), "Measures")
def list_measures(
    request: HttpRequest, plan: OfPlan, initiative: OfInitiative, limit: Limit = MOST_ROWS, offset: Offset = 0
) -> Any:
    found = of_initiatives(Measure.objects.all(), request.auth, plan, initiative)
    return page_of(MeasureRow, found.order_by("pk"), limit, offset)


@get("/measures/{number}", MeasureRow, "One measure; its version is the entity tag")
def one_measure(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    return tagged(response, MeasureRow, parts.part_seen("measures", number, request.auth))


@get("/measures/{number}/figures", rows_of(FigureRow), "Figures that were entered of a measure, by month")
def list_figures(request: HttpRequest, number: Number, limit: Limit = MOST_ROWS, offset: Offset = 0) -> Any:
    found = Figure.objects.filter(measure=parts.part_seen("measures", number, request.auth))
    return page_of(FigureRow, found.order_by("month"), limit, offset)


def tagged(response: HttpResponse, shape: Any, row: Any) -> dict[str, Any]:
    """A row as it stands; its version is the entity tag."""
    response["ETag"] = f'"{row.version}"'
    return as_row(shape, row)


def page_of(shape: Any, found: QuerySet[Any], limit: int, offset: int) -> dict[str, Any]:
    rows = as_rows(shape, found[offset : offset + limit])
    return one_page(current_release(), rows, found.count(), limit, offset)


def within(found: QuerySet[Any], said: str, field: str = "organisation") -> QuerySet[Any]:
    """Those of an organisation and of what lies below it. Raises NotKnownError."""
    if not said:
        return found
    return found.filter(**{f"{field}__path__startswith": organisations.organisation(said).path})


def of_initiatives(
    found: QuerySet[Any], user: User, plan: int | None, initiative: int | None
) -> QuerySet[Any]:
    seen = who.visible_initiatives(user)
    seen = seen.filter(plan=plan) if plan else seen
    seen = seen.filter(pk=initiative) if initiative else seen
    return found.filter(initiative__in=seen.values("pk"))
