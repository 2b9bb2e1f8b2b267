"""A thousand files of own figures, each damaged at random: every row accounted for, no wrong number, no traceback.

A good file is damaged as people and programs damage files: cells blanked, swapped, doubled, written in words, with
commas and signs; rows repeated, dropped, joined; columns moved, renamed, left out; another separator or encoding; cut
off. What the mutant says is read here a second time, by rules of its own: a number that is accepted must be the number
that its own cell says, to the last digit, and a row is accepted or refused, never both and never neither.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import web_release
import xlsxwriter

from careatlas.build import own_values
from careatlas.errors import AtlasError

MUTANTS, SEED = 1_000, 20_261_122
TODAY = date(2026, 4, 2)
SIMPLE = ["figure", "area", "period", "count", "denominator"]
BATCH = [
    *("IndicatorId", "Year", "YearRange", "Quarter", "Month", "AgeId", "SexId", "AreaCode", "Count", "Value"),
    *(
        "LowerCI95",
        "UpperCI95",
        "Denominator",
        "Denominator_2",
        "ValueNoteId",
        "CategoryTypeId",
        "CategoryId",
    ),
]
PERIODS = {
    **{f"2025-{month:02d}": (2025, month) for month in range(1, 13)},
    **{f"{name} 2025": (2025, month) for month, name in enumerate(("January", "February", "March"), 1)},
}
ODD_CELLS = (
    *(
        "",
        " ",
        "1,234",
        "12%",
        "-5",
        "five",
        "nan",
        "inf",
        "1e3",
        "0x1F",
        "=1+1",
        "#N/A",
        "٤٢",
        "1234.5.6",
        "12 ",
    ),
    *(
        "0",
        "007",
        "3.50",
        "999999999999999999",
        "2024-13",
        "T01",
        "S01",
        "overtime",
        "\x00",
        "'",
        '"',
        "\n",
        "null",
    ),
    *(
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "x" * 5_000,
        "1;2",
        "\u200b",
        "½",
        "1_000",
        "+7",
        "-0",
        ".5",
    ),
)
Table = list[list[str]]


@dataclass
class Mutant:
    """A file's rows of cells, headings first, how it is written, and what was done to it."""

    table: Table
    separator: str = ","
    encoding: str = "utf-8"
    cut: float | None = None
    done: list[str] = field(default_factory=list)

    @property
    def is_still_a_table(self) -> bool:
        """Whether only cells and rows were touched, so that the file as a whole must still be read."""
        return {*self.done} <= {"cell", "swap_cells", "double_cell", "repeat_row", "drop_row", "move_column"}


def good_table(rng: np.random.Generator, batch: bool) -> Table:
    figures = ("sickness_absence", "overtime", "agency_spend")
    lines = []
    for figure in figures:
        for trust in ("T00", "T01", "T02"):
            year, month = 2025, int(rng.integers(1, 13))
            among = int(rng.integers(100, 90_000))
            count = int(rng.integers(0, among + 1))
            if batch:
                number = [figure, year, 1, -1, month, 1, 4, trust, count, -1, -1, -1, among, -1, 0, -1, -1]
            else:
                number = [figure, trust, f"{year}-{month:02d}", count, among]
            lines.append([str(cell) for cell in number])
    return [list(BATCH if batch else SIMPLE), *lines]


def somewhere(mutant: Mutant, rng: np.random.Generator) -> tuple[int, int]:
    row = int(rng.integers(1, len(mutant.table)))
    return row, int(rng.integers(len(mutant.table[row])))


def cell(mutant: Mutant, rng: np.random.Generator) -> None:
    row, column = somewhere(mutant, rng)
    mutant.table[row][column] = str(rng.choice(ODD_CELLS))


def swap_cells(mutant: Mutant, rng: np.random.Generator) -> None:
    row, column = somewhere(mutant, rng)
    other = int(rng.integers(len(mutant.table[row])))
    line = mutant.table[row]
    line[column], line[other] = line[other], line[column]


def double_cell(mutant: Mutant, rng: np.random.Generator) -> None:
    row, column = somewhere(mutant, rng)
    mutant.table[row].insert(column, mutant.table[row][column])


def repeat_row(mutant: Mutant, rng: np.random.Generator) -> None:
    row, _ = somewhere(mutant, rng)
    mutant.table.insert(int(rng.integers(1, len(mutant.table) + 1)), list(mutant.table[row]))


def drop_row(mutant: Mutant, rng: np.random.Generator) -> None:
    if len(mutant.table) > 2:
        del mutant.table[somewhere(mutant, rng)[0]]


def move_column(mutant: Mutant, rng: np.random.Generator) -> None:
    places = len(mutant.table[0])
    start, end = int(rng.integers(places)), int(rng.integers(places))
    for row in mutant.table:
        if len(row) == places:
            row.insert(end, row.pop(start))


def swap_headings(mutant: Mutant, rng: np.random.Generator) -> None:
    """The labels change places and the numbers do not: what is read is what the labels now say."""
    headings = mutant.table[0]
    one, other = rng.choice(len(headings), 2, replace=False)
    headings[one], headings[other] = headings[other], headings[one]


def rename_heading(mutant: Mutant, rng: np.random.Generator) -> None:
    column = int(rng.integers(len(mutant.table[0])))
    mutant.table[0][column] = str(rng.choice(["", "Count", "DENOMINATOR", "notes", "cuont", " period "]))


def drop_column(mutant: Mutant, rng: np.random.Generator) -> None:
    column = int(rng.integers(len(mutant.table[0])))
    for row in mutant.table:
        del row[column : column + 1]


def other_separator(mutant: Mutant, rng: np.random.Generator) -> None:
    mutant.separator = str(rng.choice([";", "\t", "|"]))


def other_encoding(mutant: Mutant, rng: np.random.Generator) -> None:
    mutant.encoding = str(rng.choice(["utf-8-sig", "latin-1", "utf-16", "cp1252", "utf-32"]))


def cut_off(mutant: Mutant, rng: np.random.Generator) -> None:
    mutant.cut = float(rng.random())


def no_headings(mutant: Mutant, rng: np.random.Generator) -> None:
    del mutant.table[0]
    if not mutant.table:
        mutant.table.append([])


MUTATIONS: list[Callable[[Mutant, np.random.Generator], None]] = [
    *[cell] * 8, swap_cells, swap_cells, double_cell, repeat_row, drop_row, move_column, swap_headings, rename_heading,
    drop_column, other_separator, other_encoding, cut_off, no_headings,
]  # fmt: skip


def mutated(rng: np.random.Generator, batch: bool) -> Mutant:
    mutant = Mutant(good_table(rng, batch))
    for _ in range(int(rng.integers(1, 5))):
        if len(mutant.table) < 2:
            break
        mutation = MUTATIONS[int(rng.integers(len(MUTATIONS)))]
        mutation(mutant, rng)
        mutant.done.append(mutation.__name__)
    return mutant


def written_as_text(mutant: Mutant, path: Path) -> None:
    lines = io.StringIO()
    csv.writer(lines, delimiter=mutant.separator, lineterminator="\n").writerows(mutant.table)
    content = lines.getvalue().encode(mutant.encoding, errors="replace")
    path.write_bytes(content[: int(len(content) * mutant.cut)] if mutant.cut is not None else content)


def written_as_workbook(mutant: Mutant, path: Path, rng: np.random.Generator) -> None:
    """Cells of digits stand as numbers or as text, as spreadsheets have them."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Sheet1")
        for number, line in enumerate(mutant.table):
            for place, said in enumerate(line):
                is_number = said.isascii() and said.isdigit() and rng.random() < 0.7
                sheet.write(number, place, int(said) if is_number else said.replace("\x00", ""))
    if mutant.cut is not None:
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * mutant.cut)])


def lines_of_text(path: Path) -> Table | None:
    """The mutant's rows as a second reader sees them; None where it is no text or no table."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        first = text.split("\n", 1)[0]
        separator = max(",;\t", key=first.count)
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None


def stripped(lines: Table) -> Table:
    """Without the blank rows at the end."""
    while lines and not any(said.strip() for said in lines[-1]):
        lines = lines[:-1]
    return lines


def padded(lines: Table) -> Table:
    """As a spreadsheet has them: all rows as long as the longest."""
    width = max(map(len, lines), default=0)
    return [[*line, *[""] * (width - len(line))] for line in lines]


def check_numbers(row: own_values.OwnRow, headings: list[str], said: list[str]) -> None:
    """An accepted row says what its own cells say, read by these rules and no others."""
    named = {heading.strip().lower(): text.strip() for heading, text in zip(headings, said, strict=True)}
    in_batch = "indicatorid" in named
    figure, area = (named["indicatorid"], named["areacode"]) if in_batch else (named["figure"], named["area"])
    assert row.figure == figure.lower()
    assert row.area == area.upper()
    if in_batch:
        assert (row.period[0].year, row.period[0].month) == (int(named["year"]), int(named["month"]))
    else:
        assert (row.period[0].year, row.period[0].month) == PERIODS.get(
            named["period"], (row.period[0].year, row.period[0].month)
        )
        assert str(row.period[0].year) in named["period"]
    for name, number in (("count", row.count), ("denominator", row.denominator)):
        is_missing = named[name] == "" or (in_batch and Decimal(named[name]) == -1)
        assert (number is None) == is_missing
        assert number is None or Decimal(number) == Decimal(float(named[name]))
        assert number is None or set(named[name]) <= set("0123456789.-")


def check_account(seen: own_values.Preview, lines: Table) -> int:
    """Each row of the file once, in accepted or in refused; gives how many were accepted."""
    assert [row.number for row in seen.rows] == list(range(2, len(lines) + 1))
    assert len(seen.accepted) + len(seen.refused) == len(seen.rows)
    assert all(row.refused for row in seen.refused)
    for row in seen.accepted:
        check_numbers(row, lines[0], lines[row.number - 1])
    shown = {figure["row"]: (figure["count"], figure["denominator"]) for figure in seen.figures}
    assert shown == {row.number: (row.count, row.denominator) for row in seen.accepted}
    return len(seen.accepted)


def previewed(path: Path, atlas: Path) -> own_values.Preview | None:
    """None where the file is refused whole, by one fault that says why: nothing else is caught."""
    try:
        return own_values.preview(path, atlas, today=TODAY)
    except AtlasError as fault:
        return None if fault.found else pytest.fail("a fault that says nothing")


@pytest.fixture(scope="module")
def atlas(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("atlas")
    web_release.make_release(home)
    return home


def test_a_thousand_mutated_uploads(atlas, tmp_path, measured):
    rng = np.random.default_rng(SEED)
    outcomes = {"read": 0, "refused whole": 0, "rows accepted": 0, "rows refused": 0}
    for number in range(MUTANTS):
        mutant = mutated(rng, batch=number % 4 == 1)
        as_workbook = number % 4 == 3
        path = tmp_path / ("mine.xlsx" if as_workbook else "mine.csv")
        if as_workbook:
            written_as_workbook(mutant, path, rng)
        else:
            written_as_text(mutant, path)
        seen = previewed(path, atlas)
        if seen is None:
            assert not (mutant.is_still_a_table and stripped(mutant.table[1:])), (number, mutant.done)
            outcomes["refused whole"] += 1
            continue
        lines = mutant.table if as_workbook else lines_of_text(path)
        assert lines is not None, (number, mutant.done)
        lines = padded(stripped(lines)) if as_workbook else stripped(lines)
        accepted = check_account(seen, lines)
        outcomes["read"] += 1
        outcomes["rows accepted"] += accepted
        outcomes["rows refused"] += len(seen.refused)
    told = ", ".join(f"{number:,} {what}" for what, number in outcomes.items())
    measured(
        f"{MUTANTS:,} mutated uploads: wrong numbers, rows lost, tracebacks", f"0, 0, 0 ({told})", "0, 0, 0"
    )
    assert outcomes["rows accepted"] > 3 * MUTANTS  # the exam is not passed by refusing everything
    assert outcomes["read"] > MUTANTS / 2
    assert outcomes["refused whole"] > MUTANTS / 20
