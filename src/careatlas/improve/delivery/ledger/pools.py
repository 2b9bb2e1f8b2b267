"""Pools: what is saved once, whoever saved it. Who may make one, and why no two may hold the same.

The same activity is one pool whatever programme or cost line names it: of one cost line, or counted by one indicator,
there is in one year none at an area where there is one at the area itself, above it or below it (`in_the_way`). Trusts
lie in their lead board.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from careatlas.catalogue.delivery_gates import load_cost_lines
from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger import in_the_way, sizes
from careatlas.improve.delivery.models import Claim, Cost, Initiative, Pool, PoolSize, Status
from careatlas.improve.delivery.planning import claimed, who
from careatlas.improve.delivery.planning.plans import FIRST_YEAR, LAST_YEAR, in_words
from careatlas.improve.evidence.writing.answers import FIRST_DAY, Wrong, cleaned
from careatlas.improve.evidence.writing.sections import programmes
from careatlas.improve.people.models import Organisation, Role, User
from careatlas.improve.record import keeping
from careatlas.present.numbers import is_money

MAKERS = (Role.PLAN_MANAGER, Role.FINANCE_ASSURER, Role.PUBLISHER)
LONGEST = {"unit_cost_source": 300, "counting_changed_why": 400}
MOST_PENCE = 10**14
CHANGEABLE = frozenset(
    {
        "programme",
        "began_on",
        "indicator",
        "unit_cost_pence",
        "unit_cost_source",
        "counting_changed_on",
        "counting_changed_why",
    }
)


@dataclass(frozen=True)
class Draw:
    """Who draws on a pool; ``ideas`` would, once their first gate is open. ``asked`` for its year by who draws, and
    ``asked_so_far`` in the months, April first, that it can be told of (``months_told``); ``there``, ``lower`` and
    ``upper`` are its size in pence, None where it cannot be told, with the ``reason``."""

    pool: Pool
    claims: tuple[Claim, ...]
    ideas: tuple[Claim, ...]
    asked: int
    asked_so_far: int
    there: int | None
    lower: int | None
    upper: int | None
    reason: str
    months_told: int

    @property
    def is_shared(self) -> bool:
        return len({claim.initiative_id for claim in self.claims if claim.pence > 0}) > 1

    @property
    def is_over(self) -> bool | None:
        """Whether together they ask for more than there is; None where that cannot be told."""
        return None if self.there is None else self.asked_so_far > max(0, self.there)


def may_make(user: User, area: Organisation) -> bool:
    return who.has(user, area, *MAKERS)


@transaction.atomic
def make(user: User, area: Organisation, fields: Mapping[str, Any], release: Release) -> Pool:
    """``fields``: those of the model. Raises answers.Wrong, which names the pool that stands in the way."""
    said = {"indicator": "", "unit_cost_pence": 0, **_cleaned(fields)}
    faults = _faults(said, area, release)
    if not may_make(user, area):
        faults["area"] = (
            f"You are no plan manager, finance assurer or publisher of {area.name}. Its publishers can make you one."
        )
    if said.get("cost_line") not in load_cost_lines():
        faults["cost_line"] = "Choose one of the cost lines."
    if not isinstance(said.get("year"), int) or not FIRST_YEAR <= said["year"] <= LAST_YEAR:
        faults["year"] = "Give the year in which it begins, such as 2026 for April 2026 to March 2027."
    _refuse(faults)
    _queue_for(area)
    stands = in_the_way.of_line(area, said["cost_line"], said["year"])
    if stands is not None:
        words = f"{in_the_way.in_full(stands, area)} and holds the same savings"
        raise Wrong({"area": f"{words}: claim on that one, or have it removed first."})
    _refuse(_fault_of_indicator(area, said["indicator"], said["year"]))
    simulated = release.manifest["simulated"]
    return keeping.create(Pool, user.email, "a new pool", area=area, is_simulated=simulated, **said)


@transaction.atomic
def change(
    number: int, user: User, version: int, fields: Mapping[str, Any], why: str, release: Release
) -> Pool:
    """What it is worked out from; where and when it is stays. Raises answers.Wrong; EditedMeanwhile; NotKnownError."""
    pool = held(number, user)
    said = {name: value for name, value in _cleaned(fields).items() if name in CHANGEABLE}
    standing = {name: getattr(pool, name) for name in CHANGEABLE} | {"year": pool.year}
    faults = _faults(standing | said, pool.area, release) or _fault_of_beginning(pool, said)
    reason = _reason(why, faults)
    _refuse(faults)
    if said.get("indicator", pool.indicator) != pool.indicator:
        _queue_for(pool.area)
        _refuse(_fault_of_indicator(pool.area, said["indicator"], pool.year, pool.pk))
    changed = keeping.change(pool, user.email, reason, version, **said)
    sizes.forget(changed)
    return changed


@transaction.atomic
def remove(number: int, user: User, version: int, why: str) -> None:
    """Only one that nobody draws on. Raises as `change` does."""
    pool = held(number, user)
    faults: dict[str, str] = {}
    reason = _reason(why, faults)
    if pool.claims.exists():
        faults["pool"] = "Claims draw on it: withdraw them, or move them to another pool, first."
    _refuse(faults)
    if pool.version != version:
        raise keeping.EditedMeanwhile(pool)
    keeping.remove(pool, user.email, reason)


@transaction.atomic
def enter_cost(number: int, user: User, month: date, pence: int | None, why: str) -> Cost | None:
    """What a month cost, of a pool that the atlas has no figures of; None takes the month away. Raises as `change`."""
    pool = held(number, user)
    faults: dict[str, str] = {}
    reason = _reason(why, faults)
    if pool.indicator:
        faults["month"] = "Its figures come from the atlas: nothing is entered."
    elif month.day != 1:
        faults["month"] = "Give the first day of a month."
    if pence is not None and not 0 <= pence <= MOST_PENCE:
        faults["pence"] = "A cost is not below 0. A month that is not known is left out."
    _refuse(faults)
    sizes.forget(pool)
    cost = pool.costs.filter(month=month).first()
    if cost is None and pence is not None:
        return keeping.create(Cost, user.email, reason, pool=pool, month=month, pence=pence)
    if cost is not None and pence is None:
        keeping.remove(cost, user.email, reason)
        return None
    return cost and keeping.change(cost, user.email, reason, cost.version, pence=pence)


def offered_to(initiative: Initiative) -> QuerySet[Pool]:
    """Those that it may draw on: in its organisation or around it, and of the year of its plan."""
    path = initiative.organisation.path
    found = Pool.objects.filter(Q(area__path__startswith=path) | Q(area__in=path.strip("/").split("/")))
    if initiative.plan is not None:
        found = found.filter(year=initiative.plan.year)
    return found.select_related("area").order_by("-year", "area__path", "cost_line")


def drawn_on(pool: Pool, release: Release) -> Draw:
    """Who draws on it, what, and whether together they ask for more than there is: said as a claim is entered."""
    return _draws([pool], release)[0]


def overlapping(pools: Iterable[Pool], release: Release) -> dict[int, Draw]:
    """By pool, who draws on each."""
    return {draw.pool.pk: draw for draw in _draws(list(pools), release)}


def overlaps(organisation: Organisation, year: int, release: Release) -> list[Draw]:
    """Every pool that the organisation, or what lies below it, has or draws on, with all who draw on it: the rows of a
    map of pools by initiatives."""
    here = Q(area__path__startswith=organisation.path)
    here |= Q(claims__initiative__organisation__path__startswith=organisation.path)
    found = Pool.objects.filter(here, year=year).distinct()
    return _draws(list(found.select_related("area").order_by("area__path", "cost_line", "pk")), release)


def draw_of(pool: Pool, found: Iterable[Claim], size: PoolSize | None) -> Draw:
    """Of claims at hand."""
    found = tuple(found)
    claims = tuple(claim for claim in found if claim.initiative.status != Status.IDEA)
    asking = [claim for claim in claims if claim.pence > 0]
    last_day = size.last_day if size else None
    so_far = 0 if last_day is None else months.month_of(last_day) + 1 - months.first_of_year(pool.year)
    return Draw(
        pool,
        claims,
        tuple(claim for claim in found if claim.initiative.status == Status.IDEA),
        sum(claim.pence for claim in asking),
        sum(sum(claim.phasing[:so_far]) for claim in asking),
        size.pence if size else None,
        size.lower_pence if size else None,
        size.upper_pence if size else None,
        size.reason if size else "",
        so_far,
    )


def _draws(pools: list[Pool], release: Release) -> list[Draw]:
    claims: dict[int, list[Claim]] = {pool.pk: [] for pool in pools}
    found: QuerySet[Claim] = Claim.objects.filter(pool__in=pools)
    for claim in found.select_related("initiative__organisation").order_by("initiative__title", "pk"):
        claims[claim.pool_id].append(claim)
    known = sizes.sizes_of(release, list(claims))
    return [draw_of(pool, claims[pool.pk], known.get(pool.pk)) for pool in pools]


def _cleaned(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: cleaned(value) if isinstance(value, str) else value for name, value in fields.items()}


def _faults(said: Mapping[str, Any], area: Organisation, release: Release) -> dict[str, str]:
    faults = _faults_of_cost(said, release) | _faults_of_place(said, area, release)
    if said.get("programme") not in programmes(release):
        faults["programme"] = "Choose one of the programmes."
    began, year = said.get("began_on"), said.get("year")
    if not isinstance(began, date) or began < FIRST_DAY:
        faults["began_on"] = "Give the day from which it is compared with the months before."
    elif isinstance(year, int) and months.first_whole_month(began) >= months.first_of_year(year + 1):
        faults["began_on"] = f"It begins after its year, {in_words(year)}, has ended."
    if bool(said.get("counting_changed_on")) != bool(said.get("counting_changed_why")):
        faults["counting_changed_why"] = "Give both: the day that counting changed, and why."
    for name, most in LONGEST.items():
        if len(said.get(name) or "") > most:
            faults[name] = f"{len(said[name]):,} characters are too many: keep to {most}."
    return faults


def _faults_of_place(said: Mapping[str, Any], area: Organisation, release: Release) -> dict[str, str]:
    about = release.catalogue["indicators"].get(said["indicator"])
    level = release.areas.get(area.pk, {}).get("area_type")
    if about is None or level in ("country", *about["area_types"]):
        return {}
    words = f"“{about['title']}” has no figures of {area.name}: choose another, or none and enter its costs by month."
    return {"indicator": words}


def _faults_of_cost(said: Mapping[str, Any], release: Release) -> dict[str, str]:
    indicator, pence = said["indicator"], said["unit_cost_pence"]
    if not isinstance(pence, int) or not 0 <= pence <= MOST_PENCE:
        return {"unit_cost_pence": "Give what one of them costs, in whole pence and not below 0."}
    if not indicator:
        return {"unit_cost_pence": "Costs that are entered have no unit cost."} if pence else {}
    about = release.catalogue["indicators"].get(indicator)
    if about is None:
        return {"indicator": "Choose one of the indicators, or none and enter the cost by month."}
    if not pence and not is_money(about):
        return {"unit_cost_pence": "This indicator is not in pounds: give what one of them costs."}
    if pence and not said.get("unit_cost_source"):
        return {"unit_cost_source": "Say where the unit cost comes from."}
    return {}


def _fault_of_beginning(pool: Pool, said: Mapping[str, Any]) -> dict[str, str]:
    if said.get("began_on", pool.began_on) <= pool.began_on:
        return {}
    fault = claimed.fault_of_day(pool.claims.all(), said["began_on"])
    return {"began_on": fault} if fault else {}


def _fault_of_indicator(
    area: Organisation, indicator: str, year: int, own: int | None = None
) -> dict[str, str]:
    stands = in_the_way.of_indicator(area, indicator, year, own)
    if stands is None:
        return {}
    words = f"{in_the_way.in_full(stands, area)} and counts the same"
    return {"indicator": f"{words}: claim on that one, or choose another indicator."}


def _reason(why: str, faults: dict[str, str]) -> str:
    why = " ".join(cleaned(why).split())
    if not why or len(why) > LONGEST["counting_changed_why"]:
        faults["why"] = f"Say why, in at most {LONGEST['counting_changed_why']} characters."
    return why


def _refuse(faults: Mapping[str, str]) -> None:
    if faults:
        raise Wrong(faults)


def _queue_for(area: Organisation) -> None:
    """Two who make a pool at one moment follow one another, so that the second sees the first's."""
    Organisation.objects.select_for_update().get(pk=area.path.split("/")[0])


def held(number: int, user: User) -> Pool:
    """Held until the end of the transaction. Raises NotKnownError."""
    pool = Pool.objects.select_related("area").filter(pk=number).first()
    if pool is None or not may_make(user, pool.area):
        raise NotKnownError(f"Pool {number}", "is none that you may write on.", "See the list of pools.")
    return Pool.objects.select_for_update().get(pk=number)
