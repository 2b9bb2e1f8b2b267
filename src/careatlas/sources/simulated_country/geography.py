"""The simulated country's places: regions, boards, sub-areas, trusts, practices, councils and outlines.

The structure is England's (7 regions, 42 boards, 106 sub-areas); the places are invented and lie in the open
Atlantic. Names, codes and outlines are the same for every seed, so that a page or a test can name a place;
what happens there is what the seed decides (`planting.py`).

Codes cannot be real ones: no ODS code has these shapes and no ONS code begins with Z.
"""

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from careatlas.sources.simulated_country import names

REGIONS, BOARDS, SUB_AREAS = 7, 42, 106
ACUTE_TRUSTS, COMMUNITY_TRUSTS, INDEPENDENTS = 70, 30, 40
COUNCILS_PER_SUB_AREA = (1, 2, 1, 1, 2)  # repeated
BOARD_SIZES = (1, 1, 2, 3, 3, 5)  # sub-areas of a region's six boards; many boards have one, as in England
LARGEST_REGION_BOARD_SIZES = (1, 1, 2, 3, 4, 5)

HEXAGON_KM, CELL_KM = 38.0, 7.6
CENTRE_LONGITUDE, CENTRE_LATITUDE = -23.0, 52.7  # open ocean
KM_PER_DEGREE = 111.32
KM_PER_DEGREE_LONGITUDE = KM_PER_DEGREE * math.cos(math.radians(52.9))
_OUTLINE_SEED = 20260131  # of the outlines only, which no seed changes


@dataclass(frozen=True)
class Area:
    """A region, board or sub-area. ``parent``: position of its area among those one level up."""

    code: str
    ons_code: str
    name: str
    parent: int
    official_name: str


@dataclass(frozen=True)
class Trust:
    """A provider: acute, community or independent. ``seat``: position of the sub-area it stands in."""

    code: str
    name: str
    kind: str
    seat: int


@dataclass(frozen=True)
class Council:
    code: str
    name: str
    sub_area: int
    second_sub_area: int | None  # where the council lies across a sub-area's edge


@dataclass(frozen=True)
class Practice:
    code: str
    name: str
    sub_area: int
    network_code: str
    network_name: str


@dataclass(frozen=True)
class Country:
    name: str
    regions: tuple[Area, ...]
    boards: tuple[Area, ...]
    sub_areas: tuple[Area, ...]
    trusts: tuple[Trust, ...]
    councils: tuple[Council, ...]
    practices: tuple[Practice, ...]
    hexagons: tuple[tuple[int, int], ...]  # of the sub-areas: axial column and row
    centres_km: np.ndarray  # of the sub-areas: east, north

    def board_of(self, sub_area: int) -> Area:
        return self.boards[self.sub_areas[sub_area].parent]

    def region_of(self, sub_area: int) -> Area:
        return self.regions[self.board_of(sub_area).parent]

    @functools.cached_property
    def board_index(self) -> np.ndarray:
        return np.array([area.parent for area in self.sub_areas])

    @functools.cached_property
    def distances_km(self) -> np.ndarray:
        """Between the centres of sub-areas."""
        apart = self.centres_km[:, None, :] - self.centres_km[None, :, :]
        return np.hypot(apart[..., 0], apart[..., 1])

    def trusts_of_kind(self, kind: str) -> list[int]:
        return [position for position, trust in enumerate(self.trusts) if trust.kind == kind]


def found_country(practices_per_sub_area: int) -> Country:
    """The country; only how many practices it has can be chosen."""
    hexagons = _land_hexagons()
    centres = _seeds(hexagons)
    words = names.invented_words()
    board_of_sub_area, region_of_board = _groups(centres)
    regions = tuple(
        Area(f"ZR{place + 1}", f"Z40{place + 1:06d}", name, 0, name)
        for place, name in ((place, names.region_name(next(words), place)) for place in range(REGIONS))
    )
    boards = tuple(
        Area(
            f"ZB{place + 1:02d}",
            f"Z54{place + 1:06d}",
            name,
            region_of_board[place],
            f"NHS {name} Integrated Care Board",
        )
        for place, name in (
            (place, names.board_name(next(words), next(words), place)) for place in range(BOARDS)
        )
    )
    sub_areas = tuple(
        Area(
            f"ZA{place + 1}",
            f"Z38{place + 1:06d}",
            names.sub_area_name(next(words), next(words), place),
            board_of_sub_area[place],
            f"NHS {boards[board_of_sub_area[place]].name} ICB - ZA{place + 1}",
        )
        for place in range(SUB_AREAS)
    )
    return Country(
        name=names.COUNTRY_NAME,
        regions=regions,
        boards=boards,
        sub_areas=sub_areas,
        trusts=_trusts(sub_areas, words),
        councils=_councils(sub_areas, centres, words),
        practices=_practices(practices_per_sub_area, words),
        hexagons=tuple(hexagons),
        centres_km=centres,
    )


def outlines(country: Country) -> dict[str, list[BaseGeometry]]:
    """Outlines in degrees by level (sub_icb, icb, region): neighbours share each point of a common edge."""
    cells, sub_area_of_cell = _cells(country)
    sub_areas = [
        shapely.coverage_union_all(cells[sub_area_of_cell == place])
        for place in range(len(country.sub_areas))
    ]
    boards = _united(sub_areas, [area.parent for area in country.sub_areas], len(country.boards))
    regions = _united(boards, [area.parent for area in country.boards], len(country.regions))
    return {"sub_icb": sub_areas, "icb": boards, "region": regions}


def _united(parts: list[BaseGeometry], whole_of_part: list[int], wholes: int) -> list[BaseGeometry]:
    return [
        shapely.coverage_union_all(
            [part for part, of in zip(parts, whole_of_part, strict=True) if of == whole]
        )
        for whole in range(wholes)
    ]


def _hexagon_centre(column: int, row: int, spacing: float) -> tuple[float, float]:
    """East and north of an axial hexagon, pointed side up; rows are counted northwards."""
    return spacing * (column + row / 2), spacing * row * math.sqrt(3) / 2


def _land_hexagons() -> list[tuple[int, int]]:
    """The 106 hexagons of an island that is long from north to south and has a wavy coast."""

    def remoteness(hexagon: tuple[int, int]) -> float:
        east, north = _hexagon_centre(*hexagon, 1.0)
        bearing = math.atan2(north, east)
        coast = 1 + 0.22 * math.sin(3 * bearing + 1) + 0.16 * math.sin(5 * bearing + 2.2)
        return math.hypot(east / 4.4, north / 7.4) / coast

    candidates = [(column, row) for column in range(-16, 17) for row in range(-14, 15)]
    land = sorted(candidates, key=remoteness)[:SUB_AREAS]
    return sorted(land, key=lambda hexagon: (-hexagon[1], hexagon[0]))  # from the north, west to east


def _seeds(hexagons: list[tuple[int, int]]) -> np.ndarray:
    """A point in each hexagon, off its centre: areas are not all alike."""
    rng = np.random.default_rng(_OUTLINE_SEED)
    centres = np.array([_hexagon_centre(*hexagon, HEXAGON_KM) for hexagon in hexagons])
    return centres + rng.uniform(-0.24, 0.24, centres.shape) * HEXAGON_KM


def _groups(centres: np.ndarray) -> tuple[list[int], list[int]]:
    """Which board each sub-area belongs to, and which region each board: compact groups of given sizes."""
    region_sizes = [sum(BOARD_SIZES)] * (REGIONS - 1) + [sum(LARGEST_REGION_BOARD_SIZES)]
    board_of_sub_area, region_of_board = [0] * len(centres), []
    for region, members in enumerate(_halved(np.arange(len(centres)), centres, region_sizes)):
        sizes = BOARD_SIZES if region < REGIONS - 1 else LARGEST_REGION_BOARD_SIZES
        turned = list(sizes[region % 6 :] + sizes[: region % 6])
        for board_members in _halved(members, centres, turned):
            for member in board_members:
                board_of_sub_area[member] = len(region_of_board)
            region_of_board.append(region)
    return board_of_sub_area, region_of_board


def _halved(members: np.ndarray, centres: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    """Cut the members across their longer side, again and again, until each group has its size."""
    if len(sizes) == 1:
        return [members]
    spread = np.ptp(centres[members], axis=0)
    ordered = members[np.argsort(centres[members, int(spread[1] >= spread[0])], kind="stable")]
    middle = len(sizes) // 2
    cut = sum(sizes[:middle])
    return _halved(ordered[:cut], centres, sizes[:middle]) + _halved(ordered[cut:], centres, sizes[middle:])


def _cells(country: Country) -> tuple[np.ndarray, np.ndarray]:
    """Small six-sided cells of land, and the sub-area of each.

    Cells are the hexagons of a fine grid whose corners are moved at random. A corner is one point for all the
    cells that meet in it, so outlines made of cells fit without gap or overlap.
    """
    land = set(country.hexagons)
    columns, rows = [h[0] for h in land], [h[1] for h in land]
    shore = [
        (column, row)
        for column in range(min(columns) - 2, max(columns) + 3)
        for row in range(min(rows) - 2, max(rows) + 3)
        if (column, row) not in land
    ]
    sites = np.vstack([country.centres_km, _seeds(shore)])
    fine = int(max(np.abs(sites).max() / CELL_KM * 1.3, 1))
    column, row = np.meshgrid(np.arange(-2 * fine, 2 * fine), np.arange(-fine, fine), indexing="ij")
    column, row = column.ravel(), row.ravel()
    centre = np.stack([CELL_KM * (column + row / 2), CELL_KM * row * math.sqrt(3) / 2], axis=1)
    near = np.abs(centre).max(axis=1) < np.abs(sites).max() + HEXAGON_KM
    column, row, centre = column[near], row[near], centre[near]
    nearest = _nearest(centre, sites)
    kept = nearest < len(country.centres_km)
    corners = _moved_corners(column[kept], row[kept], centre[kept])
    return shapely.polygons(np.concatenate([corners, corners[:, :1]], axis=1)), nearest[kept]


def _nearest(points: np.ndarray, sites: np.ndarray) -> np.ndarray:
    tree = shapely.STRtree(shapely.points(sites))
    return tree.nearest(shapely.points(points))


def _moved_corners(column: np.ndarray, row: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Longitude and latitude [cell, corner, 2] of each cell's corners."""
    corners = np.empty((len(column), 6, 2))
    # In thirds of axial steps from the centre: integers name a corner alike from each cell that has it.
    for corner, (thirds_column, thirds_row) in enumerate(
        ((-1, 2), (-2, 1), (-1, -1), (1, -2), (2, -1), (1, 1))
    ):
        name_column, name_row = 3 * column + thirds_column, 3 * row + thirds_row
        exact = np.stack(
            [CELL_KM * (name_column + name_row / 2) / 3, CELL_KM * name_row * math.sqrt(3) / 6], axis=1
        )
        corners[:, corner] = exact + _jitter(name_column, name_row) * CELL_KM * 0.2
    corners[..., 0] = CENTRE_LONGITUDE + corners[..., 0] / KM_PER_DEGREE_LONGITUDE
    corners[..., 1] = CENTRE_LATITUDE + corners[..., 1] / KM_PER_DEGREE
    return corners.round(5)


def _jitter(name_column: np.ndarray, name_row: np.ndarray) -> np.ndarray:
    """Two numbers in -1..1 that depend on the corner alone."""
    angle = name_column * 12.9898 + name_row * 78.233
    return np.stack([np.sin(angle * 43.7), np.sin(angle * 91.3 + 1.3)], axis=1)


def _trusts(sub_areas: tuple[Area, ...], words: Iterator[str]) -> tuple[Trust, ...]:
    """Acute trusts stand in 70 sub-areas spread over the country; the rest stand wherever there is room."""
    seats = [round(place * SUB_AREAS / ACUTE_TRUSTS) % SUB_AREAS for place in range(ACUTE_TRUSTS)]
    acute = [
        Trust(f"ZT{place + 1:04d}", f"{sub_areas[seat].name} Hospitals NHS Trust".upper(), "acute", seat)
        for place, seat in enumerate(seats)
    ]
    community = [
        Trust(
            f"ZT{ACUTE_TRUSTS + place + 1:04d}",
            f"{next(words)} Community NHS Foundation Trust".upper(),
            "community",
            (place * 7 + 3) % SUB_AREAS,
        )
        for place in range(COMMUNITY_TRUSTS)
    ]
    independent = [
        Trust(
            f"ZI{place + 1:04d}",
            f"{next(words)} Clinic".upper(),
            "independent",
            (place * 29 + 11) % SUB_AREAS,
        )
        for place in range(INDEPENDENTS)
    ]
    return (*acute, *community, *independent)


def _councils(sub_areas: tuple[Area, ...], centres: np.ndarray, words: Iterator[str]) -> tuple[Council, ...]:
    """One or two councils a sub-area; the first carries its name, every ninth lies across an edge."""
    councils: list[Council] = []
    for sub_area, area in enumerate(sub_areas):
        for place in range(COUNCILS_PER_SUB_AREA[sub_area % len(COUNCILS_PER_SUB_AREA)]):
            across = len(councils) % 9 == 4
            neighbour = int(np.argsort(((centres - centres[sub_area]) ** 2).sum(axis=1), kind="stable")[1])
            councils.append(
                Council(
                    f"Z06{len(councils) + 1:06d}",
                    area.name if place == 0 else next(words),
                    sub_area,
                    neighbour if across else None,
                )
            )
    return tuple(councils)


def _practices(per_sub_area: int, words: Iterator[str]) -> tuple[Practice, ...]:
    """Practices in networks of five."""
    practices: list[Practice] = []
    for sub_area in range(SUB_AREAS):
        word = next(words)
        for place in range(per_sub_area):
            network = place // 5 + 1
            practices.append(
                Practice(
                    f"ZP{len(practices) + 1:04d}",
                    f"{word} Surgery {place + 1}",
                    sub_area,
                    f"ZN{sub_area + 1:03d}{network:02d}",
                    f"{word} PCN {network}",
                )
            )
    return tuple(practices)
