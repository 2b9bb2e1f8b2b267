"""The manual of the statistics: a page per method, printed from its docstrings, worked examples and chart."""

import ast
import functools
import re
import textwrap
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

import careatlas
from careatlas import methods as all_methods
from careatlas.catalogue.library import load_method_guide
from careatlas.catalogue.method_guide import Example, GuideChart
from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present import method_chart
from careatlas.web import reading
from careatlas.web.charts import method_code
from careatlas.web.current import current_release
from careatlas.web.pages import crumb, show
from careatlas.web.template_words import heading
from careatlas.web.text import from_docstring

DOI = re.compile(
    r"10\.\d{4,}/(?:\([^\s()]*\)|[^\s();,&<])*[^\s();,.:&<]"
)  # may hold (brackets), ends before .,;
METHODS = Path(str(resources.files(careatlas))) / "methods"

WITHOUT_CHAPTER = "What the methods share"


@dataclass(frozen=True)
class Documented:
    """A method's file, read without running it: its parts in the order in which its page prints them."""

    name: str
    chapter: str
    first_line: str
    paragraphs: dict[str, list[str]]
    functions: list[dict[str, str | SafeString]]


def methods(request: HttpRequest) -> HttpResponse:
    release = current_release()
    chapters = [
        {
            "title": chapter,
            "methods": [
                {
                    "name": one.name,
                    "title": _title(one.name),
                    "first_line": one.first_line,
                    "indicators": _using(release, one.name),
                }
                for one in documented().values()
                if one.chapter == chapter
            ],
        }
        for chapter in (*all_methods.CHAPTERS, WITHOUT_CHAPTER)
    ]
    return show(request, "methods.html", {"chapters": [one for one in chapters if one["methods"]]})


def method(request: HttpRequest, name: str) -> HttpResponse:
    found = documented().get(name)
    if found is None:
        raise NotKnownError(name, "is not a method.", "See the list of methods.")
    guide = load_method_guide(name)
    chart = guide.chart if guide else None
    page = {
        "title": _title(name),
        "method": found,
        "parts": {part: from_docstring("\n\n".join(text)) for part, text in found.paragraphs.items()},
        "formula": "\n\n".join(found.paragraphs["formula"]),
        "sources": [_with_links(text) for text in found.paragraphs["source"]],
        "examples": [_example(one) for one in guide.examples] if guide else [],
        "figure": _figure(name, chart) if chart else None,
        "table": _table(name),
        "indicators": _using(current_release(), name),
        "crumbs": [crumb("Methods", "/methods/")],
    }
    return show(request, "method.html", page)


@functools.cache
def documented() -> dict[str, Documented]:
    """Every file of methods, by name."""
    read = [_read(path) for path in sorted(METHODS.glob("*.py")) if not path.stem.startswith("_")]
    return {one.name: one for one in read}


def _read(path: Path) -> Documented:
    module = ast.parse(path.read_text(encoding="utf-8"))
    first_line, paragraphs = _parts(ast.get_docstring(module) or "")
    functions = [
        {
            "name": one.name,
            "signature": f"{one.name}({ast.unparse(one.args)})",
            "about": from_docstring(ast.get_docstring(one) or ""),
        }
        for one in module.body
        if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")
    ]
    return Documented(path.stem, _chapter(module), first_line, paragraphs, functions)


def _chapter(module: ast.Module) -> str:
    for one in module.body:
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "CHAPTER":
            return str(ast.literal_eval(one.value))
    return WITHOUT_CHAPTER


def _parts(docstring: str) -> tuple[str, dict[str, list[str]]]:
    """The first line, and the paragraphs on when to use the method, when not, its formula, source, and more."""
    first, *blocks = re.split(r"\n\s*\n", docstring.strip("\n"))
    found: dict[str, list[str]] = {"use": [], "not": [], "formula": [], "more": [], "source": []}
    part = "more"
    for block in blocks:
        is_indented = block.startswith("    ")
        starts = {"Use ": "use", "Not ": "not", "Formula::": "formula", "Source": "source"}
        part = next((name for start, name in starts.items() if block.startswith(start)), None) or (
            part if is_indented else "more"
        )
        if block != "Formula::":
            found[part].append(textwrap.dedent(block) if part == "formula" else block)
    return " ".join(first.split()), found


def _with_links(text: str) -> SafeString:
    """A source with its DOIs as links."""
    shown = from_docstring(re.sub(r"^Sources?:\s*", "", text))
    return SafeString(DOI.sub(r'<a href="https://doi.org/\g<0>">\g<0></a>', shown))


def _title(name: str) -> str:
    guide = load_method_guide(name)
    return guide.title if guide else heading(name)


def _example(example: Example) -> dict[str, Any]:
    return {
        "name": example.name,
        "call": example.call,
        "given": [{"name": name, "text": _written(one)} for name, one in example.given.items()],
        "expect": [{"name": name, "text": _written(one)} for name, one in example.expect.items()],
        "by_hand": example.by_hand,
    }


def _written(value: Any) -> str:
    """Numbers as a person lists them: missing is said, rows of a table stand apart."""
    if value is None:
        return "missing"
    if value in ({}, []):
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_written(one)}" for key, one in value.items())
    if isinstance(value, list):
        is_table = any(isinstance(one, list) for one in value)
        return ("; " if is_table else ", ").join(_written(one) for one in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _figure(name: str, chart: GuideChart) -> dict[str, Any]:
    base = f"/charts/methods/{method_code()}/{name}"
    return {
        "name": "chart",
        "title": "Try it",
        "alt": method_chart.description(chart),
        "svg": f"{base}.svg?width=desk",
        "svg_phone": f"{base}.svg?width=phone",
        "json": f"{base}.json?width=desk",
        "json_phone": f"{base}.json?width=phone",
        "svg_file": f"{base}.svg",
        "png": f"{base}.png",
        "link": f"/methods/{name}/",
    }


@functools.cache
def _table(name: str) -> dict[str, Any] | None:
    """The numbers of the chart: a column for the setting where one may be chosen."""
    guide = load_method_guide(name)
    if guide is None or guide.chart is None:
        return None
    chart, rows = guide.chart, method_chart.method_rows(name, guide.chart)
    columns = {"x": chart.x.title} | method_chart.columns(chart)
    if chart.choose:
        columns = {"setting": chart.choose.label} | columns
    return {"columns": list(columns.values()), "rows": [[row[column] for column in columns] for row in rows]}


def _using(release: Release, name: str) -> list[dict[str, Any]]:
    return [one for one in reading.indicators_with_values(release) if one["method"] == name]
