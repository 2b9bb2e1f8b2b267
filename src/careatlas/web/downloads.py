"""Tables of the release as CSV: the same rows as the pages and the API, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from django.http import HttpRequest, StreamingHttpResponse

from careatlas.errors import NotKnownError
from careatlas.present.tables import safe_for_spreadsheet
from careatlas.web import (
    area_beside,
    compare_page,
    priorities_page,
    reading,
    waiting_figures,
    waiting_hospitals,
    waiting_page,
)
from careatlas.web.current import current_release
from careatlas.web.waiting_choice import choose_exactly, own_rows

ROWS_AT_A_TIME = 2_000


def heat(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """``/data/areas/<code>/heat.csv?beside=``: the figures of an area's heat map."""
    release = current_release()
    return _file(pa.Table.from_pylist(area_beside.csv_rows(release, code, request.GET)), "heat", request)


def compare(request: HttpRequest) -> StreamingHttpResponse:
    """``/data/compare.csv?x=&y=``: two indicators side by side, one row an area."""
    release = current_release()
    pair = compare_page.pair_asked(release, request.GET)
    return _file(pa.Table.from_pylist(compare_page.csv_rows(release, pair)), "compare", request)


def priorities(request: HttpRequest) -> StreamingHttpResponse:
    """``/data/priorities.csv?sheet=``: a worksheet's options, weighed."""
    return _file(pa.Table.from_pylist(priorities_page.csv_rows(request.GET)), "priorities", request)


def waiting(request: HttpRequest, what: str) -> StreamingHttpResponse:
    """``/data/waiting-<times|hospitals|gaps|ranks>.csv?specialty=&part=&months=&...``: the pages' own rows."""
    release = current_release()
    makers = {
        "times": own_rows,
        "hospitals": waiting_hospitals.provider_rows,
        "gaps": waiting_page.gap_rows,
        "ranks": waiting_figures.month_ranks,
    }
    if what not in makers:
        raise NotKnownError(what, "is not a table of waiting times.", f"Tables: {', '.join(makers)}.")
    rows = list(makers[what](release, choose_exactly(release, request.GET)))
    return _file(pa.Table.from_pylist(rows), f"waiting-{what}", request)


def data(request: HttpRequest, table: str) -> StreamingHttpResponse:
    """``/data/<table>.csv``, with any column (and ``period``) as a filter."""
    release = current_release()
    rows = reading.select(release, table, {name: text for name, text in request.GET.items() if text})
    return _file(rows, table, request)


def of_rows(
    rows: list[dict[str, Any]], table: str, request: HttpRequest, columns: Iterable[str] = ()
) -> StreamingHttpResponse:
    """Rows that another page made; ``columns``: what heads the file where there are none."""
    found = pa.Table.from_pylist(rows) if rows else pa.table({name: [] for name in columns})
    return _file(found, table, request)


def _file(rows: pa.Table, table: str, request: HttpRequest) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    name = "-".join(["care-atlas", current_release().id, table, *_words_of(request)])
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


class _Echo:
    def write(self, line: str) -> str:
        return line


def _lines(rows: pa.Table) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(rows.column_names)
    for batch in rows.to_batches(max_chunksize=ROWS_AT_A_TIME):
        for row in batch.to_pylist():
            yield writer.writerow([safe_for_spreadsheet(value) for value in row.values()])


def _words_of(request: HttpRequest) -> list[str]:
    """The request's filters as part of a file name: only letters, digits and dashes."""
    text = "-".join(request.GET[name] for name in sorted(request.GET))[:80]
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text).strip("-")
    return [kept] if kept else []
