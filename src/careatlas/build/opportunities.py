"""The table ``opportunities``: what an area would spare or gain if it did as well as the best of its peers.

By `careatlas.methods.opportunity`, up each rung of its ladder of benchmarks, for indicators in which high or low is
better. It rests on the last periods that follow one another, twelve at most: peers are chosen on the earlier half.
Amounts are in the indicator's own events a period. Two indicators overlap where their events may be the same people;
their opportunities must never be added.

Only areas that peers are known of take part: they are of one sort, and what others do (private clinics among
trusts) says nothing about how far such areas ordinarily differ.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from careatlas.build.area_maps import AreaMaps, area_maps
from careatlas.catalogue.indicator import Indicator, Word
from careatlas.engine.tables import RELEASE
from careatlas.methods.estimate import Numbers
from careatlas.methods.opportunity import DIRECTION, RUNGS, ladder
from careatlas.present.periods import unbroken

FEWEST_AREAS, MOST_PERIODS = 30, 12
WHOLES = {"all", "total"}  # a value that stands for every other of its column
ASKED_OF_PEOPLE = {"dimension", "category", "standard"}  # columns that say what was asked, and not of whom
NUMBERS = ("median", "lower", "upper", "probability", "chance_only")


def opportunities(
    values: pd.DataFrame, indicators: Mapping[str, Indicator], peers: pd.DataFrame
) -> pd.DataFrame:
    """Rows of the table, one an area and rung. ``peers``: the release table, of which good matches count."""
    compared = pd.MultiIndex.from_frame(peers[["area_type", "area"]])
    peers = peers[peers["good_match"].astype(bool)]
    with_direction = {id: each for id, each in indicators.items() if each.polarity in DIRECTION}
    wanted = values[values["indicator"].isin(with_direction)]
    wanted = wanted[pd.MultiIndex.from_frame(wanted[["area_type", "area"]]).isin(compared)]
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
        **_pounds(maps, amounts),
        "overlaps_with": overlaps_with,
    }
    return pd.DataFrame(columns, columns=RELEASE["opportunities"].column_names)


def _pounds(maps: AreaMaps, amounts: Mapping[str, Numbers]) -> dict[str, object]:
    """What the amounts cost, and by whose word; nothing where no cost is published."""
    cost = maps.indicator.unit_cost
    if cost is None:
        unknown = np.full_like(amounts["median"], np.nan)
        return {"gbp": unknown, "gbp_lower": unknown, "gbp_upper": unknown, "gbp_source": None}
    start, end = maps.periods.iloc[-1]
    times = (end - start).days + 1 if maps.indicator.event == "bed" else 1  # a bed is paid for by the day
    return {
        "gbp": amounts["median"] * times * cost.gbp,
        "gbp_lower": amounts["lower"] * times * cost.gbp,
        "gbp_upper": amounts["upper"] * times * cost.gbp,
        "gbp_source": f"{cost.source.title}, {cost.year}",
    }


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
    of_one, of_other = one.numerator.equal_to, other.numerator.equal_to
    told_apart = (of_one.keys() & of_other.keys()) - ASKED_OF_PEOPLE
    return all(_share_rows(set(of_one[column]), set(of_other[column])) for column in told_apart)


def _share_rows(wanted: set[Word], others: set[Word]) -> bool:
    return bool(wanted & others or (wanted | others) & WHOLES)
