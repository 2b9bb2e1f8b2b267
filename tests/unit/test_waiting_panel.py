"""Rates month by month: who is in them, what comes and goes, and what lasts."""

import calendar
from datetime import date
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from careatlas.engine.release import publish
from careatlas.engine.tables import RELEASE
from careatlas.errors import NotKnownError
from careatlas.present.gaps import Panel
from careatlas.present.waiting_panel import lasting, month_to_month, monthly, places_by_month
from careatlas.present.waits import _chances_now, waiting_times

AREAS = [f"A{n:02d}" for n in range(12)]
PEOPLE = 10_000.0


def months(number):
    starts = [date(2025 + (n // 12), n % 12 + 1, 1) for n in range(number)]
    return [(day, day.replace(day=calendar.monthrange(day.year, day.month)[1])) for day in starts]


def release_of(tmp_path, counts, statuses=None):
    """``counts`` [month, area] of one part; ``statuses`` by (month, area) where not reported."""
    statuses = statuses or {}
    waits = [
        {"area_type": "sub_icb", "area": area, "period_start": start, "period_end": end, "specialty": "100"}
        | {"part": "completed_admitted", "pathways": float(counts[n][at]), "weeks": [int(counts[n][at]), 0]}
        | {"status": statuses.get((n, area), "reported"), "note": None}
        for n, (start, end) in enumerate(months(len(counts)))
        for at, area in enumerate(AREAS)
    ]
    people = [
        {
            "people_counted": "registered",
            "edition": "2024",
            "area_type": "sub_icb",
            "area": area,
            "source": "made",
        }
        | {"period_start": date(2024, 4, 1), "period_end": date(2025, 3, 31), "people": PEOPLE}
        for area in AREAS
    ]
    rows = {"waits": waits, "denominators": people}
    tables = {
        name: pa.Table.from_pylist(
            [{c: row.get(c) for c in t.column_names} for row in rows.get(name, [])], t.schema
        )
        for name, t in RELEASE.items()
    }
    catalogue = {"indicators": {}, "area_types": {"sub_icb": {"ranked": True}}}
    return publish(tmp_path / "home", tables, {"catalogue.json": catalogue}, {})


def panel_of(release, end, number=24):
    return monthly(release, "100", "completed_admitted", "sub_icb", "registered", end, number)


def by_turns(number):
    """Area n has 400 + 20n, a tenth more and a tenth less by turns, every other area the other way round."""
    level = 400 + 20 * np.arange(len(AREAS))
    sign = np.where((np.arange(number)[:, None] + np.arange(len(AREAS))) % 2, 1, -1)
    return np.rint(level * (1 + 0.1 * sign))


def test_a_month_is_a_rate_of_its_people(tmp_path):
    release = release_of(tmp_path, by_turns(3))
    given = panel_of(release, months(3)[-1][1])
    assert [end for _, end in given.periods] == [end for _, end in months(3)]
    assert given.figures["value"][0, :2].tolist() == pytest.approx([36.0, 46.2])  # 360 and 462 of 10,000


def test_a_return_in_part_is_in_no_month(tmp_path):
    release = release_of(tmp_path, by_turns(3), {(1, "A02"): "incomplete"})
    value = panel_of(release, months(3)[-1][1]).figures["value"]
    assert np.isnan(value[:, 2]).tolist() == [False, True, False]


def test_with_fewer_than_twelve_months_what_comes_and_goes_is_not_known(tmp_path):
    release = release_of(tmp_path, by_turns(11))
    end = months(11)[-1][1]
    assert month_to_month(release, "100", "completed_admitted", "sub_icb", end) is None
    rows = waiting_times(release, "100", "completed_admitted", period="2025-11")
    assert {row["rank_noise"] for row in rows} == {"counting"}


def test_what_comes_and_goes_widens_ranks_and_a_longer_window_evens_it_out(tmp_path):
    release = release_of(tmp_path, by_turns(12))
    end = months(12)[-1][1]
    found = month_to_month(release, "100", "completed_admitted", "sub_icb", end)
    # A tenth up and down is a variance of .01 on the log scale, of which counting about 500 gives .002.
    assert found == pytest.approx(0.01 - 0.002, abs=0.003)
    one, twelve = (
        waiting_times(release, "100", "completed_admitted", months=n, period="2025-12") for n in (1, 12)
    )
    assert {row["rank_noise"] for row in one} == {"comes_and_goes"}
    # A month's error is .1: 400 and 620 are .44 apart, not enough among twelve. A year's is .03.
    assert {row["group_registered"] for row in one} == {"not_apart"}
    assert {row["rank_registered"] for row in one} == {None}
    assert [row["rank_registered"] for row in twelve] == list(range(12, 0, -1))


def test_differences_that_never_change_last(tmp_path):
    always = np.tile(400 + 60 * np.arange(len(AREAS)), (6, 1))
    found = lasting(panel_of(release_of(tmp_path, always), months(6)[-1][1]))
    assert float(found.found.permanent_share) > 0.95
    assert (found.months, found.together) == (6, 1)
    # The mean is 730 of 10,000: 400 and 1,060 are 12 errors off in every month; 700 and 760 are one.
    assert (found.runs["A00"], found.runs["A11"], found.runs["A05"], found.runs["A06"]) == (6, 6, 0, 0)
    assert np.trace(found.moved.count) == len(AREAS)


def test_a_run_ends_where_a_month_is_missing_or_on_the_other_side(tmp_path):
    counts = np.full((7, len(AREAS)), 500.0)
    counts[:, 0] = [800, 800, 300, 800, 800, 800, 500]
    counts[:, 1] = 800
    release = release_of(tmp_path, counts, {(3, "A01"): "missing"})
    found = lasting(panel_of(release, months(7)[-1][1]))
    assert (found.runs["A00"], found.runs["A01"]) == (3, 3)


def test_long_series_are_taken_some_months_at_a_time(tmp_path):
    found = lasting(panel_of(release_of(tmp_path, by_turns(12)), months(12)[-1][1]))
    assert (found.together, found.found.deviation.shape) == (2, (12, 6))


def test_three_months_cannot_show_persistence(tmp_path):
    assert lasting(panel_of(release_of(tmp_path, by_turns(3)), months(3)[-1][1])) is None


def test_places_need_areas_that_can_be_told_apart(tmp_path):
    same = np.full((2, len(AREAS)), 500.0)
    given = panel_of(release_of(tmp_path, same), months(2)[-1][1])
    assert isinstance(given, Panel)
    assert set(places_by_month(given).group.ravel().tolist()) == {"not_apart"}


def of_weeks(*weeks):
    return SimpleNamespace(
        areas=["A00"], weeks=np.array([weeks], float) if weeks else None, known_weeks=np.array([1.0])
    )


@pytest.mark.parametrize(
    ("waiting", "done", "chance"),
    [
        ((10, 20, 30, 40), (2, 9), [0.2, 0.1, 0.1, 0.1]),  # 9 of the 90 in their open last week
        ((10, 90), (2, 3, 4, 2), [0.2, 0.1]),
        ((10, 90), (2, 9), [0.2, 0.1]),
    ],
)
def test_chances_of_treatment_are_of_the_weeks_that_both_layouts_tell(waiting, done, chance):
    assert _chances_now(of_weeks(*waiting), of_weeks(*done)).tolist() == [pytest.approx(chance)]


def test_without_weeks_of_those_completed_there_are_no_chances():
    with pytest.raises(NotKnownError, match="have no weeks waited on file"):
        _chances_now(of_weeks(10, 90), of_weeks())
