"""``/api/v1/delivery/``, read with a key: claims, pools with their sizes, monthly returns, the ledger, the report card.

Pools are told whole, as everybody draws on them; of claims only those of initiatives that the key's owner sees.
"""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Path, Query

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.ledger import sizes, sums
from careatlas.improve.delivery.ledger.shares import SPLITS
from careatlas.improve.delivery.ledger.sums import WAYS, Ledger, Sum
from careatlas.improve.delivery.models import Claim, Initiative, Pool, PoolSize, Return
from careatlas.improve.delivery.planning import initiatives, who
from careatlas.improve.delivery.reporting import card_choice, returns
from careatlas.improve.delivery.reporting.card import card
from careatlas.improve.people import organisations
from careatlas.improve.people.models import User
from careatlas.web.api_parts import MOST_ROWS, Limit, Offset, one_page
from careatlas.web.current import current_release
from careatlas.web.delivery import ledger_rows
from careatlas.web.delivery.api import (
    Number,
    OfInitiative,
    OfOrganisation,
    OfPlan,
    Year,
    by_number,
    by_word,
    get,
    of_initiatives,
    page_of,
    tagged,
    within,
)
from careatlas.web.delivery.api_rows import (
    LEDGER_MEANS,
    AskedReturn,
    ClaimRow,
    PoolRow,
    ReturnRow,
    SumRow,
    as_row,
    rows_of,
)

OfYear = Annotated[int, Query(..., ge=2000, le=2099, description="2026 is April 2026 to March 2027")]
Month = Annotated[str, Path(..., description="such as 2026-10")]
Way = Annotated[Literal[WAYS], Query("workstream", description="what claims are added up by")]
Split = Annotated[Literal[tuple(SPLITS)], Query("agreed", description=LEDGER_MEANS)]


@get("/claims", rows_of(ClaimRow), "Claims on pools; ideas' too, which count nowhere")
def list_claims(
    request: HttpRequest,
    plan: OfPlan,
    initiative: OfInitiative,
    pool: by_number("number of a pool"),
    limit: Limit = MOST_ROWS,
    offset: Offset = 0,
) -> Any:
    found = of_initiatives(Claim.objects.select_related("confirmed_by"), request.auth, plan, initiative)
    found = found.filter(pool=pool) if pool else found
    return page_of(ClaimRow, found.order_by("pk"), limit, offset)


@get("/claims/{number}", ClaimRow, "One claim; its version is the entity tag")
def one_claim(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    return tagged(response, ClaimRow, claim_seen(number, request.auth))


@get("/pools", rows_of(PoolRow), "Pools, each with its size as the release has it, or why it has none")
def list_pools(
    request: HttpRequest, year: Year, area: OfOrganisation, limit: Limit = MOST_ROWS, offset: Offset = 0
) -> Any:
    found = within(who.visible_pools(request.auth), area, "area")
    found = found if year is None else found.filter(year=year)
    total, shown = found.count(), list(found.order_by("-year", "area__path", "pk")[offset : offset + limit])
    return one_page(current_release(), _with_sizes(shown), total, limit, offset)


@get("/pools/{number}", PoolRow, "One pool with its size; its version is the entity tag")
def one_pool(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    found = who.visible_pools(request.auth).filter(pk=number).first()
    if found is None:
        raise NotKnownError(f"Pool {number}", "is none that you may see.", "See the list of pools.")
    response["ETag"] = f'"{found.version}"'
    return _with_sizes([found])[0]


@get("/returns", rows_of(ReturnRow), "Monthly returns that were sent in")
def list_returns(
    request: HttpRequest,
    plan: OfPlan,
    initiative: OfInitiative,
    month: by_word("such as 2026-10"),
    limit: Limit = MOST_ROWS,
    offset: Offset = 0,
) -> Any:
    sent = Return.objects.exclude(sent_in_at=None).select_related("sent_in_by", "excused_by")
    found = of_initiatives(sent, request.auth, plan, initiative)
    found = found.filter(month=returns.month_named(month)) if month else found
    return page_of(ReturnRow, found.order_by("-month", "initiative"), limit, offset)


@get(
    "/initiatives/{number}/returns/{month}",
    AskedReturn,
    "A return as it stands, pre-filled where nothing was sent in",
)
def one_return(request: HttpRequest, response: HttpResponse, number: Number, month: Month) -> Any:
    initiative = initiatives.seen(number, request.auth)
    return asked_return(response, initiative, returns.month_named(month))


@get("/ledger", rows_of(SumRow), "Claimed, de-duplicated, evidenced and headline, added up one way")
def ledger(
    request: HttpRequest,
    year: OfYear,
    organisation: OfOrganisation,
    by: Way = "workstream",
    split: Split = "agreed",
    limit: Limit = MOST_ROWS,
    offset: Offset = 0,
) -> Any:
    rows = [_sum(one) for one in _ledger(request.auth, year, organisation, split).sums(by)]
    return one_page(current_release(), rows[offset : offset + limit], len(rows), limit, offset)


@get(
    "/ledger/rows",
    dict[str, Any],
    "What the ledger is the sum of: a claim in a month each, with its pool's interval",
)
def ledger_leaves(
    request: HttpRequest,
    year: OfYear,
    organisation: OfOrganisation,
    split: Split = "agreed",
    limit: Limit = MOST_ROWS,
    offset: Offset = 0,
) -> Any:
    leaves = _ledger(request.auth, year, organisation, split).leaves
    rows = ledger_rows.as_rows(leaves[offset : offset + limit], current_release().id, split)
    return one_page(current_release(), rows, len(leaves), limit, offset)


@get("/report", dict[str, Any], "The report card of an organisation for a month, as its page has it")
def report(
    request: HttpRequest,
    organisation: by_word("code or name of an organisation; without, where you have a role highest up"),
    month: by_word("such as 2026-10; without, the last that a return was sent in for"),
    workstream: by_word("id of a workstream; without, all"),
) -> Any:
    own = who.reached_by(request.auth, *who.READERS).filter(is_current=True).order_by("path").first()
    release, today = current_release(), timezone.now().date()
    choice = card_choice.chosen(release, organisation, month, workstream, today, own)
    return card(release, *choice, user=request.auth)


def asked_return(response: HttpResponse, initiative: Initiative, month: date) -> dict[str, Any]:
    now = returns.asked_of(initiative, month, current_release())
    response["ETag"] = f'"{now.version}"'
    lines = [
        {
            "claim": line.claim.pk,
            "planned": line.planned,
            "actual": line.actual,
            "outturn": line.outturn,
            "basis": line.basis,
        }
        for line in now.lines
    ]
    return {
        "initiative": initiative.pk,
        "month": month,
        "version": now.version,
        "is_sent": now.is_sent,
        "lines": lines,
        "exceptions": now.exceptions,
        "words": now.standing.words if now.standing else "",
        "quality": now.quality.words,
    }


def claim_seen(number: int, user: User) -> Claim:
    """Raises NotKnownError."""
    found = Claim.objects.filter(pk=number, initiative__in=who.visible_initiatives(user)).first()
    if found is None:
        raise NotKnownError(f"Claim {number}", "is none that you may see.", "See the list of claims.")
    return found


def _with_sizes(pools: list[Pool]) -> list[dict[str, Any]]:
    known = sizes.sizes_of(current_release(), [pool.pk for pool in pools])
    return [as_row(PoolRow, pool, _size(known.get(pool.pk))) for pool in pools]


def _size(size: PoolSize | None) -> dict[str, Any]:
    names = ("pence", "lower_pence", "upper_pence", "months", "last_day")
    return {name: getattr(size, name, None) for name in names} | {"reason": size.reason if size else ""}


def _ledger(user: User, year: int, organisation: str, split: str) -> Ledger:
    """Of what the person sees; pools are shared out among everybody's claims."""
    of = organisations.organisation(organisation) if organisation else None
    seen = who.visible_initiatives(user).values("pk")
    return sums.ledger(current_release(), sums.claims_of(year, of).filter(initiative__in=seen), split)


def _sum(one: Sum) -> dict[str, Any]:
    own = one.amounts
    later = (own.deduplicated, own.evidenced, own.cautious)
    is_told = own.untold != own.claimed or any(later) or not own.claimed
    return {
        "key": one.key,
        "label": one.label,
        "kind": one.kind,
        "claimed_pence": own.claimed,
        **dict(
            zip(
                ("deduplicated_pence", "evidenced_pence", "headline_pence"),
                later if is_told else (None, None, None),
                strict=True,
            )
        ),
        "not_told_yet_pence": own.untold,
    }
