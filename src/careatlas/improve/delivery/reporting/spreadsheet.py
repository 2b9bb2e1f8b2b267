"""A plan as a spreadsheet: all that a person sees of it, to be worked on and brought back (`spreadsheet_changes`).

Every cell that holds somebody's words is written as text and stays text when it is edited: no spreadsheet runs it.
"""

import io
from collections.abc import Iterable
from typing import Any

import xlsxwriter

from careatlas.catalogue.delivery_gates import load_cost_lines
from careatlas.engine.release import Release
from careatlas.improve.delivery import months
from careatlas.improve.delivery.models import Plan, Pool, Return
from careatlas.improve.delivery.planning import plans, who
from careatlas.improve.delivery.reporting.spreadsheet_sheets import SHEETS, Column, Sheet, rows_of, text_in
from careatlas.improve.evidence.writing.sections import workstreams
from careatlas.improve.people.models import User

TOLD_SHEETS = ("Read me", "Pools", "Returns")  # for people: they are not read back
ROWS_WITH_LISTS = 1_000  # beyond what is there, rows that offer the words that may stand in them
LONGEST_LIST = 255  # what a spreadsheet takes as a list
WIDTHS = {"own": 9, "row": 10, "line": 32, "text": 48, "told": 28, "pounds": 12}
OTHER_WIDTH = 14
FORMATS = {
    "day": {"num_format": "yyyy-mm-dd"},
    "month": {"num_format": "yyyy-mm-dd"},
    "pounds": {"num_format": "#,##0.00"},
    "own": {"font_color": "#595959"},
    "told": {"font_color": "#595959", "num_format": "@"},
}
TEXT = {"num_format": "@", "quote_prefix": True}  # edited, it stays text
NUMBERS = ("own", "row", "number", "percent", "score", "pounds", "share")


def as_workbook(plan: Plan, user: User, release: Release) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_urls": False}) as book:
        _read_me(book, plan, release)
        rows = rows_of(plan, user)
        for sheet in SHEETS:
            _fill(book, sheet, rows[sheet.key])
        _pools(book, plan, user)
        _returns(book, rows["initiatives"])
    return file.getvalue()


def _fill(book: xlsxwriter.Workbook, sheet: Sheet, rows: list[Any]) -> None:
    page = book.add_worksheet(sheet.title)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    for place, column in enumerate(sheet.columns):
        shape = book.add_format(FORMATS.get(column.kind, {} if column.kind in NUMBERS else TEXT))
        page.set_column(place, place, WIDTHS.get(column.kind, OTHER_WIDTH), shape)
        page.write_string(0, place, column.heading, head)
        if column.note:
            page.write_comment(0, place, column.note, {"x_scale": 2})
        if column.choices and len(",".join(column.choices)) <= LONGEST_LIST:
            last = len(rows) + ROWS_WITH_LISTS
            page.data_validation(1, place, last, place, {"validate": "list", "source": list(column.choices)})
        for line, row in enumerate(rows, 1):
            _write(page, line, place, column, row, shape)
    page.freeze_panes(1, 2)


def _write(page: Any, line: int, place: int, column: Column, row: Any, shape: Any) -> None:
    value, text = column.of(row), text_in(column, row)
    if not text:
        return
    if column.kind in NUMBERS:
        page.write_number(line, place, float(text), shape)  # a spreadsheet keeps fifteen figures
    elif column.kind in ("day", "month"):
        page.write_datetime(line, place, value, shape)
    else:
        page.write_string(line, place, text, shape)


def _read_me(book: xlsxwriter.Workbook, plan: Plan, release: Release) -> None:
    lines = [
        [f"{plan.title}: {plan.organisation.name}, {plans.in_words(plan.year)}"],
        [
            "Change cells, add rows, and bring the file back on the plan’s page: it says first what would change."
        ],
        ["Notes on the headings say what may stand in a column. Columns and sheets may be left out."],
        ["A row that is left out stays in the atlas as it is. Nothing is taken out by a file."],
        ["Empty is not known. It is never 0."],
        ["Taken from release", release.id],
        [],
        ["Workstreams: id", "What it is"],
        *[[id, title] for id, title in workstreams(release).items()],
    ]
    _told(book, TOLD_SHEETS[0], [], lines, (28, 48))


def _pools(book: xlsxwriter.Workbook, plan: Plan, user: User) -> None:
    """Of the plan's year, those that the person sees: what claims may draw on. How large each is stands on its page,
    with its interval."""
    seen: Iterable[Pool] = who.visible_pools(user).filter(year=plan.year).order_by("area__path", "cost_line")
    lines = load_cost_lines()
    rows = [
        [one.pk, one.area_id, one.area.name, one.programme,
         lines[one.cost_line].title if one.cost_line in lines else one.cost_line, plans.in_words(one.year)]
        for one in seen
    ]  # fmt: skip
    headings = ["Number", "Area’s code", "Area", "Programme", "Cost line", "Year"]
    _told(book, TOLD_SHEETS[1], headings, rows, (9, 12, 32, 24, 32, 10))


def _returns(book: xlsxwriter.Workbook, initiatives: list[Any]) -> None:
    """What was sent in, a row for each claim that it speaks of."""
    sent = Return.objects.filter(initiative__in=initiatives, sent_in_at__isnull=False)
    rows = []
    for one in sent.order_by("initiative", "month"):
        about = [one.initiative_id, months.in_words(months.month_of(one.month))]
        said = [one.words, one.excuse]
        for claim, figures in one.figures.items() or [("", {})]:
            amounts = [_pounds(figures.get(name)) for name in ("actual", "outturn")]
            rows.append([*about, int(claim) if claim else None, *amounts, *said])
    headings = [
        "Initiative",
        "Month",
        "Claim",
        "Actual since April (£)",
        "Expected of the year (£)",
        "Words",
        "Excuse",
    ]
    _told(book, TOLD_SHEETS[2], headings, rows, (10, 16, 9, 22, 24, 48, 32))


def _told(
    book: xlsxwriter.Workbook, title: str, headings: list[str], rows: list[list[Any]], widths: tuple[int, ...]
) -> None:
    page = book.add_worksheet(title)
    head, text = book.add_format({"bold": True}), book.add_format(TEXT)
    for place, width in enumerate(widths):
        page.set_column(place, place, width)
    for line, row in enumerate([headings, *rows] if headings else rows):
        for place, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(line, place, value, head if headings and not line else text)
            elif value is not None:
                page.write_number(line, place, value)


def _pounds(pence: int | None) -> float | None:
    return None if pence is None else pence / 100
