"""Sources and data quality, content pages, and the API's own page."""

import functools
from collections import Counter
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.engine.tables import RELEASE
from careatlas.errors import NotKnownError
from careatlas.present.periods import period_name
from careatlas.web.api import api
from careatlas.web.current import current_release
from careatlas.web.pages import show
from careatlas.web.template_words import heading
from careatlas.web.text import content_pages, from_markdown, title_of

MOST_TOTALS = 200


def sources(request: HttpRequest) -> HttpResponse:
    release = current_release()
    files, titles = release.rows("files"), _titles(release)
    page = {
        "sources": [_source(one, files) for one in release.manifest["sources"]],
        "files_total": len(files),
        "outcomes": [
            {"outcome": name, "number": n} for name, n in Counter(f["outcome"] for f in files).most_common()
        ],
        "not_read": [file for file in files if file["outcome"] == "not_read"],
        "read": [
            file | {"title": titles.get(file["source"], "")}
            for file in files
            if file["outcome"] != "not_read"
        ],
    }
    return show(request, "sources.html", page | _quality(release) | _totals(release))


def content(request: HttpRequest, slug: str) -> HttpResponse:
    text = content_pages().get(slug)
    if text is None:
        raise NotKnownError(slug, "is not a page of this atlas.", "See the foot of any page for the list.")
    page = {"title": title_of(text, heading(slug)), "body": from_markdown(text)}
    return show(request, "content.html", page)


def api_page(request: HttpRequest) -> HttpResponse:
    release = current_release()
    description = _description()
    page = {
        "tables": [
            {
                "name": name,
                "one_row_is": table.one_row_is,
                "rows": release.manifest["row_counts"].get(name, 0),
            }
            for name, table in RELEASE.items()
        ],
        "operations": [
            _operation(verb, path, described, description)
            for path, verbs in description["paths"].items()
            for verb, described in verbs.items()
        ],
    }
    return show(request, "api.html", page)


@functools.cache
def _description() -> dict[str, Any]:
    """Of the API, which no release changes."""
    return api.get_openapi_schema()


def _source(one: dict[str, Any], files: list[dict[str, Any]]) -> dict[str, Any]:
    own = [file for file in files if file["source"] == one["id"] and file["outcome"] == "read"]
    ends = sorted(file["period_end"] for file in own if file["period_end"])
    starts = sorted(file["period_start"] for file in own if file["period_start"])
    covers = f"{starts[0]:%B %Y} to {ends[-1]:%B %Y}" if ends and starts else "no period of its own"
    if starts and ends and (starts[0], ends[-1]) == (own[0]["period_start"], own[0]["period_end"]):
        covers = period_name(starts[0], ends[-1])
    return {
        "title": one["title"],
        "page": one["page"] if one["page"].startswith("https://") else "",
        "publisher": one["publisher"],
        "licence": one["licence"],
        "files": len(own),
        "covers": covers,
    }


def _quality(release: Release) -> dict[str, Any]:
    """What completeness checks found in each source's latest period; how many findings are older."""
    rows = release.rows("completeness")
    latest: dict[str, date] = {}
    for row in rows:
        latest[row["source"]] = max(_end(row), latest.get(row["source"], date.min))
    titles = _titles(release)
    now = [
        row
        | {
            "known": row["submitter"] in release.areas,
            "title": titles.get(row["source"], heading(row["source"])),
        }
        for row in rows
        if _end(row) == latest[row["source"]]
    ]
    now.sort(key=lambda row: (row["source"], row["status"], row["submitter_name"] or ""))
    return {"quality": now, "older_quality": len(rows) - len(now)}


def _totals(release: Release) -> dict[str, Any]:
    titles = _titles(release)
    source_of_file = {file["file"]: file["source"] for file in release.rows("files")}
    rows = [
        row
        | {
            "equal": _equal(row),
            "title": titles.get(source_of_file.get(row["file"]), heading(row["source"])),
            "words": row["total"].replace("_", " "),
        }
        for row in release.rows("reconciliation")
    ]
    rows.sort(key=lambda row: (row["equal"] != "no", -_end(row).toordinal(), row["source"], row["total"]))
    judged = Counter(row["equal"] for row in rows)
    return {
        "totals": rows[:MOST_TOTALS],
        "more_totals": len(rows) if len(rows) > MOST_TOTALS else 0,
        "agreeing": judged["yes"],
        "differing": judged["no"],
        "with_total": judged["yes"] + judged["no"],
    }


def _end(row: dict[str, Any]) -> date:
    """A total or a finding without a period (of a look-up, say) comes after those with one."""
    return row["period_end"] or date.min


def _titles(release: Release) -> dict[str, str]:
    """What people call each tidied table, and each source: the first publication that fills it."""
    tables = {
        table: source["title"]
        for source in reversed(release.manifest["sources"])
        for table in source["tables"]
    }
    return tables | {source["id"]: source["title"] for source in release.manifest["sources"]}


def _equal(row: dict[str, Any]) -> str:
    if row["published"] is None or row["counted"] is None:
        return "cannot be told"
    return "yes" if abs(row["published"] - row["counted"]) <= 1e-9 * max(1.0, abs(row["published"])) else "no"


def _operation(
    verb: str, path: str, described: dict[str, Any], description: dict[str, Any]
) -> dict[str, Any]:
    answers = described["responses"]
    answer = answers[200 if 200 in answers else 201]["content"]["application/json"]["schema"]
    is_read, needs_key = verb == "get", {"Key": []} in described.get("security", ())
    parameters = [
        {
            "name": one["name"],
            "type": _type(one["schema"]),
            "needed": "yes" if one.get("required") else "no",
            "meaning": one["schema"].get("description") or one.get("description", ""),
        }
        for one in described.get("parameters", [])
    ]
    return {
        "id": described["operationId"],
        "verb": verb.upper(),
        "path": path,
        "is_read": is_read,
        "needs_key": needs_key,
        "summary": described["summary"],
        "parameters": parameters,
        "fields": _fields(answer, description["components"]["schemas"]),
        "example": path + ("?q=hospital" if path.endswith("search") else "")
        if is_read and not needs_key and "{" not in path
        else "",
    }


def _fields(answer: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, str]]:
    """The fields of one row of the answer, wherever the answer keeps its rows."""
    schema = _resolved(answer.get("items", answer), schemas)
    rows = schema.get("properties", {}).get("rows")
    if rows:
        schema = _resolved(rows["items"], schemas)
    return [
        {"name": name, "type": _type(one), "meaning": one.get("description", "")}
        for name, one in schema.get("properties", {}).items()
    ]


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    return schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    return str(schema.get("format") or schema.get("type") or "object")
