"""The organisations of the release being served, as people's rights are scoped to them.

Those that a release no longer names stay, because what they wrote is still theirs; sites, networks and practices are
entered by hand under one of the release's.
"""

from collections.abc import Iterator

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
    """Bring the list to what the release says, and give how many rows changed."""
    known = {row.code: row for row in Organisation.objects.select_related("parent")}
    changed, current = 0, set()
    for area, parent, path in _from_the_top(release):
        said = {
            "name": area["name"],
            "kind": KIND_OF[area["area_type"]],
            "parent_id": parent,
            "path": path,
            "is_current": True,
        }
        current.add(area["code"])
        row = known.get(area["code"])
        if row is None:
            keeping.create(Organisation, WHO, f"named in release {release.id}", code=area["code"], **said)
            changed += 1
        elif any(getattr(row, name) != value for name, value in said.items()):
            keeping.change(row, WHO, f"as release {release.id} has it", row.version, **said)
            changed += 1
    for row in known.values():
        if row.kind not in ENTERED and row.code not in current and row.is_current:
            keeping.change(row, WHO, f"release {release.id} names it no more", row.version, is_current=False)
            changed += 1
    return changed


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
