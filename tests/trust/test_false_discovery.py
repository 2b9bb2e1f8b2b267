"""Of the areas listed at q <= .1, a tenth or fewer are chance: alone, together, and where tests lean alike."""

import numpy as np
import pytest
from scipy.special import ndtr

from careatlas.methods.false_discovery import false_discovery, false_discovery_together

REPEATS, INDICATORS, AREAS, LISTED_AT = 4000, 5, 106, 0.1


def false_share(is_listed, is_true):
    """Of each repeat's list, the share that is chance; an empty list has none."""
    listed, false = is_listed.sum(axis=-1), (is_listed & ~is_true).sum(axis=-1)
    return false / np.maximum(listed, 1)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
@pytest.mark.parametrize("truly_different", [0, 10, 50])
def test_a_tenth_or_fewer_of_the_areas_listed_are_chance(measured, correlation, truly_different):
    rng = np.random.default_rng(20250301)
    shared, own = rng.standard_normal((REPEATS, 1)), rng.standard_normal((REPEATS, AREAS))
    is_true = np.arange(AREAS) < truly_different
    z = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own + 3 * is_true
    q = false_discovery(ndtr(-z))  # one-sided: these lean the same way
    share = false_share(q <= LISTED_AT, is_true)
    what = f"false discovery rate, {truly_different} of 106 differ, correlation {correlation}"
    measured(what, f"{share.mean():.2%}", "<= 10 %")
    assert share.mean() <= LISTED_AT + 3 * share.std() / np.sqrt(REPEATS)


def test_areas_and_indicators_in_one_list_keep_the_rate(measured):
    rng = np.random.default_rng(20250302)
    is_true = rng.random((INDICATORS, AREAS)) < np.array([[0], [0], [0.05], [0.2], [0.5]])
    z = rng.standard_normal((REPEATS // 4, INDICATORS, AREAS)) + 3 * is_true
    p = 2 * ndtr(-np.abs(z))
    is_listed = np.stack([false_discovery_together(repeat) for repeat in p]) <= LISTED_AT
    share = false_share(is_listed.reshape(len(p), -1), is_true.ravel())
    power = is_listed[:, is_true].mean()
    measured("false discovery rate, 5 indicators x 106 areas in one list", f"{share.mean():.2%}", "<= 10 %")
    assert share.mean() <= LISTED_AT + 3 * share.std() / np.sqrt(len(p))
    assert power > 0.5  # three errors away is found more often than not
