"""Rows as a table in a terminal: what fits, with words for what is missing."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

MOST_ROWS = 200


def print_rows(rows: list[dict[str, Any]]) -> None:
    """Columns that are empty throughout are left out; ``--json`` has them all."""
    console = Console()
    if not rows:
        console.print("nothing to show")
        return
    columns = [name for name in rows[0] if any(row[name] not in (None, [], "") for row in rows)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        is_number = any(isinstance(row[name], int | float) for row in rows)
        table.add_column(name.replace("_", " "), justify="right" if is_number else "left", overflow="fold")
    for row in rows[:MOST_ROWS]:
        table.add_row(*(_cell(row[name]) for name in columns))
    console.print(table)
    if len(rows) > MOST_ROWS:
        console.print(f"and {len(rows) - MOST_ROWS:,} more rows: --json gives them all")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.4g}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
