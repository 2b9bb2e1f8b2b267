"""The ledger: claimed, de-duplicated, evidenced and the cautious headline, of any set of claims, added up any way.

Everything is kept at the leaf, a claim in a month, in whole pence, so that sums by area, workstream, month or anything
else agree to the penny. Amounts of different kinds are never added together, and each sum opens to its leaves.
"""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import QuerySet

from careatlas.engine.release import Release
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger import quality, shares
from careatlas.improve.delivery.ledger.claims import phased_as, that_draw
from careatlas.improve.delivery.ledger.quality import Quality
from careatlas.improve.delivery.ledger.shares import Share
from careatlas.improve.delivery.ledger.sizes import sizes_of
from careatlas.improve.delivery.models import Claim, PoolSize
from careatlas.improve.people.models import Kind, Organisation
from careatlas.methods.attribution import KINDS

LEVELS = {"country": Kind.NATIONAL, "region": Kind.REGION, "board": Kind.BOARD}
WAYS = (*LEVELS, "part", "workstream", "family", "programme", "pool", "initiative", "month", "kind")
NONE = ""  # the group of what belongs to no workstream or family


class Amounts(NamedTuple):
    """Whole pence; what is spent instead is below 0. ``untold``: the part of ``claimed`` of which the later stages say
    nothing yet, because its months, or the pool's size, are not known."""

    claimed: int = 0
    deduplicated: int = 0
    evidenced: int = 0
    cautious: int = 0
    untold: int = 0


def added(amounts: Iterable[Amounts]) -> Amounts:
    return Amounts(*map(sum, zip(*amounts, strict=True)))


@dataclass(frozen=True)
class Line:
    """A claim with all that its figures rest on; ``by_month``: twelve, April first. ``kind`` is what is claimed,
    ``evidenced_kind`` what of it may be evidenced."""

    claim: Claim
    kind: str
    evidenced_kind: str
    size: PoolSize | None
    quality: Quality
    by_month: tuple[Amounts, ...]

    @property
    def whole(self) -> Amounts:
        return added(self.by_month)


class Leaf(NamedTuple):
    """What of a claim in a month is of one kind."""

    line: Line
    month: int
    kind: str
    amounts: Amounts


@dataclass(frozen=True)
class Sum:
    """What belongs together: ``key`` (a code, an id, a month), its words, the kind, and the leaves it is the sum of."""

    key: str
    label: str
    kind: str
    amounts: Amounts
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True)
class Ledger:
    """``release``: what sizes and quality were worked out from; ``split``: of `shares.SPLITS`."""

    release: str
    split: str
    lines: tuple[Line, ...]
    _keys: Mapping[str, Callable[[Line, int], tuple[str, str]]]

    @functools.cached_property
    def leaves(self) -> list[Leaf]:
        return [
            Leaf(line, month, kind, part)
            for line in self.lines
            for month, amounts in enumerate(line.by_month, months.first_of_year(line.claim.pool.year))
            for kind, part in _by_kind(line, amounts)
        ]

    def sums(self, way: str) -> list[Sum]:
        """By one of WAYS, in the order of keys and then of kinds."""
        if way not in WAYS:
            raise ValueError(f"way is {way!r}; it must be one of {', '.join(WAYS)}")
        together = defaultdict(list)
        for leaf in self.leaves:
            key, label = (leaf.kind, leaf.kind) if way == "kind" else self._keys[way](leaf.line, leaf.month)
            together[key, label, leaf.kind].append(leaf)
        return [
            Sum(key, label, kind, added(leaf.amounts for leaf in leaves), tuple(leaves))
            for (key, label, kind), leaves in sorted(together.items(), key=_in_order)
        ]

    def totals(self) -> dict[str, Amounts]:
        """By kind: there is no total over kinds."""
        return {one.kind: one.amounts for one in self.sums("kind")}


def claims_of(year: int, organisation: Organisation | None = None) -> QuerySet[Claim]:
    """All claims of a financial year, or those of an organisation and what lies below it; none of ideas, and none that
    the simulated country made once the atlas shows another."""
    found = that_draw(Claim.objects.filter(pool__year=year))
    found = found.exclude(initiative__is_simulated=True, initiative__organisation__is_current=False)
    if organisation is not None:
        found = found.filter(initiative__organisation__path__startswith=organisation.path)
    return found


def ledger(release: Release, shown: QuerySet[Claim], split: str = "agreed") -> Ledger:
    """Of the claims shown; pools are shared out among all who claim on them, shown or not."""
    pools = set(shown.values_list("pool", flat=True))
    numbers = set(shown.values_list("pk", flat=True))
    on_pools = that_draw(Claim.objects.filter(pool__in=pools)).select_related(
        "pool", "initiative__organisation"
    )
    everybody = list(on_pools.order_by("pk"))
    own = [claim for claim in everybody if claim.pk in numbers]
    sizes = sizes_of(release, pools)
    judged = quality.judged({claim.initiative_id: claim.initiative for claim in own}.values(), release)
    return worked_out(release, everybody, own, sizes, judged, split)


def worked_out(
    release: Release,
    everybody: Sequence[Claim],
    own: Sequence[Claim],
    sizes: Mapping[int, PoolSize],
    judged: Mapping[int, Quality],
    split: str = "agreed",
) -> Ledger:
    """The same of claims at hand: ``everybody`` on the pools, of whom the ``own`` are shown."""
    held = {number: one.lets_through for number, one in judged.items()}
    found = shares.shares_of(everybody, sizes, held, split)
    lines = tuple(
        Line(
            claim,
            shares.kind_of(claim),
            kind,
            sizes.get(claim.pool_id),
            judged[claim.initiative_id],
            months_of(claim, found[claim.pk]),
        )
        for claim, kind in zip(own, shares.kinds_evidenced(own), strict=True)
    )
    return Ledger(release.id, split, lines, _keys(release, own))


def months_of(claim: Claim, share: Share) -> tuple[Amounts, ...]:
    """A share spread over the months it can be told of, as the claim is phased."""
    if share.deduplicated is None:
        return tuple(Amounts(claimed=each, untold=each) for each in claim.phasing)
    told = [*claim.phasing[: share.months], *[0] * (months.YEAR - share.months)]
    stages = (_spread(told, each or 0) for each in share[2:])
    return tuple(
        Amounts(claimed, *of_stages, untold=claimed - of_told)
        for claimed, of_told, *of_stages in zip(claim.phasing, told, *stages, strict=True)
    )


def _spread(phasing: Sequence[int], pence: int) -> list[int]:
    return phased_as(phasing, pence) if pence else [0] * months.YEAR


def _by_kind(line: Line, amounts: Amounts) -> list[tuple[str, Amounts]]:
    """What is evidenced may be of another kind than what was claimed: then it has a part of its own, where there is any
    of it. What cannot be told has none: it would say nought."""
    if line.kind == line.evidenced_kind or not (amounts.evidenced or amounts.cautious):
        return [(line.kind, amounts)]
    claimed = Amounts(amounts.claimed, amounts.deduplicated, untold=amounts.untold)
    evidenced = Amounts(evidenced=amounts.evidenced, cautious=amounts.cautious)
    return [(line.kind, claimed), (line.evidenced_kind, evidenced)]


def _in_order(group: tuple[tuple[str, str, str], list[Leaf]]) -> tuple[str, int]:
    (key, _, kind), _ = group
    return key, KINDS.index(kind)


def _keys(release: Release, claims: Sequence[Claim]) -> dict[str, Callable[[Line, int], tuple[str, str]]]:
    """Way -> the key and the words of a leaf's group. What lies in no board stands, among boards, by itself."""
    codes = {code for claim in claims for code in claim.initiative.organisation.path.strip("/").split("/")}
    known = {one.code: one for one in Organisation.objects.filter(pk__in=codes)}
    programmes = release.catalogue["programmes"]

    def title(id: str) -> tuple[str, str]:
        return id, programmes[id]["title"] if id in programmes else id

    def family(id: str) -> tuple[str, str]:
        found = programmes.get(id, {}).get("family") or NONE
        return found, found.replace("_", " ").capitalize()

    def above(kind: Kind) -> Callable[[Line, int], tuple[str, str]]:
        def find(line: Line, month: int) -> tuple[str, str]:
            own = line.claim.initiative.organisation
            around = (known[code] for code in own.path.strip("/").split("/") if code in known)
            found = next((one for one in around if one.kind == kind), own)
            return found.code, found.name

        return find

    return {level: above(kind) for level, kind in LEVELS.items()} | {
        "part": lambda line, month: (
            line.claim.initiative.organisation_id,
            line.claim.initiative.organisation.name,
        ),
        "workstream": lambda line, month: title(line.claim.initiative.workstream),
        "family": lambda line, month: family(line.claim.initiative.workstream),
        "programme": lambda line, month: title(line.claim.pool.programme),
        "pool": lambda line, month: (f"{line.claim.pool_id:09d}", f"Pool {line.claim.pool_id}"),
        "initiative": lambda line, month: (f"{line.claim.initiative_id:09d}", line.claim.initiative.title),
        "month": lambda line, month: (f"{months.first_day(month):%Y-%m}", months.in_words(month)),
    }
