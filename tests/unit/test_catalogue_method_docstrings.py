"""What the docstrings of the methods say, read without running them."""

import operator
import typing

import pytest

from careatlas import methods
from careatlas.catalogue.method_docstrings import documented

STATISTICS = methods.statistics()
every_method = pytest.mark.parametrize("name", STATISTICS)


@every_method
def test_its_file_says_when_to_use_it_when_not_how_it_is_worked_out_and_whose_it_is(name):
    assert STATISTICS[name] in methods.CHAPTERS
    read = documented()[name]
    assert read.first_line.endswith(".")
    assert [part for part in ("use", "not", "formula", "source") if not read.paragraphs[part]] == []


@every_method
def test_every_function_is_reached_as_its_page_says(name):
    for function in documented()[name].functions:
        assert operator.attrgetter(function.path)(methods).__name__ == function.name


@every_method
def test_every_function_says_what_it_gives(name):
    for function in documented()[name].functions:
        result = typing.get_type_hints(operator.attrgetter(function.path)(methods)).get("return")
        fields = getattr(result, "_fields", ())
        assert function.gives.fields == (f"{result.__name__}({', '.join(fields)})" if fields else "")
        assert function.gives.about


def test_a_default_that_has_a_name_is_printed_as_its_number():
    (call, *_) = [one.call for one in documented()["spatial_smoothing"].functions]
    assert call.endswith("confidence=0.95, points=(8, 6))")
