"""How long each method takes with 100 to 100,000 areas, drawn as one line a method."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import vl_convert
from compare import best_seconds
from scipy.sparse import coo_array

from careatlas.methods import funnel, overdispersion, ranking, spatial, spc, variation
from careatlas.methods.directly_standardised_rate import directly_standardised_rate
from careatlas.methods.proportion import proportion

PICTURE = Path(__file__).parent.parent / "docs" / "methods-growth.svg"
SIZES = [100, 316, 1000, 3162, 10_000, 31_623, 100_000]
LONGEST = 4.0  # seconds: a line ends where the next size would take far longer


def draw() -> None:
    """Times every method, prints the times and writes the picture."""
    rows = []
    for name, method in METHODS.items():
        for areas in SIZES:
            seconds = best_seconds(partial(method, **_given(areas)), 2)
            rows.append({"method": name, "areas": areas, "seconds": seconds})
            if seconds > LONGEST:
                break
        last = rows[-1]
        print(f"{name:42} {last['seconds']:9.4f} s at {last['areas']:,} areas", flush=True)
    PICTURE.write_text(vl_convert.vegalite_to_svg(_chart(rows)), encoding="utf-8")
    print(f"drawn in {PICTURE.relative_to(PICTURE.parent.parent)}")


def _given(areas: int) -> dict:
    rng = np.random.default_rng(0)
    expected = rng.uniform(20, 2000, areas)
    people = rng.integers(20, 2000, (areas, 38)).astype(float)
    ring = np.arange(areas)
    links = coo_array((np.ones(areas), (ring, np.roll(ring, 1))), shape=(areas, areas))
    return {
        "observed": rng.poisson(expected * rng.gamma(100, 1 / 100, areas)).astype(float),
        "expected": expected,
        "people": people,
        "events": rng.poisson(people * 0.02).astype(float),
        "months": rng.normal(50, 5, (areas, 48)),
        "neighbours": (links + links.T).tocsr(),
    }


METHODS: dict[str, Callable] = {
    "Standardised rate, 38 ages and sexes": lambda people, events, **_: directly_standardised_rate(
        events, people, np.ones(38)
    ),
    "Proportion": lambda observed, expected, **_: proportion(observed, observed + expected),
    "Funnel flags": lambda observed, expected, **_: funnel.outlying(observed, expected),
    "Over-dispersion": lambda observed, expected, **_: overdispersion.rate_overdispersion(observed, expected),
    "All indices of variation": lambda observed, expected, **_: variation.indices(observed, expected),
    "Ranks with limits": lambda observed, expected, **_: ranking.rank_rates(observed, expected),
    "Moran's I, 999 permutations": lambda observed, expected, neighbours, **_: spatial.morans_i(
        observed / expected, neighbours, 999
    ),
    "Control chart, 48 months": lambda months, **_: spc.xmr(months),
}


def _chart(rows: list[dict]) -> dict:
    areas = {"field": "areas", "type": "quantitative", "scale": {"type": "log"}, "title": "Areas"}
    seconds = {"field": "seconds", "type": "quantitative", "scale": {"type": "log"}, "title": "Seconds"}
    colour = {
        "field": "method",
        "type": "nominal",
        "title": None,
        "sort": None,
        "legend": {"labelLimit": 300},
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 420,
        "height": 320,
        "background": "white",
        "title": "Seconds for one indicator, by number of areas",
        "data": {"values": rows},
        "mark": {"type": "line", "point": True},
        "encoding": {"x": areas, "y": seconds, "color": colour},
    }
