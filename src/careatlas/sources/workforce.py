"""NHS workforce: the monthly workbook of staff of NHS trusts and boards, by area, organisation and staff group.

Sheets 2 (headcount) and 3 (full-time equivalent) are read. England, regions, boards and organisations stand on rows of
their own, one below the other, and a row says nothing of the rows it belongs to. An organisation with the code of its
board is the board's own office: it has no patients and is no provider. The order of the columns changes between months,
and staff of no known group have had two headings.

Full-time equivalents add up from organisations to England, and from the small groups to the large ones; a workbook in
which they do not is refused. Headcounts do not add up: a person with posts in two trusts is one person in England.
Sheet 1 repeats England by month; sheets 4 and 5, all staff together since 2009, are not read.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa

from careatlas.engine.connect import Engine
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import MONTH_AND_YEAR, Link, LinkPattern
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

SHEETS = {"headcount": "2. NHSE, Org & SG - HC", "full_time_equivalent": "3. NHSE, Org & SG - FTE"}
REGION, BOARD, ORGANISATION = "NHS England region", "ICS", "Organisation"
ENGLAND = "England"
TOTAL, UNKNOWN, OLD_UNKNOWN = (
    "Total",
    "Unknown classification",
    "Other staff or those with unknown classification",
)
CLINICIANS, DOCTORS = "Professionally qualified clinical staff", "HCHS Doctors"
SUPPORT, INFRASTRUCTURE = "Support to clinical staff", "NHS infrastructure support"
PARTS = {
    TOTAL: (CLINICIANS, SUPPORT, INFRASTRUCTURE, UNKNOWN),
    CLINICIANS: (
        DOCTORS,
        "Nurses & health visitors",
        "Midwives",
        "Ambulance staff",
        "Scientific, therapeutic & technical staff",
    ),
    DOCTORS: (
        "Consultant",
        "Associate Specialist",
        "Specialty Doctor",
        "Staff Grade",
        "Specialty Registrar",
        "Core Training",
        "Foundation Doctor Year 2",
        "Foundation Doctor Year 1",
        "Hospital Practitioner / Clinical Assistant",
        "Other HCHS Doctor Grades",
    ),
    SUPPORT: (
        "Support to doctors, nurses & midwives",
        "Support to ambulance staff",
        "Support to ST&T staff",
    ),
    INFRASTRUCTURE: ("Central functions", "Hotel, property & estates", "Senior managers", "Managers"),
}
GROUPS = (TOTAL, *(group for parts in PARTS.values() for group in parts))
ROUNDING = 0.01  # of a full-time equivalent
Figures = Mapping[str, float | None]

SOURCE = Source(
    title="NHS workforce statistics, England and organisation",
    publisher="NHS England",
    page="https://digital.nhs.uk/data-and-information/publications/statistical/nhs-workforce-statistics",
    licence="Open Government Licence v3.0",
    tables=("workforce", "area_list"),
    year_pages=(
        LinkPattern(
            address=rf"/nhs-workforce-statistics/{MONTH_AND_YEAR}",
            example=Link(
                "NHS Workforce Statistics - April 2024",
                "https://digital.nhs.uk/data-and-information/publications/statistical/"
                "nhs-workforce-statistics/april-2024",
            ),
            names=(date(2024, 4, 1), date(2024, 4, 30)),
        ),
    ),
    links=(
        LinkPattern(
            address=rf"/NHS Workforce Statistics, {MONTH_AND_YEAR} England and Organisation\.xlsx$",
            example=Link(
                "NHS Workforce Statistics, April 2024 England and Organisation",
                "https://files.digital.nhs.uk/A9/97B711/"
                "NHS%20Workforce%20Statistics%2C%20April%202024%20England%20and%20Organisation.xlsx",
            ),
            names=(date(2024, 4, 1), date(2024, 4, 30)),
        ),
    ),
    hosts=("files.digital.nhs.uk",),
)


def recognise(file: SourceFile) -> bool:
    return set(SHEETS.values()) <= set(file.sheets)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    sheets = {measure: _Staff(file, name) for measure, name in SHEETS.items()}
    full_time = sheets["full_time_equivalent"]
    start, end = full_time.month()
    for measure, staff in sheets.items():
        _refuse_if(staff.month() != (start, end), file, f'"{SHEETS[measure]}" is of another month')
    _refuse_what_does_not_add_up(file, full_time)
    bodies = {key: body for staff in sheets.values() for key, body in staff.bodies.items()}
    rows = [
        {"period_start": start, "period_end": end, "area_type": area_type, "area": area, "staff_group": group}
        | {measure: staff.figures.get((area_type, area), {}).get(group) for measure, staff in sheets.items()}
        for area_type, area in bodies
        for group in GROUPS
    ]
    workforce = engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED["workforce"].schema))
    refuse_repeated_keys(file, engine, "workforce", workforce)
    notes = sum(staff.notes for staff in sheets.values())
    kept = sum(len(staff.figures) for staff in sheets.values())
    published = full_time.figures["country", ENGLAND][TOTAL]
    return Tidied(
        tables={"workforce": workforce, "area_list": engine.from_arrow(_providers(bodies, end.year))},
        rows_read=kept + notes,
        rows_kept=kept,
        refusals=[Refusal("an empty row, or the publisher's notes below the table", notes)],
        totals=[
            ControlTotal(
                "workforce",
                "full_time_equivalent",
                published,
                {"area_type": area_type, "staff_group": TOTAL},
            )
            for area_type in ("icb", "region")
        ],
    )


class _Staff:
    """One sheet: its figures by area type and code, and of each body its name and the body above it."""

    def __init__(self, file: SourceFile, sheet_name: str) -> None:
        self.file = file
        self.sheet = read_sheet(file, sheet_name, lambda headings: f"{ORGANISATION} code" in headings)
        self.figures: dict[tuple[str, str], Figures] = {}
        self.bodies: dict[tuple[str, str], tuple[str, str | None]] = {}
        self.notes = 0
        self._read()

    def month(self) -> tuple[date, date]:
        line = next((text_in(row[0]) for row in self.sheet.head if "monthly data" in text_in(row[0])), "")
        try:
            return month_named(line)
        except ValueError as fault:
            raise SourceFileError(
                self.file,
                f'sheet "{self.sheet.name}" says no month such as "December 2024 monthly data" above its headings.',
                DOWNLOAD_AGAIN,
            ) from fault

    def parent(self, key: tuple[str, str]) -> str | None:
        return self.bodies[key][1]

    def _read(self) -> None:
        file, sheet = self.file, self.sheet
        named = {
            (kind, what): column_at(file, sheet, f"{kind} {what}")
            for kind in (REGION, BOARD, ORGANISATION)
            for what in ("code", "name")
        }
        groups = {group: column_at(file, sheet, _heading(sheet, group)) for group in GROUPS}
        region = board = None
        for index, cells in enumerate(sheet.rows):
            text = {of: text_in(cells[column]) for of, column in named.items()}
            if text[REGION, "name"] == ENGLAND and not text[REGION, "code"]:
                key, name, parent = ("country", ENGLAND), ENGLAND, None
            elif text[REGION, "code"] and text[REGION, "name"]:
                region, board = text[REGION, "code"], None
                key, name, parent = ("region", region), text[REGION, "name"], ENGLAND
            elif text[BOARD, "code"]:
                board = text[BOARD, "code"]
                key, name, parent = ("icb", board), text[BOARD, "name"], region
            elif code := text[ORGANISATION, "code"]:
                kind = "board_office" if code == board else "provider"
                key, name, parent = (kind, code), text[ORGANISATION, "name"], board
            else:
                self.notes += 1
                continue
            self._place(index, key, name, parent)
            self.figures[key] = {
                group: _staff_in(file, sheet, index, column) for group, column in groups.items()
            }
        _refuse_if(
            ("country", ENGLAND) not in self.figures, file, f'sheet "{sheet.name}" has no row of England'
        )

    def _place(self, index: int, key: tuple[str, str], name: str, parent: str | None) -> None:
        where = f'sheet "{self.sheet.name}", row {self.sheet.first_row + index}: '
        _refuse_if(key in self.bodies, self.file, f"{where}{key[1]} stands there a second time")
        _refuse_if(
            key[0] != "country" and parent is None,
            self.file,
            f"{where}{name} ({key[1]}) stands above the {'region' if key[0] == 'icb' else 'board'} it belongs to",
        )
        self.bodies[key] = name, parent


def _refuse_if(wrong: bool, file: SourceFile, what: str) -> None:
    if wrong:
        raise SourceFileError(file, f"{what}.", DOWNLOAD_AGAIN)


def _heading(sheet: Sheet, group: str) -> str:
    """What the group is called in this month's workbook."""
    return OLD_UNKNOWN if group == UNKNOWN and OLD_UNKNOWN in sheet.headings else group


def _staff_in(file: SourceFile, sheet: Sheet, row: int, column: int) -> float | None:
    """The publisher's notes say that a dash is zero."""
    return 0.0 if text_in(sheet.rows[row][column]) == "-" else count_in(file, sheet, row, column)


def _refuse_what_does_not_add_up(file: SourceFile, staff: _Staff) -> None:
    """Small groups against the large one they make, and bodies against the one they belong to: figures in one another's
    columns, a lost row and a row under another board show here."""
    for (_, code), figures in staff.figures.items():
        for whole, parts in PARTS.items():
            _refuse_sum(
                file, f"{code}: the groups of {whole!r}", [figures[part] for part in parts], figures[whole]
            )
    below: dict[str, list[Figures]] = defaultdict(list)
    for key, figures in staff.figures.items():
        below[staff.parent(key) or ""].append(figures)
    for (area_type, code), figures in staff.figures.items():
        if area_type in ("country", "region", "icb"):
            for group in GROUPS:
                rows = [each[group] for each in below[code]]
                _refuse_sum(file, f"the rows of {code}, {group!r},", rows, figures[group])


def _refuse_sum(file: SourceFile, what: str, parts: list[float | None], whole: float | None) -> None:
    if None not in (*parts, whole) and abs(sum(parts) - whole) > ROUNDING:
        raise SourceFileError(
            file,
            f'sheet "{SHEETS["full_time_equivalent"]}": {what} add up to {sum(parts):,.2f}, not {whole:,.2f}.',
            DOWNLOAD_AGAIN,
        )


def _providers(bodies: Mapping[tuple[str, str], tuple[str, str | None]], year: int) -> pa.Table:
    """The trusts by name, and the board each stands under."""
    listed = [
        {
            "code": code,
            "name": name,
            "official_name": name,
            "area_type": "provider",
            "parent_code": board,
            "vintage": year,
        }
        for (area_type, code), (name, board) in sorted(bodies.items())
        if area_type == "provider"
    ]
    return pa.Table.from_pylist(listed, schema=TIDIED["area_list"].schema)
