"""Claims as pages show them: one initiative's with their three figures, and a pool with all who draw on it.

Of claims that the reader does not see, only whose organisation draws how much is told.
"""

from collections.abc import Iterable
from typing import Any

from careatlas.engine.release import Release
from careatlas.improve.delivery.ledger import foreseen, sums
from careatlas.improve.delivery.ledger.foreseen import Shared
from careatlas.improve.delivery.ledger.pools import Draw, overlapping
from careatlas.improve.delivery.ledger.sums import Line
from careatlas.improve.delivery.models import Claim, Initiative, MeasureKind
from careatlas.improve.delivery.planning import who
from careatlas.improve.people.models import User
from careatlas.web.delivery import amounts

OF_IDEAS = "not counted until its first gate is open"
BY_AGREEMENT = "as all who claim on it agreed"
BY_CLAIM = "by what they claim"


def of_initiative(initiative: Initiative, release: Release) -> list[dict[str, Any]]:
    """Its claims, the newest year first."""
    own = initiative.claims.select_related("pool__area").order_by("-pool__year", "pool__cost_line", "pk")
    claims = list(own)
    if not claims:
        return []
    worked = sums.ledger(release, initiative.claims.all())
    lines = {line.claim.pk: line for line in worked.lines}
    draws = overlapping({claim.pool_id: claim.pool for claim in claims}.values(), release)
    return [_own(claim, lines.get(claim.pk), draws[claim.pool_id]) for claim in claims]


def quality_of(initiative: Initiative, claims: list[dict[str, Any]]) -> str:
    """What its quality measures say, or that there is none; empty where it claims nothing and has one."""
    told = next((claim["quality"] for claim in claims if claim["quality"]), "")
    has_one = any(one.kind == MeasureKind.QUALITY for one in initiative.measures.all())
    return told or ("" if has_one else "No measure of quality: nothing counts without one.")


def drawing(shared: Shared, user: User) -> list[dict[str, Any]]:
    """A row for each claim on a pool; the one that is foreseen is marked as such."""
    seen = _visible((line.claim for line in shared.lines), user) | {foreseen.NOT_KEPT}
    return [_row(line, line.claim.pk in seen) for line in shared.lines]


def ideas(draw: Draw, user: User) -> list[dict[str, Any]]:
    seen = _visible(draw.ideas, user)
    return [_named(claim, claim.pk in seen) for claim in draw.ideas]


def warnings(shared: Shared) -> list[str]:
    """What somebody who draws on the pool should know of it, the gravest first."""
    draw, found = shared.draw, []
    if draw.there is None:
        found.append(f"What the pool holds cannot be told: {draw.reason or 'it was not worked out yet.'}")
    elif draw.is_over:
        asked, there = amounts.in_words_of(draw.asked_so_far), amounts.in_words_of(max(0, draw.there))
        found.append(f"More is asked than there is: {asked} of the months told of, and it holds {there}.")
    if draw.is_shared:
        number = len({claim.initiative_id for claim in draw.claims if claim.pence > 0})
        split = BY_AGREEMENT if shared.is_by_agreement else BY_CLAIM
        found.append(f"{number} initiatives draw on it. What it holds is allocated by rule, {split}.")
    found += _not_agreed(shared)
    if draw.lower is not None and draw.lower <= 0:
        found.append(
            "Its interval reaches down to nothing saved: none of it is evidenced, and the headline is nought."
        )
    if draw.there is not None and draw.reason:
        found.append(f"{draw.reason} Nothing of it is evidenced.")
    return found


def _not_agreed(shared: Shared) -> list[str]:
    """Why shares that somebody entered do not split the pool."""
    asking = [claim for claim in shared.draw.claims if claim.pence > 0]
    entered = [claim.share for claim in asking if claim.share]
    if shared.is_by_agreement or not entered:
        return []
    words = f"{len(entered)} of {len(asking)} claims on it have a share, together {_percent(sum(entered))}"
    return [f"{words}: the shares count once all have one and they add up to 100%."]


def of_foreseen(shared: Shared) -> dict[str, Any]:
    """What the claim that is not kept yet would come to."""
    line = shared.foreseen
    return {
        **amounts.stages(line.whole),
        "quality": line.quality.words,
        "lets_through": line.quality.lets_through,
        "others": len({other.claim.initiative_id for other in shared.others}),
        "others_ask": amounts.in_words_of(sum(other.claim.pence for other in shared.others)),
    }


def _own(claim: Claim, line: Line | None, draw: Draw) -> dict[str, Any]:
    told = amounts.stages(line.whole) if line else {"claimed": amounts.in_words_of(claim.pence)}
    return {
        "is": claim,
        "kind": amounts.kind_of(claim),
        "pool": amounts.of_pool(claim.pool, line.size if line else None),
        "is_idea": line is None,
        "is_shared": draw.is_shared,
        "is_over": draw.is_over,
        "quality": line.quality.words if line else "",
        **told,
    }


def _row(line: Line, is_visible: bool) -> dict[str, Any]:
    return {
        **_named(line.claim, is_visible),
        **amounts.stages(line.whole),
        "is_new": line.claim.pk == foreseen.NOT_KEPT,
        "holds_back": line.claim.pence > 0 and not line.quality.lets_through,
    }


def _named(claim: Claim, is_visible: bool) -> dict[str, Any]:
    return {
        "is": claim,
        "title": claim.initiative.title if is_visible else "",
        "organisation": claim.initiative.organisation.name,
        "kind": amounts.kind_of(claim),
        "asked": amounts.in_words_of(claim.pence),
        "percent": "" if claim.share is None else _percent(claim.share),
        "is_visible": is_visible,
    }


def _visible(claims: Iterable[Claim], user: User) -> set[int]:
    numbers = [claim.pk for claim in claims]
    return set(who.visible_claims(user).filter(pk__in=numbers).values_list("pk", flat=True))


def _percent(share: float) -> str:
    return f"{100 * share:.6g}%"
