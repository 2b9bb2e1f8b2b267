"""Rows as a table in a terminal: what fits, with words for what is missing."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from careatlas.present.periods import period_code

MOST_ROWS = 200
WIDTH_WHEN_PIPED = 160


LEFT_TO_JSON = {
    "lower_998", "upper_998", "sex", "age_band", "expected", "difference",
    "other_area", "shares_border", "same_parent",
}  # fmt: skip
HEADINGS = {
    "value": "value (95 % interval)",
    "other_value": "other value",
    "rank": "rank (95 % interval)",
    "ratio": "ratio (95 % interval)",
    "ranked_areas": "of",
    "benchmark_value": "benchmark",
    "periods_sustained": "periods",
}
LIMITS_OF = {
    "value": ("lower_95", "upper_95"),
    "other_value": ("other_lower_95", "other_upper_95"),
    "rank": ("rank_lower", "rank_upper"),
    "ratio": ("ratio_lower", "ratio_upper"),
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
    shared = [
        name
        for name in columns
        if len(rows) > 1 and name in _SHARED and len({row[name] for row in shown}) == 1
    ]
    if shared:
        console.print(" · ".join(shown[0][name] for name in shared), style="bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        if name not in shared:
            is_number = any(isinstance(row.get(name), int | float) for row in rows)
            longest = max(len(row[name]) for row in shown)
            least = longest if is_number or name in _NOT_SQUEEZED else 8
            table.add_column(
                _heading(name, rows[0]),
                justify="right" if is_number else "left",
                no_wrap=is_number
                or name in _CODES,  # long texts fold, so that no short column is squeezed out
                overflow="fold",
                min_width=min(least, 22),
            )
    for row in shown[:MOST_ROWS]:
        table.add_row(*(row[name] or "-" for name in columns if name not in shared))
    console.print(table)
    for note, rows_told in _notes(shown[:MOST_ROWS]).items():
        told = "" if rows_told is None else f"{', '.join(rows_told)}: "
        console.print(f"{told}{note}", style="dim")
    if len(rows) > MOST_ROWS:
        console.print(f"and {len(rows) - MOST_ROWS:,} more rows: --json gives them all")


def _heading(name: str, row: dict[str, Any]) -> str:
    """What a column is called; that it holds an interval only where the row has one."""
    has_limits = name not in LIMITS_OF or LIMITS_OF[name][0] in row
    return HEADINGS.get(name, name.replace("_", " ")) if has_limits else name.replace("_", " ")


def _notes(shown: list[dict[str, str]]) -> dict[str, list[str] | None]:
    """Each line of the notes once, with the areas or periods it is about; None where that is most of them."""
    notes: dict[str, list[str]] = {}
    for row in shown:
        for line in (row.get("note") or "").splitlines():
            about = row.get("peer") or row.get("area", "")  # a row of peers is about the peer
            notes.setdefault(line, []).append(f"{about} {row.get('period', '')}".strip())
    return {line: None if 1 < len(shown) < 2 * len(told) else told for line, told in notes.items()}


_CODES = {"source", "indicator", "area_type", "period", "ranked_areas", "area", "group"}
_SHARED = _CODES - {"source", "group"} | {"name"}
_NOT_SQUEEZED = _SHARED | {"other_name"}


def _for_reading(row: dict[str, Any]) -> dict[str, str]:
    """The row's cells as text: one period, limits and rank intervals in brackets, nothing the table need not say."""
    cells: dict[str, str] = {}
    for name, value in row.items():
        if name == "period_start":
            cells["period"] = period_code(value, row["period_end"]) if value else ""
        elif name in LEFT_TO_JSON or name == "period_end" or name in _LIMITS:
            continue
        elif name in LIMITS_OF and LIMITS_OF[name][0] in row:
            cells[name] = _with_range(value, *(row[limit] for limit in LIMITS_OF[name]))
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
