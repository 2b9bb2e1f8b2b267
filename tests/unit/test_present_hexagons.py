"""The hexagon layout: one cell an area, neighbours near, north up, the same every time."""

import csv
from importlib.resources import files

import numpy as np
import pytest

from careatlas.present.hexagons import centres, hexagon_layout

LAYOUTS = files("careatlas") / "content" / "areas" / "hexagons"


def country(columns=6, rows=8):
    """Areas a tenth of a degree apart, in a block."""
    x, y = np.meshgrid(np.arange(columns) * 0.15, 52 + np.arange(rows) * 0.1)
    return x.ravel(), y.ravel()


def touching(q, r):
    """Whether each pair of cells shares a side."""
    at = centres(q, r)
    return np.linalg.norm(at[:, None] - at[None], axis=-1) < 1.74


def pieces(q, r):
    from scipy.sparse.csgraph import connected_components

    return connected_components(touching(q, r))[0]


def test_every_area_has_a_cell_of_its_own_and_none_stands_apart():
    q, r = hexagon_layout(*country())
    assert len(set(zip(q.tolist(), r.tolist(), strict=True))) == 48
    assert pieces(q, r) == 1


def test_most_neighbours_still_touch_and_north_stays_up():
    longitude, latitude = country()
    q, r = hexagon_layout(longitude, latitude)
    degrees = np.stack([longitude / 0.15, latitude / 0.1], axis=-1)
    apart = np.linalg.norm(degrees[:, None] - degrees[None], axis=-1)
    neighbours = np.triu(np.isclose(apart, 1))
    assert touching(q, r)[neighbours].mean() > 0.75
    x, y = centres(q, r).T
    assert np.corrcoef(x, longitude)[0, 1] > 0.95
    assert np.corrcoef(y, latitude)[0, 1] > 0.95


def test_the_same_areas_give_the_same_layout():
    first, second = hexagon_layout(*country()), hexagon_layout(*country())
    assert np.array_equal(first, second)


def test_areas_of_one_group_are_kept_together():
    longitude, latitude = country()
    group = np.where(latitude > 52.35, "north", "south")
    q, r = hexagon_layout(longitude, latitude, group)
    assert all(pieces(q[group == name], r[group == name]) == 1 for name in ("north", "south"))


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_a_handful_of_areas_has_a_layout_too(n):
    q, r = hexagon_layout(np.arange(n) * 0.2, np.full(n, 52.0))
    assert len(set(zip(q.tolist(), r.tolist(), strict=True))) == n


def test_areas_at_one_and_the_same_point_still_get_cells_of_their_own():
    q, r = hexagon_layout(np.array([0.0, 0.0, 0.2, 0.0]), np.array([52.0, 52.0, 52.1, 52.3]))
    assert len(set(zip(q.tolist(), r.tolist(), strict=True))) == 4


@pytest.mark.parametrize(("name", "areas"), [("sub_icb", 106), ("icb", 42), ("region", 7)])
def test_englands_layouts_have_every_area_once_in_one_piece(name, areas):
    with (LAYOUTS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    q, r = (np.array([int(row[column]) for row in rows]) for column in ("q", "r"))
    assert len({row["code"] for row in rows}) == len(rows) == areas
    assert len(set(zip(q.tolist(), r.tolist(), strict=True))) == areas
    assert pieces(q, r) == 1


def test_england_looks_like_england():
    with (LAYOUTS / "sub_icb.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["code"]: (int(row["q"]), int(row["r"])) for row in csv.DictReader(stream)}
    cornwall, kent, newcastle, lincolnshire = (centres(*rows[code]) for code in ("11N", "91Q", "13T", "71E"))
    assert cornwall[0] < newcastle[0] < kent[0]
    assert newcastle[1] > lincolnshire[1] > kent[1] > cornwall[1]
