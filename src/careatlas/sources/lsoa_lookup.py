"""Small areas to sub-ICB locations and boards: the look-ups of the ONS Open Geography portal, any year.

From them come the areas' ODS and ONS codes of that year, which boards hold which sub-ICB locations and,
where the look-up names councils, which sub-ICB locations serve a council: their shares of the council's
small areas (LSOAs, of about 1,500 people each). They also place what is published by small area.
"""

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa

from careatlas.engine.connect import Engine, explaining
from careatlas.engine.tables import TIDIED
from careatlas.sources import download
from careatlas.sources._names import without_nhs
from careatlas.sources.source import Layout, Refusal, Source, SourceFile, Tidied, refuse_repeated_keys

SUB_ICB_2022 = ("sicbl22_name", "sicbl22_code", "sicbl22_code_h")
BOARD_2022 = ("icb22_name", "icb22_code", "icb22_code_h")
COUNCIL_2022 = ("ltla22_name", "ltla22_code")
SUB_ICB_2024 = ("sicbl24_name", "sicbl24_code", "sicbl24_code_nhs")
BOARD_2024 = ("icb24_name", "icb24_code", "icb24_code_nhs")
_HEADING = re.compile(r"(lsoa|sicbl|icb|ltla)(\d\d)_(name|code|code_h|code_nhs)")
_ODS_HEADINGS = {"code_h": "ods", "code_nhs": "ods"}
NEEDED = {"lsoa_code", "sicbl_name", "sicbl_code", "sicbl_ods", "icb_name", "icb_code", "icb_ods"}

SOURCE = Source(
    title="Small areas (LSOAs), sub-ICB locations, boards and councils",
    publisher="Office for National Statistics",
    page="https://geoportal.statistics.gov.uk/search?q=LUP_LSOA_SICBL_ICB_LAD",
    licence="Open Government Licence v3.0",
    tables=("area_list", "place_names", "small_areas"),
    layouts=(
        Layout(columns=("lsoa11_code", *SUB_ICB_2022, *BOARD_2022, *COUNCIL_2022)),
        Layout(columns=("lsoa21_code", *SUB_ICB_2024, *BOARD_2024)),
    ),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "parquet" and set(_headings(file)) >= NEEDED


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    headings = _headings(file)
    vintage = 2000 + int(_HEADING.fullmatch(headings["sicbl_code"])[2])
    with explaining(file):
        rows = engine.read_parquet(file.path)
        small_areas = engine.to_arrow(
            rows.select(
                **{role: rows[heading].cast(str).strip().nullif("") for role, heading in headings.items()}
            )
        ).to_pylist()
    placed = [row for row in small_areas if all(row[role] for role in NEEDED)]
    unplaced = len(small_areas) - len(placed)
    areas = pa.Table.from_pylist(_areas(placed, vintage), TIDIED["area_list"].schema)
    own = [
        {"small_area": row["lsoa_code"], "sub_icb": row["sicbl_ods"], "vintage": vintage} for row in placed
    ]
    located = engine.from_arrow(pa.Table.from_pylist(own, TIDIED["small_areas"].schema))
    refuse_repeated_keys(file, engine, "small_areas", located)
    tables = {"area_list": engine.from_arrow(areas), "small_areas": located}
    if {"ltla_code", "ltla_name"} <= set(headings):
        councils = pa.Table.from_pylist(_councils(placed), TIDIED["place_names"].schema)
        tables["place_names"] = engine.from_arrow(councils)
    return Tidied(
        tables=tables,
        rows_read=len(small_areas),
        rows_kept=len(placed),
        refusals=[Refusal("the small area's sub-ICB location or board is not stated", unplaced)]
        if unplaced
        else [],
    )


def _headings(file: SourceFile) -> dict[str, str]:
    """The file's headings by what they hold, whatever their year: sicbl24_code_nhs is sicbl_ods."""
    found = {}
    for heading in file.header:
        if parts := _HEADING.fullmatch(heading):
            found[f"{parts[1]}_{_ODS_HEADINGS.get(parts[3], parts[3])}"] = heading
    return found


def _areas(small_areas: list[dict], vintage: int) -> list[dict]:
    """Each sub-ICB location and board once. "NHS West Yorkshire ICB - 03R" is no name people use: null."""
    sub_icbs = {
        (row["sicbl_ods"], row["sicbl_code"], row["sicbl_name"], row["icb_ods"]) for row in small_areas
    }
    boards = {(row["icb_ods"], row["icb_code"], row["icb_name"]) for row in small_areas}
    return [
        _area("sub_icb", code, ons_code, official, None, parent, vintage)
        for code, ons_code, official, parent in sorted(sub_icbs)
    ] + [
        _area("icb", code, ons_code, official, without_nhs(official), None, vintage)
        for code, ons_code, official in sorted(boards)
    ]


def _area(
    area_type: str,
    code: str,
    ons_code: str,
    official: str,
    name: str | None,
    parent: str | None,
    vintage: int,
) -> dict:
    return {
        "code": code,
        "name": name,
        "official_name": official,
        "area_type": area_type,
        "parent_code": parent,
        "ons_code": ons_code,
        "vintage": vintage,
    }


def _councils(small_areas: list[dict]) -> list[dict]:
    """Each council's sub-ICB locations, with the share of its small areas that lie in each."""
    named = [row for row in small_areas if row["ltla_name"]]
    in_council = Counter((row["ltla_code"], row["ltla_name"]) for row in named)
    in_both = Counter((row["ltla_code"], row["ltla_name"], row["sicbl_ods"]) for row in named)
    return [
        {
            "place": name,
            "kind": "council",
            "area": area,
            "area_type": "sub_icb",
            "share": small_areas_in_both / in_council[code, name],
        }
        for (code, name, area), small_areas_in_both in sorted(in_both.items())
    ]
