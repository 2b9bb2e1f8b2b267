"""The manual of the statistics: a page per method, printed from its docstrings, worked examples and chart.

What is printed is read by catalogue/method_docstrings.py and catalogue/method_guide.py.
"""

import functools
import re
from pprint import pformat
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from careatlas import methods as all_methods
from careatlas.catalogue.library import load_method_guide
from careatlas.catalogue.method_docstrings import WITHOUT_CHAPTER, Documented, documented
from careatlas.catalogue.method_guide import Example, GuideChart, values
from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present import method_chart
from careatlas.present.theme import Row
from careatlas.web import reading
from careatlas.web.current import current_release
from careatlas.web.pages import crumb, show
from careatlas.web.pictures import drawing_code, pictures
from careatlas.web.template_words import heading
from careatlas.web.text import from_docstring

# A DOI may hold (brackets), and ends before the sentence's own punctuation.
DOI = re.compile(r"10\.\d{4,}/(?:\([^\s()]*\)|[^\s();,&<])*[^\s();,.:&<]")
IMPORT = "import careatlas as ca"
LINE = 80  # characters of code across


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
    return show(
        request, "methods.html", {"chapters": [one for one in chapters if one["methods"]], "import": IMPORT}
    )


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
        "import": IMPORT,
        "examples": [example_of(found, one) for one in guide.examples] if guide else [],
        "figure": _figure(name, chart) if chart else None,
        "table": _table(name),
        "indicators": _using(current_release(), name),
        "crumbs": [crumb("Methods", "/methods/")],
    }
    return show(request, "method.html", page)


def _with_links(text: str) -> SafeString:
    """A source with its DOIs as links."""
    shown = from_docstring(re.sub(r"^Sources?:\s*", "", text))
    return SafeString(DOI.sub(r'<a href="https://doi.org/\g<0>">\g<0></a>', shown))


@functools.cache  # lists name every method
def _title(name: str) -> str:
    guide = load_method_guide(name)
    return guide.title if guide else heading(name)


def example_of(method: Documented, example: Example) -> dict[str, Any]:
    """A call that runs as it stands, and the fields of its answer."""
    function = next(one for one in method.functions if one.name == example.call)
    call = _call(f"answer = ca.methods.{function.path}", example.given)
    from_math = "from math import nan\n\n" if re.search(r"\bnan\b", call) else ""
    fields = {
        f"answer.{name}" if function.gives.fields else "answer": one for name, one in example.expect.items()
    }
    return {
        "name": example.name,
        "code": f"{from_math}{IMPORT}\n\n{call}",
        "answer": [{"name": name, "text": _code(one)} for name, one in fields.items()],
        "by_hand": example.by_hand,
    }


def _call(function: str, given: dict[str, Any]) -> str:
    """On one line where it fits, else an argument a line."""
    arguments = [f"{name}={_code(one, after=f'    {name}=')}" for name, one in given.items()]
    short = f"{function}({', '.join(arguments)})"
    if len(short) <= LINE and "\n" not in short:
        return short
    return "\n".join([f"{function}(", *(f"    {one}," for one in arguments), ")"])


def _code(written: Any, after: str = "") -> str:
    """As Python writes it; missing is ``nan``. What does not fit on its line goes on below where it began."""
    text = pformat(values(written), width=LINE - len(after), compact=True, sort_dicts=False)
    return text.replace("\n", "\n" + " " * len(after))


def _figure(name: str, chart: GuideChart) -> dict[str, Any]:
    base = f"/charts/methods/{drawing_code()}/{name}"
    return {
        "name": "chart",
        "alt": method_chart.description(chart),
        **pictures(base, width="desk"),
        "link": f"/methods/{name}/",
    }


@functools.cache
def _table(name: str) -> dict[str, Any] | None:
    """The numbers of the chart: a column for the setting where one may be chosen."""
    guide = load_method_guide(name)
    if guide is None or guide.chart is None:
        return None
    chart = guide.chart
    rows = _in_words(method_chart.method_rows(name, chart), chart)
    columns = {"x": chart.x.title} | method_chart.columns(chart)
    if chart.choose:
        columns = {"setting": chart.choose.label} | columns
    return {"columns": list(columns.values()), "rows": [[row[column] for column in columns] for row in rows]}


def _in_words(rows: list[Row], chart: GuideChart) -> list[Row]:
    """Codes as the words that the chart's axis has for them.

    Where it has them for some numbers only, they label a scale, and numbers stay numbers.
    """
    words, drawn = chart.y.labels, list(method_chart.columns(chart))
    if not {row[name] for row in rows for name in drawn} - {None} <= words.keys():
        return rows
    return [row | {name: words.get(row[name]) for name in drawn} for row in rows]


def _using(release: Release, name: str) -> list[dict[str, Any]]:
    return [one for one in reading.indicators_with_values(release) if one["method"] == name]
