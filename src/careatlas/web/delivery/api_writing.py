"""``/api/v1/delivery/``, written with a key that may write: milestones, figures, claims and monthly returns, as its
owner may change them on the pages.

What is made or sent in carries an ``Idempotency-Key``, and is done once; what is changed the version that was read, as
``If-Match``: where somebody else changed it since, the answer is 409 with the row as it stands, and nothing is written.
"""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Schema
from ninja import Status as Answered
from pydantic import ConfigDict, Field

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.ledger import claims
from careatlas.improve.delivery.ledger.money import in_pounds
from careatlas.improve.delivery.models import Claim, Milestone, Return
from careatlas.improve.delivery.planning import figures, initiatives, parts, who
from careatlas.improve.delivery.reporting import returns, sending
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.record import keeping
from careatlas.web.api_keys import done_once, version_read
from careatlas.web.api_parts import Fault
from careatlas.web.current import current_release
from careatlas.web.delivery.api import Number, router, tagged
from careatlas.web.delivery.api_money import Month, asked_return, claim_seen
from careatlas.web.delivery.api_rows import (
    AskedReturn,
    ClaimRow,
    InitiativeRow,
    MilestoneRow,
    ReturnRow,
    as_row,
)

SHAPES = {Milestone: MilestoneRow, Claim: ClaimRow, Return: ReturnRow}
MOST_FIGURES = 400
Why = Annotated[
    str, Field("", max_length=400, description="for the record; a plan that is fixed asks for it")
]
Pence = Annotated[int, Field(description="whole pence; above 0 saved, below 0 spent instead")]
Phasing = Annotated[list[int], Field(min_length=12, max_length=12, description="twelve months, April first")]


class _Strict(Schema):
    model_config = ConfigDict(extra="forbid")


class MilestoneIn(_Strict):
    """What is left out stays as it is."""

    done_on: date | None = Field(None, description="the day it was done; null: it is not")
    forecast_on: date | None = Field(None, description="the day it is expected; null: as it is due")
    why: Why


class FigureIn(_Strict):
    month: date = Field(description="its first day")
    value: float = Field(allow_inf_nan=False, ge=-1e12, le=1e12, description="in the measure's unit")


class FiguresIn(_Strict):
    """Months that are on file already are changed only with the reason."""

    figures: list[FigureIn] = Field(min_length=1, max_length=MOST_FIGURES)
    why: Why


class FiguresKept(Schema):
    new: int = Field(description="months that came in")
    changed: int = Field(description="months that say something else than before")


class ClaimIn(_Strict):
    initiative: int
    pool: int
    timing: str
    form: str
    pence: Pence
    phasing: Phasing | None = Field(None, description="without: evenly over the months it runs")
    share: float | None = None


class ClaimChangeIn(_Strict):
    """What is left out stays as it is; a new amount alone is phased as the old one was."""

    timing: str | None = None
    form: str | None = None
    pence: int | None = None
    phasing: Phasing | None = None
    share: float | None = None
    why: str = Field(min_length=1, max_length=400)


class AmountsIn(_Strict):
    actual: int | None = Field(None, description="whole pence from April to the month's end; null: not known")
    outturn: int | None = Field(None, description="whole pence of the year; null: not known")


class ReturnIn(_Strict):
    """What is left out is as pre-filled."""

    figures: dict[int, AmountsIn] = Field(default_factory=dict, description="by claim")
    words: str | None = Field(None, description="needed where something is not as planned")
    excuse: str | None = Field(None, description="why worse quality does not count against it")
    why: Why


class Meanwhile(Schema):
    detail: str
    now: dict[str, Any] = Field(description="the row as it stands")


REFUSED = {
    400: Fault,
    401: Fault,
    403: Fault,
    404: Fault,
    409: Meanwhile,
    422: Any,
    428: Fault,
    429: Fault,
    503: Fault,
}


def _takes(
    verb: Callable[..., Any], path: str, answer: Any, summary: str, answered: int = 200
) -> Callable[..., Any]:
    """A route that changes something; what may go wrong is an answer."""

    def of(operation: Callable[..., Any]) -> Callable[..., Any]:
        return verb(path, response={answered: answer} | REFUSED, summary=summary)(_written(operation))

    return of


def _written(operation: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(operation)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return operation(request, *args, **kwargs)
        except Wrong as fault:
            return JsonResponse({"detail": str(fault), "wrong": fault.faults}, status=422)
        except initiatives.NotOpen as fault:
            words = f"The initiative is {fault.initiative.get_status_display().lower()}: what it says stands."
            return _conflict(InitiativeRow, fault.initiative, words)
        except keeping.EditedMeanwhile as fault:
            return _conflict(SHAPES[type(fault.now)], fault.now, "Somebody changed it since that version.")

    return answered


def _conflict(shape: Any, row: Any, words: str) -> JsonResponse:
    response = JsonResponse({"detail": words, "now": as_row(shape, row)}, status=409)
    response["ETag"] = f'"{row.version}"'
    return response


@_takes(
    router.patch, "/milestones/{number}", MilestoneRow, "Say that a milestone is done, or when it is expected"
)
def change_milestone(request: HttpRequest, response: HttpResponse, number: Number, said: MilestoneIn) -> Any:
    given = said.dict(exclude_unset=True, exclude={"why"})
    version = version_read(request)
    changed = parts.change("milestones", number, given, request.auth, version, current_release(), said.why)
    return tagged(response, MilestoneRow, changed)


@_takes(
    router.post,
    "/measures/{number}/figures",
    FiguresKept,
    "Enter figures of a measure by month; sent again, nothing changes",
)
def enter_figures(request: HttpRequest, number: Number, said: FiguresIn) -> Any:
    months = {one.month: one.value for one in said.figures}
    if len(months) < len(said.figures):
        raise Wrong({"figures": "A month stands twice: give each once."})
    return figures.keep_months(number, months, request.auth, said.why)._asdict()


@_takes(router.post, "/claims", ClaimRow, "Claim a share of a pool", answered=201)
def add_claim(request: HttpRequest, response: HttpResponse, said: ClaimIn) -> Any:
    def do() -> int:
        initiative = initiatives.opened(said.initiative, request.auth)
        pool = who.visible_pools(request.auth).filter(pk=said.pool).first()
        if pool is None:
            raise Wrong({"pool": "No pool that you see has this number."})
        more = said.dict(exclude={"initiative", "pool"})
        return claims.add(initiative, pool, request.auth, **more).pk

    found = claim_seen(done_once(request, "claim", do), request.auth)
    return Answered(201, tagged(response, ClaimRow, found))


@_takes(router.patch, "/claims/{number}", ClaimRow, "Change a claim, with the reason")
def change_claim(request: HttpRequest, response: HttpResponse, number: Number, said: ClaimChangeIn) -> Any:
    given = said.dict(exclude_unset=True, exclude={"why"})
    changed = claims.change(number, request.auth, version_read(request), said.why, given)
    return tagged(response, ClaimRow, changed)


@_takes(
    router.post,
    "/initiatives/{number}/returns/{month}",
    AskedReturn,
    "Send in a monthly return, or change one with the reason",
)
def send_return(
    request: HttpRequest, response: HttpResponse, number: Number, month: Month, said: ReturnIn
) -> Any:
    day, version = returns.month_named(month), version_read(request)
    form = {name: text for name in ("words", "excuse", "why") if (text := getattr(said, name)) is not None}
    for claim, amounts in said.figures.items():
        for name, pence in amounts.dict(exclude_unset=True).items():
            form[f"{name}-{claim}"] = "" if pence is None else in_pounds(pence)

    def do() -> int:
        _check_claims(number, said)
        return sending.send(number, day, form, request.auth, version, current_release()).pk

    done_once(request, f"return {number} {month}", do)
    return asked_return(response, initiatives.seen(number, request.auth), day)


def _check_claims(number: int, said: ReturnIn) -> None:
    """A figure of a claim that is not the initiative's would be lost silently."""
    known = set(
        Claim.objects.filter(initiative=number, pk__in=list(said.figures)).values_list("pk", flat=True)
    )
    strange = sorted(set(said.figures) - known)
    if strange:
        raise NotKnownError(f"Claim {strange[0]}", "is none of this initiative's.", "See its list of claims.")
