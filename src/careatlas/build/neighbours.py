"""Who lies beside whom: the areas of one type that border each other, lie near, or belong to one area above.

Borders come from the latest outlines. Those are generalised, and neighbours drawn apart may part by a street's
width, so two outlines within 100 metres touch. Miles are great circles between centres. The centre of the
finest areas is the label point of their outline, because nothing smaller with a place is on file; that of the
areas above is the mean of their parts' centres, weighted by people (residents, else people registered).

Kept are pairs that share a border, those of which one is among the other's nearest three (so that an island
has neighbours too), and those under one area of the level above. The country, which all share, is no such area.
"""

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely

from careatlas.build.areas import Areas
from careatlas.build.gather import members_of
from careatlas.catalogue.area import AreaType
from careatlas.engine.tables import RELEASE
from careatlas.methods.estimate import Numbers
from careatlas.present.maps import KM_PER_DEGREE

NEAREST = 3
TOUCHING_KM = 0.1
EARTH_RADIUS_MILES = 3958.76


def neighbours(
    areas: Areas, area_types: Mapping[str, AreaType], boundaries: pd.DataFrame, people: pd.Series
) -> pd.DataFrame:
    """Rows of the ``neighbours`` table. ``people`` of each of the finest areas, as of ``people_by_area``."""
    rows = [pd.DataFrame(columns=RELEASE["neighbours"].column_names)]
    centres: dict[str, pd.DataFrame] = {}
    for area_type in sorted(area_types.values(), key=lambda each: each.order):
        codes = areas.current(area_type.id)
        if not area_type.boundaries or len(codes) < 2:
            continue
        own = _label_points(areas, area_type.id, codes).assign(people=people)
        parts = centres.get(area_type.rolls_up_from)
        centres[area_type.id] = own if parts is None else _middles(area_type, parts, own, areas)
        outlines = _outlines(areas, area_type.id, codes, boundaries)
        rows.append(_pairs(area_type, codes, centres[area_type.id], outlines, areas))
    return pd.concat(rows[1:] or rows, ignore_index=True)


def people_by_area(population: pd.DataFrame, need_weights: pd.DataFrame, areas: Areas) -> pd.Series:
    """People of each sub-ICB location in the latest edition: residents, else those registered with practices."""
    registered = need_weights[need_weights["need"] == "registered"]
    registered = registered.rename(columns={"weighted_population": "people"})
    on_file = population if len(population) else registered
    latest = on_file[on_file["period_end"] == on_file["period_end"].max()]
    return latest["people"].groupby(areas.resolve("sub_icb", latest["sub_icb"])).sum()


def _label_points(areas: Areas, area_type: str, codes: list[str]) -> pd.DataFrame:
    """Label points as points of the unit sphere, x, y, z by code; missing without an outline."""
    table = areas.table[areas.table["area_type"] == area_type].set_index("code").reindex(codes)
    longitude, latitude = (np.radians(table[name].astype(float)) for name in ("longitude", "latitude"))
    x, y = np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude)
    return pd.DataFrame({"x": x, "y": y, "z": np.sin(latitude)})


def _middles(area_type: AreaType, parts: pd.DataFrame, own: pd.DataFrame, areas: Areas) -> pd.DataFrame:
    """Means of the parts' centres weighted by people; the ``own`` label point where something of a part is unknown."""
    weighted = parts[["x", "y", "z"]].mul(parts["people"], axis=0).assign(people=parts["people"])
    above = members_of(area_type, area_type.rolls_up_from, areas)
    summed = weighted.groupby(above).agg(lambda each: each.sum(skipna=False)).reindex(own.index)
    length = np.sqrt((summed[["x", "y", "z"]] ** 2).sum(axis=1, skipna=False))
    middles = summed[["x", "y", "z"]].div(length.where(length > 0), axis=0).fillna(own)
    return middles.assign(people=summed["people"])


def _outlines(
    areas: Areas, area_type: str, codes: list[str], boundaries: pd.DataFrame
) -> dict[int, shapely.Geometry]:
    """Latest outlines by the area's place in ``codes``, on a plane in kilometres; one area's several ones as one."""
    drawn = boundaries[boundaries["area_type"] == area_type]
    drawn = drawn[drawn["vintage"] == drawn["vintage"].max()]
    drawn = drawn.assign(code=areas.resolve(area_type, drawn["ons_code"]))
    drawn = drawn[drawn["code"].isin(codes)]
    if drawn.empty:
        return {}
    shapes = np.array([shapely.geometry.shape(json.loads(each)) for each in drawn["geometry"]])
    _, south, _, north = shapely.total_bounds(shapes)
    scale = np.array([np.cos(np.radians((south + north) / 2)), 1.0]) * KM_PER_DEGREE
    on_plane = pd.Series(shapely.transform(shapes, lambda degrees: degrees * scale))
    return {
        codes.index(code): of_area.iloc[0] if len(of_area) == 1 else shapely.union_all(of_area.to_numpy())
        for code, of_area in on_plane.groupby(drawn["code"].to_numpy())
    }


def _pairs(
    area_type: AreaType,
    codes: list[str],
    centres: pd.DataFrame,
    outlines: dict[int, shapely.Geometry],
    areas: Areas,
) -> pd.DataFrame:
    miles = _miles_between(centres[["x", "y", "z"]].to_numpy())
    nearness = pd.DataFrame(miles).rank(axis=1, method="first").to_numpy()
    touch = _touching(outlines, len(codes))
    parents = areas.parents(area_type.id)
    parent = np.array([parents.get(code) or f"none of {code}" for code in codes])
    has_one_parent = (parent[:, None] == parent) & (parent != areas.country.code)
    is_near = nearness <= NEAREST
    is_drawn = np.isin(np.arange(len(codes)), list(outlines))
    is_kept = touch | is_near | is_near.T | has_one_parent
    np.fill_diagonal(is_kept, False)
    area, other = np.nonzero(is_kept)
    return pd.DataFrame(
        {
            "area_type": area_type.id,
            "area": np.array(codes)[area],
            "other_area": np.array(codes)[other],
            "miles": miles[area, other],
            "shares_border": np.where(is_drawn[area] & is_drawn[other], touch[area, other], None),
            "nearness": nearness[area, other],
            "same_parent": has_one_parent[area, other],
        }
    )


def _miles_between(points: Numbers) -> Numbers:
    """Great circles between all points of the unit sphere; NaN from an area to itself, and where unknown."""
    chord = np.linalg.norm(points[:, None] - points, axis=-1)  # exact for near places, where cosines are not
    miles = 2 * EARTH_RADIUS_MILES * np.arcsin(np.clip(chord / 2, 0, 1))
    np.fill_diagonal(miles, np.nan)
    return miles


def _touching(outlines: dict[int, shapely.Geometry], areas: int) -> np.ndarray:
    touch = np.zeros((areas, areas), dtype=bool)
    if outlines:
        places, shapes = np.array(list(outlines)), np.array(list(outlines.values()))
        one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=TOUCHING_KM)
        touch[places[one], places[other]] = True
    return touch
