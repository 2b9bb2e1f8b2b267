"""Whether quality held: of figures entered and of the atlas, worse, missing, or excused by somebody."""

from datetime import date

import numpy as np
import pytest
from authored import person
from ledger_small import APRIL, YEAR, claim, initiative, measure, pool, sent, sized
from small_release import monthly, release_of

from careatlas.improve.delivery.ledger import claims, foreseen, quality
from careatlas.improve.delivery.ledger.sums import claims_of, ledger
from careatlas.improve.delivery.models import Initiative, Measure, Pool
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
    sent(one, date(2026, 3, 1), "The coding changed.", ann)
    found = of(one, release)
    assert (found.is_held, found.lets_through, found.worse) == (False, True, ("Readmissions",))
    assert "Ann says why that does not count against it: The coding changed." in found.words


@pytest.mark.parametrize("later", ["", "Still the coding."])
def test_only_the_latest_return_excuses_and_only_by_name(release, later):
    one, ann = began(), person("Ann", (Role.PLAN_MANAGER, "B0"))
    measure(one, WORSE, last=date(2026, 1, 1))
    sent(one, date(2026, 1, 1), "The coding changed.", ann)
    assert of(one, release).lets_through
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


# Figures that stop coming


def claimed(one, release, pence=12_000, **more):
    """Twelve months from April 2025 on, of a pool that is told to March 2026."""
    on = pool()
    sized(on, release, 10_000, 5_000)
    return claim(one, on, pence, **more)


@pytest.mark.parametrize(
    ("last", "missing"), [(date(2025, 12, 1), ()), (date(2025, 11, 1), ("Readmissions",))]
)
def test_a_measure_more_than_three_months_behind_what_is_claimed_is_missing(release, last, missing):
    """March 2026 is told: December lies three months behind it, November four."""
    one = began()
    measure(one, STEADY, last=last)
    claimed(one, release)
    found = of(one, release)
    assert (found.missing, found.lets_through) == (missing, not missing)
    assert found.words.startswith(
        "Missing, or more than 3 months behind: Readmissions."
        if missing
        else "Quality held until December 2025."
    )


def test_one_good_month_and_none_after_evidences_nothing_of_the_year(release):
    one = began()
    measure(one, [9.0, 11.0] * 18 + [10.0], last=APRIL)
    claimed(one, release)
    [line] = ledger(release, claims_of(YEAR)).lines
    assert line.whole == (12_000, 10_000, 0, 0, 0)


def test_of_two_the_one_that_stops_blocks_and_held_means_until_the_earlier(release):
    one = began()
    measure(one, STEADY, title="Falls")
    deaths = measure(one, STEADY, title="Deaths", last=date(2025, 9, 1))
    claimed(one, release)
    assert of(one, release).missing == ("Deaths",)
    deaths.delete()
    measure(one, STEADY, title="Deaths", last=date(2026, 1, 1))
    assert of(one, release).words.startswith("Quality held until January 2026.")


def test_quality_is_asked_for_no_longer_than_anything_is_claimed(release):
    """Three months are claimed, so that what is known to June, nine months before the pool, is known long enough."""
    one = began()
    measure(one, STEADY, last=date(2025, 6, 1))
    claimed(one, release, 3_000, phasing=[1_000] * 3 + [0] * 9)
    assert of(one, release).is_held


def test_nor_for_longer_than_the_pool_is_told_of(release):
    one, on = began(), pool()
    measure(one, STEADY, last=date(2025, 6, 1))
    sized(on, release, 10_000, 5_000, last_day=date(2025, 9, 30), months=6)
    claim(one, on, 12_000)
    assert of(one, release).is_held


@pytest.mark.parametrize(("published", "missing"), [(44, ()), (48, ("Four hours",))])
def test_of_an_indicator_no_more_is_asked_than_its_source_has_published(tmp_path, published, missing):
    """B0 is known to September 2025, 42 months; the country to November, and then to March."""
    swings = [90.0, 92.0] * 24
    values = [
        *monthly("four_hours", "country", "SIM", swings[:published], date(2022, 4, 1)),
        *monthly("four_hours", "icb", "B0", [93.0, 92.0] * 21, date(2022, 4, 1)),
    ]
    release = release_of(tmp_path, values=values)
    organisations.take_from(release)
    one = began()
    said = {
        "kind": "quality",
        "title": "Four hours",
        "indicator": "four_hours",
        "area": "B0",
        "better": "higher",
    }
    Measure.objects.create(initiative=one, **said)
    claimed(one, release)
    assert of(one, release).missing == missing


def test_what_is_told_before_a_claim_is_kept_is_what_is_told_then(release):
    """Quality known to September; the pool to March."""
    one, on = began(), pool()
    measure(one, STEADY, last=date(2025, 9, 1))
    sized(on, release, 10_000, 5_000)
    said = {
        "pence": 12_000,
        "timing": "recurrent",
        "form": "capacity",
        "phasing": [1_000] * 12,
        "share": None,
    }
    before = foreseen.foreseen(one, on, said, release).foreseen.quality
    claim(one, on, 12_000)
    assert before == of(one, release)
    assert not before.is_held


# What an excuse is of


def worse_since_april(*titles):
    one = began()
    return one, [measure(one, WORSE, title=title) for title in titles]


def test_an_excuse_falls_once_a_later_month_is_told(release):
    one, _ = worse_since_april("Falls")
    claimed(one, release)
    ann = person("Ann", (Role.PLAN_MANAGER, "B0"))
    sent(one, date(2026, 2, 1), "The coding changed.", ann)
    assert not of(one, release).lets_through  # March is told
    Initiative.objects.filter(pk=one.pk).update(status="stopped")
    one.refresh_from_db()
    assert of(one, release).lets_through  # no return of March is asked for any more


def test_without_a_pool_that_is_told_an_excuse_falls_with_the_next_month_of_quality(release):
    one, _ = worse_since_april("Falls")
    sent(one, date(2026, 2, 1), "The coding changed.", person("Ann", (Role.PLAN_MANAGER, "B0")))
    assert not of(one, release).lets_through


def test_an_excuse_of_one_measure_is_none_of_another(release):
    one, [falls, _] = worse_since_april("Falls", "Deaths")
    claimed(one, release)
    ann = person("Ann", (Role.PLAN_MANAGER, "B0"))
    kept = sent(one, date(2026, 3, 1), "The coding changed.", ann, excused=[falls])
    found = of(one, release)
    assert (found.worse, found.excuse, found.lets_through) == (("Falls", "Deaths"), "", False)
    kept.excused = [one.pk for one in one.measures.all()]
    kept.save()
    assert of(one, release).lets_through


@pytest.mark.parametrize("withdraws", [False, True])
def test_whoever_ever_wrote_a_claim_excuses_nothing(release, withdraws):
    """Ann excused before she claimed; that she takes the claim back again makes her no judge of it."""
    one, _ = worse_since_april("Falls")
    ann = person("Ann", (Role.PLAN_MANAGER, "B0"))
    claimed(one, release)
    sent(one, date(2026, 3, 1), "The coding changed.", ann)
    assert of(one, release).lets_through
    made = claims.add(one, Pool.objects.get(), ann, 1_000, "recurrent", "capacity")
    if withdraws:
        claims.withdraw(made.pk, ann, made.version, "Not mine.")
    assert not of(one, release).lets_through
