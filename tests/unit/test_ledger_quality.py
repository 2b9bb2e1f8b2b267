"""Whether quality held: of figures entered and of the atlas, worse, missing, or excused by somebody."""

from datetime import date

import numpy as np
import pytest
from authored import person
from ledger_small import APRIL, initiative, measure, sent
from small_release import monthly, release_of

from careatlas.improve.delivery.ledger import quality
from careatlas.improve.delivery.models import Measure
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role

pytestmark = pytest.mark.django_db
STEADY, WORSE = [9.0, 11.0] * 24, [9.0, 11.0] * 18 + [20.0] * 12


@pytest.fixture(autouse=True)
def places(release, db):
    organisations.take_from(release)


def of(one, release):
    return quality.judged([one], release)[one.pk]


def began(**more):
    return initiative(starts_on=APRIL, **more)


def test_a_measure_that_swings_as_before_has_held(release):
    one = began()
    measure(one, STEADY)
    found = of(one, release)
    assert (found.is_held, found.lets_through, found.last_month) == (True, True, "March 2026")
    assert found.false_alarm == pytest.approx(0.04, abs=0.002)
    assert found.words.startswith("Quality held until March 2026. In 4.0% of years in which nothing changes")


def test_one_of_two_that_got_worse_blocks_and_is_named(release):
    one = began()
    measure(one, STEADY, title="Deaths")
    measure(one, WORSE, title="Readmissions")
    found = of(one, release)
    assert (found.worse, found.missing, found.lets_through) == (("Readmissions",), (), False)
    assert found.words.startswith("Got worse: Readmissions.")


def test_which_way_is_worse_is_each_measures_own(release):
    one = began()
    measure(one, WORSE, title="Seen in time", better="higher")
    assert of(one, release).is_held


def test_without_a_measure_of_quality_nothing_counts(release):
    one = began()
    Measure.objects.create(initiative=one, kind="finance", title="Spend", better="lower")
    found = of(one, release)
    assert (found.lets_through, found.false_alarm) == (False, None)
    assert "nothing counts without one" in found.words


@pytest.mark.parametrize("figures", [[], STEADY[:11] + [10.0] * 12, STEADY[:36]])
def test_missing_blocks_as_worse_does(release, figures):
    """No figure at all; eleven months before; none since."""
    one = began()
    measure(
        one, figures, last=date(2025, 3, 1) if figures == STEADY[:36] else date(2026, 3, 1), title="Falls"
    )
    found = of(one, release)
    assert (found.is_held, found.missing) == (False, ("Falls",))


def test_without_a_start_there_is_no_before(release):
    one = initiative()
    measure(one, STEADY)
    assert not of(one, release).is_held


def test_a_named_person_lets_it_through_and_is_shown(release):
    one, ann = began(), person("Ann", (Role.PLAN_MANAGER, "B0"))
    measure(one, WORSE)
    sent(one, date(2026, 2, 1), "The coding changed.", ann)
    found = of(one, release)
    assert (found.is_held, found.lets_through, found.worse) == (False, True, ("Readmissions",))
    assert "Ann says why that does not count against it: The coding changed." in found.words


@pytest.mark.parametrize("later", ["", "Still the coding."])
def test_only_the_latest_return_excuses_and_only_by_name(release, later):
    one, ann = began(), person("Ann", (Role.PLAN_MANAGER, "B0"))
    measure(one, WORSE)
    sent(one, date(2026, 1, 1), "The coding changed.", ann)
    sent(one, date(2026, 2, 1), later)
    assert not of(one, release).lets_through


def test_nobody_can_excuse_that_nothing_was_to_be_measured(release):
    one, ann = began(), person("Ann", (Role.PLAN_MANAGER, "B0"))
    sent(one, date(2026, 2, 1), "We forgot.", ann)
    assert not of(one, release).lets_through


def test_what_is_worse_everywhere_is_not_held_against_one_area(tmp_path):
    rng = np.random.default_rng(1)
    country = 90 - 8 * (np.arange(48) >= 36)
    values = [
        row
        for area_type, area, figures in (
            ("country", "SIM", country.astype(float)),
            ("icb", "B0", country + rng.normal(0, 1, 48)),
            ("icb", "B1", country - 4 * (country < 90) + rng.normal(0, 1, 48)),
        )
        for row in monthly("four_hours", area_type, area, list(map(float, figures)), date(2022, 4, 1))
    ]
    release = release_of(tmp_path, values=values)
    organisations.take_from(release)
    fell_with_all, fell_more = (began(title=area) for area in ("B0", "B1"))
    for one in (fell_with_all, fell_more):
        Measure.objects.create(
            initiative=one,
            kind="quality",
            title="Four hours",
            indicator="four_hours",
            area=one.title,
            better="higher",
        )
    found = quality.judged([fell_with_all, fell_more], release)
    assert found[fell_with_all.pk].is_held
    assert found[fell_more.pk].worse == ("Four hours",)


def test_many_at_once_are_judged_as_each_alone(release):
    many = [began(title=str(number)) for number in range(3)]
    for one, figures in zip(many, (STEADY, WORSE, STEADY[:40]), strict=True):
        measure(one, figures)
    together = quality.judged(many, release)
    assert [together[one.pk] for one in many] == [of(one, release) for one in many]
