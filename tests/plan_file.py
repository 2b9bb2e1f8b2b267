"""A plan's spreadsheet as a person works on it: opened, edited, saved by another program than ours."""

import io
from datetime import date
from typing import Any

import python_calamine
import xlsxwriter

from careatlas.improve.delivery.reporting.spreadsheet_sheets import BY_TITLE


class File:
    """``sheets``: those of a plan, as rows of cells."""

    def __init__(self, data: bytes) -> None:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        self.sheets = {
            name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names if name in BY_TITLE
        }

    def place(self, sheet: str, heading: str) -> int:
        return self.sheets[sheet][0].index(heading)

    def put(self, sheet: str, line: int, heading: str, value: Any) -> "File":
        self.sheets[sheet][line - 1][self.place(sheet, heading)] = value
        return self

    def add(self, sheet: str, **cells: Any) -> "File":
        """By field, as `spreadsheet_sheets` names it."""
        headings = {column.heading: cells.get(column.field, "") for column in BY_TITLE[sheet].columns}
        self.sheets[sheet].append([headings[heading] for heading in self.sheets[sheet][0]])
        return self

    def saved(self) -> bytes:
        file = io.BytesIO()
        with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
            day = book.add_format({"num_format": "dd/mm/yyyy"})
            for name, rows in self.sheets.items():
                page = book.add_worksheet(name)
                for line, row in enumerate(rows):
                    for at, value in enumerate(row):
                        if isinstance(value, str):
                            page.write_string(line, at, value)
                        elif isinstance(value, date):
                            page.write_datetime(line, at, value, day)
                        else:
                            page.write(line, at, value)
        return file.getvalue()
