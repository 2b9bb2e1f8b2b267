"""The national standards on the waiting list in force at the window's end, and who meets them."""

from typing import Any

import numpy as np

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.methods.waiting_time import over, within
from careatlas.present.numbers import number
from careatlas.present.standards import in_force
from careatlas.present.waiting_on_file import COUNTRY
from careatlas.present.waiting_window import Window, gather_window
from careatlas.present.waits import RANKED
from careatlas.web import reading
from careatlas.web.waiting_choice import WaitsChoice

TARGETS = {"rtt_18_weeks": (within, 18), "rtt_52_weeks": (over, 52)}
ABOUT = {"unit": "%", "decimals": 1}


def in_force_here(release: Release, choice: WaitsChoice) -> list[dict[str, Any]]:
    """Each standard of the chosen area (or the country): its level, the share, and how many areas meet it."""
    level = choice.area_type if choice.area else COUNTRY
    code = choice.area_code or reading.country(release)["code"]
    try:
        areas, own = (
            gather_window(release, choice.specialty, "incomplete", one, 1, choice.period)
            for one in (choice.area_type, level)
        )
    except NotKnownError:  # the list of that month is not on file
        return []
    found = []
    for target, (counted, weeks) in TARGETS.items():
        if target not in release.catalogue["targets"]:
            continue
        shares, here = _shares(areas, counted, weeks), _shares(own, counted, weeks)
        about = ABOUT | {"standard": [target]}
        for standard in in_force(release.catalogue["targets"], about, level, own.end):
            known = [share for share in shares.values() if share is not None]
            found.append(
                standard
                | {"share": number(here.get(code), ABOUT), "met": _met(standard, here.get(code))}
                | {"meeting": sum(_meets(standard, share) for share in known), "counted": len(known)}
            )
    return sorted(found, key=lambda one: not one["kind"].startswith("constitutional"))


def _shares(window: Window, counted: Any, weeks: int) -> dict[str, float | None]:
    """Per cent of each list, of full returns only."""
    if window.weeks is None:
        return {}
    known = window.weeks.sum(axis=-1)
    share = 100 * np.divide(
        counted(window.weeks, weeks), known, out=np.full(len(known), np.nan), where=known > 0
    )
    return {
        area: float(one) if status in RANKED and not np.isnan(one) else None
        for area, one, status in zip(window.areas, share, window.status, strict=True)
    }


def _met(standard: dict[str, Any], share: float | None) -> str:
    if share is None:
        return "cannot be told"
    return "met" if _meets(standard, share) else "not met"


def _meets(standard: dict[str, Any], share: float) -> bool:
    return share >= standard["value"] if standard["at_least"] else share <= standard["value"]
