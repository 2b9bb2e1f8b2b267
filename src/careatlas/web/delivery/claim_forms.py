"""A claim as a form asks it: pounds, what they are, even or month by month, an agreed share; read with every fault at
once."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from careatlas.engine.period_written import MONTH_NAMES
from careatlas.engine.release import Release
from careatlas.improve.delivery.ledger import sizes
from careatlas.improve.delivery.ledger.claims import even_phasing, phased_as
from careatlas.improve.delivery.ledger.money import in_pounds, read_pounds, to_the_penny
from careatlas.improve.delivery.models import Claim, Form, Initiative, Pool, Proposal, Timing
from careatlas.improve.delivery.planning.asks import Ask
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.web.delivery import amounts
from careatlas.web.delivery.forms import NOTHING, Sent, asked

MONTHS = 12
SAVES, SPENDS = "saves", "spends"
DIRECTIONS = ((SAVES, "It saves this"), (SPENDS, "It spends this instead (reprovision)"))
OF_CLAIM = (
    Ask("direction", "What it does", "choice", "", True, choices=DIRECTIONS),
    Ask("pounds", "Amount of the whole year, in pounds", "number", "Or leave it empty and give the months."),
    Ask("timing", "Recurrent or one-off", "choice", "Recurrent: it comes back every year by itself.", True,
        choices=tuple(Timing.choices)),
    Ask("form", "Form", "choice", "Cash: a budget line falls. Cost avoided: one that would have risen does not. "
        "Capacity: staff, beds or time are free for other work.", True, choices=tuple(Form.choices)),
)  # fmt: skip
SHARE = Ask("share", "Agreed share of the pool, in percent", "number",
    "Where all who draw on it agreed how to split it.")  # fmt: skip


@dataclass(frozen=True)
class Said:
    """A claim as it was said. ``phasing``: None where no month was given."""

    pence: int
    timing: str
    form: str
    phasing: list[int] | None
    share: float | None

    def fields(self, initiative: Initiative, pool: Pool, before: Claim | None = None) -> dict[str, Any]:
        """As a claim is kept: without months, even; or, where another amount stood ``before``, phased as that was."""
        phasing = self.phasing
        if phasing is None and before is not None and any(before.phasing):
            phasing = phased_as(before.phasing, self.pence)
        elif phasing is None:
            phasing = even_phasing(initiative, pool, self.pence)
        return {"pence": self.pence, "timing": self.timing, "form": self.form, "phasing": phasing} | {
            "share": self.share
        }


def read_claim(said: Mapping[str, str], before: Claim | None = None) -> Said:
    """Months that still say what stood ``before``, under another amount, are not meant. Raises Wrong."""
    faults: dict[str, str] = {}
    phasing = _read_months(said, faults)
    pence = _read_amount(said, faults)
    share = _read_share(said, faults)
    sign = {SAVES: 1, SPENDS: -1}.get(said.get("direction", ""))
    for ask in OF_CLAIM:
        if ask.choices and said.get(ask.field, "") not in dict(ask.choices):
            faults[ask.field] = f"{ask.label}: choose one."
    if before is not None and phasing == [abs(each) for each in before.phasing]:
        phasing = None
    if pence is None and phasing is not None:
        pence = sum(phasing)
    if pence is None and not faults.keys() & {"pounds", "months"}:
        faults["pounds"] = "Give the amount in pounds, or the months."
    elif pence is not None and phasing is not None and sum(phasing) != pence:
        faults["months"] = (
            f"The months add up to {to_the_penny(sum(phasing))}, and the amount is {to_the_penny(pence)}: "
            "change one of them, or leave the amount empty."
        )
    if faults:
        raise Wrong(faults)
    assert pence is not None  # else there was a fault
    assert sign is not None
    months = None if phasing is None else [sign * each for each in phasing]
    return Said(sign * pence, said.get("timing", ""), said.get("form", ""), months, share)


def stamp(pool: Pool, fields: Mapping[str, Any]) -> str:
    """What was looked at: only that is kept without being looked at again."""
    return hashlib.sha256(f"{pool.pk} {sorted(fields.items())}".encode()).hexdigest()[:16]


def written(claim: Claim | Proposal) -> dict[str, str]:
    """A claim, or what a proposal says of one, as the form shows it."""
    phasing = getattr(claim, "phasing", None) or [0] * MONTHS
    share = getattr(claim, "share", None)
    return {
        "direction": SAVES if claim.pence > 0 else SPENDS,
        "pounds": in_pounds(abs(claim.pence)),
        "timing": claim.timing,
        "form": claim.form,
        "share": "" if share is None else f"{100 * share:.6g}",
        **{f"month-{place}": in_pounds(abs(each)) if each else "" for place, each in enumerate(phasing, 1)},
    }


def questions(
    release: Release,
    pools: Iterable[Pool],
    values: Mapping[str, str],
    sent: Sent = NOTHING,
) -> list[dict[str, Any]]:
    """As `forms.asked` gives them; ``pools``: those to choose from, none where that is settled."""
    now = sent.now
    if isinstance(now, Claim):
        sent = Sent(sent.said, sent.wrong, _Words(written(now)))
    choice = _choice_of(list(pools), release)
    asks = ([choice] if choice else []) + [*OF_CLAIM, SHARE]
    return asked(asks, release, row=_Words(values), sent=sent)


def months_asked(values: Mapping[str, str], sent: Sent = NOTHING) -> dict[str, Any]:
    """Twelve boxes, April first; what somebody else made of them is told beside them. Folded away where all are empty
    and nothing is wrong with them."""
    now = written(sent.now) if isinstance(sent.now, Claim) else {}
    boxes = []
    for place in range(1, MONTHS + 1):
        name = f"month-{place}"
        value = (sent.said or values).get(name, "")
        boxes.append(
            {"name": name, "title": MONTH_NAMES[(place + 2) % MONTHS + 1], "value": value}
            | {"now": now.get(name, value) or "0", "differs": bool(now) and now[name] != value}
        )
    is_open = any(box["value"] for box in boxes) or "months" in sent.wrong
    return {"months": boxes, "months_open": is_open}


class _Words(SimpleNamespace):
    """What a form says, where a row would stand."""

    def __init__(self, values: Mapping[str, str]) -> None:
        empty = {ask.field: "" for ask in (*OF_CLAIM, SHARE)} | {"pool": ""}
        super().__init__(**(empty | dict(values)))


def _choice_of(pools: list[Pool], release: Release) -> Ask | None:
    if not pools:
        return None
    known = sizes.sizes_of(release, [pool.pk for pool in pools])
    pairs = tuple((str(pool.pk), _option(amounts.of_pool(pool, known.get(pool.pk)))) for pool in pools)
    return Ask("pool", "Pool", "choice", "What was saved once, whoever saved it.", True, choices=pairs)


def _option(pool: dict[str, Any]) -> str:
    holds = f"{pool['holds']} ({pool['limits']})" if pool["holds"] else "not told yet"
    return f"{pool['title']}, {pool['year']}: {holds}"


def _read_amount(said: Mapping[str, str], faults: dict[str, str]) -> int | None:
    pence = _read_box(said, "pounds", "pounds", faults)
    if pence is not None and pence <= 0:
        faults["pounds"] = "Give an amount above nought, and say below whether it is saved or spent."
    return pence


def _read_months(said: Mapping[str, str], faults: dict[str, str]) -> list[int] | None:
    """None where every box is empty; an empty box beside others is a month in which nothing falls."""
    found = [_read_box(said, f"month-{place}", "months", faults) for place in range(1, MONTHS + 1)]
    if all(each is None for each in found):
        return None
    if any((each or 0) < 0 for each in found):
        faults["months"] = "Give the months as amounts above nought."
    return [each or 0 for each in found]


def _read_box(said: Mapping[str, str], name: str, field: str, faults: dict[str, str]) -> int | None:
    try:
        return read_pounds(said.get(name, ""), field)
    except Wrong as fault:
        faults |= fault.faults
        return None


def _read_share(said: Mapping[str, str], faults: dict[str, str]) -> float | None:
    try:
        return read_share(said.get("share", ""))
    except Wrong as fault:
        faults |= fault.faults
        return None


def read_share(said: str, field: str = "share") -> float | None:
    """Of 1, from percent. Raises Wrong."""
    text = said.strip().removesuffix("%").strip()
    if not text:
        return None
    try:
        percent = float(text) if text.isascii() and len(text) < 12 else 0.0
    except ValueError:
        percent = 0.0
    if not 0 < percent <= 100:
        raise Wrong({field: "Give a share above 0 and at most 100, in percent; or leave it empty."})
    return percent / 100
