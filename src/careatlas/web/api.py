"""``/api/v1/``: the tables of the release as JSON, rows with the tables' own column names.

Missing is null, never zero. Long answers come in pages of at most 1,000 rows (``limit``, ``offset``;
``total`` says how many there are). ``/api/v1/openapi.json`` is made from the same declarations.
"""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

import pyarrow as pa
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Path, Query, Schema
from pydantic import Field, create_model

from careatlas.engine.release import Release
from careatlas.engine.tables import RELEASE
from careatlas.errors import AtlasError
from careatlas.web import reading
from careatlas.web.current import current_release
from careatlas.web.faults import explained
from careatlas.web.search import search as search_names
from careatlas.web.waiting_choice import PROVIDER, choose_exactly, country_rows, own_rows
from careatlas.web.waiting_hospitals import provider_rows, trust_asked

MOST_ROWS = 1_000
_PYTHON_TYPE: dict[pa.DataType, type] = {
    pa.string(): str,
    pa.int64(): int,
    pa.float64(): float,
    pa.date32(): date,
    pa.bool_(): bool,
}

api = NinjaAPI(
    title="Care Atlas",
    version="1",
    docs_url=None,
    urls_namespace="api-v1",
    description=(__doc__ or "").strip(),
)


class Fault(Schema):
    detail: str = Field(description="what was found, where, and what to do")


class ReleaseOut(Schema):
    """What the atlas is serving: its inputs with checksums, its code, its row counts."""

    id: str
    simulated: bool
    country_name: str
    content_hash: str
    previous: str | None = None
    row_counts: dict[str, int]
    sources: list[dict[str, Any]]


class IndicatorOut(Schema):
    id: str
    title: str
    short_title: str
    theme: str
    programme: str
    polarity: str = Field(description="higher_is_better, lower_is_better or neither")
    unit: str
    method: str
    area_types: list[str] = Field(description="levels at which there are values")


class Definition(IndicatorOut):
    """The whole definition, as in its file."""

    definition: dict[str, Any]


class FoundOut(Schema):
    kind: str = Field(description="topic, or the kind of place: area, town, council, hospital, alias")
    name: str
    indicator: str | None = None
    area: str | None = None
    area_name: str | None = None
    area_type: str | None = None
    share: float | None = Field(
        None, description="part of the place that lies in the area; null: it is the area"
    )
    address: str


def _row_model(table: str) -> type[Schema]:
    """A row of a release table as a type, from the table's own declaration."""
    fields: dict[str, Any] = {
        column.name: (
            _PYTHON_TYPE[column.type] | None,
            Field(None, description=column.meaning + (f" ({column.unit})" if column.unit else "")),
        )
        for column in RELEASE[table].columns
    }
    name = "".join(word.capitalize() for word in table.split("_")) + "Row"
    return create_model(name, __base__=Schema, __doc__=f"{RELEASE[table].one_row_is.capitalize()}.", **fields)


def _rows_model(table: str) -> type[Schema]:
    row = _row_model(table)
    return create_model(
        row.__name__ + "s",
        __base__=Schema,
        release=(str, Field(description="the release these rows are of")),
        total=(int, Field(description="rows that answer the request, before limit and offset")),
        limit=(int, ...),
        offset=(int, ...),
        rows=(list[row], ...),
    )


Limit = Annotated[int, Query(MOST_ROWS, ge=1, le=MOST_ROWS, description="rows in this answer")]
Offset = Annotated[int, Query(0, ge=0, le=10_000_000, description="rows to pass over")]


def _text(meaning: str) -> Any:
    return Annotated[str | None, Query(None, max_length=100, description=meaning)]


IndicatorId = _text("an indicator's id")
AreaTypeId = _text("an area type's id: sub_icb, icb, region, provider, country")
AreaCode = _text("an area's ODS code")
PeriodCode = _text(
    "2026-01 (a month), 2024-Q2 (a quarter of 2024/25), 2022 (a year) or 2023/24 (a financial year)"
)
ValueStatus = Annotated[
    Literal["reported", "zero", "missing", "incomplete", "hidden"] | None,
    Query(None, description="what stands behind a value"),
]
Status = _text("a status, as the column of that name")
Benchmark = Annotated[
    Literal["national", "parent", "standard"] | None, Query(None, description="what values are held against")
]
SourceId = _text("a source, as the column of that name")


def _answer(release: Release, table: str, limit: int, offset: int, **asked: str | None) -> dict[str, Any]:
    rows = reading.select(release, table, {name: text for name, text in asked.items() if text})
    page = rows.slice(offset, limit).to_pylist()
    return {"release": release.id, "total": len(rows), "limit": limit, "offset": offset, "rows": page}


@api.exception_handler(AtlasError)
def _explain(request: HttpRequest, fault: AtlasError) -> HttpResponse:
    return explained(request, fault)


def _get(path: str, answer: Any, **further: Any) -> Any:
    return api.get(path, response={200: answer, 404: Fault, 422: Any, 503: Fault}, **further)


@_get("/release", ReleaseOut, summary="The release being served")
def release(request: HttpRequest) -> Any:
    return current_release().manifest


@_get("/indicators", list[IndicatorOut], summary="Every indicator")
def indicators(request: HttpRequest) -> Any:
    now = current_release()
    return [
        one | {"area_types": reading.area_types_of(now, one["id"])}
        for one in now.catalogue["indicators"].values()
    ]


@_get("/indicators/{indicator}", Definition, summary="One indicator's definition")
def indicator(request: HttpRequest, indicator: Annotated[str, Path(..., description="its id")]) -> Any:
    now = current_release()
    one = reading.indicator(now, indicator)
    return one | {"area_types": reading.area_types_of(now, indicator), "definition": one}


@_get("/areas", _rows_model("areas"), summary="Areas, of all types or one")
def areas(
    request: HttpRequest,
    area_type: AreaTypeId = None,
    parent_code: AreaCode = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    return _answer(current_release(), "areas", limit, offset, area_type=area_type, parent_code=parent_code)


@_get("/areas/{code}", _row_model("areas"), summary="One area")
def area(request: HttpRequest, code: Annotated[str, Path(..., description="its ODS code")]) -> Any:
    return reading.area(current_release(), code)


@_get("/values", _rows_model("values"), summary="Values with their limits, counts and status")
def values(
    request: HttpRequest,
    indicator: IndicatorId = None,
    area_type: AreaTypeId = None,
    area: AreaCode = None,
    period: PeriodCode = None,
    status: ValueStatus = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    asked = {"indicator": indicator, "area_type": area_type, "area": area, "period": period, "status": status}
    return _answer(current_release(), "values", limit, offset, **asked)


@_get("/comparisons", _rows_model("comparisons"), summary="Values held against a benchmark")
def comparisons(
    request: HttpRequest,
    indicator: IndicatorId = None,
    area_type: AreaTypeId = None,
    area: AreaCode = None,
    period: PeriodCode = None,
    benchmark: Benchmark = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    asked = {
        "indicator": indicator, "area_type": area_type, "area": area, "period": period, "benchmark": benchmark
    }  # fmt: skip
    return _answer(current_release(), "comparisons", limit, offset, **asked)


@_get("/completeness", _rows_model("completeness"), summary="Who did not submit, or only in part")
def completeness(
    request: HttpRequest,
    source: SourceId = None,
    submitter: AreaCode = None,
    period: PeriodCode = None,
    status: Status = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    asked = {"source": source, "submitter": submitter, "period": period, "status": status}
    return _answer(current_release(), "completeness", limit, offset, **asked)


@_get("/files", _rows_model("files"), summary="Files the build was given, read or not and why")
def files(
    request: HttpRequest,
    source: SourceId = None,
    outcome: _text("read, superseded, duplicate or not_read") = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    return _answer(current_release(), "files", limit, offset, source=source, outcome=outcome)


@_get("/reconciliation", _rows_model("reconciliation"), summary="Publishers' own totals beside ours")
def reconciliation(
    request: HttpRequest,
    source: SourceId = None,
    period: PeriodCode = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    return _answer(current_release(), "reconciliation", limit, offset, source=source, period=period)


class WaitingTimesOut(Schema):
    """Waiting times of every area (or provider) of one choice; percentages and weeks carry their 95 % limits."""

    release: str = Field(description="the release these rows are of")
    total: int
    rows: list[dict[str, Any]] = Field(
        description="area, name, window, pathways, status, share within 18 weeks, median and 92nd-centile weeks, long "
        "waits, clearance weeks; per 1,000 people and rank by registered, resident and need_weighted people"
    )


@_get("/waiting-times", WaitingTimesOut, summary="Waiting times: rates, ranks and lengths with their limits")
def waiting_times(
    request: HttpRequest,
    specialty: _text("total, or a treatment function such as 110") = None,
    part: _text("completed, completed_admitted, completed_non_admitted, incomplete or new_periods") = None,
    months: _text("how many months together, 1 to 24") = None,
    denominator: _text(
        "registered, resident or need_weighted: whose absence is said; rows have all three"
    ) = None,
    area_type: AreaTypeId = None,
    area: AreaCode = None,
    period: PeriodCode = None,
) -> Any:
    now = current_release()
    asked = {"specialty": specialty, "part": part, "months": months, "denominator": denominator}
    asked |= {"area_type": area_type, "area": area, "period": period}
    asked = {name: text for name, text in asked.items() if text}
    if area_type == PROVIDER:
        one = trust_asked(now, area or "")
        rows = provider_rows(now, choose_exactly(now, asked | {"area_type": "", "area": ""}))
    else:
        one = reading.area(now, area) if area else None
        choice = choose_exactly(now, asked)
        rows = own_rows(now, choice) if choice.area or not one else country_rows(now, choice)
    kept = [row for row in rows if one is None or row["area"] == one["code"]]
    return {"release": now.id, "total": len(kept), "rows": kept}


@_get("/search", list[FoundOut], summary="Topics and places by name")
def search(
    request: HttpRequest,
    q: Annotated[str, Query(..., min_length=1, max_length=100, description="part of a name")],
) -> Any:
    found = search_names(current_release(), q)
    topics = [
        {
            "kind": "topic",
            "name": one.title,
            "indicator": one.indicator,
            "address": f"/indicators/{one.indicator}/",
        }
        for one in found.topics
    ]
    return topics + [asdict(place) | {"address": f"/areas/{place.area}/"} for place in found.places]
