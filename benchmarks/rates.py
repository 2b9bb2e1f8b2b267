"""Rates of a whole atlas beside PHStatsMethods, both from the same long table.

106 areas x 34 indicators x 10 years x 38 ages and sexes, 1.37 million rows, of which labels are text, or categories
as a Parquet file gives them. PHStatsMethods' own way to standardise (nineteen ages, the European population) is a
table of its own. The answers must be equal on one indicator before a ratio is printed.
"""

import tempfile
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
import PHStatsMethods as peer
from compare import Comparison, best_seconds

from careatlas.methods.cube import cube
from careatlas.methods.directly_standardised_rate import directly_standardised_rate
from careatlas.methods.estimate import Estimate
from careatlas.methods.indirectly_standardised_ratio import (
    StandardisedRatio,
    expected_events,
    indirectly_standardised_ratio,
)
from careatlas.methods.proportion import proportion

INDICATORS, YEARS, AREAS = 34, 10, 106
AGES = peer.euro_standard_pop()["esp_age_bands"].to_list()
SMALL_AREAS = 33_755  # of England: lower-layer super output areas
GROUP = ["indicator", "year", "area"]
TEXT = ["indicator", "area", "cell", "age"]
Arrays = dict[str, np.ndarray]
EUROPEAN = [5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000]
EUROPEAN = np.array([*EUROPEAN, 2500, 1500, 1000])
WEIGHT = np.tile(EUROPEAN, 2)
NAMED = "PHStatsMethods"


def comparisons() -> list[Comparison]:
    warnings.simplefilter("ignore")  # the peer's, on small samples
    text = long_table()
    categories = text.astype(dict.fromkeys(TEXT, "category"))
    ages, areas = summed(text, [*GROUP, "age"]), summed(text, GROUP)
    given = as_cube(text)
    given["reference_rate"] = reference_rate(given)
    tables = {"text": text, "categories": categories}
    return [
        *_beside("DSR, 38 cells", standardised, their_dsr, tables, given),
        *_beside("DSR, 19 ages", standardised, their_default_dsr, {"text": ages}, as_cube(ages)),
        *_beside("ISR, 38 cells", ratios, their_isr, tables, given),
        *_beside("proportions", shares, their_proportion, {"text": areas}, as_cube(areas)),
        *_absolute(categories, given),
    ]


def _beside(
    name: str, method: Callable, theirs: Callable, tables: dict[str, pd.DataFrame], arrays: Arrays
) -> list[Comparison]:
    table = tables["text"]
    _refuse_difference(method, theirs, table[: len(table) // INDICATORS])
    their_seconds = best_seconds(lambda: theirs(table), 1)
    rows = []
    for labels, one in tables.items():
        seconds = best_seconds(lambda one=one: method(as_cube(one)))
        what = f"{name}, from {len(one):,} rows, labels are {labels}"
        rows.append(Comparison(what, seconds, NAMED, their_seconds, ">= 100x"))
    seconds = best_seconds(lambda: method(arrays), 7)
    return [*rows, Comparison(f"{name}, from arrays", seconds, NAMED, their_seconds, ">= 1,000x")]


def _refuse_difference(method: Callable, theirs: Callable, table: pd.DataFrame) -> None:
    """Of one indicator, where the peer's order of groups, the alphabet's, is ours."""
    ours, other = method(as_cube(table)).value.ravel(), theirs(table)["Value"].to_numpy(float)
    np.testing.assert_allclose(ours, other, rtol=1e-10)


def long_table() -> pd.DataFrame:
    """One row for each indicator, year, area, and age and sex, as an analyst has it."""
    rng = np.random.default_rng(0)
    cells = [f"{sex} {age}" for sex in ("female", "male") for age in AGES]
    labels = {
        "indicator": np.array([f"indicator {n}" for n in range(INDICATORS)], dtype=object),
        "year": np.arange(2015, 2015 + YEARS),
        "area": np.array([f"E{38000000 + n}" for n in range(AREAS)], dtype=object),
        "cell": np.array(cells, dtype=object),
    }
    shape = tuple(len(each) for each in labels.values())
    people = np.broadcast_to(rng.integers(500, 9000, shape[1:]).astype(float), shape)
    events = rng.poisson(people * rng.uniform(0.001, 0.05, (INDICATORS, 1, 1, 1))).astype(float)
    reference = (np.broadcast_to(each.sum(axis=2, keepdims=True), shape) for each in (events, people))
    places = np.indices(shape).reshape(len(shape), -1)
    columns = {name: each[at] for (name, each), at in zip(labels.items(), places, strict=True)}
    numbers = dict(zip(("reference_events", "reference_people"), reference, strict=True))
    numbers |= {"events": events, "people": people, "weight": np.broadcast_to(WEIGHT, shape)}
    columns["age"] = np.array(AGES * 2, dtype=object)[places[-1]]
    return pd.DataFrame(columns | {name: each.ravel() for name, each in numbers.items()})


def summed(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return table.groupby(by, sort=False)[["events", "people"]].sum().reset_index()


def as_cube(table: pd.DataFrame) -> Arrays:
    axes = [*GROUP, *(name for name in ("cell", "age") if name in table)][:4]
    return cube(
        {name: table[name] for name in ("events", "people")}, by={name: table[name] for name in axes}
    ).values


def standardised(given: Arrays) -> Estimate:
    weight = WEIGHT if given["events"].shape[-1] == len(WEIGHT) else EUROPEAN
    return directly_standardised_rate(given["events"], given["people"], weight)


def ratios(given: Arrays) -> StandardisedRatio:
    """The arrays hold reference rates, as the table holds the peer's; from the table alone they are worked out."""
    rate = given["reference_rate"] if "reference_rate" in given else reference_rate(given)
    return indirectly_standardised_ratio(given["events"].sum(axis=-1), expected_events(given["people"], rate))


def reference_rate(given: Arrays) -> np.ndarray:
    events, people = (given[name].sum(axis=-2, keepdims=True) for name in ("events", "people"))
    return events / people


def shares(given: Arrays) -> Estimate:
    return proportion(given["events"], given["people"], multiplier=1)


def their_dsr(table: pd.DataFrame) -> pd.DataFrame:
    return peer.ph_dsr(table, "events", "people", "weight", GROUP, euro_standard_pops=False)


def their_default_dsr(table: pd.DataFrame) -> pd.DataFrame:
    with redirect_stdout(None):  # it prints the ages it joined
        return peer.ph_dsr(table, "events", "people", "age", GROUP)


def their_isr(table: pd.DataFrame) -> pd.DataFrame:
    return peer.ph_ISRatio(table, "events", "people", "reference_events", "reference_people", GROUP)


def their_proportion(table: pd.DataFrame) -> pd.DataFrame:
    return peer.ph_proportion(table, "events", "people", GROUP)


def _absolute(table: pd.DataFrame, given: Arrays) -> list[Comparison]:
    """Against the clock alone."""
    rng = np.random.default_rng(1)
    people = rng.integers(20, 120, (SMALL_AREAS, len(WEIGHT))).astype(float)
    small = {"events": rng.poisson(people * 0.02).astype(float), "people": people}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        table.to_parquet(path)
        columns = [*GROUP, "cell", "events", "people"]
        from_parquet = best_seconds(lambda: _every_rate(as_cube(pd.read_parquet(path, columns=columns))))
    size = f"{INDICATORS} x {YEARS} x {AREAS} areas x {len(WEIGHT)} cells"
    return [
        Comparison(
            f"DSR + ISR + Wilson, {size}", best_seconds(lambda: _every_rate(given), 5), "", None, "< .05 s"
        ),
        Comparison("the same from Parquet", from_parquet, "", None, "< .3 s"),
        Comparison(
            f"DSR + ISR + Wilson, {SMALL_AREAS:,} areas x {len(WEIGHT)} cells",
            best_seconds(lambda: _every_rate(small), 5),
            "",
            None,
            "< .15 s",
        ),
    ]


def _every_rate(given: Arrays) -> None:
    standardised(given)
    ratios(given)
    shares({name: given[name].sum(axis=-1) for name in ("events", "people")})
