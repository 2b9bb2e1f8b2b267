"""The money of a report card: per initiative and kind what was planned, returned, claimed and proven, and its sums.

All of it is added up from claims, in whole pence, so that lines by workstream and by organisation agree to the penny;
kinds are never added together. An actual that nobody returned is not known and stands as none, never as 0: the variance
compares what was returned with the plan of just that, to the month of that return.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypedDict

from django.db.models import OuterRef, Subquery

from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger.sums import Ledger
from careatlas.improve.delivery.models import Claim, PoolSize, Return
from careatlas.improve.delivery.planning.plans import year_of
from careatlas.improve.delivery.reporting.baselines import Planned
from careatlas.improve.delivery.reporting.prefill import months_so_far
from careatlas.methods.attribution import KINDS

STAGES = ("deduplicated", "evidenced", "cautious")


class Money(TypedDict):
    """One kind of a line. ``plan_returned``: of the plan to date, what ``actual`` is held against. ``outturn``: as last
    returned, else as claimed. ``confidence_percent``: of what is to be saved, weighted by it. The STAGES are None where
    data tell of none of it. ``pool``: what the ``pools`` that it draws on hold together, others' parts included, as far
    as ``pools_told``."""

    kind: str
    gross_pence: int
    reprovision_pence: int
    net_pence: int
    plan_of_year_pence: int
    plan_to_date_pence: int
    plan_returned_pence: int
    actual_to_date_pence: int | None
    variance_pence: int | None
    outturn_pence: int
    confidence_percent: int | None
    claimed_pence: int
    deduplicated_pence: int | None
    evidenced_pence: int | None
    cautious_pence: int | None
    untold_pence: int
    pools: int
    pools_told: int
    pool_pence: int | None
    pool_lower_pence: int | None
    pool_upper_pence: int | None
    fewest_months_told: int | None
    most_months_told: int | None


@dataclass
class Part:
    """What of an initiative is of one kind, or the sum of many such. ``told``: claims whose actual is known;
    ``sure``: the gross saving whose confidence is known, and ``surely`` the same times its percent."""

    gross: int = 0
    reprovision: int = 0
    plan: int = 0
    plan_to_date: int = 0
    plan_returned: int = 0
    actual: int = 0
    told: int = 0
    outturn: int = 0
    sure: int = 0
    surely: int = 0
    claimed: int = 0
    deduplicated: int = 0
    evidenced: int = 0
    cautious: int = 0
    untold: int = 0
    pools: frozenset[int] = frozenset()

    @property
    def is_told(self) -> bool:
        """Cash that finance did not confirm opens its other kind, in which there may be nothing."""
        return any(value for name, value in vars(self).items() if name != "pools")

    def add(self, other: "Part") -> None:
        for name, value in vars(other).items():
            own = getattr(self, name)
            setattr(self, name, own | value if name == "pools" else own + value)


class Latest(NamedTuple):
    """What was last returned of an initiative; ``so_far``: how many months of the year that return covers."""

    month: date
    so_far: int
    figures: Mapping[str, Mapping[str, int | None]]
    words: str


Parts = dict[int, dict[str, Part]]  # initiative -> kind


def latest_returns(initiatives: Collection[int], month: date) -> dict[int, Latest]:
    """By initiative: the last return of the financial year sent in for the month, or before it."""
    april = months.first_day(months.first_of_year(year_of(month)))
    sent = Return.objects.filter(month__range=(april, month), sent_in_at__isnull=False)
    last = sent.filter(initiative=OuterRef("initiative")).order_by("-month").values("month")[:1]
    found = sent.filter(initiative__in=initiatives, month=Subquery(last))
    return {
        number: Latest(at, months_so_far(at), figures, words)
        for number, at, figures, words in found.values_list("initiative", "month", "figures", "words")
    }


def parts_of(ledger: Ledger, plan: Iterable[Planned], latest: Mapping[int, Latest], month: date) -> Parts:
    """Everything that a claim, its plan, its return and its pool say, by initiative and kind."""
    found: Parts = defaultdict(lambda: defaultdict(Part))
    for line in ledger.lines:
        claim = line.claim
        said = _figures(latest.get(claim.initiative_id), claim.pk)
        _add_claim(found[claim.initiative_id][line.kind], claim, said)
    for leaf in ledger.leaves:
        part = found[leaf.line.claim.initiative_id][leaf.kind]
        for name, pence in leaf.amounts._asdict().items():
            setattr(part, name, getattr(part, name) + pence)
        if any(leaf.amounts):
            part.pools |= {leaf.line.claim.pool_id}
    for one in plan:
        _add_plan(found[one.initiative][one.kind], one, latest.get(one.initiative), months_so_far(month))
    return found


def _figures(latest: Latest | None, claim: int) -> Mapping[str, int | None]:
    return latest.figures.get(str(claim), {}) if latest is not None else {}


def _add_claim(part: Part, claim: Claim, said: Mapping[str, int | None]) -> None:
    if claim.pence > 0:
        part.gross += claim.pence
        if claim.initiative.confidence is not None:
            part.sure += claim.pence
            part.surely += claim.pence * claim.initiative.confidence
    else:
        part.reprovision += claim.pence
    if said.get("actual") is not None:
        part.actual += said["actual"]
        part.told += 1
    part.outturn += claim.pence if said.get("outturn") is None else said["outturn"]


def _add_plan(part: Part, one: Planned, latest: Latest | None, so_far: int) -> None:
    """What was withdrawn saves nothing, which is known without a return."""
    part.plan += sum(one.phasing)
    part.plan_to_date += sum(one.phasing[:so_far])
    if one.is_withdrawn:
        part.plan_returned += sum(one.phasing[:so_far])
        part.told += 1
    elif _figures(latest, one.claim).get("actual") is not None:
        part.plan_returned += sum(one.phasing[: latest.so_far])
        part.told += 1


def money_of(parts: Iterable[Mapping[str, Part]], sizes: Mapping[int, PoolSize]) -> list[Money]:
    """The sums of many initiatives, kind by kind."""
    together: dict[str, Part] = defaultdict(Part)
    for of_kinds in parts:
        for kind, part in of_kinds.items():
            together[kind].add(part)
    return [
        _money(kind, together[kind], sizes) for kind in KINDS if kind in together and together[kind].is_told
    ]


def _money(kind: str, part: Part, sizes: Mapping[int, PoolSize]) -> Money:
    return {
        "kind": kind,
        "gross_pence": part.gross,
        "reprovision_pence": part.reprovision,
        "net_pence": part.gross + part.reprovision,
        "plan_of_year_pence": part.plan,
        "plan_to_date_pence": part.plan_to_date,
        "plan_returned_pence": part.plan_returned,
        "actual_to_date_pence": part.actual if part.told else None,
        "variance_pence": part.actual - part.plan_returned if part.told else None,
        "outturn_pence": part.outturn,
        "confidence_percent": round(part.surely / part.sure) if part.sure else None,
        "claimed_pence": part.claimed,
        **{f"{stage}_pence": _told(part, stage) for stage in STAGES},
        "untold_pence": part.untold,
        **_pools(part.pools, sizes),
    }


def _told(part: Part, stage: str) -> int | None:
    """None where data tell of no part of a saving; what is spent instead is spent all the same."""
    pence = getattr(part, stage)
    return None if pence == 0 and part.untold >= part.gross > 0 else pence


def _pools(pools: Collection[int], sizes: Mapping[int, PoolSize]) -> dict[str, int | None]:
    """What pools hold together. Their errors are taken as independent of each other: half-widths add as squares."""
    told = [sizes[pool] for pool in pools if pool in sizes and sizes[pool].pence is not None]
    whole = sum(size.pence for size in told)
    below = math.hypot(*(size.pence - size.lower_pence for size in told if size.lower_pence is not None))
    above = math.hypot(*(size.upper_pence - size.pence for size in told if size.upper_pence is not None))
    so_far = [size.months for size in told]  # with figures, of its year
    return {
        "pools": len(pools),
        "pools_told": len(told),
        "pool_pence": whole if told else None,
        "pool_lower_pence": math.floor(whole - below) if told else None,
        "pool_upper_pence": math.ceil(whole + above) if told else None,
        "fewest_months_told": min(so_far, default=None),
        "most_months_told": max(so_far, default=None),
    }
