"""Of many tests, which may be listed, and how many of the list are chance."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from careatlas.methods.false_discovery import expected_false, false_discovery, false_discovery_together

NAN = np.nan
GOLD = Path(__file__).parent.parent / "gold"


def test_of_the_fifteen_hypotheses_of_the_paper_four_are_found():
    with (GOLD / "false_discovery.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    q = false_discovery([float(row["p"]) for row in rows])
    assert (q <= 0.05).tolist() == [row["is_found_at_5_percent"] == "1" for row in rows]
    assert q[3] == pytest.approx(15 * 0.0095 / 4)


def test_a_weaker_finding_never_has_the_smaller_q_value():
    # 3 x .03 / 1 = .09, but the second gives 3 x .031 / 2 = .0465 and the third .032
    np.testing.assert_allclose(false_discovery([0.03, 0.031, 0.032]), 0.032)


def test_areas_not_tested_stay_missing_and_do_not_count():
    q = false_discovery([0.01, NAN, 0.03, NAN, 0.02])
    np.testing.assert_allclose(q, [0.03, NAN, 0.03, NAN, 0.03])


def test_one_test_keeps_its_p_value_and_none_has_no_q():
    assert false_discovery([0.03]).tolist() == [0.03]
    assert np.isnan(false_discovery([NAN, NAN])).all()
    assert false_discovery([]).shape == (0,)


def test_equal_p_values_have_equal_q_values():
    assert false_discovery([0.02, 0.02, 0.02, 1.0]).tolist() == pytest.approx([0.08 / 3] * 3 + [1.0])


def test_each_indicator_is_a_list_of_its_own_or_all_are_one():
    p = np.random.default_rng(4).random((5, 7, 40)) ** 3
    apart = [[false_discovery(row) for row in block] for block in p]
    np.testing.assert_array_equal(false_discovery(p), apart)
    together = false_discovery_together(p)
    assert together.shape == p.shape
    np.testing.assert_array_equal(together.ravel(), false_discovery(p.ravel()))


def test_scipys_answer_is_ours_where_nothing_is_missing():
    p = np.round(np.random.default_rng(5).random((30, 60)) ** 2, 2)  # with ties, zeros and ones
    np.testing.assert_allclose(false_discovery(p), false_discovery_control(p, axis=-1), rtol=1e-12)


def test_what_is_no_probability_is_refused():
    with pytest.raises(ValueError, match="p is above 1 at position 1"):
        false_discovery([0.5, 1.5])
    with pytest.raises(ValueError, match="p is below zero at position 0"):
        false_discovery_together([-0.1, 0.5])


def test_the_false_findings_to_expect_are_a_share_of_the_list():
    q = [[0.01, 0.09, 0.2, NAN], [0.3, 0.4, 0.5, 0.6]]
    assert expected_false(q, 0.1).tolist() == pytest.approx([0.2, 0])


def test_the_p_values_given_are_left_as_they_were():
    p = np.array([0.5, 0.1, NAN])
    false_discovery_together(p)
    np.testing.assert_array_equal(p, [0.5, 0.1, NAN])


def test_one_p_value_is_no_list():
    with pytest.raises(ValueError, match=r"p must be \[..., area\]; it has 0 axes"):
        false_discovery(0.04)
    with pytest.raises(ValueError, match=r"q must be \[..., area\]; it has 0 axes"):
        expected_false(0.04, 0.1)
