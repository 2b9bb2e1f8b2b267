"""The ledger: claimed, de-duplicated, evidenced and the headline, by whatever way; and the rows that each figure is the
sum of. Who looks sees the claims of initiatives that they may see; pools are shared out among everybody's."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger import sums
from careatlas.improve.delivery.ledger.shares import SPLITS
from careatlas.improve.delivery.ledger.sums import Leaf, Ledger, Line, Sum
from careatlas.improve.delivery.models import Claim, Pool, Status
from careatlas.improve.delivery.planning import who
from careatlas.methods.attribution import KINDS
from careatlas.web.current import current_release
from careatlas.web.delivery import amounts, ledger_rows
from careatlas.web.delivery.choice import Choice, choices, chosen
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.downloads import of_rows
from careatlas.web.pages import crumb
from careatlas.web.policies import signed_in

BY = {
    "region": "Region",
    "board": "Board",
    "part": "Organisation",
    "workstream": "Workstream",
    "family": "Family of workstreams",
    "programme": "Programme",
    "pool": "Pool",
    "initiative": "Initiative",
    "month": "Month",
}
SPLIT_TITLES = {name: words[:1].upper() + words[1:] for name, words in SPLITS.items()}
LEDGER = crumb("Ledger", "/delivery/ledger/")
NAMELESS = "None given"
MOST_ROWS = 300  # on a page; the files have all


@signed_in()
def ledger(request: HttpRequest) -> HttpResponse:
    """``/delivery/ledger/?organisation=&year=&by=&split=``"""
    release, choice = current_release(), chosen(request)
    by, split = _one_of(request, "by", BY, "workstream"), _one_of(request, "split", SPLITS, "agreed")
    worked, ideas = _worked(request, choice, release, split)
    table = _table(worked.sums(by), by, choice, split)
    page = {
        **choices(request, choice),
        "choice": choice,
        "by": by,
        "by_title": BY[by],
        "ways": [{"id": id, "title": title, "chosen": id == by} for id, title in BY.items()],
        "splits": [{"id": id, "title": title, "chosen": id == split} for id, title in SPLIT_TITLES.items()],
        "totals": _table(
            sorted(worked.sums("kind"), key=lambda one: KINDS.index(one.kind)), "kind", choice, split
        ),
        "sums": table[:MOST_ROWS],
        "left_out": max(0, len(table) - MOST_ROWS),
        "told": _told_of(worked.lines),
        "ideas": [_idea(claim) for claim in ideas],
        "all_rows": choice.query(by=by, split=split),
        "crumbs": [DELIVERY],
    }
    return render(request, "delivery/ledger.html", page)


@signed_in()
def rows(request: HttpRequest) -> HttpResponse:
    """``/delivery/ledger/rows/?organisation=&year=&by=&split=&key=&kind=``: what a figure is the sum of."""
    release, choice = current_release(), chosen(request)
    found, about = _rows_asked(request, choice, release)
    claimed = ledger_rows.by_claim(found)
    page = {
        **about,
        "choice": choice,
        "rows": [_row(one) for one in claimed[:MOST_ROWS]],
        "left_out": max(0, len(claimed) - MOST_ROWS),
        "totals": [
            {"kind": amounts.KIND_WORDS[kind], **amounts.stages(ledger_rows.sum_of(found, kind))}
            for kind in ledger_rows.kinds_of(found)
        ],
        "query": f"?{request.GET.urlencode()}",
        "crumbs": [
            DELIVERY,
            crumb("Ledger", f"/delivery/ledger/{choice.query(by=about['by'], split=about['split'])}"),
        ],
    }
    return render(request, "delivery/ledger_rows.html", page)


@signed_in()
def rows_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """``/delivery/ledger/rows.<csv|json>``: the same, a claim and month a row, in whole pence."""
    release, choice = current_release(), chosen(request)
    found, about = _rows_asked(request, choice, release)
    told = ledger_rows.as_rows(found, release.id, about["split"])
    if kind == "csv":
        return of_rows(told, "ledger", request, ledger_rows.COLUMNS)
    if kind == "json":
        return JsonResponse(told, safe=False)
    raise NotKnownError(f"rows.{kind}", "is no file of the ledger.", "Files: rows.csv, rows.json.")


def _worked(request: HttpRequest, choice: Choice, release: Release, split: str) -> tuple[Ledger, list[Claim]]:
    """The ledger of what the reader sees, and claims of ideas, which are in no sum."""
    seen = who.visible_initiatives(request.user).values("pk")
    worked = sums.ledger(
        release, sums.claims_of(choice.year, choice.organisation).filter(initiative__in=seen), split
    )
    ideas = Claim.objects.filter(pool__year=choice.year, initiative__in=seen, initiative__status=Status.IDEA)
    if choice.organisation is not None:
        ideas = ideas.filter(initiative__organisation__path__startswith=choice.organisation.path)
    return worked, list(ideas.select_related("initiative__organisation").order_by("initiative__title", "pk"))


def _rows_asked(request: HttpRequest, choice: Choice, release: Release) -> tuple[list[Leaf], dict[str, Any]]:
    """Leaves of one sum, or of all; and what they are the sum of, in words."""
    ways = {**BY, "kind": "Kind"}
    by, split = _one_of(request, "by", ways, "workstream"), _one_of(request, "split", SPLITS, "agreed")
    worked, _ = _worked(request, choice, release, split)
    key, kind = request.GET.get("key"), request.GET.get("kind", "")
    found = [one for one in worked.sums(by) if key in (None, one.key) and kind in ("", one.kind)]
    label = _label(found[0], by, ledger_rows.pools_of(found[0].leaves)) if found and key is not None else ""
    about = {"by": by, "split": split, "split_title": SPLIT_TITLES[split], "way": ways[by], "label": label}
    about["kind"] = amounts.KIND_WORDS.get(kind, "")
    return [leaf for one in found for leaf in one.leaves], about


def _table(found: Sequence[Sum], by: str, choice: Choice, split: str) -> list[dict[str, Any]]:
    pools = ledger_rows.pools_of([leaf for one in found for leaf in one.leaves]) if by == "pool" else {}
    return [
        {
            "label": _label(one, by, pools),
            "kind": amounts.KIND_WORDS[one.kind],
            "rows": choice.query(by=by, split=split, key=one.key, kind=one.kind),
            "pool": amounts.holds(one.leaves[0].line.size) if by == "pool" else None,
            **amounts.stages(one.amounts),
        }
        for one in found
        if any(one.amounts)  # cash that is not confirmed is evidenced as another kind, often as nought
    ]


def _label(one: Sum, by: str, pools: dict[int, Pool]) -> str:
    if by == "kind":
        return amounts.KIND_WORDS[one.kind]
    if by == "pool":
        return amounts.title_of(pools[one.leaves[0].line.claim.pool_id])
    return one.label or NAMELESS


def _row(one: ledger_rows.OfClaim) -> dict[str, Any]:
    claim = one.line.claim
    return {
        "claim": claim,
        "pool": amounts.of_pool(one.pool, one.line.size),
        "kind": amounts.KIND_WORDS[one.kind],
        "months": one.months,
        "quality": one.line.quality.words,
        **amounts.stages(one.amounts),
    }


def _told_of(lines: Iterable[Line]) -> str:
    """How many pools they draw on, how many of these can be told, and until when."""
    sizes = {line.claim.pool_id: line.size for line in lines}
    told = [size.last_day for size in sizes.values() if size and size.pence is not None and size.last_day]
    number = f"{len(sizes)} pool{'s' if len(sizes) != 1 else ''}"
    if not told:
        return f"They draw on {number}, of which none can be told yet."
    first, last = (months.in_words(months.month_of(day)) for day in (min(told), max(told)))
    until = last if first == last else f"months between {first} and {last}"
    return f"They draw on {number}, of which {len(told)} can be told: to {until}."


def _idea(claim: Claim) -> dict[str, Any]:
    return {"is": claim, "words": amounts.named(claim)}


def _one_of(request: HttpRequest, name: str, known: dict[str, str], otherwise: str) -> str:
    said = request.GET.get(name) or otherwise
    if said not in known:
        raise NotKnownError(said, f"is none of the choices of “{name}”.", f"Choices: {', '.join(known)}.")
    return said
