"""Rows as a reader's table (headings with units, missing as words), and as a CSV safe in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from careatlas.engine.tables import RELEASE
from careatlas.present.numbers import STATUS_WORDS, interval, value_or_status
from careatlas.present.periods import period_name

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Row = Mapping[str, Any]


def ranking(
    rows: Sequence[Row],
    indicator: Mapping[str, Any],
    names: Mapping[str, str],
    comparisons: Iterable[Row] = (),
) -> tuple[list[str], list[list[str]]]:
    """Headings and rows under the ranked chart: highest first, those without a value last, with reasons."""
    national = {row["area"]: row for row in comparisons if row["benchmark"] == "national"}
    headings = [
        "Area",
        "Code",
        f"Value ({indicator['unit']})",
        "95% interval",
        "Rank",
        "Rank interval",
        "Status",
    ]
    ordered = sorted(rows, key=lambda row: (row.get("value") is None, -(row.get("value") or 0), row["area"]))
    cells = []
    for row in ordered:
        against = national.get(row["area"], {})
        cells.append(
            [
                names.get(row["area"], row["area"]),
                row["area"],
                value_or_status(row, indicator),
                interval(row, indicator) or "none",
                _rank(against.get("rank")) or "not ranked",
                _rank_interval(against) or "none",
                STATUS_WORDS[row["status"]] + (f": {row['note']}" if row.get("note") else ""),
            ]
        )
    return headings, cells


def over_time(
    rows: Sequence[Row], indicator: Mapping[str, Any], national: Sequence[Row] = (), country: str = "England"
) -> tuple[list[str], list[list[str]]]:
    """Headings and rows under the trend: the area beside the country, latest period first."""
    beside = {(row["period_start"], row["period_end"]): row for row in national}
    headings = ["Period", f"Value ({indicator['unit']})", "95% interval", country, "Status"]
    cells = []
    for row in sorted(rows, key=lambda row: row["period_end"], reverse=True):
        period = (row["period_start"], row["period_end"])
        cells.append(
            [
                period_name(*period),
                value_or_status(row, indicator),
                interval(row, indicator) or "none",
                value_or_status(beside[period], indicator) if period in beside else "missing",
                STATUS_WORDS[row["status"]] + (f": {row['note']}" if row.get("note") else ""),
            ]
        )
    return headings, cells


def column_headings(table: str) -> dict[str, str]:
    """What each column of a release table means, with its unit: the dictionary of a download."""
    return {
        column.name: f"{column.meaning} ({column.unit})" if column.unit else column.meaning
        for column in RELEASE[table].columns
    }


def to_csv(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """CSV with the columns' own names. Numbers stay numbers, missing is empty, text is never a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_for_spreadsheet(row.get(column)) for column in columns] for row in rows)
    return out.getvalue()


def safe_for_spreadsheet(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe; dates become ISO text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def _rank(rank: float | None) -> str:
    return "" if rank is None else f"{rank:g}"


def _rank_interval(comparison: Row) -> str:
    low, high = comparison.get("rank_lower"), comparison.get("rank_upper")
    return "" if low is None or high is None else f"{low:g} to {high:g}"
