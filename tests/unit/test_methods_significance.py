"""The words a comparison may use."""

import numpy as np
import pytest

from careatlas.methods.significance import significance

NAN = np.nan


@pytest.mark.parametrize(
    ("polarity", "words"),
    [
        ("higher_is_better", ["worse", "similar", "better"]),
        ("lower_is_better", ["better", "similar", "worse"]),
        ("neither", ["lower", "similar", "higher"]),
    ],
)
def test_below_around_and_above_the_comparator_by_polarity(polarity, words):
    assert significance([1, 4, 6], [3, 6, 8], 5, polarity).tolist() == words


def test_a_comparator_on_a_limit_is_similar():
    assert significance([5, 3], [7, 5], 5, "higher_is_better").tolist() == ["similar", "similar"]


def test_whatever_is_missing_is_not_compared():
    lower, upper, comparator = [NAN, 1, 1], [3, NAN, 3], [5, 5, NAN]
    assert significance(lower, upper, comparator, "neither").tolist() == ["not_compared"] * 3


def test_each_area_may_have_its_own_comparator():
    assert significance([1, 1], [3, 3], [2, 4], "neither").tolist() == ["similar", "lower"]


def test_a_polarity_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="one of higher_is_better, lower_is_better, neither; it is 'high'"):
        significance([1], [2], 3, "high")
