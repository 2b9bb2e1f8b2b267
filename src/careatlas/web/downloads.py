"""Tables of the release as CSV: the same rows as the pages and the API, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterator

import pyarrow as pa
from django.http import HttpRequest, StreamingHttpResponse

from careatlas.present.tables import safe_for_spreadsheet
from careatlas.web import reading
from careatlas.web.current import current_release

ROWS_AT_A_TIME = 2_000


def data(request: HttpRequest, table: str) -> StreamingHttpResponse:
    """``/data/<table>.csv``, with any column (and ``period``) as a filter."""
    release = current_release()
    rows = reading.select(release, table, {name: text for name, text in request.GET.items() if text})
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    name = "-".join(["care-atlas", release.id, table, *_words_of(request)])
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
