"""What the README shows is what happens."""

import doctest
from pathlib import Path


def test_its_examples_of_the_statistics_are_true():
    result = doctest.testfile(str(Path(__file__).parents[2] / "README.md"), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0
