"""What the routes of the API are made of: parameters, types of rows made from declared columns, pages of rows."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

import pyarrow as pa
from ninja import Query, Schema
from pydantic import Field, create_model

from careatlas.engine.release import Release
from careatlas.engine.table import Column
from careatlas.engine.tables import RELEASE

MOST_ROWS = 1_000
_PYTHON_TYPE: dict[pa.DataType, type] = {
    pa.string(): str,
    pa.int64(): int,
    pa.float64(): float,
    pa.date32(): date,
    pa.bool_(): bool,
}


class Fault(Schema):
    detail: str = Field(description="what was found, where, and what to do")


def answers(answer: Any) -> dict[int, Any]:
    """What a route may answer, by HTTP status."""
    return {200: answer, 404: Fault, 422: Any, 503: Fault}


def optional_text(meaning: str) -> Any:
    return Annotated[str | None, Query(None, max_length=100, description=meaning)]


Limit = Annotated[int, Query(MOST_ROWS, ge=1, le=MOST_ROWS, description="rows in this answer")]
Offset = Annotated[int, Query(0, ge=0, le=10_000_000, description="rows to pass over")]
IndicatorId = optional_text("an indicator's id")
AreaTypeId = optional_text("an area type's id: sub_icb, icb, region, local_authority, provider, country")
AreaCode = optional_text("an area's ODS code")
PeriodCode = optional_text(
    "2026-01 (a month), 2024-Q2 (a quarter of 2024/25), 2022 (a year) or 2023/24 (a financial year)"
)
ValueStatus = Annotated[
    Literal["reported", "zero", "missing", "incomplete", "hidden"] | None,
    Query(None, description="what stands behind a value"),
]
Status = optional_text("a status, as the column of that name")
Benchmark = Annotated[
    Literal["national", "parent", "standard"] | None, Query(None, description="what values are held against")
]
SourceId = optional_text("a source, as the column of that name")


def row_of(table: str) -> type[Schema]:
    """A row of a release table as a type, from the table's own declaration."""
    name = "".join(word.capitalize() for word in table.split("_")) + "Row"
    return row_type(name, RELEASE[table].one_row_is, RELEASE[table].columns)


def rows_of(table: str) -> type[Schema]:
    return rows_type(row_of(table))


def row_type(name: str, one_row_is: str, columns: Iterable[Column]) -> type[Schema]:
    """A row with these columns; every one may be null."""
    fields: dict[str, Any] = {
        column.name: (
            _PYTHON_TYPE[column.type] | None,
            Field(None, description=column.meaning + (f" ({column.unit})" if column.unit else "")),
        )
        for column in columns
    }
    return create_model(name, __base__=Schema, __doc__=f"{one_row_is.capitalize()}.", **fields)


def rows_type(row: type[Schema]) -> type[Schema]:
    return create_model(
        row.__name__ + "s",
        __base__=Schema,
        release=(str, Field(description="the release these rows are of")),
        total=(int, Field(description="rows that answer the request, before limit and offset")),
        limit=(int, ...),
        offset=(int, ...),
        rows=(list[row], ...),
    )


def one_page(release: Release, rows: list[Any], total: int, limit: int, offset: int) -> dict[str, Any]:
    return {"release": release.id, "total": total, "limit": limit, "offset": offset, "rows": rows}
