"""Values with limits: the indicator's method applied to its sums, all areas and periods in one call.

A method is a file in `careatlas.methods`, called by the name in the indicator's YAML; it asks for what it needs by
parameter name.
"""

import importlib
import inspect
from collections.abc import Callable

import numpy as np
import pandas as pd

from careatlas.build.gather import KEYS, STRATA, Gathered
from careatlas.build.published import ISSUED
from careatlas.catalogue.indicator import Indicator
from careatlas.catalogue.population import StandardPopulation
from careatlas.errors import DefinitionError
from careatlas.methods.estimate import Estimate

CONFIDENCES = {"95": 0.95, "998": 0.998}
LIMITS = ["lower_95", "upper_95", "lower_998", "upper_998"]


def estimate(gathered: Gathered, indicator: Indicator, standard: StandardPopulation | None) -> pd.DataFrame:
    """The rows of ``gathered.frame`` with value and limits; no value without an answer to give."""
    frame = gathered.frame.reset_index(drop=True)
    answered = frame["status"].isin(["reported", "zero", "incomplete"])
    asked = frame[answered]
    given = _given(asked, gathered, indicator, standard)
    method = method_named(indicator.method)
    wanted = [name for name in inspect.signature(method).parameters if name in given]
    for label, confidence in CONFIDENCES.items():
        result = _applied(method, {name: given[name] for name in wanted}, confidence, indicator)
        frame.loc[answered, [f"lower_{label}", f"upper_{label}"]] = np.column_stack(
            [result.lower, result.upper]
        )
    frame.loc[answered, "value"] = result.value
    withheld = answered & frame["value"].isna()
    frame.loc[withheld, "note"] = _why_withheld(frame[withheld], indicator)
    frame.loc[withheld & (frame["status"] != "incomplete"), "status"] = "missing"
    frame["expected"] = np.nan
    return frame


def _applied(
    method: Callable[..., Estimate], given: dict[str, object], confidence: float, indicator: Indicator
) -> Estimate:
    """What cannot be (a count below zero, say) was refused when it was read; what still is, the method names."""
    try:
        return method(**given, confidence=confidence)
    except ValueError as fault:
        raise DefinitionError(
            indicator.id,
            f"{indicator.method}: {fault}.",
            "Look at the tables it counts: numerator and denominator.",
        ) from fault


def method_named(name: str) -> Callable[..., Estimate]:
    """The public function of the method's own file."""
    return getattr(importlib.import_module(f"careatlas.methods.{name}"), name)


def with_expected(frame: pd.DataFrame, national: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """The events each area would have at the country's rate, for methods whose value is events per denominator."""
    if indicator.denominator is None or indicator.standard_population is not None:
        return frame
    rate = national.set_index("period_end")["count"] / national.set_index("period_end")["denominator"]
    return frame.assign(expected=frame["denominator"] * frame["period_end"].map(rate))


def _given(
    asked: pd.DataFrame, gathered: Gathered, indicator: Indicator, standard: StandardPopulation | None
) -> dict[str, object]:
    """Everything a method may ask for, by the parameter's name."""
    given: dict[str, object] = {
        "count": asked["count"].to_numpy(float),
        "denominator": asked["denominator"].to_numpy(float),
        "sum_of_squares": asked["sum_of_squares"].to_numpy(float),
        "observations": asked["observations"].to_numpy(float),
        "multiplier": indicator.multiplier,
    }
    given |= {name: asked[name].to_numpy(float) for name in ISSUED if name in asked}
    if gathered.strata is not None and standard is not None:
        given |= _by_stratum(asked, gathered.strata, standard)
    return given


def _by_stratum(asked: pd.DataFrame, strata: pd.DataFrame, standard: StandardPopulation) -> dict[str, object]:
    """Arrays [area x period, stratum] in the order of the standard population's bands."""
    weights = {band.age_from: float(band.people) for band in standard.bands}
    columns = [
        (sex, age) for sex in (["female", "male"] if standard.by_sex else ["persons"]) for age in weights
    ]
    cells = strata if standard.by_sex else strata.assign(sex="persons")
    index = pd.MultiIndex.from_frame(asked[KEYS])
    arrays = {}
    for name, column in (
        ("count_by_stratum", "count"),
        ("denominator_by_stratum", "denominator"),
        ("squares_by_stratum", "sum_of_squares"),
    ):
        wide = cells.pivot_table(index=KEYS, columns=STRATA, values=column, aggfunc="sum")
        arrays[name] = wide.reindex(index=index, columns=pd.MultiIndex.from_tuples(columns)).to_numpy(float)
    empty = (arrays["denominator_by_stratum"] == 0).any(axis=-1)  # nobody of an age: no rate at that age
    for array in arrays.values():
        array[empty] = np.nan
    return {**arrays, "standard_population": np.array([weights[age] for _, age in columns])}


def _why_withheld(rows: pd.DataFrame, indicator: Indicator) -> list[str]:
    few = (
        "fewer than ten events, or nobody of some age: no standardised rate"
        if indicator.standard_population
        else ""
    )
    return [note or few or "too few observations for a value" for note in rows["note"].fillna("")]
