"""How few parts make half of a gap: by counting them by hand, and by trying every set of parts."""

from itertools import combinations

import numpy as np
import pytest

from careatlas.methods.concentration import concentration


@pytest.mark.parametrize("seed", range(20))
def test_no_smaller_set_of_parts_makes_half(seed):
    rng = np.random.default_rng(seed)
    observed, expected = rng.poisson(100, 8), rng.uniform(80, 120, 8)
    gap = (observed - expected).sum()
    fewest = next(
        size
        for size in range(1, 9)
        if any(
            (observed - expected)[list(chosen)].sum() / gap >= 0.5 for chosen in combinations(range(8), size)
        )
    )
    assert concentration(observed, expected).parts_for_half == fewest


def test_equal_parts_need_half_of_them():
    assert concentration([110.0] * 10, [100.0] * 10).parts_for_half == 5


def test_a_part_that_is_not_known_is_left_out_and_none_known_gives_nothing():
    found = concentration([[120, np.nan, 110], [np.nan] * 3], 100)
    assert found.gap[0] == 30
    assert np.isnan(found.share[0, 1])
    assert np.isnan([found.gap[1], found.parts_for_half[1]]).all()


def test_areas_at_once_equal_area_by_area():
    rng = np.random.default_rng(1)
    observed = rng.poisson(50, (4, 6)).astype(float)
    at_once = concentration(observed, 50)
    for area in range(4):
        for together, alone in zip(at_once, concentration(observed[area], 50), strict=True):
            np.testing.assert_array_equal(together[area], alone)
