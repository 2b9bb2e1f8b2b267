"""A release of just the rows a test gives, of the fictional country of ``web_release``."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import web_release

from careatlas.engine.release import Release, publish
from careatlas.engine.tables import RELEASE

Row = dict[str, Any]


def release_of(
    home: Path,
    rebases: dict[str, Row] | None = None,
    counting_changes: list[Row] | None = None,
    **rows: list[Row],
) -> Release:
    """``release_of(home, values=[...], persistence=[...])``; what a row leaves out is missing."""
    given = {"areas": web_release._areas(), **rows}
    tables = {
        name: pa.Table.from_pylist(
            [{column: row.get(column) for column in table.column_names} for row in given.get(name, [])],
            table.schema,
        )
        for name, table in RELEASE.items()
    }
    registered = {"rebases": rebases or {}, "counting_changes": counting_changes or []}
    documents = {"catalogue.json": {**web_release._catalogue(), **registered}}
    return publish(home, tables, documents, web_release._manifest())


def monthly(
    indicator: str, area_type: str, area: str, figures: list[float | None], first: date = date(2024, 1, 1)
) -> list[Row]:
    """Rows of ``values``, a month each from ``first`` on; None is an incomplete month."""
    rows = []
    for number, figure in enumerate(figures):
        year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
        next_year, next_month = divmod(year * 12 + month + 1, 12)
        rows.append(
            {
                "indicator": indicator,
                "area_type": area_type,
                "area": area,
                "period_start": date(year, month + 1, 1),
                "period_end": date(next_year, next_month + 1, 1) - timedelta(days=1),
                "sex": "persons",
                "age_band": "all",
                "value": figure,
                "status": "incomplete" if figure is None else "reported",
            }
        )
    return rows
