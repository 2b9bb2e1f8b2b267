"""The map of overlaps: which initiatives draw on which pool, those that are asked for more than they hold first."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger import pools, sizes
from careatlas.improve.delivery.ledger.pools import Draw
from careatlas.improve.delivery.models import Claim
from careatlas.improve.delivery.planning import who
from careatlas.improve.people.models import User
from careatlas.present.overlap_chart import MOST_POOLS, overlap_chart
from careatlas.present.theme import Spec, to_png, to_svg
from careatlas.web.current import current_release
from careatlas.web.delivery import amounts
from careatlas.web.delivery.choice import Choice, choices, chosen
from careatlas.web.delivery.pages import DELIVERY
from careatlas.web.figures import WIDTHS
from careatlas.web.library.measure_figure import KINDS
from careatlas.web.pictures import pictures
from careatlas.web.policies import signed_in

PENCE = 100
MOST_ROWS = 100  # of a country's pools; each board's page has all of its own
Names = dict[int, str]  # of initiatives that the reader sees


@signed_in()
def overlaps(request: HttpRequest) -> HttpResponse:
    """``/delivery/overlaps/?organisation=&year=``"""
    release, choice = current_release(), chosen(request)
    draws = _draws(request.user, choice, release)
    names = _names(draws, request.user)
    known = sizes.sizes_of(release, [draw.pool.pk for draw in draws])
    page = {
        **choices(request, choice),
        "choice": choice,
        "pools": [_row(draw, names, known.get(draw.pool.pk)) for draw in draws[:MOST_ROWS]],
        "number": len(draws),
        "left_out": max(0, len(draws) - MOST_ROWS),
        "several": _several(draws, names),
        "over": sum(bool(draw.is_over) for draw in draws),
        "shared": sum(draw.is_shared for draw in draws),
        "figure": _figure(choice) if any(draw.asked for draw in draws) else None,
        "makes": who.reached_by(request.user, *pools.MAKERS).exists(),
        "crumbs": [DELIVERY],
    }
    return render(request, "delivery/overlaps.html", page)


@signed_in()
def picture(request: HttpRequest, kind: str) -> HttpResponse:
    """``/delivery/overlaps.<svg|png|json>?organisation=&year=``"""
    if kind not in KINDS:
        raise NotKnownError("That picture", "is not here.", "")
    release, choice = current_release(), chosen(request)
    width = WIDTHS.get(request.GET.get("width", "desk"), WIDTHS["desk"])
    spec = _spec(_draws(request.user, choice, release), request.user, choice, release, width)
    body = {"svg": to_svg, "png": to_png, "json": json.dumps}[kind](spec)
    return HttpResponse(body, content_type=KINDS[kind])


def _draws(user: User, choice: Choice, release: Release) -> list[Draw]:
    """Of pools that the reader sees: asked for too much first, then shared, then the largest claims."""
    if choice.organisation is None:
        return []
    seen = set(who.visible_pools(user).filter(year=choice.year).values_list("pk", flat=True))
    found = [one for one in pools.overlaps(choice.organisation, choice.year, release) if one.pool.pk in seen]
    return sorted(found, key=lambda one: (not one.is_over, not one.is_shared, -one.asked, one.pool.pk))


def _row(draw: Draw, names: Names, size: Any) -> dict[str, Any]:
    return {
        "pool": amounts.of_pool(draw.pool, size),
        "asked": amounts.in_words_of(draw.asked),
        "asked_so_far": amounts.in_words_of(draw.asked_so_far) if draw.there is not None else "",
        "is_over": draw.is_over,
        "is_shared": draw.is_shared,
        "drawing": [_drawing(claim, names) for claim in draw.claims],
        "ideas": len(draw.ideas),
    }


def _drawing(claim: Claim, names: Names) -> dict[str, Any]:
    return {
        "claim": claim,
        "title": names.get(claim.initiative_id, ""),
        "organisation": claim.initiative.organisation.name,
        "words": amounts.named(claim),
    }


def _several(draws: list[Draw], names: Names) -> list[dict[str, Any]]:
    """Initiatives that draw on more than one pool."""
    found: dict[int, dict[int, str]] = {}
    for draw in draws:
        for claim in draw.claims:
            found.setdefault(claim.initiative_id, {})[draw.pool.pk] = amounts.title_of(draw.pool)
    return [
        {"number": number, "title": names[number], "pools": own.items()}
        for number, own in found.items()
        if len(own) > 1 and number in names
    ]


def _names(draws: list[Draw], user: User) -> Names:
    numbers = {claim.initiative_id for draw in draws for claim in draw.claims}
    return dict(who.visible_initiatives(user).filter(pk__in=numbers).values_list("pk", "title"))


def _spec(draws: list[Draw], user: User, choice: Choice, release: Release, width: int) -> Spec:
    names = _names(draws, user)
    drawn = [_drawn(draw, names) for draw in draws if draw.asked][:MOST_POOLS]
    place = choice.organisation.name if choice.organisation else ""
    return overlap_chart(
        drawn,
        title=f"Pools of {place} in {choice.year_in_words}, and what is asked of them",
        source=f"Source: claims as entered; sizes from release {release.id}.",
        width=width,
    )


def _drawn(draw: Draw, names: Names) -> dict[str, Any]:
    told = months.YEAR if draw.there is None else draw.months_told
    return {
        "name": f"{amounts.title_of(draw.pool)}",
        "there": _in_pounds(draw.there),
        "lower": _in_pounds(draw.lower),
        "upper": _in_pounds(draw.upper),
        "asked": [
            {
                "who": names.get(claim.initiative_id) or claim.initiative.organisation.name,
                "pounds": sum(claim.phasing[:told]) / PENCE,
            }
            for claim in draw.claims
            if claim.pence > 0
        ],
    }


def _in_pounds(pence: int | None) -> float | None:
    return None if pence is None else pence / PENCE


def _figure(choice: Choice) -> dict[str, Any]:
    query = choice.query()
    return {
        "name": "overlaps",
        "title": "",
        "alt": "Each pool with what initiatives ask of it, beside what it holds. The table below has the same.",
        **pictures("/delivery/overlaps", query, width="desk"),
        "link": f"/delivery/overlaps/{query}",
    }
