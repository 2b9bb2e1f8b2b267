"""The examples in docstrings hold."""

import doctest

import pytest

from careatlas.improve.evidence import full_text
from careatlas.present import maps, periods


@pytest.mark.parametrize("module", [maps, periods, full_text])
def test_examples_in_docstrings_hold(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
