"""Look-ups and boundaries of the simulated country, in the publishers' layouts.

One sub-area's ONS code changed: the look-up of 2022 has the old one, that of 2024 and the boundaries the new. Another
was two sub-areas until they merged: the look-up of 2022 has both.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from careatlas.sources.simulated_country import files, geography
from careatlas.sources.simulated_country.geography import Area, Council, Country
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.planting import stream

RESIDENTS_OF_A_SMALL_AREA = 1600
CHANGED_SUB_AREA = 40  # its position
OLD_ONS_CODE = "Z38000901"
MERGED_FROM = date(2024, 10, 1)  # in returns
MERGED_SUB_AREA, PARTS_OF_IT = 22, (("ZA901", "Z38000902", "North"), ("ZA902", "Z38000903", "South"))


def old_ons_code(country: Country, sub_area: int) -> str:
    """The code of 2022, which some publications still use."""
    return OLD_ONS_CODE if sub_area == CHANGED_SUB_AREA else country.sub_areas[sub_area].ons_code


def old_codes(country: Country, sub_area: int, number: int) -> tuple[str, str]:
    """ODS and ONS code of 2022 for a small area of that number: by turns of two sub-areas that merged."""
    if sub_area == MERGED_SUB_AREA:
        return PARTS_OF_IT[number % 2][:2]
    return country.sub_areas[sub_area].code, old_ons_code(country, sub_area)


def write_places(into: Path, country: Country, people: People, seed: int) -> None:
    _write_small_areas(into, country, people)
    _write_practices(into, country)
    _write_trusts(into, country, seed)
    _write_boundaries(into, country)


def _texts(columns: dict[str, list]) -> dict[str, pa.Array]:
    return {name: pa.array(values, pa.large_string()) for name, values in columns.items()}


@dataclass(frozen=True)
class SmallArea:
    """An LSOA. ``sub_area``: position of the sub-area it lies in."""

    code: str
    name: str
    sub_area: int
    council: Council


def small_areas(country: Country, people: People) -> list[SmallArea]:
    """Every small area, shared out over its sub-area's councils."""
    councils_of = [[] for _ in country.sub_areas]
    for council in country.councils:
        councils_of[council.sub_area].append(council)
        if council.second_sub_area is not None:
            councils_of[council.second_sub_area].append(council)
    residents = people.residents.sum(axis=(1, 2))
    found: list[SmallArea] = []
    for place, total in enumerate(residents.tolist()):
        for number in range(max(total // RESIDENTS_OF_A_SMALL_AREA, len(councils_of[place]))):
            council = councils_of[place][number % len(councils_of[place])]
            name = f"{council.name} {number // 5 + 1:03d}{'ABCDE'[number % 5]}"
            found.append(SmallArea(f"Z01{len(found) + 1:06d}", name, place, council))
    return found


def _write_small_areas(into: Path, country: Country, people: People) -> None:
    """LSOAs to sub-areas and boards: edition 2022 with councils and the old codes, edition 2024 without."""
    known = small_areas(country, people)
    codes, names = [area.code for area in known], [area.name for area in known]
    areas, councils = [area.sub_area for area in known], [area.council for area in known]
    of_area = [country.sub_areas[place] for place in areas]
    old = [old_codes(country, place, number) for number, place in enumerate(areas)]
    of_board = [country.board_of(place) for place in areas]
    files.write_parquet(
        into / "lookup_lsoa11_sicbl22_icb22_ltla22.parquet",
        _texts(
            {
                "lsoa11_name": names,
                "lsoa11_code": codes,
                "sicbl22_name": [
                    area.official_name.replace(area.code, code)
                    for area, (code, _) in zip(of_area, old, strict=True)
                ],
                "sicbl22_code": [ons_code for _, ons_code in old],
                "sicbl22_code_h": [code for code, _ in old],
                "icb22_name": [board.official_name for board in of_board],
                "icb22_code": [board.ons_code for board in of_board],
                "icb22_code_h": [board.code for board in of_board],
                "ltla22_name": [council.name for council in councils],
                "ltla22_code": [council.code for council in councils],
            }
        ),
    )
    files.write_parquet(
        into / "lookup_lsoa21_icb24.parquet",
        _texts(
            {
                "lsoa21_name": names,
                "lsoa21_code": codes,
                "sicbl24_name": [area.official_name for area in of_area],
                "sicbl24_code": [area.ons_code for area in of_area],
                "sicbl24_code_nhs": [area.code for area in of_area],
                "icb24_name": [board.official_name for board in of_board],
                "icb24_code": [board.ons_code for board in of_board],
                "icb24_code_nhs": [board.code for board in of_board],
            }
        ),
    )


def _write_practices(into: Path, country: Country) -> None:
    practices = country.practices
    sub_areas = [country.sub_areas[practice.sub_area] for practice in practices]
    boards = [country.board_of(practice.sub_area) for practice in practices]
    regions = [country.region_of(practice.sub_area) for practice in practices]
    files.write_parquet(
        into / "practice_structures_2024_2025.parquet",
        {
            "NAT_ONS_CODE": ["Z92000001"] * len(practices),
            "NAT_CODE": ["ZZZ"] * len(practices),
            "NAT_COUNTRY": [country.name] * len(practices),
            "REGION_ODS_CODE": [region.code for region in regions],
            "REGION_ONS_CODE": [region.ons_code for region in regions],
            "REGION_NAME": [region.official_name for region in regions],
            "ICB_ODS_CODE": [board.code for board in boards],
            "ICB_ONS_CODE": [board.ons_code for board in boards],
            "ICB_NAME": [board.official_name for board in boards],
            "SUB_ICB_ODS_CODE": [area.code for area in sub_areas],
            "SUB_ICB_ONS_CODE": [area.ons_code for area in sub_areas],
            "SUB_ICB_NAME": [area.official_name for area in sub_areas],
            "PCN_ODS_CODE": [practice.network_code for practice in practices],
            "PCN_NAME": [practice.network_name for practice in practices],
            "PRACTICE_CODE": [practice.code for practice in practices],
            "PRACTICE_NAME": [practice.name for practice in practices],
        },
    )


def _write_trusts(into: Path, country: Country, seed: int) -> None:
    """Each trust's patients by board: most from its own, the rest from boards nearby."""
    rng = stream(seed, "trust boards")
    rows: list[tuple[str, str, float]] = []
    for trust in country.trusts:
        closeness = np.exp(-country.distances_km[trust.seat] / 25) * rng.uniform(
            0.7, 1.3, len(country.sub_areas)
        )
        by_board = np.bincount(country.board_index, weights=closeness)
        share = by_board / by_board.sum()
        kept = share > 0.002
        share = np.where(kept, share, 0) / share[kept].sum()
        rows += [
            (trust.code, board.ons_code, float(part))
            for board, part in zip(country.boards, share, strict=True)
            if part > 0
        ]
    trusts, boards, shares = zip(*rows, strict=True)
    files.write_parquet(
        into / "lookup_nhs_trusts22_icb22.parquet",
        _texts({"nhs_trust22_code": list(trusts), "icb22_code": list(boards)})
        | {"proportion_trust_came_from_icb": list(shares)},
    )


def _write_boundaries(into: Path, country: Country) -> None:
    outlines = geography.outlines(country)
    levels = {
        "sub_icb": ("SICBL23", country.sub_areas, "NHS_SubICB_April_2023_EN_BSC.geo.json"),
        "icb": ("ICB23", country.boards, "Integrated_Care_Boards_April_2023_EN_BSC.geo.json"),
        "region": ("NHSER24", country.regions, "NHS_England_Regions_January_2024_EN_BSC.geo.json"),
    }
    for level, (prefix, areas, file_name) in levels.items():
        features = [
            _feature(number, prefix, area, outline)
            for number, (area, outline) in enumerate(zip(areas, outlines[level], strict=True), start=1)
        ]
        files.write_json(
            into / file_name,
            {
                "type": "FeatureCollection",
                "crs": {"type": "name", "properties": {"name": "EPSG:4326"}},
                "features": features,
            },
        )


def _feature(number: int, prefix: str, area: Area, outline: geography.BaseGeometry) -> dict:
    label = outline.representative_point()
    return {
        "type": "Feature",
        "id": number,
        "geometry": {"type": outline.geom_type, "coordinates": outline.__geo_interface__["coordinates"]},
        "properties": {
            "FID": number,
            f"{prefix}CD": area.ons_code,
            f"{prefix}NM": area.official_name,
            "LONG": round(label.x, 5),
            "LAT": round(label.y, 5),
        },
    }
