"""Examples of a simulated country, as their owners would put them forward, beside what was planted.

Three kinds. *initiative*: something began after a bad spell, with the effect planted, which may be none; measured once
as fixed beforehand and once as not. *chosen*: an area where somebody looked at every indicator and date on offer that
has no planted effect there, and put forward the best of them: nothing happened. *registered at random*: an area and a
date drawn, where nothing began.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted_truth import TURNED, built_country

COLUMNS = [
    "kind",
    "indicator",
    "area_type",
    "area",
    "effect",
    "tested",
    "verdict",
    "percent",
    "lower",
    "upper",
    "p",
]


def examples_of_country(seed: int, folder: Path) -> pd.DataFrame:
    """Made and built in ``folder``; may run in a process of its own."""
    import django

    django.setup()
    with pytest.MonkeyPatch.context() as monkeypatch:
        truth, release = built_country(seed, folder, monkeypatch)
    return examples_of(truth, release, seed)


def examples_of(truth: dict, release, seed: int) -> pd.DataFrame:
    rows = [*_initiatives(truth, release), *_chosen(truth, release), *_at_random(truth, release, seed)]
    return pd.DataFrame(rows).assign(seed=seed)


def _initiatives(truth, release):
    for told in truth["initiatives"]:
        planted = truth["indicators"][told["indicator"]]
        if told["indicator"] not in release.catalogue["indicators"]:
            continue  # planted in a part of an indicator, or on too few events to be examined
        goes_up = (told["direction"] == "up") == (TURNED.get(planted["acts_on"], 1) > 0)
        is_rate = planted["acts_on"] == "value" and _method(release, told["indicator"]) != "proportion"
        truly = (100 if goes_up else -100) * told["effect"] if is_rate else np.nan
        for fixed_before in (True, False):
            yield _measured(
                release, "initiative", told["indicator"], told["area"], date.fromisoformat(told["start"]),
                "higher" if goes_up else "lower", fixed_before,
            ) | {"effect": told["effect"], "truly": truly}  # fmt: skip


def _chosen(truth, release):
    """Each area at its best: of all that could be proven were it not for the choice, what is furthest out."""
    from careatlas.improve.evidence.measuring import on_offer

    real = {(told["indicator"], told["area"]) for told in truth["initiatives"] if told["effect"] > 0}
    best: dict[str, tuple] = {}
    for indicator, area_type in _examined(truth, release):
        each = on_offer.tried(release, indicator, area_type)
        for start, of_start in each.starts.items() if each else ():
            for direction in on_offer.IMPROVES[on_offer.polarity(release, indicator)]:
                sign = -1 if direction == "lower" else 1
                passes = sign * of_start.effect > of_start.reach
                for area, z, is_shown in zip(each.series.areas, sign * of_start.z, passes, strict=True):
                    key = (bool(is_shown), z)
                    if (
                        (indicator, area) not in real
                        and z == z
                        and key > best.get(area, ((False, -99.0),))[0]
                    ):
                        best[area] = (key, indicator, each.series.start(start), direction)
    for area, ((is_shown, _), indicator, day, direction) in best.items():
        found = _measured(release, "chosen", indicator, area, day, direction, fixed_before=False)
        yield found | {"effect": 0.0, "shows_alone": is_shown}


def _at_random(truth, release, seed):
    from careatlas.improve.evidence.measuring import on_offer

    rng = np.random.default_rng([seed, 13])
    began = {(told["indicator"], told["area"]) for told in truth["initiatives"]}
    for indicator, area_type in _examined(truth, release):
        each = on_offer.tried(release, indicator, area_type)
        for area in rng.permutation(each.series.areas)[:10] if each else ():
            days = on_offer.dates_on_offer(release, indicator, str(area))
            if days and (indicator, area) not in began:
                better = on_offer.IMPROVES[on_offer.polarity(release, indicator)]
                yield _measured(
                    release, "registered at random", indicator, str(area), days[rng.integers(len(days))],
                    better[rng.integers(len(better))], fixed_before=True,
                ) | {"effect": 0.0}  # fmt: skip


def _examined(truth, release):
    for id, told in truth["indicators"].items():
        if "relative_risk" in told and id in release.catalogue["indicators"]:
            yield id, told["area_type"]


def _method(release, indicator):
    return release.catalogue["indicators"][indicator]["method"]


def _measured(release, kind, indicator, area, day, direction, fixed_before):
    from careatlas.improve.evidence.measuring import effect

    found = effect.measure(release, indicator, area, day, direction, fixed_before=fixed_before)
    told = {name: getattr(found, name) for name in COLUMNS[1:] if hasattr(found, name)}
    return {"kind": kind, **told, "reason": found.reason}
