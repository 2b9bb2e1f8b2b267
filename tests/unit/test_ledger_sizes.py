"""How large a pool is: from a release's months or from costs entered, and why it sometimes cannot be told."""

from datetime import date

import numpy as np
import pytest
from ledger_small import cost, org, pool, sized
from small_release import monthly, release_of

from careatlas.improve.delivery.ledger import sizes
from careatlas.improve.delivery.models import PoolSize
from careatlas.improve.people import organisations
from careatlas.improve.record import keeping

pytestmark = pytest.mark.django_db
FIRST = date(2022, 4, 1)  # three years before April 2025
STEADY = [99.0, 101.0, 100.0, 100.0] * 9


def release_with(tmp_path, of_board, rebases=None, **more):
    values = monthly("antibiotics", "icb", "B0", of_board, FIRST)
    values = [row | {"count": row["value"]} for row in values]
    release = release_of(tmp_path, rebases, values=values, **more)
    organisations.take_from(release)
    return release


def size_of(release, **more) -> PoolSize:
    one = pool(**({"indicator": "antibiotics", "unit_cost_pence": 200_00} | more))
    return sizes.sizes_of(release, [one.pk])[one.pk]


def test_a_year_with_ten_fewer_a_month_saves_120_times_the_unit_cost(tmp_path):
    """About 100 a month were usual and 90 were seen, 12 months long, at £200: £24,000."""
    size = size_of(release_with(tmp_path, STEADY + [90.0] * 12))
    assert size.pence == pytest.approx(24_000_00, rel=0.03)
    assert 0 < size.lower_pence < size.pence < size.upper_pence
    assert (size.months, size.last_day, size.reason) == (12, date(2026, 3, 31), "")


def test_an_indicator_in_pounds_is_a_hundred_pence_each(tmp_path):
    size = size_of(release_with(tmp_path, STEADY + [90.0] * 12), unit_cost_pence=0)
    assert size.pence == pytest.approx(120_00, rel=0.03)


def test_a_month_without_a_full_return_is_no_saving_and_no_months_figure(tmp_path):
    """Ten months are known, of which each saves about ten."""
    size = size_of(release_with(tmp_path, [*STEADY, *[90.0] * 4, None, None, *[90.0] * 6]))
    assert size.pence == pytest.approx(20_000_00, rel=0.03)
    assert size.months == 10


def test_only_the_months_of_the_pools_own_year_count(tmp_path):
    """Begun in August 2024. Until March 50 were seen, which is another pool's; then 90: ten fewer, 12 months long."""
    values = [*STEADY, *[50.0] * 8, *[90.0] * 12]
    rows = monthly("antibiotics", "icb", "B0", values, date(2021, 8, 1))
    release = release_of(tmp_path, values=[row | {"count": row["value"]} for row in rows])
    organisations.take_from(release)
    size = size_of(release, began_on=date(2024, 8, 1))
    assert size.pence == pytest.approx(24_000_00, rel=0.05)
    assert (size.months, size.last_day) == (12, date(2026, 3, 31))


def test_the_three_months_before_a_start_are_no_guide_because_they_may_be_why_it_began(tmp_path):
    """A bad spell of three months that goes away by itself is no saving."""
    calm = size_of(release_with(tmp_path / "calm", [*STEADY, *[100.0] * 12]))
    PoolSize.objects.all().delete()
    spell = [*STEADY[:-3], 150.0, 150.0, 150.0, *[100.0] * 12]
    again = sizes.sizes_of(release_with(tmp_path / "spell", spell), [calm.pool_id])[calm.pool_id]
    assert again.pence == calm.pence


@pytest.mark.parametrize(("first", "gap", "is_told"), [(0, 9, True), (0, 10, False), (1, 0, False)])
def test_a_guide_needs_24_months_the_first_of_them_36_before(tmp_path, first, gap, is_told):
    """Of 36 months three are left out before the start, and ``gap`` more are not known."""
    before = [None if month < first or 6 <= month < 6 + gap else STEADY[month] for month in range(36)]
    size = size_of(release_with(tmp_path, [*before, *[90.0] * 12]))
    assert (size.pence is not None) == is_told
    assert is_told or size.reason.startswith(f"Not enough history: {36 - 3 - first - gap} months")
    assert (size.lower_pence is None) == (size.upper_pence is None) == (not is_told)


def test_nothing_seen_yet_is_nothing_known(tmp_path):
    size = size_of(release_with(tmp_path, STEADY))
    assert (size.pence, size.months, size.last_day) == (None, 0, None)
    assert size.reason == "Nothing to compare yet: no month from April 2025 on has full figures."


def test_an_area_or_indicator_that_the_release_does_not_have_is_not_known(tmp_path):
    release = release_with(tmp_path, STEADY + [90.0] * 12)
    for number, more in enumerate(({"area": "B1"}, {"indicator": "gone"})):
        assert size_of(release, cost_line=f"line {number}", **more).reason.startswith("Not enough history: 0")


def test_the_months_of_the_pandemics_restrictions_are_no_guide(tmp_path):
    """Of April 2020 to March 2022, five months lay outside them."""
    rows = monthly("antibiotics", "icb", "B0", [100.0] * 36, date(2020, 4, 1))
    release = release_of(tmp_path, values=[row | {"count": row["value"]} for row in rows])
    organisations.take_from(release)
    size = size_of(release, began_on=date(2022, 7, 1), year=2022)
    # August to November 2021 and February to March 2022; April to June 2022 are the three before the start.
    assert size.reason.startswith("Not enough history: 6 months")


# --- counting that changed --------------------------------------------------------------------------------------


def test_a_registered_change_of_counting_inside_is_told_and_cannot_be_evidenced(tmp_path):
    rebase = {"indicator": "antibiotics", "area": "B0", "first_day": "2025-09-01", "reason": "A unit moved."}
    size = size_of(release_with(tmp_path, STEADY + [90.0] * 12, {"one": rebase}))
    assert size.pence is not None
    assert sizes.is_barred(size)
    assert size.reason == "Counting changed in September 2025: A unit moved."


def test_a_change_entered_on_the_pool_counts_as_one_registered(tmp_path):
    release = release_with(tmp_path, STEADY + [90.0] * 12)
    size = size_of(
        release, counting_changed_on=date(2025, 6, 1), counting_changed_why="Same-day care recoded"
    )
    assert size.reason == "Counting changed in June 2025: Same-day care recoded."


def test_months_before_a_change_are_no_guide(tmp_path):
    """500 a month until September 2022, then 100 for three years, then ten fewer for six months."""
    release = release_with(tmp_path, [*[500.0] * 6, *STEADY, *[90.0] * 6])
    changed = {"counting_changed_on": date(2022, 10, 1), "counting_changed_why": "Another unit's went"}
    size = size_of(release, began_on=date(2025, 10, 1), **changed)
    assert size.pence == pytest.approx(12_000_00, rel=0.1)
    assert not sizes.is_barred(size)


# --- costs entered, and what is kept ----------------------------------------------------------------------------


def test_costs_entered_by_month_are_worked_out_alike(tmp_path):
    """£1,000 a month was usual, £900 was spent: £1,200 in a year."""
    release = release_with(tmp_path, STEADY)
    one = pool()
    cost(one, [int(1000 * each) for each in STEADY] + [900_00] * 12, FIRST)
    size = sizes.sizes_of(release, [one.pk])[one.pk]
    assert size.pence == pytest.approx(1_200_00, rel=0.03)


def test_a_release_is_asked_once_and_a_changed_pool_again(tmp_path):
    release = release_with(tmp_path, STEADY + [90.0] * 12)
    one = pool(indicator="antibiotics", unit_cost_pence=200_00)
    assert (sizes.take_sizes(release), sizes.take_sizes(release)) == (1, 0)
    sizes.forget(one)
    assert sizes.take_sizes(release) == 1


@pytest.mark.parametrize(
    ("meanwhile", "pence", "reason"),
    [("costs", 2_400_00, ""), ("pool", 1_200_00, "Counting changed in June 2025: recoded.")],
)
def test_what_is_written_while_a_size_is_worked_out_is_not_lost(
    tmp_path, monkeypatch, meanwhile, pence, reason
):
    """£900 a month, then £800, of £1,000 usual: whoever read the first is asked again, and £2,400 are kept."""
    release = release_with(tmp_path, STEADY)
    one = pool()
    cost(one, [int(1000 * each) for each in STEADY] + [900_00] * 12, FIRST)
    work_out = sizes._worked_out

    def while_somebody_writes(pools, release):
        found = work_out(pools, release)
        monkeypatch.setattr(sizes, "_worked_out", work_out)
        if meanwhile == "costs":
            one.costs.filter(month__gte=date(2025, 4, 1)).update(pence=800_00)
        else:
            said = {"counting_changed_on": date(2025, 6, 1), "counting_changed_why": "recoded"}
            keeping.change(one, "ann@nhs.test", "recoded", 1, **said)
        sizes.forget(one)
        return found

    monkeypatch.setattr(sizes, "_worked_out", while_somebody_writes)
    size = sizes.sizes_of(release, [one.pk])[one.pk]
    assert (size.pence, size.reason) == (pytest.approx(pence, rel=0.03), reason)
    sizes.forget(one)
    assert size.pence == sizes.sizes_of(release, [one.pk])[one.pk].pence


@pytest.mark.parametrize(
    ("of_higher", "of_lower"),
    [({"cost_line": "emergency_admissions"}, {"cost_line": "emergency_admissions"}),
     ({"cost_line": "maternity", "indicator": "antibiotics"}, {"indicator": "antibiotics"})],
)  # fmt: skip
def test_of_two_pools_that_came_to_hold_the_same_the_lower_is_told_and_not_evidenced(
    tmp_path, of_higher, of_lower
):
    """Sub-area S00 had a pool of its own; then it was moved into a board that has one, too."""
    release = release_with(tmp_path, STEADY)
    higher, lower = pool("B1", **of_higher), pool("S00", **of_lower)
    for each in (higher, lower):
        sized(each, release, 100, 30)
    both = [lower.pk, higher.pk]
    assert not any(sizes.is_barred(size) for size in sizes.sizes_of(release, both).values())
    moved = org("S00")
    keeping.change(moved, "the release", "moved", moved.version, path=f"{org('B1').path}S00/")
    line = "Maternity" if "indicator" in of_higher else "Emergency admissions"
    found = sizes.sizes_of(release, both)
    assert found[lower.pk].reason == (
        f"Pool {higher.pk} ({line}, 2025/26) stands at Middle Board, above it, and holds the same savings."
    )
    assert [sizes.is_barred(found[number]) for number in both] == [True, False]
    higher.delete()
    assert not sizes.is_barred(sizes.sizes_of(release, both)[lower.pk])


def test_pools_of_other_lines_years_and_places_hold_nothing_of_each_others(tmp_path):
    release = release_with(tmp_path, STEADY)
    made = [
        pool("B0"),
        pool("S00", "maternity"),
        pool("S00", year=2024),
        pool("B1"),
        pool("S01", "pathology"),
    ]
    for each in made:
        sized(each, release, 100, 30)
    assert not any(
        sizes.is_barred(size) for size in sizes.sizes_of(release, [one.pk for one in made]).values()
    )


def test_limits_are_rounded_outwards_so_that_rounding_makes_nothing_sure(tmp_path):
    rng = np.random.default_rng(1)
    values = (100 + rng.normal(0, 3, 48)).round().tolist()
    size = size_of(release_with(tmp_path, values), unit_cost_pence=1)
    assert size.lower_pence <= size.pence <= size.upper_pence
