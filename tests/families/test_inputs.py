"""One exam for every method that is given two or more arrays by position, and for every multiplier. A new
function in ``careatlas/methods`` sits it by being there.

All its arrays are taken to have one axis in common, but those named here. All are given the same three numbers,
so that one fault at a time can be made in each of them.
"""

import importlib
import inspect

import pandas as pd
import pytest
from numpy.typing import ArrayLike

from careatlas import methods

NUMBERS, AREAS, TURNED = [9, 11, 12], ["E1", "E2", "E3"], ["E3", "E2", "E1"]
ROW = [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
OF_OTHER_AXES = {
    *("budget", "needed", "overall", "tau2", "start"),  # one for all, or for each part
    *(
        "swing",
        "carried_over",
        "chances",
        "degrees_of_freedom",
        "permanent",
        "drift",
        "come_and_go",
        "step",
    ),  # of a model
    *("covariates", "forms", "neighbours", "order", "peers", "variables", "draws", "chance_only"),
    *("is_changed", "is_higher_better", "is_peer", "quadrant", "reported", "submitters"),  # not numbers
    *("starts", "unit", "weighted_heads", "working_days"),
}
EXAMINED_ELSEWHERE = {  # files whose arrays have several axes in common: their own tests say which
    "attribution": "claims, and pools",
    "complementary_suppression": "cells, and sums of them",
    "directly_standardised_rate": "strata",
    "disclosure_audit": "cells, and sums of them",
    "indirectly_standardised_ratio.expected_events": "strata",
    "prioritisation.funding_share": "options, and criteria",
    "placing.scores_by_method": "asks for no more than its method needs, and passes it on",
    "synthetic_control.synthetic_control": "areas, and periods",
    "waiting_time.pathways_needed": "weeks waited, and areas",
}
MAY_BE_ONE_FOR_ALL = {"comparator", "comparator_lower", "comparator_upper", "target"}
ALSO_ASKED_FOR = {
    "after": 12,
    "blocks": {"need": {"need": NUMBERS}},
    "budget": 1,
    "forms": [ROW],
    "needed": 1,
    "neighbours": ROW,
    "overall": 0.5,
    "peers": [[1], [2], [0]],
    "periods_per_window": 1,
    "permanent": 0.1,
    "polarity": "lower_is_better",
    "tau2": 0.0,
    "unit": ["B1", "B1", "B2"],
    "weeks": 4,
}


def public_functions():
    for file in methods.names():
        module = importlib.import_module(f"careatlas.methods.{file}")
        for name, thing in vars(module).items():
            if inspect.isfunction(thing) and thing.__module__ == module.__name__ and name[0] != "_":
                yield f"{file}.{name}", thing


def by_position(method):
    parameters = inspect.signature(method).parameters.values()
    arrays = [one.name for one in parameters if one.annotation in (ArrayLike, ArrayLike | None)]
    together = [name for name in arrays if name not in OF_OTHER_AXES]
    return together if len(together) > 1 else []


EVERY_INPUT = {
    f"{path}-{name}": (method, name)
    for path, method in public_functions()
    if not {path, path.split(".")[0]} & EXAMINED_ELSEWHERE.keys()
    for name in by_position(method)
}
every_input = pytest.mark.parametrize(("method", "name"), EVERY_INPUT.values(), ids=EVERY_INPUT)


def call(method, name, wrong, usual=NUMBERS):
    """The method, with one of the arrays that go together ``wrong``."""
    asked_for = inspect.signature(method).parameters
    given = {each: ALSO_ASKED_FOR[each] for each in asked_for if each in ALSO_ASKED_FOR}
    return method(**given | dict.fromkeys(by_position(method), usual) | {name: wrong})


@every_input
def test_the_same_labels_in_another_order_are_refused(method, name):
    with pytest.raises(ValueError, match=r"have different labels, 'E.' and 'E.' at position 0: put them in"):
        call(method, name, pd.Series(NUMBERS, index=TURNED), usual=pd.Series(NUMBERS, index=AREAS))


@every_input
@pytest.mark.parametrize("wrong", [[[9], [11], [12]], pd.DataFrame({"events": NUMBERS})])
def test_a_column_beside_a_list_is_refused_and_never_becomes_a_square(method, name, wrong):
    with pytest.raises(ValueError, match=r"\[3 x 1\].*: their last axes must have one length"):
        call(method, name, wrong)


@every_input
def test_lists_of_other_lengths_are_refused_in_our_words(method, name):
    for length in (2, 4) if name in MAY_BE_ONE_FOR_ALL else (1, 2, 4):
        with pytest.raises(
            ValueError, match=r"is \[\d\] and \w+ \[\d\]: their last axes must have one length"
        ):
            call(method, name, [13] * length)


@every_input
@pytest.mark.parametrize("suppressed", ["*", "<5", "1,200"])
def test_text_is_refused_with_its_place_and_what_to_give_instead(method, name, suppressed):
    message = (
        rf"{name} must be numbers; it is '.*' at position 1 \(give NaN for what is suppressed or missing\)"
    )
    for wrong in ([9, suppressed, 12], pd.Series([9, suppressed, 12])):
        with pytest.raises(ValueError, match=message):
            call(method, name, wrong)


MULTIPLIED = {
    path: method
    for path, method in public_functions()
    if "multiplier" in inspect.signature(method).parameters
}


@pytest.mark.parametrize("method", MULTIPLIED.values(), ids=MULTIPLIED)
@pytest.mark.parametrize("wrong", ["1000", None, 0, -100, float("nan"), float("inf"), [100, 100, 100]])
def test_a_multiplier_that_is_no_number_above_zero_is_refused(method, wrong):
    required = [one.name for one in inspect.signature(method).parameters.values() if one.default is one.empty]
    with pytest.raises(ValueError, match="multiplier must be a number above zero; it is"):
        method(**dict.fromkeys(required, 1), multiplier=wrong)
