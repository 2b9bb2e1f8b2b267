"""Beds open overnight (KH03): the quarterly workbook of NHS England, and a Parquet copy of the quarters to 2021-22.

Figures are beds on the average day of the quarter, so they are seldom whole. Beds available and beds occupied are
given by sector; a provider without beds of a sector is not in the table for that sector. The workbook names on its
first sheet the providers that sent nothing and for which the publisher put in an estimate, or the year before: they
stand in the table of estimated returns too.

A trust may say that more beds are occupied than open (in mental health some beds stand empty and yet belong to a
patient on leave). That is kept as published; a share of it cannot be worked out.

The Parquet copy repeats a sector's totals beside each of its specialties: the specialties are added up and must make
the total. Its dates of the last quarter of a financial year lie a year too early; the quarter's name is right.
"""

import re
from datetime import date
from pathlib import Path

import pyarrow as pa
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import FINANCIAL_YEAR, Link, LinkPattern
from careatlas.sources._names import in_title_case
from careatlas.sources._workbook import (
    Sheet,
    column_at,
    count_in,
    lines_above,
    published_on,
    read_sheet,
    text_in,
)
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    MONTHS,
    ControlTotal,
    Layout,
    Refusal,
    Source,
    SourceFile,
    Tidied,
    month_period,
    refuse_repeated_keys,
)

SHEET, QUALITY = "NHS Trust by Sector", "Data Quality"
PROVIDER, PROVIDER_NAME = "Org Code", "Org Name"
GROUPS = {"Available": "available", "Occupied": "occupied", "% Occupied": "share"}
SECTORS = {
    "General & Acute": "general_and_acute",
    "Learning Disabilities": "learning_disabilities",
    "Maternity": "maternity",
    "Mental Illness": "mental_illness",
}
TOTAL = "total"
ROUNDING_BEDS, ROUNDING_SHARE = 0.01, 0.0001  # what an average over some ninety days may be out by
BEDS_A_COPY_MAY_BE_OUT_BY = 0.5  # of the copy: one quarter of one trust's specialties is 0.3 beds short
COPY = (
    *("quarter", "org_code", "org_name", "specialty_group"),
    *("available_total", "occupied_total", "specialty_code", "occupied"),
)

SOURCE = Source(
    title="Bed availability and occupancy, beds open overnight (KH03)",
    publisher="NHS England",
    page="https://www.england.nhs.uk/statistics/statistical-work-areas/bed-availability-and-occupancy/"
    "bed-data-overnight/",
    licence="Open Government Licence v3.0",
    tables=("overnight_beds", "estimated_returns", "area_list"),
    layouts=(Layout(COPY),),
    links=(
        LinkPattern(
            address=rf"/Beds-Open-Overnight-Web_File-Q\d-{FINANCIAL_YEAR}.*\.xlsx$",
            example=Link(
                "NHS organisations in England, Quarter 1, 2025-26 (XLSX, 131KB)",
                "https://www.england.nhs.uk/statistics/wp-content/uploads/sites/2/2025/08/"
                "Beds-Open-Overnight-Web_File-Q1-2025-26.xlsx",
            ),
            names=(date(2025, 4, 1), date(2026, 3, 31)),
        ),
    ),
)


def recognise(file: SourceFile) -> bool:
    if file.kind == "parquet":
        return SOURCE.layouts[0].fits(file.header)
    if file.kind not in ("xlsx", "xls") or SHEET not in file.sheets:
        return False
    return "overnight" in lines_above(_by_sector(file)).get("Title", "")


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    return _copy(file, engine) if file.kind == "parquet" else _workbook(file, engine)


# The workbook


def _workbook(file: SourceFile, engine: Engine) -> Tidied:
    sheet = _by_sector(file)
    trusts, country, (start, end) = _trusts(file, sheet)
    beds = [
        {"period_start": start, "period_end": end, "provider": trust["provider"], "sector": sector, **counted}
        for trust in trusts
        for sector, counted in trust["beds"].items()
        if sector != TOTAL and (counted["available"] or counted["occupied"])
    ]
    estimated = [
        {"period_start": start, "period_end": end, "table": "overnight_beds", **named}
        for named in _estimated(file, {trust["provider"] for trust in trusts})
    ]
    providers = [{"code": trust["provider"], "name": trust["name"], "year": end.year} for trust in trusts]
    tables = {
        name: engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED[name].schema))
        for name, rows in (("overnight_beds", beds), ("estimated_returns", estimated))
    }
    refuse_repeated_keys(file, engine, "overnight_beds", tables["overnight_beds"])
    return Tidied(
        tables={**tables, "area_list": engine.from_arrow(_area_list(providers))},
        rows_read=len(trusts) + 1,
        rows_kept=len(trusts),
        refusals=[Refusal("the publisher's own total, kept as a control", 1)],
        totals=[
            ControlTotal("overnight_beds", measure, figure, {} if sector == TOTAL else {"sector": sector})
            for sector, counted in country.items()
            for measure, figure in counted.items()
            if figure
        ],
        published=published_on(file, lines_above(sheet)),
    )


def _by_sector(file: SourceFile) -> Sheet:
    return read_sheet(file, SHEET, lambda headings: PROVIDER in headings)


def _trusts(file: SourceFile, sheet: Sheet) -> tuple[list[dict], dict, tuple[date, date]]:
    """Each trust's beds by sector, the country's, and the quarter that every row must name."""
    code, name = column_at(file, sheet, PROVIDER), column_at(file, sheet, PROVIDER_NAME)
    columns = _columns(file, sheet)
    trusts, country, quarters = [], [], set()
    for index, cells in enumerate(sheet.rows):
        if not any(map(text_in, cells)):
            continue
        quarters.add(_quarter(file, sheet, index))
        beds = _beds(file, sheet, index, columns)
        if not text_in(cells[code]):
            country.append(beds)
        else:
            trusts.append({"provider": text_in(cells[code]), "name": text_in(cells[name]), "beds": beds})
    if len(country) != 1 or len(quarters) != 1:
        raise SourceFileError(
            file,
            f'sheet "{SHEET}" has {len(country)} rows without a code (the country\'s) and rows of {len(quarters)} '
            "quarters, not one of each.",
            DOWNLOAD_AGAIN,
        )
    return trusts, country[0], quarters.pop()


def _columns(file: SourceFile, sheet: Sheet) -> dict[tuple[str, str], int]:
    """Where each sector's figures stand: the headings repeat under "Available", "Occupied" and "% Occupied"."""
    above = [text_in(cell) for cell in sheet.head[-1]] if sheet.head else []
    starts = [above.index(group) if above.count(group) == 1 else -1 for group in GROUPS]
    found = {}
    for group, first, next_group in zip(
        GROUPS.values(), starts, [*starts[1:], len(sheet.headings)], strict=True
    ):
        for heading, sector in {"Total": TOTAL, **SECTORS}.items():
            places = [at for at in range(first, next_group) if sheet.headings[at] == heading]
            if first < 0 or len(places) != 1:
                raise SourceFileError(
                    file,
                    f'sheet "{SHEET}", row {sheet.first_row - 1}: "{heading}" should stand once under each of '
                    + ", ".join(GROUPS)
                    + ".",
                    DOWNLOAD_AGAIN,
                )
            found[group, sector] = places[0]
    return found


def _quarter(file: SourceFile, sheet: Sheet, row: int) -> tuple[date, date]:
    """First and last day of the quarter whose last month the row names, in its financial year."""
    year, month = (
        text_in(sheet.rows[row][column_at(file, sheet, heading)]) for heading in ("Year", "Period End")
    )
    number = MONTHS.get(month.lower())
    if number not in (3, 6, 9, 12) or not re.fullmatch(r"\d{4}-\d\d", year):
        raise SourceFileError(
            file,
            f'sheet "{SHEET}", row {sheet.first_row + row}: "{year}" and "{month}" name no quarter of a '
            "financial year such as 2025-26 and June.",
            DOWNLOAD_AGAIN,
        )
    last_year = int(year[:4]) + (number == 3)
    return date(last_year, number - 2, 1), month_period(last_year, number)[1]


def _beds(file: SourceFile, sheet: Sheet, row: int, columns: dict[tuple[str, str], int]) -> dict:
    """Beds by sector, held against the publisher's own total and percentage."""
    beds = {}
    for sector in (TOTAL, *SECTORS.values()):
        available, occupied, share = (
            count_in(file, sheet, row, columns[group, sector]) for group in GROUPS.values()
        )
        beds[sector] = {"available": available, "occupied": occupied}
        if share is not None and abs(occupied - share * available) > ROUNDING_SHARE * max(available, 1):
            _refuse(
                file, sheet, row, f"{occupied:g} of {available:g} beds ({sector}) are not {share:.1%} of them"
            )
    for measure in ("available", "occupied"):
        together = sum(beds[sector][measure] or 0 for sector in SECTORS.values())
        if abs(together - (beds[TOTAL][measure] or 0)) > ROUNDING_BEDS:
            _refuse(
                file,
                sheet,
                row,
                f"the sectors have {together:g} beds {measure}, the total {beds[TOTAL][measure]}",
            )
    return beds


def _refuse(file: SourceFile, sheet: Sheet, row: int, found: str) -> None:
    raise SourceFileError(
        file,
        f'sheet "{SHEET}", row {sheet.first_row + row}: {found}.',
        "Download it again, or tell NHS England.",
    )


def _estimated(file: SourceFile, providers: set[str]) -> list[dict[str, str]]:
    """Providers listed on the first sheet under a line that says they did not submit, and what was put in."""
    if QUALITY not in file.sheets:
        return []
    how, found = "", []
    for cells in read_sheet(file, QUALITY, lambda headings: False).head:
        texts = [text for text in map(text_in, cells) if text]
        if len(texts) == 1:
            how = "the previous year's figure" if "previous year" in texts[0] else "an estimate"
        elif len(texts) == 2 and texts[0] in providers:
            found.append({"provider": texts[0], "how": how})
    return found


# The Parquet copy


def _copy(file: SourceFile, engine: Engine) -> Tidied:
    with explaining(file):
        published = engine.to_arrow(engine.read_parquet(file.path).select(*COPY))
    rows = engine.from_arrow(published)
    sectors = rows.group_by("quarter", "org_code", "specialty_group").aggregate(
        available=_.available_total.max(),
        least_available=_.available_total.min(),
        occupied=_.occupied_total.max(),
        added_up=_.occupied.sum(),
        name=_.org_name.max(),
        specialties=_.count(),
        named=_.specialty_code.nunique(),
    )
    found = engine.to_arrow(sectors.order_by("quarter", "org_code", "specialty_group")).to_pylist()
    for row in found:
        _refuse_what_does_not_agree(file, row)
        row["period_start"], row["period_end"] = _named_quarter(file, row["quarter"])
        row["sector"], row["provider"] = row["specialty_group"], row["org_code"]
    beds = engine.from_arrow(pa.Table.from_pylist(found, schema=TIDIED["overnight_beds"].schema))
    last = {row["provider"]: {"name": row["name"], "year": row["period_end"].year} for row in found}
    providers = [{"code": code, **named} for code, named in last.items()]
    return Tidied(
        tables={"overnight_beds": beds, "area_list": engine.from_arrow(_area_list(providers))},
        rows_read=published.num_rows,
        rows_kept=published.num_rows,
    )


def _refuse_what_does_not_agree(file: SourceFile, row: dict) -> None:
    where = f"{row['org_code']}, {row['quarter']}, {row['specialty_group']}: "
    if row["specialty_group"] not in SECTORS.values():
        found = "that is not a sector the atlas knows."
    elif row["specialties"] != row["named"] or row["available"] != row["least_available"]:
        found = "a specialty is given twice, or its rows name different totals."
    elif abs(row["added_up"] - row["occupied"]) > BEDS_A_COPY_MAY_BE_OUT_BY:
        found = f"specialties add up to {row['added_up']:g} beds, the total says {row['occupied']:g}."
    else:
        return
    raise SourceFileError(file, where + found, DOWNLOAD_AGAIN)


def _named_quarter(file: SourceFile, quarter: str) -> tuple[date, date]:
    """First and last day of "2021-22 Q4"."""
    named = re.fullmatch(r"(\d{4})-\d\d Q([1-4])", quarter or "")
    if not named:
        raise SourceFileError(
            file, f'column "quarter" says {quarter!r}, not one such as 2021-22 Q4.', DOWNLOAD_AGAIN
        )
    year, first_month = int(named[1]) + (named[2] == "4"), int(named[2]) * 3 % 12 + 1
    return date(year, first_month, 1), month_period(year, first_month + 2)[1]


def _area_list(providers: list[dict]) -> pa.Table:
    listed = [
        {
            "code": provider["code"],
            "name": in_title_case(provider["name"]),
            "official_name": provider["name"],
            "area_type": "provider",
            "vintage": provider["year"],
        }
        for provider in sorted(providers, key=lambda provider: provider["code"])
    ]
    return pa.Table.from_pylist(listed, schema=TIDIED["area_list"].schema)
