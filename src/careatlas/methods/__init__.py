"""The statistics. Pure: arrays in, arrays out; no files, no engine, no health data.

One statistic a file, found by being there: ``careatlas.methods.crude_rate`` is the function ``crude_rate`` of
``methods/crude_rate.py``. A file without a function of its own name (``intervals``) is given as the module.
The other public functions of a file hang on the function of its name: ``careatlas.methods.opportunity.ladder``.
Nothing is read until it is asked for.

Files that hold a statistic say in which ``CHAPTER`` of the manual it stands; the rest (``estimate``) serve them.

A method returning ``Estimate`` can be named in an indicator's YAML; ``estimators()`` finds those.
"""

import functools
import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

CHAPTERS = (
    "Rates",
    "Limits and outliers",
    "Variation",
    "Smoothing and maps",
    "Ranks and comparison",
    "Time",
    "Opportunity and benefit",
    "Data quality and disclosure",
)


def names() -> list[str]:
    """Every method file, by name.

    >>> "crude_rate" in names()
    True
    """
    return sorted(file.stem for file in Path(__file__).parent.glob("*.py") if not file.stem.startswith("_"))


def statistics() -> dict[str, str]:
    """The method files that hold a statistic, and the chapter each says it stands in.

    >>> statistics()["crude_rate"]
    'Rates'
    """
    chapters = {name: getattr(import_module(f"{__name__}.{name}"), "CHAPTER", None) for name in names()}
    return {name: chapter for name, chapter in chapters.items() if chapter}


@functools.cache
def estimators() -> dict[str, Callable[..., Any]]:
    """The methods an indicator may name: functions of their file's name that return an ``Estimate``.

    >>> "proportion" in estimators(), "funnel" in estimators()
    (True, False)
    """
    from careatlas.methods.estimate import Estimate

    package = sys.modules[__name__]
    functions = {name: getattr(package, name) for name in names()}
    return {
        name: function
        for name, function in functions.items()
        if not isinstance(function, ModuleType) and get_type_hints(function).get("return") is Estimate
    }


def __getattr__(name: str) -> Any:
    if name not in names():
        raise AttributeError(f"careatlas.methods has no method {name!r}. {_advice(name)}")
    import_module(f"{__name__}.{name}")
    return globals()[name]


def _advice(name: str) -> str:
    """Where the word lives, or one like it; the files are read as text, for importing all would be slow."""
    from difflib import get_close_matches

    found: dict[str, list[str]] = {one: [one] for one in names()}
    for file in names():
        text = (Path(__file__).parent / f"{file}.py").read_text(encoding="utf-8")
        for word in re.findall(r"^(?:def|class) ([A-Za-z]\w*)", text, re.MULTILINE):
            if word != file:
                found.setdefault(word, []).append(f"{file}.{word}")
    alike = [name] if name in found else get_close_matches(name, found, n=1)
    if alike:
        return f"Did you mean {' or '.join(found[alike[0]])}?"
    return f"It has: {', '.join(names())}."


def __dir__() -> list[str]:
    return sorted({*globals(), *names()})


def _as_bound(module: ModuleType, name: str) -> Any:
    """The module's function of its own name, with what else is public in it hung on it; or the module."""
    function = getattr(module, name, None)
    if function is None:
        return module
    for word, thing in vars(module).items():
        if getattr(thing, "__module__", None) == module.__name__ and not word.startswith("_"):
            setattr(function, word, thing)
    return function


class _Methods(ModuleType):
    """Python binds a submodule to its package after reading it; here its function of the same name is bound
    instead.

    So ``careatlas.methods.crude_rate`` is the function in whatever order things were imported.
    """

    def __setattr__(self, name: str, value: object) -> None:
        is_own_submodule = isinstance(value, ModuleType) and value.__name__ == f"{__name__}.{name}"
        super().__setattr__(name, _as_bound(value, name) if is_own_submodule else value)


sys.modules[__name__].__class__ = _Methods
