"""One exam for every method. A new file in ``careatlas/methods`` sits it by being there.

Methods that an indicator may name (they return an ``Estimate``) also sit the exam of numbers. Each asks for
what it needs by name, so all are given the same small country: two periods, three areas, two strata.
"""

import doctest
import importlib
import inspect
import subprocess
import sys

import numpy as np
import pytest

from careatlas import methods

ESTIMATORS = methods.estimators()
COUNT = np.array([[12.0, 40.0, 31.0], [90.0, 15.0, 60.0]])
SHAPED_BY_AREA = {
    "count": COUNT,
    "denominator": COUNT * 20,
    "sum_of_squares": COUNT**2 / 2,
    "observations": COUNT * 3,
    "count_by_stratum": np.stack([COUNT, COUNT / 2], axis=-1),
    "denominator_by_stratum": np.stack([COUNT * 20, COUNT * 30], axis=-1),
    "squares_by_stratum": np.stack([COUNT * 1.5, COUNT], axis=-1),
    "published_value": COUNT / 20,
    "published_lower_95": COUNT / 25,
    "published_upper_95": COUNT / 15,
}
THE_SAME_FOR_ALL = {"standard_population": np.array([3.0, 1.0]), "multiplier": 100, "confidence": 0.95}
VOCABULARY = SHAPED_BY_AREA | THE_SAME_FOR_ALL
COUNTS = ("count", "sum_of_squares", "count_by_stratum", "squares_by_stratum")

every_file = pytest.mark.parametrize("name", methods.names())
every_estimator = pytest.mark.parametrize("method", ESTIMATORS.values(), ids=ESTIMATORS.keys())
# What a publisher worked out is passed on: more events or more confidence are no question to it.
FROM_COUNTS = {name: method for name, method in ESTIMATORS.items() if name != "published"}
every_estimator_from_counts = pytest.mark.parametrize("method", FROM_COUNTS.values(), ids=FROM_COUNTS.keys())


def asked_for(method):
    return {name: VOCABULARY[name] for name in inspect.signature(method).parameters}


def with_areas(method, change):
    """The method's answer after ``change`` was made to every input that is shaped by area."""
    given = asked_for(method)
    return method(
        **{name: change(value) if name in SHAPED_BY_AREA else value for name, value in given.items()}
    )


@every_file
def test_the_examples_in_its_words_are_true(name):
    result = doctest.testmod(importlib.import_module(f"careatlas.methods.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


@every_file
def test_everything_public_in_it_is_explained(name):
    module = importlib.import_module(f"careatlas.methods.{name}")
    own = [thing for thing in vars(module).values() if getattr(thing, "__module__", "") == module.__name__]
    assert module.__doc__
    assert [thing.__name__ for thing in own if not thing.__name__.startswith("_") and not thing.__doc__] == []


def test_the_methods_of_the_first_indicators_are_found():
    assert set(ESTIMATORS) >= {
        "crude_rate",
        "directly_standardised_rate",
        "mean",
        "need_weighted_rate",
        "proportion",
    }


@every_estimator
def test_it_asks_in_the_vocabulary_that_a_build_speaks(method):
    assert set(inspect.signature(method).parameters) <= set(VOCABULARY)


@every_estimator
def test_limits_enclose_the_value(method):
    value, lower, upper = with_areas(method, np.copy)
    assert value.shape == lower.shape == upper.shape == (2, 3)
    assert (lower < value).all()
    assert (value < upper).all()


@pytest.mark.parametrize(
    ("method", "missing"),
    [
        pytest.param(method, missing, id=f"{name}-{missing}")
        for name, method in ESTIMATORS.items()
        for missing in inspect.signature(method).parameters
        if missing in SHAPED_BY_AREA
    ],
)
def test_missing_in_is_missing_out_and_nothing_else_changes(method, missing):
    given = asked_for(method)
    whole = method(**given)
    holed = given[missing].copy()
    holed[1, 2, ...] = np.nan
    answer = method(**(given | {missing: holed}))
    for before, after in zip(whole, answer, strict=True):
        assert np.isnan(after[1, 2])
        assert np.isnan(after).sum() == 1
        np.testing.assert_array_equal(np.delete(after.ravel(), 5), np.delete(before.ravel(), 5))


@every_estimator_from_counts
def test_no_events_are_zero_or_withheld_but_never_less(method):
    given = asked_for(method)
    nothing = {name: np.zeros_like(given[name]) for name in COUNTS if name in given}
    value, lower, upper = method(**(given | nothing))
    withheld = np.isnan(value)
    assert (withheld | (value == 0)).all()
    assert (withheld | (lower == 0)).all()
    assert (withheld | (upper >= 0)).all()
    assert (np.isnan(upper) == withheld).all()


@every_estimator
def test_one_area_alone_has_the_answer_it_has_among_others(method):
    among_others = with_areas(method, np.copy)
    alone = with_areas(method, lambda numbers: numbers[0, :1])
    for all_areas, one_area in zip(among_others, alone, strict=True):
        assert one_area.shape == (1,)
        np.testing.assert_allclose(one_area[0], all_areas[0, 0], rtol=1e-14)


@every_estimator
def test_all_periods_at_once_equal_period_by_period(method):
    at_once = with_areas(method, np.copy)
    one_by_one = [with_areas(method, lambda numbers, period=period: numbers[period]) for period in (0, 1)]
    for position, together in enumerate(at_once):
        apart = np.stack([answer[position] for answer in one_by_one])
        np.testing.assert_allclose(together, apart, rtol=1e-14)


@every_estimator_from_counts
def test_ten_million_events_are_worked_and_known_closely(method):
    value, lower, upper = with_areas(method, lambda numbers: numbers * (1e7 / 12))
    assert np.isfinite([value, lower, upper]).all()
    assert ((lower < value) & (value < upper)).all()
    assert (upper - lower < 0.01 * value).all()


@every_estimator_from_counts
def test_more_confidence_reaches_further_to_both_sides(method):
    given = asked_for(method)
    narrow, wide = method(**(given | {"confidence": 0.95})), method(**(given | {"confidence": 0.998}))
    np.testing.assert_array_equal(narrow.value, wide.value)
    assert (wide.lower < narrow.lower).all()
    assert (wide.upper > narrow.upper).all()


def test_what_was_published_has_limits_at_its_own_confidence_only():
    given = asked_for(methods.published)
    own, other = methods.published(**given), methods.published(**(given | {"confidence": 0.998}))
    np.testing.assert_array_equal(
        own, [given[f"published_{each}"] for each in ("value", "lower_95", "upper_95")]
    )
    np.testing.assert_array_equal(other.value, own.value)
    assert np.isnan([other.lower, other.upper]).all()


@pytest.mark.parametrize(
    "method", [m for m in ESTIMATORS.values() if "multiplier" in inspect.signature(m).parameters]
)
def test_the_multiplier_scales_value_and_limits_alike(method):
    given = asked_for(method)
    per_hundred, per_thousand = method(**given), method(**(given | {"multiplier": 1000}))
    np.testing.assert_allclose(np.array(per_thousand), 10 * np.array(per_hundred), rtol=1e-14)


@every_estimator
def test_what_it_was_given_is_left_as_it_was(method):
    given = asked_for(method)
    before = {name: np.copy(value) for name, value in given.items()}
    method(**given)
    for name, value in given.items():
        np.testing.assert_array_equal(value, before[name])


@every_estimator
def test_infinite_numbers_are_refused_by_name_and_position(method):
    given = asked_for(method)
    name = next(name for name in given if name in SHAPED_BY_AREA)
    broken = given[name].copy()
    broken[1, 0, ...] = np.inf
    with pytest.raises(ValueError, match=f"{name} is infinite at position 1, 0"):
        method(**(given | {name: broken}))


@every_estimator
@pytest.mark.parametrize("confidence", [95, 1.0, 0.0])
def test_confidence_is_a_share_and_not_a_percentage(method, confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        method(**(asked_for(method) | {"confidence": confidence}))


def in_a_fresh_interpreter(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.parametrize(
    "first",
    [
        "import careatlas.methods.crude_rate",
        "from careatlas.methods.crude_rate import crude_rate",
        "from careatlas.methods.need_weighted_rate import need_weighted_rate",  # which imports crude_rate
        "from careatlas.methods import crude_rate",
        "pass",
    ],
)
def test_a_method_is_the_function_of_its_name_whatever_was_imported_first(first):
    code = (
        f"{first}\n"
        "import careatlas as ca\n"
        "print(ca.methods.crude_rate([10], [1000], 100).value[0], type(ca.methods.intervals).__name__)"
    )
    assert in_a_fresh_interpreter(code) == ["1.0", "module"]


def test_importing_careatlas_reads_no_numerical_library_until_it_is_used():
    code = (
        "import sys, careatlas\n"
        "print('numpy' in sys.modules)\n"
        "careatlas.methods.crude_rate\n"
        "print('numpy' in sys.modules, 'scipy.stats' in sys.modules, 'pandas' in sys.modules)"
    )
    assert in_a_fresh_interpreter(code) == ["False", "True", "False", "False"]


@every_file
def test_everything_public_in_it_is_reached_by_its_file_s_name(name):
    module, bound = importlib.import_module(f"careatlas.methods.{name}"), getattr(methods, name)
    own = {
        word: thing
        for word, thing in vars(module).items()
        if getattr(thing, "__module__", "") == module.__name__ and not word.startswith("_")
    }
    assert own
    assert [word for word, thing in own.items() if getattr(bound, word, None) is not thing] == []


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        ("proportoin", r"Did you mean proportion\?$"),
        ("xmr", r"Did you mean spc\.xmr\?$"),
        ("chance_only", r"Did you mean opportunity\.chance_only or variation\.chance_only\?$"),
        ("Rebase", r"Did you mean spc\.Rebase\?$"),
        ("qqqq", r"It has: .*crude_rate.*proportion"),
    ],
)
def test_a_word_that_is_no_method_is_answered_with_where_it_lives(asked, advice):
    with pytest.raises(AttributeError, match=f"no method '{asked}'. {advice}"):
        getattr(methods, asked)


def test_saying_where_a_word_lives_imports_nothing():
    code = (
        "import sys, careatlas as ca\n"
        "try: ca.methods.xmr\n"
        "except AttributeError: print('numpy' in sys.modules, 'careatlas.methods.spc' in sys.modules)"
    )
    assert in_a_fresh_interpreter(code) == ["False", "False"]
