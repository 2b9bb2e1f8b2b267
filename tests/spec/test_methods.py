"""The worked examples of every method's page, run. What they say is what the methods do."""

import math

import numpy as np
import pytest

from careatlas import methods
from careatlas.catalogue.library import load_method_guide
from careatlas.catalogue.method_guide import answer
from careatlas.present.method_chart import columns, method_chart, method_rows

METHODS = methods.statistics()
GUIDES = {name: guide for name in METHODS if (guide := load_method_guide(name))}
EXAMPLES = [
    pytest.param(name, example, id=f"{name}: {example.name}")
    for name, guide in GUIDES.items()
    for example in guide.examples
]


def as_written(expected, found):
    """Whether a number is the one written, to the digits written; a whole number is meant exactly."""
    if expected is None:
        return math.isnan(found)
    if not isinstance(expected, float) or expected.is_integer():
        return bool(found == expected) or (not isinstance(expected, str) and abs(found - expected) < 1e-9)
    return abs(found - expected) <= 0.5000001 * 10.0 ** -decimals(expected)


def decimals(number):
    digits, _, exponent = repr(number).partition("e")
    return len(digits.partition(".")[2]) - int(exponent or 0)


@pytest.mark.parametrize(("method", "example"), EXAMPLES)
def test_the_example_is_true(method, example):
    found = answer(method, example.call, example.given)
    for field, expected in example.expect.items():
        written, worked = (np.array(each, dtype=object) for each in (expected, found[field]))
        assert worked.shape == written.shape, field
        for position, number in np.ndenumerate(written):
            assert as_written(number, worked[position]), (field, position, worked[position], number)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_examples_that_say_how_to_check_them(method):
    guide = GUIDES[method]
    assert len(guide.examples) >= 2
    assert all(example.by_hand.strip() and example.expect for example in guide.examples)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_chart_whose_settings_differ(method):
    guide = GUIDES[method].chart
    rows = method_rows(method, guide)
    assert set(columns(guide)) | {"setting", "x"} == set(rows[0])
    if guide.choose:
        drawn = {
            setting: [list(row.values())[1:] for row in rows if row["setting"] == setting]
            for setting in guide.choose.settings
        }
        first, *others = drawn.values()
        assert all(other != first for other in others)
    assert method_chart(method, guide, 540)["layer"]


@pytest.mark.parametrize(("expected", "found"), [(3.0, 3.04), (1.5484, 1.5486), (None, 0.0), ("high", "low")])
def test_an_example_that_is_wrong_would_be_found(expected, found):
    assert not as_written(expected, found)
