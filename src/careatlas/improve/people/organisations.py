"""The organisations of the release being served, as people's rights are scoped to them.

Those that a release no longer names stay, because what they wrote is still theirs; sites, networks and practices are
entered by hand under one of the release's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.people.models import Kind, Organisation
from careatlas.improve.record import keeping

KIND_OF = {
    "country": Kind.NATIONAL,
    "region": Kind.REGION,
    "icb": Kind.BOARD,
    "sub_icb": Kind.SUB_AREA,
    "provider": Kind.TRUST,
}
ENTERED = (Kind.SITE, Kind.NETWORK, Kind.PRACTICE)
WHO = "the release"


@transaction.atomic
def take_from(release: Release) -> int:
    """Bring the list to what the release says, and give how many rows changed. What the release does not name follows
    what it lies in, so that rights and sums over a place that moved reach it still."""
    known = {row.code: row for row in Organisation.objects.all()}
    changed, paths = 0, {}
    for area, parent, path in _from_the_top(release):
        said = {
            "name": area["name"],
            "kind": KIND_OF[area["area_type"]],
            "parent_id": parent,
            "path": path,
            "is_current": True,
        }
        paths[area["code"]] = path
        row = known.pop(area["code"], None)
        if row is None:
            keeping.create(Organisation, WHO, f"named in release {release.id}", code=area["code"], **said)
            changed += 1
        else:
            changed += _changed(row, f"as release {release.id} has it", said)
    for row, path in _below(known, paths):
        if row.kind in ENTERED:
            changed += _changed(row, f"it lies in what release {release.id} moved", {"path": path})
        else:
            said = {"path": path, "is_current": False}
            changed += _changed(row, f"release {release.id} names it no more", said)
    return changed


def _changed(row: Organisation, why: str, said: Mapping[str, Any]) -> bool:
    if all(getattr(row, name) == value for name, value in said.items()):
        return False
    keeping.change(row, WHO, why, row.version, **said)
    return True


def _below(left: Mapping[str, Organisation], paths: Mapping[str, str]) -> Iterator[tuple[Organisation, str]]:
    """Those that the release does not name, each with its path: below its parent's, whether named or not."""

    def path_of(code: str | None) -> str:
        if code is None:
            return ""
        return paths[code] if code in paths else f"{path_of(left[code].parent_id)}{code}/"

    for code, row in left.items():
        yield row, path_of(code)


def _from_the_top(release: Release) -> Iterator[tuple[dict[str, object], str | None, str]]:
    """Area, parent's code and path; parents first. What lies in no board is the country's."""
    areas = [area for area in release.areas.values() if area["area_type"] in KIND_OF]
    whole = next(area["code"] for area in areas if area["area_type"] == "country")
    paths: dict[str, str] = {}
    for area in sorted(areas, key=lambda one: list(KIND_OF).index(one["area_type"])):
        parent = None if area["code"] == whole else area["parent_code"]
        if area["code"] != whole and parent not in paths:
            parent = whole
        paths[area["code"]] = (paths[parent] if parent else "") + f"{area['code']}/"
        yield area, parent, paths[area["code"]]


def organisation(code: str) -> Organisation:
    """By code. Raises NotKnownError."""
    found = Organisation.objects.filter(code=code.strip().upper()).first()
    if found is None:
        raise NotKnownError(
            code, "is no organisation here.", "Give the code of a board, sub-area, trust or region."
        )
    return found


def enter(code: str, name: str, kind: Kind, parent: Organisation, who: str, why: str) -> Organisation:
    """A site, network or practice under an organisation that is there."""
    if kind not in ENTERED:
        raise NotKnownError(kind, "comes with the releases.", "Enter a site, a network or a practice.")
    path = f"{parent.path}{code}/"
    return keeping.create(Organisation, who, why, code=code, name=name, kind=kind, parent=parent, path=path)
