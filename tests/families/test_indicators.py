"""One exam for every indicator: its own worked examples, and what all definitions have in common.

An indicator sits it because its file exists. The answers in the examples are worked by hand, in comments
beside them.
"""

import re

import pytest

from careatlas.build.examples import work_example
from careatlas.catalogue.library import CONTENT, load_catalogue
from careatlas.engine.connect import connect

CATALOGUE = load_catalogue()
INDICATORS = list(CATALOGUE.indicators.values())
EXAMPLES = [
    pytest.param(indicator, example, id=f"{indicator.id}: {example.name}")
    for indicator in INDICATORS
    for example in indicator.examples
]
each_indicator = pytest.mark.parametrize("indicator", INDICATORS, ids=lambda indicator: indicator.id)


@pytest.fixture(scope="module")
def engine():
    with connect() as engine:
        yield engine


@pytest.mark.parametrize(("indicator", "example"), EXAMPLES)
def test_worked_example_gives_the_answer_worked_by_hand(indicator, example, engine):
    answers = work_example(indicator, example, CATALOGUE, engine)
    for expected in example.expect:
        stated = expected.model_dump(exclude_unset=True)
        named = {key: stated.pop(key) for key in ("area", "area_type", "period_end") if key in stated}
        rows = [row for row in answers if all(row[key] == value for key, value in named.items())]
        assert len(rows) == 1, f"{named} answers {len(rows)} rows, not one: {answers}"
        for name, value in stated.items():
            given = rows[0][name]
            is_number = isinstance(value, float | int)
            wanted = pytest.approx(value, rel=1e-6, abs=1e-6) if is_number else value
            assert given == wanted, f"{named}: {name}"


@each_indicator
def test_every_indicator_has_an_example_with_limits(indicator):
    checked = [expected for example in indicator.examples for expected in example.expect]
    assert any(expected.lower_95 is not None and expected.upper_95 is not None for expected in checked)


@each_indicator
def test_texts_are_long_enough_to_help_and_plain(indicator):
    for text in (
        indicator.context,
        indicator.reasons_for_variation,
        indicator.options_for_action,
        indicator.caveats,
    ):
        assert len(text.split()) >= 30
        assert not re.search(r"[<>]|unwarranted|TODO", text)


@each_indicator
def test_a_direction_is_claimed_only_where_the_method_can_hold_it(indicator):
    """Amounts set against people of unlike age or need have no direction unless the caveats say what they
    lack.
    """
    if indicator.method == "crude_rate" and indicator.polarity != "neither":
        assert "not standardised" in indicator.caveats.lower()


def test_the_catalogue_is_as_broad_as_promised():
    tables = {counted.table for indicator in INDICATORS for counted in indicator.counted.values()}
    levels = {area_type for indicator in INDICATORS for area_type in indicator.area_types}
    methods = {indicator.method for indicator in INDICATORS}
    assert len(INDICATORS) >= 16
    assert len(tables) >= 7
    assert {"sub_icb", "icb", "region", "provider"} <= levels
    counted = {"crude_rate", "proportion", "mean", "need_weighted_rate", "directly_standardised_rate"}
    assert methods == counted | {"published"}


def test_no_definition_file_is_left_unread():
    files = (CONTENT / "indicators").rglob("*.y*ml")
    assert sorted(file.stem for file in files) == sorted(CATALOGUE.indicators)
