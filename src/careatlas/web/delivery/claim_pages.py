"""Claims: entered after a look at what their pool holds, changed, withdrawn, confirmed by finance; proposals made into
claims or put aside."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.ledger import claims, foreseen, pools, proposals
from careatlas.improve.delivery.ledger.foreseen import Shared
from careatlas.improve.delivery.models import Claim, Form, Initiative, Pool, Status
from careatlas.improve.delivery.planning import history, initiatives, who
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people.models import Role, User
from careatlas.improve.record import keeping
from careatlas.web.current import current_release
from careatlas.web.delivery import amounts, claim_forms, claim_parts
from careatlas.web.delivery.changes import with_amounts
from careatlas.web.delivery.forms import NOTHING, Sent, fresh_key
from careatlas.web.delivery.initiative_pages import address, page_of
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.library.example_pages import key_of
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, WRITE, needs, signed_in
from careatlas.web.sent import number_in, see_other, version_seen

SAVES = "#saves"  # where an initiative's page has its claims


@needs(Role.PLAN_MANAGER, verbs=READ_AND_WRITE)
def new(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/initiatives/<number>/claims/new/[?pool=|proposal=]``; ``do``: look, then keep."""
    initiative = initiatives.written(number, request.user)
    if request.method != "POST":
        return _new_page(request, initiative)
    said = request.POST.dict()
    try:
        pool, fields = _read(initiative, said)
        if not _was_looked_at(said, pool, fields):
            shared = foreseen.foreseen(initiative, pool, fields, current_release())
            return _new_page(request, initiative, Sent(said), shared)

        def added() -> str:
            return _added(request, initiative.pk, pool, fields)

        return see_other(keeping.once(request.user.email, key_of(request), added))
    except Wrong as fault:
        return _new_page(request, initiative, Sent(said, fault.faults))
    except initiatives.NotOpen as fault:
        return _new_page(request, fault.initiative, Sent(said, _over(fault.initiative)))


@signed_in(*READ_AND_WRITE)
def claim(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/claims/<number>/``; ``do``: look, keep, withdraw or confirm."""
    found = _seen(number, request.user)
    if request.method != "POST":
        return _claim_page(request, found)
    said = request.POST.dict()
    try:
        shared = _done(request, found, said)
    except Wrong as fault:
        return _claim_page(request, found, Sent(said, fault.faults))
    except initiatives.NotOpen as fault:
        return _claim_page(request, found, Sent(said, _over(fault.initiative)))
    except keeping.EditedMeanwhile as meanwhile:
        return _claim_page(request, found, Sent(said, now=meanwhile.now))
    if shared is not None:
        return _claim_page(request, found, Sent(said), shared)
    gone = said.get("do") == "withdraw"
    return see_other(address(found.initiative_id) + SAVES if gone else request.path)


@needs(Role.PLAN_MANAGER, verbs=WRITE)
def put_aside(request: HttpRequest, number: int) -> HttpResponse:
    """``/delivery/proposals/<number>/aside/``"""
    initiative = proposals.seen(number, request.user).initiative
    try:
        proposals.put_aside(number, request.user, request.POST.get("why", ""))
    except Wrong as fault:
        return page_of(request, initiative.pk, Sent(request.POST.dict(), fault.faults), f"aside-{number}")
    return see_other(address(initiative.pk) + SAVES)


def _read(initiative: Initiative, said: Mapping[str, str]) -> tuple[Pool, dict[str, Any]]:
    """The pool chosen, and the claim as it would be kept. Raises Wrong with every fault at once."""
    pool = pools.offered_to(initiative).filter(pk=number_in(said, "pool")).first()
    faults = {} if pool else {"pool": "Choose the pool that it draws on."}
    try:
        claim = claim_forms.read_claim(said)
    except Wrong as fault:
        raise Wrong(faults | fault.faults) from None
    if pool is None:
        raise Wrong(faults)
    fields = claim.fields(initiative, pool)
    _check(initiative, pool, fields)
    return pool, fields


def _check(initiative: Initiative, pool: Pool, fields: Mapping[str, Any]) -> None:
    """As `claims.check`; what is wrong with months is told at their boxes."""
    try:
        claims.check(initiative, pool, **fields)
    except Wrong as fault:
        boxes = {"phasing": "months"}
        raise Wrong({boxes.get(name, name): words for name, words in fault.faults.items()}) from None


def _was_looked_at(said: Mapping[str, str], pool: Pool, fields: Mapping[str, Any]) -> bool:
    return said.get("do") == "keep" and said.get("looked") == claim_forms.stamp(pool, fields)


def _added(request: HttpRequest, number: int, pool: Pool, fields: Mapping[str, Any]) -> str:
    initiative = initiatives.opened(number, request.user)

    def add() -> Claim:
        return claims.add(initiative, pool, request.user, **fields)

    proposal = number_in(request.POST, "proposal")
    made = proposals.made_a_claim(proposal, request.user, add) if proposal else add()
    return f"/delivery/claims/{made.pk}/"


def _done(request: HttpRequest, found: Claim, said: Mapping[str, str]) -> Shared | None:
    """What is foreseen, where that was asked for, or was not looked at before; None once something is done."""
    user, version, why = request.user, version_seen(request), said.get("why", "")
    if said.get("do") == "withdraw":
        claims.withdraw(found.pk, user, version, why)
    elif said.get("do") == "confirm":
        claims.confirm(found.pk, user, version, why)
    else:
        initiative = initiatives.written(found.initiative_id, user)
        if initiative.status in initiatives.OVER:
            raise initiatives.NotOpen(initiative)
        fields = claim_forms.read_claim(said, found).fields(initiative, found.pool, found)
        _check(initiative, found.pool, fields)
        claims.reason_given(why)
        if not _was_looked_at(said, found.pool, fields):
            return foreseen.foreseen(initiative, found.pool, fields, current_release(), found.pk)
        claims.change(found.pk, user, version, why, fields)
    return None


def _seen(number: int, user: User) -> Claim:
    """Raises NotKnownError."""
    found = who.visible_claims(user).select_related("pool__area", "initiative__organisation", "confirmed_by")
    visible = found.filter(pk=number).first()
    if visible is None:
        raise NotKnownError(f"Claim {number}", "is none that you may see.", "See the initiatives of yours.")
    return visible


def _new_page(
    request: HttpRequest,
    initiative: Initiative,
    sent: Sent = NOTHING,
    shared: Shared | None = None,
) -> HttpResponse:
    release, offered = current_release(), list(pools.offered_to(initiative))
    proposal = number_in(sent.said or request.GET, "proposal")
    values = claim_forms.written(proposals.of(initiative, proposal)) if proposal else {}
    values |= {"pool": request.GET.get("pool", "")}
    page = {
        "initiative": initiative,
        "offered": offered,
        "proposal": proposal or "",
        "asked": claim_forms.questions(release, offered, values, sent),
        **claim_forms.months_asked(values, sent),
        "may_make": who.managed_by(request.user).exists(),
        "key": fresh_key(sent),
        "looked": _stamp_of(shared),
        **_foreseen(request, initiative, shared),
        "sent": sent,
        "crumbs": [DELIVERY, crumb(initiative.title, address(initiative.pk))],
    }
    return render(request, "delivery/claim_new.html", page, status=sent.status)


def _claim_page(
    request: HttpRequest, found: Claim, sent: Sent = NOTHING, ahead: Shared | None = None
) -> HttpResponse:
    user, release, initiative = request.user, current_release(), found.initiative
    shared = foreseen.shared(found.pool, release)
    line = next((line for line in shared.lines if line.claim.pk == found.pk), None)
    sees = who.visible_initiatives(user).filter(pk=initiative.pk).exists()
    writes = initiatives.may_write(initiative, user)
    changes = writes and initiative.status not in initiatives.OVER
    values = claim_forms.written(found)
    page = {
        "claim": found,
        "initiative": initiative,
        "words": amounts.named(found),
        "pool": amounts.of_pool(found.pool, shared.size),
        "stages": amounts.stages(line.whole) if line else None,
        "quality": line.quality.words if line else "",
        "warnings": claim_parts.warnings(shared),
        "drawing": claim_parts.drawing(shared, user),
        "split": claim_parts.BY_AGREEMENT if shared.is_by_agreement else claim_parts.BY_CLAIM,
        "sees_initiative": sees,
        "writes": writes,
        "changes": changes,
        "confirms": _may_confirm(found, user),
        "wants_confirming": found.form == Form.CASH and found.pence > 0 and found.confirmed_at is None,
        "asked": claim_forms.questions(release, [], values, sent) if changes else [],
        **claim_forms.months_asked(values, sent),
        "looked": _stamp_of(ahead),
        "version": sent.now.version if sent.now is not None else found.version,
        **_foreseen(request, initiative, ahead),
        "sent": sent,
        "history": with_amounts(history.of_claim(found)),
        "crumbs": [DELIVERY, *([crumb(initiative.title, address(initiative.pk))] if sees else [])],
    }
    return render(request, "delivery/claim.html", page, status=sent.status)


def _foreseen(request: HttpRequest, initiative: Initiative, shared: Shared | None) -> dict[str, Any]:
    """What is told before a claim is kept."""
    if shared is None:
        return {"ahead": None}
    return {
        "ahead": claim_parts.of_foreseen(shared),
        "ahead_pool": amounts.of_pool(shared.draw.pool, shared.size),
        "ahead_words": amounts.named(shared.foreseen.claim),
        "ahead_warnings": claim_parts.warnings(shared),
        "ahead_drawing": claim_parts.drawing(shared, request.user),
        "ahead_split": claim_parts.BY_AGREEMENT if shared.is_by_agreement else claim_parts.BY_CLAIM,
        "is_idea": initiative.status == Status.IDEA,
    }


def _stamp_of(shared: Shared | None) -> str:
    if shared is None:
        return ""
    claim = shared.foreseen.claim
    fields = {name: getattr(claim, name) for name in ("pence", "timing", "form", "phasing", "share")}
    return claim_forms.stamp(claim.pool, fields)


def _may_confirm(found: Claim, user: User) -> bool:
    """Finance over the pool's area, who did not write it."""
    is_for_finance = found.form == Form.CASH and found.pence > 0 and found.confirmed_at is None
    has_role = who.has(user, found.pool.area, Role.FINANCE_ASSURER)
    return is_for_finance and has_role and user.email not in claims.authors_of(found)


def _over(initiative: Initiative) -> dict[str, str]:
    words = "it takes no new claims. Those it has are withdrawn, or stay as they are."
    return {"status": f"It is {initiative.get_status_display().lower()}: {words}"}
