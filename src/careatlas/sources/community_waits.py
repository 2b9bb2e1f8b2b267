"""Community health services waiting lists: the monthly workbook of NHS England.

Table 4 is everybody waiting, by service; Tables 4a to 4h are the same people by how long they have waited. Each has
the country, regions, boards and providers in one column. A provider sends one figure a service wherever its patients
live, so a board's figure is that of the providers it answers for, not of its residents. A blank means that nobody
reported that service: no row, never zero; a board that has none for an age group has one row that is missing, because
its people are on the lists of providers that other boards answer for. Three safeguarding services are published for
the country alone.

Some providers know how many wait and not how long: their weeks are 0 beside people who wait, and are missing.
Table 1 says how many organisations of each board sent nothing in the month.
"""

import re
from datetime import date
from pathlib import Path

import pyarrow as pa

from careatlas.engine.connect import Engine
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import MONTH_AND_YEAR, Link, LinkPattern
from careatlas.sources._names import in_title_case
from careatlas.sources._workbook import Sheet, column_at, count_in, read_sheet, text_in
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    ControlTotal,
    Refusal,
    Source,
    SourceFile,
    Tidied,
    month_named,
    refuse_repeated_keys,
)

COVER, SILENT, OVERVIEW, EVERYBODY = "Cover page", "Table 1", "Table 3", "Table 4"
WEEKS = {  # sheet -> how its title names the weeks waited
    "Table 4a": "0-1 weeks",
    "Table 4b": "1-2 weeks",
    "Table 4c": "2-4 weeks",
    "Table 4d": "4-12 weeks",
    "Table 4e": "12-18 weeks",
    "Table 4f": "18-52 weeks",
    "Table 4g": "52-104 weeks",
    "Table 4h": "over 104 weeks",
}
OVER_18, OVER_52 = ("Table 4f", "Table 4g", "Table 4h"), ("Table 4g", "Table 4h")
KIND, CODE, NAME = "Organisation Type", "Organisation Code", "Organisation Name"
LEVELS = {"National": "country", "ICB": "icb", "Provider": "provider"}
REGION = "Region"
NONE_REPORTED = "none reported"
AGE_GROUPS = {"A": "adults", "CYP": "children_and_young_people"}
SERVICE = re.compile(r"\((A|CYP)\) (.+?) *\**")
Cell = tuple[str, str, str, str]  # level, area, age group, service

SOURCE = Source(
    title="Community health services waiting lists",
    publisher="NHS England",
    page="https://www.england.nhs.uk/statistics/statistical-work-areas/community-health-services-waiting-lists/",
    licence="Open Government Licence v3.0",
    tables=("community_waits", "area_list"),
    links=(
        LinkPattern(
            address=r"/Community-health-services-waiting-lists-.*\.xlsx$",
            words=MONTH_AND_YEAR,
            example=Link(
                "Community health services waiting lists January 2025",
                "https://www.england.nhs.uk/statistics/wp-content/uploads/sites/2/2025/03/"
                "Community-health-services-waiting-lists-2024-25-January.xlsx",
            ),
            names=(date(2025, 1, 1), date(2025, 1, 31)),
        ),
    ),
)


def recognise(file: SourceFile) -> bool:
    if not {COVER, SILENT, OVERVIEW, EVERYBODY, *WEEKS} <= set(file.sheets):
        return False
    return _cover(file).get("Title") == "Community Health Services Waiting Times"


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    everybody = _table(file, EVERYBODY)
    start, end = _month(file, everybody)
    waiting = _cells(file, everybody)
    by_weeks = {name: _weeks(file, name, everybody) for name in WEEKS}
    _refuse_levels_that_differ(file, waiting)
    silent = _silent_organisations(file, everybody, end)
    rows = [
        {"period_start": start, "period_end": end, "area_type": LEVELS[kind], "area": area}
        | {"age_group": age_group, "service": service}
        | _waits(
            people, {name: cells.get((kind, area, age_group, service)) for name, cells in by_weeks.items()}
        )
        | {"silent_organisations": silent.get(area) if kind == "ICB" else None}
        for (kind, area, age_group, service), people in waiting.items()
        if kind != REGION
    ]
    rows += [
        {"period_start": start, "period_end": end, "area_type": "icb", "area": board}
        | {"age_group": age_group, "service": NONE_REPORTED, "silent_organisations": silent.get(board)}
        for board, age_group in _boards_without_a_service(file, everybody, waiting)
    ]
    waits = engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED["community_waits"].schema))
    refuse_repeated_keys(file, engine, "community_waits", waits)
    refusals = _refusals(file, everybody, {(kind, area) for kind, area, *_service in waiting})
    return Tidied(
        tables={"community_waits": waits, "area_list": engine.from_arrow(_providers(file, everybody, end))},
        rows_read=len(everybody.rows),
        rows_kept=len(everybody.rows) - sum(refusal.rows for refusal in refusals),
        refusals=refusals,
        totals=_totals(file, waiting),
        published=_published(file),
    )


def _cover(file: SourceFile) -> dict[str, str]:
    """The lines of the cover page, "Published:" beside "13/02/2025", as a dictionary."""
    head = read_sheet(file, COVER, lambda headings: False).head
    return {text_in(row[0]).rstrip(":"): text_in(row[1]) for row in head if len(row) > 1}


def _published(file: SourceFile) -> date | None:
    """The day this edition came out: of the revision where there was one."""
    cover = _cover(file)
    for label in ("Revised", "Published"):
        if day := re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", cover.get(label, "")):
            return date(*(int(part) for part in reversed(day.groups())))
    return None


def _table(file: SourceFile, name: str) -> Sheet:
    return read_sheet(file, name, lambda headings: KIND in headings and NAME in headings)


def _title(sheet: Sheet) -> str:
    return next((text for row in sheet.head for text in map(text_in, row) if text), "")


def _month(file: SourceFile, everybody: Sheet) -> tuple[date, date]:
    title = _title(everybody)
    try:
        return month_named(title)
    except ValueError as fault:
        raise SourceFileError(
            file, f'sheet "{EVERYBODY}": its title "{title}" names no month and year.', DOWNLOAD_AGAIN
        ) from fault


def _cells(file: SourceFile, sheet: Sheet) -> dict[Cell, float]:
    """People by level, area, age group and service; what is blank is not there."""
    identity = [column_at(file, sheet, heading) for heading in (KIND, CODE, NAME)]
    services = {
        column: SERVICE.fullmatch(heading)
        for column, heading in enumerate(sheet.headings)
        if column not in identity
    }
    unnamed = [sheet.headings[column] for column, found in services.items() if not found]
    if unnamed:
        fault = f'sheet "{sheet.name}": the heading "{unnamed[0]}" names no service such as "(A) Audiology".'
        raise SourceFileError(file, fault, DOWNLOAD_AGAIN)
    cells: dict[Cell, float] = {}
    for index, row in enumerate(sheet.rows):
        kind, area = _level_and_area(file, sheet, row)
        if kind not in (*LEVELS, REGION) or not area:
            where = f'sheet "{sheet.name}", row {sheet.first_row + index}: '
            raise SourceFileError(file, f'{where}"{kind}" "{area}" is no {KIND} and code.', DOWNLOAD_AGAIN)
        for column, service in services.items():
            key = kind, area, AGE_GROUPS[service[1]], service[2]
            people = count_in(file, sheet, index, column)
            if key in cells:
                fault = f'sheet "{sheet.name}": {area} stands there twice.'
                raise SourceFileError(file, fault, DOWNLOAD_AGAIN)
            if people is not None:
                cells[key] = people
    return cells


def _level_and_area(file: SourceFile, sheet: Sheet, row: list[object]) -> tuple[str, str]:
    """What kind of body a row is of, and its code; the country has a name alone."""
    kind, code, name = (text_in(row[column_at(file, sheet, heading)]) for heading in (KIND, CODE, NAME))
    return kind, code or name


def _weeks(file: SourceFile, name: str, everybody: Sheet) -> dict[Cell, float]:
    """One table by weeks waited, which must be of those weeks and of the month of Table 4."""
    sheet = _table(file, name)
    title = _title(sheet)
    if WEEKS[name] not in title or _month(file, sheet) != _month(file, everybody):
        fault = (
            f'sheet "{name}": its title "{title}" is not of {WEEKS[name]}, or of another month than Table 4.'
        )
        raise SourceFileError(file, fault, DOWNLOAD_AGAIN)
    return _cells(file, sheet)


def _waits(waiting: float, by_weeks: dict[str, float | None]) -> dict[str, float | None]:
    known = sum(people or 0.0 for people in by_weeks.values())
    if known == 0 and (waiting > 0 or set(by_weeks.values()) == {None}):
        return {"waiting": waiting, "known_weeks": None, "over_18_weeks": None, "over_52_weeks": None}
    return {
        "waiting": waiting,
        "known_weeks": known,
        "over_18_weeks": sum(by_weeks[name] or 0.0 for name in OVER_18),
        "over_52_weeks": sum(by_weeks[name] or 0.0 for name in OVER_52),
    }


def _silent_organisations(file: SourceFile, everybody: Sheet, end: date) -> dict[str, float]:
    """Organisations that sent nothing in the month, by board; Table 1 knows boards by name alone."""
    sheet = _table(file, SILENT)
    month = column_at(file, sheet, f"{end:%b-%y}")
    codes = {
        text_in(row[column_at(file, everybody, NAME)]).upper(): text_in(row[column_at(file, everybody, CODE)])
        for row in everybody.rows
    }
    found = {}
    for index, row in enumerate(sheet.rows):
        name = text_in(row[column_at(file, sheet, NAME)]).upper()
        if text_in(row[column_at(file, sheet, KIND)]) != "ICB":
            continue
        if name not in codes:
            where = f'sheet "{SILENT}", row {sheet.first_row + index}: '
            raise SourceFileError(file, f'{where}"{name}" is no board of Table 4.', DOWNLOAD_AGAIN)
        found[codes[name]] = count_in(file, sheet, index, month)
    return found


def _below_the_country(waiting: dict[Cell, float]) -> dict[tuple[str, str], dict[str, float]]:
    """People by age group and service, then by level: of services that are published by area."""
    sums: dict[tuple[str, str], dict[str, float]] = {}
    for (kind, _area, *service), people in waiting.items():
        levels = sums.setdefault(tuple(service), {})
        levels[kind] = levels.get(kind, 0.0) + people
    return {service: levels for service, levels in sums.items() if set(levels) != {"National"}}


def _refuse_levels_that_differ(file: SourceFile, waiting: dict[Cell, float]) -> None:
    """Regions, boards and providers each make up the country: rows that are lost or moved show here."""
    for (age_group, service), levels in _below_the_country(waiting).items():
        if len(set(levels.values())) > 1 or len(levels) < len(LEVELS) + 1:
            told = ", ".join(f"{kind} {people:,.0f}" for kind, people in sorted(levels.items()))
            fault = (
                f'sheet "{EVERYBODY}": {service} ({age_group.replace("_", " ")}) differs by level: {told}.'
            )
            raise SourceFileError(file, fault, DOWNLOAD_AGAIN)


def _boards_without_a_service(
    file: SourceFile, everybody: Sheet, waiting: dict[Cell, float]
) -> list[tuple[str, str]]:
    """Boards and age groups of which every cell is blank: nothing was reported, which is not zero."""
    counted = {(area, age_group) for _kind, area, age_group, _service in waiting}
    boards = [
        area
        for kind, area in (_level_and_area(file, everybody, row) for row in everybody.rows)
        if kind == "ICB"
    ]
    return [(area, group) for area in boards for group in AGE_GROUPS.values() if (area, group) not in counted]


def _refusals(file: SourceFile, everybody: Sheet, counted: set[tuple[str, str]]) -> list[Refusal]:
    levels = [_level_and_area(file, everybody, row) for row in everybody.rows]
    found = {
        "the publisher's own sums by region, kept as a control": [a for kind, a in levels if kind == REGION],
        "a provider all of whose cells are blank": [
            area for kind, area in levels if kind == "Provider" and (kind, area) not in counted
        ],
    }
    return [Refusal(reason, len(areas), areas[0]) for reason, areas in found.items() if areas]


def _totals(file: SourceFile, waiting: dict[Cell, float]) -> list[ControlTotal]:
    """The country's own figure, from the overview; boards' and providers', less what is published for it alone."""
    country = next((area for kind, area, *_service in waiting if kind == "National"), "National")
    overview = read_sheet(file, OVERVIEW, lambda headings: "Total waiting list" in headings)
    total = column_at(file, overview, "Total waiting list")
    places = [index for index, row in enumerate(overview.rows) if text_in(row[0]) == country]
    if not places:
        raise SourceFileError(file, f'sheet "{OVERVIEW}" has no row "{country}".', DOWNLOAD_AGAIN)
    by_area = sum(levels["National"] for levels in _below_the_country(waiting).values())
    published = {"country": count_in(file, overview, places[0], total), "icb": by_area, "provider": by_area}
    return [
        ControlTotal("community_waits", "waiting", figure, {"area_type": area_type})
        for area_type, figure in published.items()
    ]


def _providers(file: SourceFile, everybody: Sheet, end: date) -> pa.Table:
    kind, code, name = (column_at(file, everybody, heading) for heading in (KIND, CODE, NAME))
    listed = [
        {
            "code": text_in(row[code]),
            "name": in_title_case(text_in(row[name])),
            "official_name": text_in(row[name]),
            "area_type": "provider",
            "vintage": end.year,
        }
        for row in everybody.rows
        if text_in(row[kind]) == "Provider"
    ]
    return pa.Table.from_pylist(listed, schema=TIDIED["area_list"].schema)
