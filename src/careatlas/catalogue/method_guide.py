"""What a method's page shows beside its docstrings: worked examples and a chart (``content/methods``).

The examples are the method's specification: each is run as a test and printed as the manual. The chart is one
call of the method, or one for each setting the reader may choose. Nothing here is code: a call names a public
function of the method's file and what it is given.
"""

import math
from importlib import import_module
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from careatlas.catalogue.definition import Definition

TWO_ENDED = ("band", "interval")


class Example(Definition):
    """A call with few numbers, the answer to the digits written, and how a person can check it.

    ``expect`` names fields of the answer; an answer that is one array is ``value``. null is missing.
    """

    name: str
    call: str
    given: dict[str, Any]
    expect: dict[str, Any]
    by_hand: str


class Choice(Definition):
    """What the reader may change: each setting replaces or adds to what the call is given."""

    label: str
    settings: dict[str, dict[str, Any]]


class Axis(Definition):
    """``values`` of the x axis: a name in ``given``, a list, or ``position`` (1, 2, 3, ...).

    ``labels`` are what is written at numbers of the axis, and nothing elsewhere: words for codes, ``20 %`` at
    .2. An axis from ``zero`` begins there; one in ``reverse`` has its least on top.
    """

    title: str
    values: str | list[Any] | None = None
    scale: Literal["linear", "log"] = "linear"
    labels: dict[int | float, str] = Field(default={})
    zero: bool = False
    reverse: bool = False


class Series(Definition):
    """Fields of the answer, or of what was given or stands ``beside``, drawn along the x axis: one ``value``,
    or two ends. A number is a line at one height. ``name.0`` is the first along the last axis of a field.

    A band runs from place to place; an interval belongs to its own place, such as an area. ``where`` names
    truths: places of which they are not true are left empty. One at the ``end`` has the last places of the x
    axis: the months from a start on. One in ``pieces`` is broken wherever its numbers change.
    """

    mark: Literal["line", "points", "bars", "band", "interval"]
    label: str
    value: str | float | None = None
    lower: str | None = None
    upper: str | None = None
    where: str | None = None
    end: bool = False
    pieces: bool = False

    @model_validator(mode="after")
    def _says_what_to_draw(self) -> "Series":
        needed = ("lower", "upper") if self.mark in TWO_ENDED else ("value",)
        if any(getattr(self, name) is None for name in needed):
            raise ValueError(f"a series drawn as {self.mark} needs {' and '.join(needed)}")
        return self


class GuideChart(Definition):
    """One call of the method, drawn. ``beside`` is drawn with the answer and not given to the method, such as
    the ratios before smoothing; a setting may replace it too."""

    title: str
    call: str
    given: dict[str, Any]
    beside: dict[str, Any] = Field(default={})
    choose: Choice | None = None
    x: Axis
    y: Axis
    draw: list[Series]


class MethodGuide(Definition):
    title: str
    examples: list[Example]
    chart: GuideChart | None = None


def answer(method: str, call: str, given: dict[str, Any]) -> dict[str, Any]:
    """The fields of what ``call``, a public function of ``methods/<method>.py``, answers to ``given``.

    >>> answer("crude_rate", "crude_rate", {"count": [12], "denominator": [4000], "multiplier": 1000})["value"]
    array([3.])
    """
    function = getattr(import_module(f"careatlas.methods.{method}"), call)
    result = function(**{name: values(one) for name, one in given.items()})
    return result._asdict() if hasattr(result, "_asdict") else {"value": result}


def values(written: Any) -> Any:
    """What a guide writes as a method takes it: ``{from, to, step}`` becomes a list with both ends, null
    becomes NaN.

    >>> values({"from": 0, "to": 1, "step": 0.5}), values([1, None])
    ([0.0, 0.5, 1.0], [1, nan])
    """
    if isinstance(written, dict) and set(written) == {"from", "to", "step"}:
        steps = round((written["to"] - written["from"]) / written["step"])
        return [float(one) for one in np.linspace(written["from"], written["to"], steps + 1).round(10)]
    if isinstance(written, list):
        return [math.nan if one is None else values(one) for one in written]
    return written
