"""What was planned of claims when their plan was fixed, read back from the record: of a whole country at once.

A claim of a plan that is not fixed, or of no plan, is planned as it stands. One that came later was not planned. One
that was withdrawn since was planned all the same: otherwise dropping what fails would make a plan look kept.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from careatlas.improve.delivery.models import Claim, Initiative
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

TOLD = ("timing", "form", "phasing")


class Planned(NamedTuple):
    """A claim as it was planned; ``phasing``: twelve months, April first, in whole pence."""

    claim: int
    initiative: int
    kind: str
    phasing: tuple[int, ...]
    is_withdrawn: bool = False


def planned(initiatives: Iterable[Initiative], claims: Iterable[Claim], year: int) -> list[Planned]:
    """``claims``: those of the year that stand now."""
    fixed = {
        one.pk: one.plan.baselined_at
        for one in initiatives
        if one.plan is not None and one.plan.year == year and one.plan.baselined_at is not None
    }
    standing = {claim.pk: claim for claim in claims}
    since = _since(fixed, {number: claim.initiative_id for number, claim in standing.items()})
    found = [
        _planned(number, claim.initiative_id, _as_it_stands(claim) | since.get(number, {}))
        for number, claim in standing.items()
        if since.get(number, {}) is not None
    ]
    withdrawn = [
        _planned(number, said["initiative_id"], said)._replace(is_withdrawn=True)
        for number, said in since.items()
        if said is not None and number not in standing and said["initiative_id"] in fixed
    ]
    return found + withdrawn


def _since(fixed: Mapping[int, datetime], owners: dict[int, int]) -> dict[int, dict[str, Any] | None]:
    """Claim -> what the record says that it said when its plan was fixed, of what changed since; None: it was not."""
    if not fixed:
        return {}
    entries = Entry.objects.filter(kind=keeping.kind_of(Claim), at__gt=min(fixed.values()))
    told = list(entries.order_by("number").values_list("at", "action", "key", "before"))
    owners = owners | {int(key): was["initiative_id"] for _, action, key, was in told if action == "removed"}
    found: dict[int, dict[str, Any] | None] = {}
    for at, action, key, before in told:
        number = int(key)
        baselined = fixed.get(owners.get(number, 0))
        if baselined is None or at <= baselined:
            continue
        if action == "created":
            found[number] = None
        elif (said := found.setdefault(number, {})) is not None:
            found[number] = before | said  # the first change since tells what it was
    return found


def _as_it_stands(claim: Claim) -> dict[str, Any]:
    return {name: getattr(claim, name) for name in TOLD}


def _planned(number: int, initiative: int, said: Mapping[str, Any]) -> Planned:
    return Planned(number, initiative, f"{said['timing']} {said['form']}", tuple(said["phasing"]))
