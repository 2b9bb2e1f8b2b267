"""The manual of the statistics: a page per method, printed from its docstrings, worked examples and chart."""

import ast
import copy
import functools
import re
import textwrap
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from pprint import pformat
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

import careatlas
from careatlas import methods as all_methods
from careatlas.catalogue.library import load_method_guide
from careatlas.catalogue.method_guide import Example, GuideChart, values
from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present import method_chart
from careatlas.web import reading
from careatlas.web.charts import method_code
from careatlas.web.current import current_release
from careatlas.web.pages import crumb, show
from careatlas.web.template_words import heading
from careatlas.web.text import from_docstring

# A DOI may hold (brackets), and ends before the sentence's own punctuation.
DOI = re.compile(r"10\.\d{4,}/(?:\([^\s()]*\)|[^\s();,&<])*[^\s();,.:&<]")
METHODS = Path(str(resources.files(careatlas))) / "methods"

WITHOUT_CHAPTER = "What the methods share"
IMPORT = "import careatlas as ca"
LINE = 80  # characters of code across
WITHOUT_FIELDS = {
    "Numbers": "An array of numbers.",
    "Truths": "An array of truths.",
    "Codes": "An array of whole numbers, the codes.",
    "NDArray[np.bool_]": "An array of truths.",
    "NDArray[np.str_]": "An array of words.",
    "NDArray[np.int64]": "An array of whole numbers.",
    "tuple[Numbers, Numbers]": "Two arrays of numbers.",
    "tuple[Numbers, ...]": "Arrays of numbers.",
    "list[str]": "A list of words.",
    "list[Numbers]": "A list of arrays of numbers.",
    "int": "A whole number.",
    "float": "A number.",
    "None": "Nothing: it refuses, or passes.",
}


@dataclass(frozen=True)
class Result:
    """What a function gives back: a result with named fields, or something without (``fields`` is empty)."""

    fields: str
    about: SafeString


@dataclass(frozen=True)
class Function:
    """A public function: ``path`` is how it is reached from ``ca.methods``."""

    name: str
    path: str
    call: str
    first_sentence: SafeString
    about: SafeString
    gives: Result


@dataclass(frozen=True)
class Documented:
    """A method's file, read without running it: its parts in the order in which its page prints them."""

    name: str
    chapter: str
    first_line: str
    paragraphs: dict[str, list[str]]
    functions: list[Function]


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


@functools.cache
def documented() -> dict[str, Documented]:
    """Every file of methods, by name."""
    read = [_read(path) for path in sorted(METHODS.glob("*.py")) if not path.stem.startswith("_")]
    return {one.name: one for one in read}


def _read(path: Path) -> Documented:
    module = _parsed(path)
    first_line, paragraphs = _parts(ast.get_docstring(module) or "")
    functions = [
        _function(one, path.stem, module)
        for one in module.body
        if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")
    ]
    return Documented(path.stem, _chapter(module), first_line, paragraphs, functions)


def _function(found: ast.FunctionDef, file: str, module: ast.Module) -> Function:
    about = ast.get_docstring(found) or ""
    path = file if found.name == file else f"{file}.{found.name}"
    return Function(
        name=found.name,
        path=path,
        call=f"ca.methods.{path}({_arguments(found, module)})",
        first_sentence=from_docstring(re.split(r"(?<=\.)\s|\n\n", about)[0]),
        about=from_docstring(about),
        gives=_result(found.returns, module),
    )


def _arguments(found: ast.FunctionDef, module: ast.Module) -> str:
    """As a call is written: names, and what holds where one is not given."""
    bare = copy.deepcopy(found.args)
    for one in ast.walk(bare):
        if isinstance(one, ast.arg):
            one.annotation = None
    bare.defaults = [_constant(one, module) for one in bare.defaults]
    return ast.unparse(bare)


def _constant(default: ast.expr, module: ast.Module) -> ast.expr:
    """The number that a named default stands for: the reader of a page cannot look it up."""
    name = ast.unparse(default)
    for one in _home(name, module).body:
        is_named = isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == name
        if is_named and isinstance(one.value, ast.Constant | ast.Tuple):
            return one.value
    return default


def _result(annotation: ast.expr | None, module: ast.Module) -> Result:
    """By the docstring of the class that is given back, of this file or of one that it imports from."""
    name = ast.unparse(annotation) if annotation else "None"
    for one in _home(name, module).body:
        if isinstance(one, ast.ClassDef) and one.name == name:
            fields = [ast.unparse(each.target) for each in one.body if isinstance(each, ast.AnnAssign)]
            return Result(f"{name}({', '.join(fields)})", from_docstring(ast.get_docstring(one) or ""))
    return Result("", from_docstring(WITHOUT_FIELDS.get(name, f"``{name}``")))


def _home(name: str, module: ast.Module) -> ast.Module:
    """The file of methods that defines the name: this one, or one that it imports the name from."""
    for one in module.body:
        if isinstance(one, ast.ImportFrom) and name in {each.name for each in one.names}:
            package, _, file = (one.module or "").rpartition(".")
            if package == "careatlas.methods":
                return _parsed(METHODS / f"{file}.py")
    return module


@functools.cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


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
    base = f"/charts/methods/{method_code()}/{name}"
    return {
        "name": "chart",
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
