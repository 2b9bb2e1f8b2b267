"""The table ``opportunities``: what an area would spare or gain if it did as well as the best of its peers.

By `careatlas.methods.opportunity`, up each rung of its ladder of benchmarks, for indicators in which high or low is
better. It rests on the last periods that follow one another, twelve at most: peers are chosen on the earlier half.
Amounts are in the indicator's own events a period. Two indicators overlap where their events may be the same people;
their opportunities must never be added.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from careatlas.build.area_maps import AreaMaps, area_maps
from careatlas.catalogue.indicator import Indicator
from careatlas.engine.tables import RELEASE
from careatlas.methods.estimate import Numbers
from careatlas.methods.opportunity import DIRECTION, RUNGS, ladder
from careatlas.present.periods import unbroken

FEWEST_AREAS, MOST_PERIODS = 30, 12
NUMBERS = ("median", "lower", "upper", "probability", "chance_only")


def opportunities(
    values: pd.DataFrame, indicators: Mapping[str, Indicator], peers: pd.DataFrame
) -> pd.DataFrame:
    """Rows of the table, one an area and rung. ``peers``: the release table, of which good matches count."""
    peers = peers[peers["good_match"].astype(bool)]
    with_direction = {id: each for id, each in indicators.items() if each.polarity in DIRECTION}
    wanted = values[values["indicator"].isin(with_direction)]
    rows = [pd.DataFrame(columns=RELEASE["opportunities"].column_names)]
    for maps in area_maps(wanted, with_direction, FEWEST_AREAS):
        nearest = _positions(peers[peers["area_type"] == maps.area_type], maps.areas)
        if maps.events() is not None and nearest is not None:
            rows.append(_rows(maps, nearest, _overlapping(maps.indicator, with_direction)))
    return pd.concat([each for each in rows if len(each)] or rows, ignore_index=True)


def _positions(peers: pd.DataFrame, areas: list[str]) -> np.ndarray | None:
    """``[area, place]``, positions in the list of areas, nearest first, -1 for none; None where nobody has peers."""
    place = {area: number for number, area in enumerate(areas)}
    known = peers[peers["area"].isin(place) & peers["peer"].isin(place)].sort_values(["area", "rank"])
    if known.empty:
        return None
    order = known.groupby("area").cumcount().to_numpy()
    positions = np.full((len(areas), order.max() + 1), -1)
    positions[known["area"].map(place).to_numpy(), order] = known["peer"].map(place)
    return positions


def _rows(maps: AreaMaps, nearest: np.ndarray, overlaps_with: str | None) -> pd.DataFrame:
    observed, expected, of_an_event = _window(maps)
    found = ladder(observed, expected, nearest, maps.indicator.polarity)
    rung, area = np.nonzero(~np.isnan(found.median))
    numbers = {name: getattr(found, name)[rung, area] for name in NUMBERS}
    amounts = {name: of_an_event * numbers[name] for name in NUMBERS if name != "probability"}
    cost = maps.indicator.unit_cost
    pounds = {
        f"gbp{end}": amounts[name] * cost.gbp if cost else np.nan
        for end, name in (("", "median"), ("_lower", "lower"), ("_upper", "upper"))
    }
    columns = {
        **maps.keys(-1),
        "area": np.array(maps.areas, dtype=object)[area],
        "periods": observed.shape[1],
        "benchmark": np.array(RUNGS, dtype=object)[rung],
        "amount": amounts["median"],
        "lower": amounts["lower"],
        "upper": amounts["upper"],
        "probability": numbers["probability"],
        "chance_only": amounts["chance_only"],
        "is_headline": found.is_headline[rung, area],
        **pounds,
        "gbp_source": f"{cost.source.title}, {cost.year}" if cost else None,
        "overlaps_with": overlaps_with,
    }
    return pd.DataFrame(columns, columns=RELEASE["opportunities"].column_names)


def _window(maps: AreaMaps) -> tuple[Numbers, Numbers, float]:
    """Events observed and expected ``[area, period]``, and how many of the indicator's own one of them stands for:
    a share's events are as many as vary by chance as the share does.

    An area without a full return in the last period is left out."""
    on_file = list(maps.periods.itertuples(index=False, name=None))
    last = len(unbroken(on_file, on_file[-1])[-MOST_PERIODS:])
    events = maps.events()
    observed, expected = (each[-last:].T for each in (events.observed, events.expected))
    is_known = ~np.isnan(observed + expected)[:, -1:]
    count = np.where(is_known, maps.numbers["count"][-last:].T, np.nan)
    observed, expected = (np.where(is_known, each, np.nan) for each in (observed, expected))
    return observed, expected, float(np.nansum(count) / np.nansum(observed))


def _overlapping(indicator: Indicator, others: Mapping[str, Indicator]) -> str | None:
    """Ids of indicators whose events may be the same people: rows of one table that are not told apart."""
    found = [id for id, other in others.items() if id != indicator.id and _may_be_same(indicator, other)]
    return ", ".join(sorted(found)) or None


def _may_be_same(one: Indicator, other: Indicator) -> bool:
    if one.numerator.table != other.numerator.table:
        return False
    told_apart = one.numerator.equal_to.keys() & other.numerator.equal_to.keys()
    return all(
        set(one.numerator.equal_to[column]) & set(other.numerator.equal_to[column]) for column in told_apart
    )
