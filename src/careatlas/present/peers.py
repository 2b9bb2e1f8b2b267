"""An area's peers as a reader meets them: the computed ones, or a set of the reader's own.

Every comparison with peers asks `chosen_peers`, so that an own set works wherever the computed one does. Areas are
alike in their people; a provider has no residents, and its peers are alike in kind and size.
"""

from collections.abc import Sequence
from typing import Any

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.queries import area_named

Row = dict[str, Any]
FEW_DRAWS = 0.5  # a peer among the ten in fewer than half of the draws owes its place to how covariates weigh
NO_GOOD_MATCH = "no good match: fewer than five areas are like it"
TOO_FAR = "too unlike to be held beside it"
CHOSEN_BY = {
    "provider": "how many staff they have, the doctors, midwives and ambulance staff among them, their mental health "
    "beds and their major emergency departments"
}
BY_THE_PEOPLE = "age, deprivation, density and number of people"
BY_THE_WEIGHTS = "among the ten only where covariates weigh alike"


def peers_of(release: Release, area: str) -> list[Row]:
    """The ten areas most like one, nearest first, with how far they are and whether they may be compared."""
    code = area_named(release, area)
    rows = sorted(release.of_area("peers", code), key=lambda row: row["rank"])
    if not rows:
        raise NotKnownError(code, _why_none(release, code), "Choose a set of your own.")
    any_good = any(row["good_match"] for row in rows)
    return [
        {
            "area": code,
            "name": release.areas[code]["name"],
            "peer": row["peer"],
            "peer_name": release.areas[row["peer"]]["name"],
            **{name: row[name] for name in ("rank", "distance", "good_match", "inclusion_share")},
            "note": _note(row, any_good),
        }
        for row in rows
    ]


def chosen_by(area_type: str) -> str:
    """What peers of a type are chosen by, in words."""
    return CHOSEN_BY.get(area_type, BY_THE_PEOPLE)


def chosen_peers(release: Release, area: str, given: Sequence[str] | None = None) -> list[str]:
    """Codes of the areas to hold ``area`` beside: its good matches, or the set ``given`` by code or name.

    Empty where nobody is a good match: say so, and compare with none.
    """
    code = area_named(release, area)
    if given is None:
        rows = release.of_area("peers", code, good_match=True)
        return [row["peer"] for row in sorted(rows, key=lambda row: row["rank"])]
    return _own_set(release, code, given)


def _own_set(release: Release, code: str, given: Sequence[str]) -> list[str]:
    """A reader's own set, in the reader's order: known areas of the same type that still exist, each once."""
    chosen = list(dict.fromkeys(area_named(release, each) for each in given))
    if not chosen:
        raise NotKnownError("peers", "the set is empty.", "Name at least one area.")
    own_type = release.areas[code]["area_type"]
    for peer in chosen:
        about = release.areas[peer]
        if peer == code:
            raise NotKnownError(peer, "is the area itself.", "Name others.")
        if about["area_type"] != own_type:
            titles = [
                release.catalogue["area_types"][each]["title"] for each in (about["area_type"], own_type)
            ]
            raise NotKnownError(
                peer,
                f"is of another type ({titles[0]}) than {code} ({titles[1]}).",
                "Name areas of one type.",
            )
        if about["valid_to"] is not None:
            raise NotKnownError(peer, f"ended on {about['valid_to']}.", "Name the area that took its place.")
    return chosen


def _why_none(release: Release, code: str) -> str:
    own_type = release.areas[code]["area_type"]
    known = release.arrow("peers", ["area_type"]).column("area_type").unique().to_pylist()
    if own_type in known:
        return f"has no similar areas: they are chosen by {chosen_by(own_type)}, and not all is known of this one."
    return (
        f"has no similar areas: they are worked out for {', '.join(known) or 'no area type of this release'}."
    )


def _note(row: Row, any_good: bool) -> str | None:
    if not any_good:
        return NO_GOOD_MATCH
    if not row["good_match"]:
        return TOO_FAR
    return BY_THE_WEIGHTS if row["inclusion_share"] < FEW_DRAWS else None
