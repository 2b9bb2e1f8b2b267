"""Pools: what one is worked out from, what it holds, who draws on it; made, changed, its costs and agreed shares."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from careatlas.catalogue.delivery_gates import load_cost_lines
from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery.ledger import claims, costs, foreseen, pools
from careatlas.improve.delivery.ledger.foreseen import Shared
from careatlas.improve.delivery.ledger.money import to_the_penny
from careatlas.improve.delivery.models import Claim, Pool
from careatlas.improve.delivery.planning import answers, history, initiatives, plans, who
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.evidence.writing.sections import programmes
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping
from careatlas.web.current import current_release
from careatlas.web.delivery import amounts, claim_forms, claim_parts, pool_forms
from careatlas.web.delivery.changes import with_amounts
from careatlas.web.delivery.forms import NOTHING, Sent, fresh_key, organisation_named, organisations
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.library.example_pages import key_of
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs, signed_in
from careatlas.web.sent import number_in, see_other, version_seen

OVERLAPS = crumb("Pools", "/delivery/overlaps/")


@needs(*pools.MAKERS, verbs=READ_AND_WRITE)
def new(request: HttpRequest) -> HttpResponse:
    """``/delivery/pools/new/[?initiative=]``: made for one, it leads back to the claim that is to draw on it."""
    if request.method != "POST":
        return _new_page(request)
    try:
        return see_other(keeping.once(request.user.email, key_of(request), lambda: _made(request)))
    except Wrong as fault:
        return _new_page(request, Sent(request.POST.dict(), fault.faults))


@signed_in(*READ_AND_WRITE)
def pool(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/pools/<number>/``; ``do``: change, counting or remove."""
    found = _seen(number, request.user)
    if request.method != "POST":
        return _pool_page(request, found)
    _require_maker(found, request.user)
    said, version, why = request.POST.dict(), version_seen(request), request.POST.get("why", "")
    try:
        if said.get("do") == "remove":
            pools.remove(number, request.user, version, why)
            return see_other(OVERLAPS["address"])
        release = current_release()
        pools.change(number, request.user, version, pool_forms.read_change(said, release), why, release)
    except Wrong as fault:
        return _pool_page(request, found, Sent(said, fault.faults), said.get("do", ""))
    except keeping.EditedMeanwhile as meanwhile:
        return _pool_page(request, found, Sent(said, now=meanwhile.now), said.get("do", ""))
    return see_other(request.path)


@needs(*pools.MAKERS, verbs=WRITE)
def enter_costs(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/pools/<number>/costs/``: lines of a month and pounds; ``away``: a month to take away instead."""
    found, said = _seen(number, request.user), request.POST.dict()
    _require_maker(found, request.user)
    try:
        costs.enter(number, request.user, said.get("seen", ""), _months_of(said), said.get("why", ""))
    except Wrong as fault:
        return _pool_page(request, found, Sent(said, fault.faults), "costs")
    except keeping.EditedMeanwhile as meanwhile:
        return _pool_page(request, found, Sent(said, now=meanwhile.now), "costs")
    return see_other(f"{_address(number)}#costs")


@signed_in(*WRITE)
def agree(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/pools/<number>/shares/``: ``share-<claim>`` in percent and ``version-<claim>``, of one's own."""
    found, said = _seen(number, request.user), request.POST.dict()
    try:
        claims.agree(found, request.user, _shares_of(found, request.user, said), said.get("why", ""))
    except Wrong as fault:
        return _pool_page(request, found, Sent(said, fault.faults), "shares")
    except initiatives.NotOpen as fault:
        over = fault.initiative
        words = f"{over.title} is {over.get_status_display().lower()}: its share stays."
        return _pool_page(request, found, Sent(said, {"status": words}), "shares")
    except keeping.EditedMeanwhile as meanwhile:
        return _pool_page(request, found, Sent(said, now=meanwhile.now), "shares")
    return see_other(f"{_address(number)}#draw")


def _made(request: HttpRequest) -> str:
    release = current_release()
    fields = pool_forms.read_new(request.POST.dict(), release)
    made = pools.make(request.user, organisation_named(request), fields, release)
    initiative = number_in(request.POST, "initiative")
    return (
        f"/delivery/initiatives/{initiative}/claims/new/?pool={made.pk}" if initiative else _address(made.pk)
    )


def _months_of(said: Mapping[str, str]) -> dict[date, int | None]:
    away = said.get("away", "")
    if not away:
        return dict(costs.read_costs(said.get("months", "")))
    try:
        return {date.fromisoformat(f"{away}-01"): None}
    except ValueError:
        raise Wrong({"away": "Choose the month to take away."}) from None


def _shares_of(pool: Pool, user: User, said: Mapping[str, str]) -> dict[int, tuple[int, float | None]]:
    """Of the claims on it that the person may write on, and that the form named."""
    faults: dict[str, str] = {}
    found = {}
    for number in _written_by(pool, user).values_list("pk", flat=True):
        name = f"share-{number}"
        if name not in said:
            continue
        try:
            found[number] = (number_in(said, f"version-{number}"), claim_forms.read_share(said[name], name))
        except Wrong as fault:
            faults |= fault.faults
    if not found and not faults:
        raise NotKnownError("Nothing of yours", "draws on this pool.", "Enter a claim first.")
    answers.refuse(faults)
    return found


def _written_by(pool: Pool, user: User) -> QuerySet[Claim]:
    own = pool.claims.filter(initiative__in=who.written_by(user).values("pk"), pence__gt=0)
    return own.order_by("pk")


def _seen(number: int, user: User) -> Pool:
    """Raises NotKnownError."""
    found = who.visible_pools(user).filter(pk=number).first()
    if found is None:
        raise NotKnownError(f"Pool {number}", "is none that you may see.", "See the pools of your area.")
    return found


def _require_maker(pool: Pool, user: User) -> None:
    if not pools.may_make(user, pool.area):
        raise NotKnownError(
            f"Pool {pool.pk}", "is none that you may write on.", "See the pools of your area."
        )


def _new_page(request: HttpRequest, sent: Sent = NOTHING) -> HttpResponse:
    release, said = current_release(), sent.said or request.GET
    initiative = number_in(said, "initiative")
    found = initiatives.seen(initiative, request.user) if initiative else None
    values = {"year": str(plans.year_of(timezone.now().date())), **_values_from(found)}
    chosen = said.get("organisation") or (found.organisation_id if found else "")
    page = {
        "asked": pool_forms.questions(pool_forms.new_asks(release), release, values, sent),
        "organisations": organisations(_makers_places(request.user), chosen),
        "organisation": chosen,
        "initiative": found,
        "key": fresh_key(sent),
        "sent": sent,
        "crumbs": [DELIVERY, OVERLAPS],
    }
    return render(request, "delivery/pool_new.html", page, status=sent.status)


def _values_from(initiative: Any) -> dict[str, str]:
    """What the initiative that it is made for says of it."""
    if initiative is None:
        return {}
    found = {"programme": initiative.workstream}
    if initiative.starts_on:
        found["began_on"] = initiative.starts_on.isoformat()
        found["year"] = str(plans.year_of(initiative.starts_on))
    if initiative.plan is not None:
        found["year"] = str(initiative.plan.year)
    return found


def _makers_places(user: User) -> Any:
    return who.reached_by(user, *pools.MAKERS).filter(is_current=True).order_by("path")


def _pool_page(request: HttpRequest, found: Pool, sent: Sent = NOTHING, form: str = "") -> HttpResponse:
    release, user = current_release(), request.user
    shared, makes = foreseen.shared(found, release), pools.may_make(user, found.area)
    open_ones = _written_by(found, user).exclude(initiative__status__in=initiatives.OVER)
    mine = list(open_ones.values_list("pk", flat=True))
    values = pool_forms.written(found)
    page = {
        **_about(found, release),
        "pool": amounts.of_pool(found, shared.size),
        "warnings": claim_parts.warnings(shared),
        "drawing": [_agreed(row, mine, sent) for row in claim_parts.drawing(shared, user)],
        "ideas": claim_parts.ideas(shared.draw, user),
        "draw": _asked_of(shared),
        "split": claim_parts.BY_AGREEMENT if shared.is_by_agreement else claim_parts.BY_CLAIM,
        "may_agree": bool(mine),
        "makes": makes,
        "asked": _questions(pool_forms.asks_of(release), release, values, sent, form == "change"),
        "counting": _questions(pool_forms.COUNTING, release, values, sent, form == "counting", "counting"),
        "costs": _costs(found),
        "stamp": costs.stamp(found),
        "version": sent.now.version if sent.now is not None else found.version,
        "form": form,
        "sent": sent,
        "history": with_amounts(history.of_pool(found)),
        "crumbs": [DELIVERY, OVERLAPS],
    }
    return render(request, "delivery/pool.html", page, status=sent.status)


def _questions(
    asks: Any, release: Release, values: Mapping[str, str], sent: Sent, is_sent: bool, within: str = "ask"
) -> list[dict[str, Any]]:
    return pool_forms.questions(asks, release, values, sent if is_sent else NOTHING, within)


def _about(found: Pool, release: Release) -> dict[str, Any]:
    indicator = release.catalogue["indicators"].get(found.indicator)
    line = load_cost_lines().get(found.cost_line)
    return {
        "line": line,
        "programme": programmes(release).get(found.programme, found.programme),
        "indicator": indicator,
        "unit_cost": amounts.in_words_of(found.unit_cost_pence) if found.unit_cost_pence else "",
        "year": plans.in_words(found.year),
    }


def _agreed(row: dict[str, Any], mine: list[int], sent: Sent) -> dict[str, Any]:
    """A row with what the form of shares says of it."""
    number = row["is"].pk
    said = sent.said.get(f"share-{number}", row["percent"].removesuffix("%"))
    return row | {"mine": number in mine, "said": said}


def _costs(found: Pool) -> list[dict[str, Any]]:
    if found.indicator:
        return []
    return [{"month": one.month, "pounds": to_the_penny(one.pence)} for one in found.costs.order_by("-month")]


def _asked_of(shared: Shared) -> dict[str, Any]:
    draw = shared.draw
    return {
        "asked": amounts.in_words_of(draw.asked),
        "asked_so_far": amounts.in_words_of(draw.asked_so_far) if draw.there is not None else "",
        "number": len({claim.initiative_id for claim in draw.claims}),
    }


def _address(number: int) -> str:
    return f"/delivery/pools/{number}/"
