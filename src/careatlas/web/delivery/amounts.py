"""Amounts of the ledger in words: pounds to three figures, what is not told yet never as nought, a pool with its
interval, its months and what it cannot tell."""

from typing import Any

from careatlas.catalogue.delivery_gates import load_cost_lines
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger.sums import Amounts
from careatlas.improve.delivery.models import Claim, Pool, PoolSize
from careatlas.improve.delivery.planning.plans import in_words
from careatlas.methods.attribution import KINDS
from careatlas.present.numbers import pounds

PENCE = 100
NOT_TOLD = "not told yet"
KIND_WORDS = {kind: kind.capitalize() + " released" * kind.endswith("capacity") for kind in KINDS}


def in_words_of(pence: int | None) -> str:
    return NOT_TOLD if pence is None else pounds(pence / PENCE)


def stages(amounts: Amounts) -> dict[str, Any]:
    """Each stage in words. Nothing but what is not told: the later stages are not told, and not nought."""
    is_told = amounts.untold != amounts.claimed or any(amounts[1:4]) or not amounts.claimed
    later = (amounts.deduplicated, amounts.evidenced, amounts.cautious)
    deduplicated, evidenced, cautious = (in_words_of(each if is_told else None) for each in later)
    return {
        "claimed": in_words_of(amounts.claimed),
        "deduplicated": deduplicated,
        "evidenced": evidenced,
        "cautious": cautious,
        "untold": in_words_of(amounts.untold) if amounts.untold else "",
        "is_told": is_told,
    }


def title_of(pool: Pool) -> str:
    line = load_cost_lines().get(pool.cost_line)
    return f"{line.title if line else pool.cost_line}, {pool.area.name}"


def of_pool(pool: Pool, size: PoolSize | None) -> dict[str, Any]:
    """A pool as a table or a list names it."""
    return {
        "is": pool,
        "title": title_of(pool),
        "year": in_words(pool.year),
        "address": f"/delivery/pools/{pool.pk}/",
        **holds(size),
    }


def holds(size: PoolSize | None) -> dict[str, Any]:
    """``holds`` and ``limits`` are empty where it cannot be told; then ``reason`` says why."""
    if size is None or size.pence is None:
        return {"holds": "", "limits": "", "until": "", "reason": size.reason if size else ""}
    assert size.last_day is not None  # what is told was seen until some day
    until = months.in_words(months.month_of(size.last_day))
    number = f"{size.months} month{'s' if size.months != 1 else ''}"
    return {
        "holds": in_words_of(size.pence),
        "limits": f"{in_words_of(size.lower_pence)} to {in_words_of(size.upper_pence)}",
        "until": f"{number} told of, to {until}",
        "reason": size.reason,
    }


def kind_of(claim: Claim) -> str:
    return KIND_WORDS[f"{claim.timing} {claim.form}"]


def named(claim: Claim) -> str:
    """``£120,000 saved, recurrent cash``."""
    done = "saved" if claim.pence > 0 else "spent instead"
    return f"{in_words_of(abs(claim.pence))} {done}, {kind_of(claim).lower()}"
