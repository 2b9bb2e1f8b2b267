"""Rows as a table in a terminal: what fits, with words for what is missing. A figure is never cut off: where the
window is too narrow for the table, the table is wider."""

import textwrap
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from careatlas.present.periods import period_code
from careatlas.present.standing_out_words import q_in_words

MOST_ROWS = 200
WIDTH_WHEN_PIPED = 160
GAP_BETWEEN = 2  # columns

LEFT_TO_JSON = {
    "lower_998", "upper_998", "sex", "age_band", "expected", "difference",
    "other_area", "shares_border", "same_parent", "estimated", "next_deviation", "share_outlying", "longest_run",
    "trend", "change_q", "programme", "parts", "parts_for_half",
}  # fmt: skip
HEADINGS = {
    "value": "value (95 % interval)",
    "other_value": "other value",
    "rank": "rank (95 % interval)",
    "ratio": "ratio (95 % interval)",
    "ranked_areas": "of",
    "benchmark_value": "benchmark",
    "periods_sustained": "periods",
    "share": "share (95 % interval)",
    "percent": "percent (95 % interval)",
    "deviation": "percent from the country (95 % interval)",
    "change": "change, percent (95 % interval)",
    "change_start": "since",
    "amount": "amount (95 % interval)",
    "gbp": "pounds (95 % interval)",
    "change_p": "placebo p",
    "value_for_money": "value for money (95 of 100 draws)",
    "per_1000_registered": "per 1,000 (95 % interval)",
    "per_1000_resident": "per 1,000 (95 % interval)",
    "per_1000_need_weighted": "per 1,000 (95 % interval)",
    "percent_within_18_weeks": "% within 18 weeks (95 % interval)",
    "median_weeks": "median weeks (95 % interval)",
    "centile_92_weeks": "92nd centile weeks (95 % interval)",
    "over_52_65_78_104_weeks": "over 52 / 65 / 78 / 104 weeks",
}
LIMITS_OF = {
    "value": ("lower_95", "upper_95"),
    "other_value": ("other_lower_95", "other_upper_95"),
    "rank": ("rank_lower", "rank_upper"),
    "ratio": ("ratio_lower", "ratio_upper"),
    "share": ("lower", "upper"),
    "percent": ("lower", "upper"),
    "deviation": ("deviation_lower", "deviation_upper"),
    "change": ("change_lower", "change_upper"),
    "amount": ("lower", "upper"),
    "gbp": ("gbp_lower", "gbp_upper"),
    "value_for_money": ("value_for_money_low", "value_for_money_high"),
}
_LIMITS = {limit for limits in LIMITS_OF.values() for limit in limits}


def print_rows(rows: list[dict[str, Any]]) -> None:
    """What differs from row to row, limits beside their value; what all rows share stands once above, and notes
    below."""
    console = Console() if Console().is_terminal else Console(width=WIDTH_WHEN_PIPED)
    if not rows:
        console.print("nothing to show")
        return
    shown = [_for_reading(row) for row in rows]
    columns = [name for name in shown[0] if name != "note" and any(row[name] for row in shown)]
    shared = [name for name in columns if name in _SHARED and len({row[name] for row in shown}) == 1]
    if shared:
        console.print(" · ".join(shown[0][name] for name in shared), style="bold")
    table, needed = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)), 0
    for name in columns:
        if name not in shared:
            is_figure = name in _FIGURES or any(isinstance(row.get(name), int | float) for row in rows)
            is_whole = is_figure or name in _UNBROKEN  # long texts fold, so that none is squeezed out
            longest = max(len(row[name]) for row in shown)
            heading = textwrap.fill(_heading(name, rows[0]), max(longest, 8), break_long_words=False)
            least = longest if is_whole else min(_least_of_text(name, shown), 22)
            least = max(least, *map(len, heading.split()))
            needed += least + GAP_BETWEEN
            table.add_column(
                heading,
                justify="right" if is_figure else "left",
                no_wrap=is_whole,
                overflow="fold",
                min_width=least,
            )
    for row in shown[:MOST_ROWS]:
        table.add_row(*(row[name] or "-" for name in columns if name not in shared))
    console.width = max(console.width, needed)
    console.print(table, crop=False)
    for note, rows_told in _notes(shown[:MOST_ROWS]).items():
        told = "" if rows_told is None else f"{', '.join(rows_told)}: "
        console.print(f"{told}{note}", style="dim")
    if len(rows) > MOST_ROWS:
        console.print(f"and {len(rows) - MOST_ROWS:,} more rows: --json gives them all")


def _heading(name: str, row: dict[str, Any]) -> str:
    """What a column is called; that it holds an interval only where the row has one."""
    has_none = name in LIMITS_OF and _limits_of(name, row) is None
    return name.replace("_", " ") if has_none else HEADINGS.get(name, name.replace("_", " "))


def _limits_of(name: str, row: dict[str, Any]) -> tuple[str, str] | None:
    """The columns of a figure's limits, where the row has them."""
    limits = LIMITS_OF.get(name)
    return limits if limits and limits[0] in row else None


def _notes(shown: list[dict[str, str]]) -> dict[str, list[str] | None]:
    """Each line of the notes once, with the areas or periods it is about; None where that is most of them."""
    is_told = {
        name for name in ("period", "covariates", "indicator") if len({row.get(name) for row in shown}) > 1
    }  # others stand above the table
    notes: dict[str, list[str]] = {}
    for row in shown:
        for line in (row.get("note") or "").splitlines():
            about = next(
                row[name] for name in ("component", "peer", "area", "file", "what", "option") if name in row
            )
            notes.setdefault(line, []).append(" ".join([about, *(row[name] for name in sorted(is_told))]))
    return {line: None if len(shown) < 2 * len(told) else told for line, told in notes.items()}


def _least_of_text(name: str, shown: list[dict[str, str]]) -> int:
    """The width under which a column of words cannot be read: its longest word, of a name the whole."""
    cells = [row[name] for row in shown]
    words = cells if name in _NOT_SQUEEZED else [word for cell in cells for word in cell.split()]
    return max(map(len, words), default=0)


_CHANCES = {"q", "p", "change_p"}
_CODES = {"source", "indicator", "area_type", "period", "ranked_areas", "area", "group"}
_UNBROKEN = _CODES | {"part", "first_period", "last_period", "polarity"}
_SHARED = _CODES - {"source", "group", "ranked_areas"} | {"name", "specialty", "part"}
_NOT_SQUEEZED = _SHARED | {"other_name", "title"}
_FIGURES = {name for name in HEADINGS if name.startswith(("per_", "percent", "median", "centile", "over_"))}


def _for_reading(row: dict[str, Any]) -> dict[str, str]:
    """The row's cells as text: one period, limits and rank intervals in brackets, nothing the table need not say."""
    cells: dict[str, str] = {}
    for name, value in row.items():
        if name == "period_start":
            cells["period"] = period_code(value, row["period_end"]) if value else ""
        elif name in LEFT_TO_JSON or name == "period_end" or name in _LIMITS:
            continue
        elif limits := _limits_of(name, row):
            cells[name] = _with_range(value, *(row[limit] for limit in limits))
        elif name in _CHANCES and value is not None:
            cells[name] = q_in_words(value)
        else:
            cells[name] = _cell(value)
    if cells.get("status") == "reported":
        cells["status"] = ""
    return cells


def _with_range(value: float | None, lower: float | None, upper: float | None) -> str:
    if value is None:
        return ""
    return f"{_cell(value)} ({_cell(lower)} to {_cell(upper)})" if lower is not None else _cell(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return (
            f"{value:,.0f}"
            if value.is_integer()
            else f"{value:,.4g}"
            if abs(value) < 1000
            else f"{value:,.0f}"
        )
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
