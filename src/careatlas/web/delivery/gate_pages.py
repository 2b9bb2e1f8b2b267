"""A gate: what is missing, how quality was judged, who agreed and who signed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careatlas.catalogue.delivery_gates import load_delivery_gates
from careatlas.improve.delivery.models import Gateway, Initiative
from careatlas.improve.delivery.planning import gateways, initiatives, who
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.record import keeping
from careatlas.web.delivery.forms import NOTHING, Sent
from careatlas.web.delivery.initiative_pages import address
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.pages import crumb
from careatlas.web.policies import READ_AND_WRITE, signed_in
from careatlas.web.sent import see_other, version_seen


@signed_in(*READ_AND_WRITE)
def gate(request: HttpRequest, number: int, gate: str) -> HttpResponse:
    """``/delivery/initiatives/<number>/gates/<gate>/``; ``do``: judge, agree, open or shut."""
    if request.method != "POST":
        return _gate_page(request, number, gate)
    said = request.POST.dict()
    try:
        _done(request, number, gate, said)
    except Wrong as fault:
        return _gate_page(request, number, gate, Sent(said, fault.faults))
    except keeping.EditedMeanwhile as meanwhile:
        return _gate_page(request, number, gate, Sent(said, now=meanwhile.now))
    except initiatives.NotOpen as fault:
        words = {
            "gate": f"It is {fault.initiative.get_status_display().lower()} by now: nothing was changed."
        }
        return _gate_page(request, number, gate, Sent(said, words))
    return see_other(request.path)


def _done(request: HttpRequest, number: int, gate: str, said: dict[str, str]) -> Gateway:
    user, version, why = request.user, version_seen(request), said.get("why", "")
    do = said.get("do")
    if do == "agree":
        return gateways.agree(number, gate, user, version, said.get("post", ""), why)
    if do == "open":
        return gateways.open_gate(number, gate, user, version, why)
    if do == "shut":
        return gateways.keep_shut(number, gate, user, version, why)
    return gateways.judge(number, gate, said, user, version)


def _gate_page(request: HttpRequest, number: int, id: str, sent: Sent = NOTHING) -> HttpResponse:
    found = initiatives.seen(number, request.user)
    now = gateways.standing(found, id)
    is_over = found.status in initiatives.OVER
    user = request.user
    signs = who.has(user, found.organisation, *who.SIGNERS)
    judges = initiatives.may_write(found, user) and now.judges and not now.is_open and not is_over
    leads = who.has(user, found.organisation, *who.CLINICAL_LEADS) and now.gateway.judged_by_id != user.pk
    page = {
        "initiative": found,
        "standing": now,
        "domains": _domains(found, now, sent),
        "scale": load_delivery_gates().quality,
        "judges": judges,
        "signs_open": signs and not now.is_open and not is_over,
        "signs_shut": signs,
        "agrees": leads
        and now.asks_clinical_lead
        and not now.is_open
        and now.gateway.clinical_lead_id is None,
        "version": now.gateway.version,
        "sent": sent,
        "crumbs": [DELIVERY, crumb(found.title, address(number))],
    }
    return render(request, "delivery/gate.html", page, status=sent.status)


def _domains(found: Initiative, now: gateways.Standing, sent: Sent) -> list[dict[str, Any]]:
    """Each domain of quality with what is kept or, where it could not be kept, with what was sent."""
    quality = load_delivery_gates().quality
    is_judging = sent.said.get("do") == "judge"
    domains = []
    for domain in quality.domains:
        kept = now.gateway.quality_impact.get(domain.id, {})
        said = {
            name: sent.said.get(f"{domain.id}-{name}", "") if is_judging else _written(kept.get(name))
            for name in ("likelihood", "impact", "words")
        }
        likelihood, impact = kept.get("likelihood"), kept.get("impact")
        judged = likelihood is not None and impact is not None
        band = quality.band(quality.harm(likelihood, impact)) if judged else None
        domains.append(
            {
                "is": domain,
                "likelihoods": _choices(quality.likelihoods, said["likelihood"]),
                "impacts": _choices(quality.impacts, said["impact"]),
                "words": said["words"],
                "wrong": {
                    name: words
                    for name in ("likelihood", "words")
                    if (words := sent.wrong.get(f"{domain.id}-{name}"))
                },
                "likelihood_words": quality.likelihoods.get(likelihood, ""),
                "impact_words": quality.impacts.get(impact, ""),
                "kept_words": kept.get("words", ""),
                "is_judged": judged,
                "band": band.title if band else "None" if judged else "",
            }
        )
    return domains


def _choices(words: dict[int, str], chosen: str) -> list[dict[str, Any]]:
    return [{"id": n, "title": f"{n}: {said}", "chosen": str(n) == chosen} for n, said in words.items()]


def _written(value: Any) -> str:
    return "" if value is None else str(value)
