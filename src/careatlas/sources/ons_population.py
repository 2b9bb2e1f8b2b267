"""Residents of sub-ICB locations by sex and single year of age: the mid-year estimates of ONS, a workbook.

The workbook has a sheet for each year and geography. Read are the sheets by integrated care board, which list
the sub-ICB locations; the others give the same people by superseded boundaries, or people of Wales, and are
refused with that reason. Age 90 stands for 90 and over.
"""

import itertools
import re
from datetime import date
from pathlib import Path

import pyarrow as pa

from careatlas.engine.connect import Engine
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import Link, LinkPattern
from careatlas.sources._names import without_nhs
from careatlas.sources._workbook import Sheet, column_at, count_in, read_sheet, text_in
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    ControlTotal,
    Refusal,
    Source,
    SourceFile,
    Tidied,
    refuse_repeated_keys,
)

SHEET_OF_ESTIMATES = re.compile(r"Mid-(\d{4}) (\w+) \d{4}")
AGES = range(91)
SEXES = {"F": "female", "M": "male"}
OTHER_GEOGRAPHIES = {
    "CCG": "the same people by superseded boundaries (clinical commissioning groups)",
    "LHB": "health boards of Wales, which the atlas does not cover",
}
# "NSHER 2023 Name" is how one sheet of the 2024 edition spells NHSER.
AREA_HEADINGS = {
    "sub_icb_ons": r"SICBL (\d{4}) Code",
    "sub_icb_name": r"SICBL (\d{4}) Name",
    "icb_ons": r"ICB (\d{4}) Code",
    "icb_name": r"ICB (\d{4}) Name",
    "region_ons": r"N(?:HS|SH)ER (\d{4}) Code",
    "region_name": r"N(?:HS|SH)ER (\d{4}) Name",
}

SOURCE = Source(
    title="Population estimates for health geographies by age and sex",
    publisher="Office for National Statistics",
    page="https://www.ons.gov.uk/peoplepopulationandcommunity/populationandmigration/populationestimates/datasets/"
    "clinicalcommissioninggroupmidyearpopulationestimates",
    licence="Open Government Licence v3.0",
    tables=("population", "area_list"),
    links=(
        LinkPattern(
            address=r"/mid(?P<year>\d{4})((and|to)mid(?P<last_year>\d{4}))?/[^/]*\.xlsx$",
            example=Link(
                "xlsx (13.2 MB)",
                "https://www.ons.gov.uk/file?uri=/peoplepopulationandcommunity/populationandmigration/"
                "populationestimates/datasets/clinicalcommissioninggroupmidyearpopulationestimates/"
                "mid2021andmid2022/sapehealthgeogstablefinal.xlsx",
            ),
            names=(date(2021, 1, 1), date(2022, 12, 31)),
        ),
    ),
)


def recognise(file: SourceFile) -> bool:
    return any(SHEET_OF_ESTIMATES.fullmatch(name) and _lists_sub_icbs(name) for name in file.sheets)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    people, areas, totals, refusals, kept = [], [], [], [], 0
    for name in filter(SHEET_OF_ESTIMATES.fullmatch, file.sheets):
        sheet = read_sheet(file, name, lambda headings: "Total" in headings)
        if not _lists_sub_icbs(name):
            refusals.append(_refusal(sheet))
            continue
        year = int(SHEET_OF_ESTIMATES.fullmatch(name)[1])
        residents, total = _residents(file, sheet, year)
        people.append(residents)
        areas += [area for area in _areas(file, sheet) if area not in areas]
        totals.append(ControlTotal("population", "people", total, {"edition": f"mid_{year}"}))
        kept += len(sheet.rows)
    population = engine.from_arrow(pa.concat_tables(people))
    refuse_repeated_keys(file, engine, "population", population)
    return Tidied(
        tables={
            "population": population,
            "area_list": engine.from_arrow(pa.Table.from_pylist(areas, schema=TIDIED["area_list"].schema)),
        },
        rows_read=kept + sum(refusal.rows for refusal in refusals),
        rows_kept=kept,
        refusals=refusals,
        totals=totals,
    )


def _lists_sub_icbs(sheet_name: str) -> bool:
    return SHEET_OF_ESTIMATES.fullmatch(sheet_name)[2] in ("ICB", "SICBL")


def _refusal(sheet: Sheet) -> Refusal:
    kind = SHEET_OF_ESTIMATES.fullmatch(sheet.name)[2]
    reason = OTHER_GEOGRAPHIES.get(kind, f"a geography that the atlas does not use ({kind})")
    return Refusal(reason, len(sheet.rows), f'sheet "{sheet.name}"')


def _residents(file: SourceFile, sheet: Sheet, year: int) -> tuple[pa.Table, float]:
    """One row an area, sex and year of age; and the sum of the publisher's own totals."""
    name_column, _ = _area_column(file, sheet, AREA_HEADINGS["sub_icb_name"])
    total_column = column_at(file, sheet, "Total")
    strata = [
        (sex, age, column_at(file, sheet, f"{letter}{age}")) for letter, sex in SEXES.items() for age in AGES
    ]
    _refuse_ages_that_changed_places(file, sheet, [column for _, _, column in strata])
    codes, people, published = [], [], 0.0
    for index, cells in enumerate(sheet.rows):
        residents = [count_in(file, sheet, index, column) for _, _, column in strata]
        total = count_in(file, sheet, index, total_column)
        if None in residents or total != sum(residents):
            raise SourceFileError(
                file,
                f'sheet "{sheet.name}", row {sheet.first_row + index}: the ages of women and men do not '
                f'add up to "Total" ({cells[total_column]}).',
                DOWNLOAD_AGAIN,
            )
        codes += [_ods_code(file, sheet, index, text_in(cells[name_column]))] * len(strata)
        people += residents
        published += total
    mid_year, areas = date(year, 6, 30), len(sheet.rows)
    columns = {
        "period_start": [mid_year] * len(people),
        "period_end": [mid_year] * len(people),
        "edition": [f"mid_{year}"] * len(people),
        "sub_icb": codes,
        "sex": [sex for sex, _, _ in strata] * areas,
        "age": [age for _, age, _ in strata] * areas,
        "people": people,
    }
    return pa.table(columns, schema=TIDIED["population"].schema), published


def _refuse_ages_that_changed_places(file: SourceFile, sheet: Sheet, columns: list[int]) -> None:
    """The sum of all ages is the same whichever label stands over which: only their order tells."""
    for before, after in itertools.pairwise(columns):
        if after < before:
            raise SourceFileError(
                file,
                f'sheet "{sheet.name}": "{sheet.headings[before]}" stands after "{sheet.headings[after]}", '
                "so ages may stand over one another's figures.",
                DOWNLOAD_AGAIN,
            )


def _area_column(file: SourceFile, sheet: Sheet, pattern: str) -> tuple[int, int]:
    """Where the heading stands, and the year of the boundaries that it names."""
    found = [
        (index, match[1])
        for index, name in enumerate(sheet.headings)
        if (match := re.fullmatch(pattern, name))
    ]
    if len(found) != 1:
        column_at(file, sheet, re.sub(r"\(.*\)", "2023", pattern))
    return found[0][0], int(found[0][1])


def _ods_code(file: SourceFile, sheet: Sheet, index: int, name: str) -> str:
    """03R of "NHS West Yorkshire ICB - 03R": the code that every other publication uses."""
    code = re.search(r" - ([A-Z0-9]{3,6})$", name)
    if not code:
        raise SourceFileError(
            file,
            f'sheet "{sheet.name}", row {sheet.first_row + index}: "{name}" does not end in a code '
            'such as "- 03R".',
            DOWNLOAD_AGAIN,
        )
    return code[1]


def _areas(file: SourceFile, sheet: Sheet) -> list[dict]:
    """The areas that the sheet names. Where it gives no ODS code (boards, regions) the ONS code stands in."""
    columns = {}
    for name, pattern in AREA_HEADINGS.items():
        columns[name], vintage = _area_column(file, sheet, pattern)
    found = {}
    for index, cells in enumerate(sheet.rows):
        named = {name: text_in(cells[column]) for name, column in columns.items()}
        code = _ods_code(file, sheet, index, named["sub_icb_name"])
        # "NHS West Yorkshire ICB - 03R" is no name that people use: another source gives it.
        found["sub_icb", code] = (None, named["sub_icb_name"], named["icb_ons"], named["sub_icb_ons"])
        for level, parent in (("icb", named["region_ons"]), ("region", None)):
            ons_code, name = named[f"{level}_ons"], named[f"{level}_name"]
            found[level, ons_code] = (without_nhs(name), name, parent, ons_code)
    columns = ("name", "official_name", "parent_code", "ons_code")
    return [
        {"area_type": area_type, "code": code, "vintage": vintage, **dict(zip(columns, area, strict=True))}
        for (area_type, code), area in found.items()
    ]
