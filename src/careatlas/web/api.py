"""``/api/v1/``: the tables of the release as JSON, rows with the tables' own column names.

Missing is null, never zero. Long answers come in pages of at most 1,000 rows (``limit``, ``offset``;
``total`` says how many there are). What commands answer, such as why areas differ and how long people wait, is in
``api_answers``. ``/api/v1/openapi.json`` is made from the same declarations.
"""

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Path, Query, Schema
from pydantic import Field

from careatlas.engine.release import Release
from careatlas.errors import AtlasError
from careatlas.present.collections import collection_named, ids_of
from careatlas.web import api_answers, reading
from careatlas.web.api_keys import WaitAMinute
from careatlas.web.api_parts import (
    AreaCode,
    AreaTypeId,
    Benchmark,
    IndicatorId,
    Limit,
    Offset,
    PeriodCode,
    SourceId,
    Status,
    ValueStatus,
    answers,
    one_page,
    optional_text,
    row_of,
    rows_of,
)
from careatlas.web.current import current_release
from careatlas.web.delivery.api_writing import router as delivery_router
from careatlas.web.faults import explained
from careatlas.web.library.api_writing import router as library_router
from careatlas.web.search import search as search_names

api = NinjaAPI(
    title="Care Atlas",
    version="1",
    docs_url=None,
    urls_namespace="api-v1",
    description=(__doc__ or "").strip(),
)
api.add_router("", api_answers.router)
api.add_router("/library", library_router)
api.add_router("/delivery", delivery_router)


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


def _answer(release: Release, table: str, limit: int, offset: int, **asked: str | None) -> dict[str, Any]:
    rows = reading.select(release, table, {name: text for name, text in asked.items() if text})
    return one_page(release, rows.slice(offset, limit).to_pylist(), len(rows), limit, offset)


def _get(path: str, answer: Any, **further: Any) -> Any:
    return api.get(path, response=answers(answer), **further)


@api.exception_handler(AtlasError)
def _explain(request: HttpRequest, fault: AtlasError) -> HttpResponse:
    return explained(request, fault)


@api.exception_handler(WaitAMinute)
def _wait(request: HttpRequest, fault: WaitAMinute) -> HttpResponse:
    response = api.create_response(request, {"detail": str(fault)}, status=fault.status_code)
    response["Retry-After"] = "60"
    return response


@_get("/release", ReleaseOut, summary="The release being served")
def release(request: HttpRequest) -> Any:
    return current_release().manifest


@_get("/indicators", list[IndicatorOut], summary="Every indicator, or those of a collection")
def indicators(
    request: HttpRequest,
    collection: Annotated[str | None, Query(description="a collection's id, such as atlas")] = None,
) -> Any:
    now = current_release()
    known = now.catalogue["indicators"]
    ids = ids_of(collection_named(now, collection)) if collection else known
    return [known[id] | {"area_types": reading.area_types_of(now, id)} for id in ids]


@_get("/indicators/{indicator}", Definition, summary="One indicator's definition")
def indicator(request: HttpRequest, indicator: Annotated[str, Path(..., description="its id")]) -> Any:
    now = current_release()
    one = reading.indicator(now, indicator)
    return one | {"area_types": reading.area_types_of(now, indicator), "definition": one}


@_get("/areas", rows_of("areas"), summary="Areas, of all types or one")
def areas(
    request: HttpRequest,
    area_type: AreaTypeId = None,
    parent_code: AreaCode = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    return _answer(current_release(), "areas", limit, offset, area_type=area_type, parent_code=parent_code)


@_get("/areas/{code}", row_of("areas"), summary="One area")
def area(request: HttpRequest, code: Annotated[str, Path(..., description="its ODS code")]) -> Any:
    return reading.area(current_release(), code)


@_get("/values", rows_of("values"), summary="Values with their limits, counts and status")
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


@_get("/comparisons", rows_of("comparisons"), summary="Values held against a benchmark")
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


@_get("/completeness", rows_of("completeness"), summary="Who did not submit, or only in part")
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


@_get("/files", rows_of("files"), summary="Files the build was given, read or not and why")
def files(
    request: HttpRequest,
    source: SourceId = None,
    outcome: optional_text("read, superseded, duplicate or not_read") = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    return _answer(current_release(), "files", limit, offset, source=source, outcome=outcome)


@_get("/reconciliation", rows_of("reconciliation"), summary="Publishers' own totals beside ours")
def reconciliation(
    request: HttpRequest,
    source: SourceId = None,
    period: PeriodCode = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    return _answer(current_release(), "reconciliation", limit, offset, source=source, period=period)


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
