"""What the docstrings of a method's file say, read without running it: the words of its page.

A file's docstring holds a first line, then paragraphs in any order that say by how they start what they are:
"Use ...", "Not ...", "Formula::", "Source: ...". What is read is text as it was written; pages show it.
"""

import ast
import copy
import functools
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

METHODS = Path(__file__).parent.parent / "methods"
WITHOUT_CHAPTER = "What the methods share"
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
    about: str


@dataclass(frozen=True)
class Function:
    """A public function: ``path`` is how it is reached from ``ca.methods``."""

    name: str
    path: str
    call: str
    first_sentence: str
    about: str
    gives: Result


@dataclass(frozen=True)
class Documented:
    """A method's file, read without running it: its parts in the order in which its page prints them."""

    name: str
    chapter: str
    first_line: str
    paragraphs: dict[str, list[str]]
    functions: list[Function]


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
        first_sentence=re.split(r"(?<=\.)\s|\n\n", about)[0],
        about=about,
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
            return Result(f"{name}({', '.join(fields)})", ast.get_docstring(one) or "")
    return Result("", WITHOUT_FIELDS.get(name, f"``{name}``"))


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
