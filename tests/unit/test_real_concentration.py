"""How few parts make half of a gap in January 2026, held against waits by specialty: another table, counted by other
code."""

from datetime import date

import pytest

JANUARY = date(2026, 1, 31)
WAKEFIELD, WEST_YORKSHIRE = "03R", "QWO"
COMPLETED = ["completed_admitted", "completed_non_admitted"]


@pytest.fixture(scope="module")
def by_specialty(real_release):
    """Pathways completed of each specialty, in Wakefield and in the country."""

    def of_area(area):
        found = {}
        for row in real_release.rows("waits", area=area, part=COMPLETED, period_end=JANUARY):
            found[row["specialty"]] = found.get(row["specialty"], 0) + row["pathways"]
        return found

    return of_area(WAKEFIELD), of_area("ENG")


def parts(release, indicator, area, kind):
    rows = release.rows("concentration", indicator=indicator, area=area, kind=kind, period_end=JANUARY)
    return sorted(rows, key=lambda row: row["place"])


def value(release, area):
    (row,) = release.rows("values", indicator="completed_pathways", area=area, period_end=JANUARY)
    return row


def test_wakefield_s_specialties_add_up_to_its_gap_and_three_make_half_of_it(real_release, by_specialty):
    own, whole = by_specialty
    area, country = value(real_release, WAKEFIELD), value(real_release, "ENG")
    specialties = sorted(set(whole) - {"total"})
    excess = {
        each: own.get(each, 0) - whole[each] * area["denominator"] / country["denominator"]
        for each in specialties
    }
    assert sum(excess.values()) == pytest.approx(area["count"] - area["expected"], rel=1e-9)
    rows = parts(real_release, "completed_pathways", WAKEFIELD, "specialty")
    largest = sorted(specialties, key=lambda each: -excess[each])
    assert [row["part"] for row in rows] == largest[: len(rows)]
    for row in rows:
        assert row["excess"] == pytest.approx(excess[row["part"]], abs=0.01)
    gap = area["count"] - area["expected"]
    reached = [sum(excess[each] for each in largest[:n]) / gap for n in (len(rows) - 1, len(rows))]
    assert reached[0] < 0.5 <= reached[1]
    assert (len(rows), rows[0]["parts"], rows[0]["left_out"]) == (3, 23, 0)


def test_a_board_s_sub_areas_are_the_published_ones(real_release):
    rows = parts(real_release, "completed_pathways", WEST_YORKSHIRE, "smaller_area")
    assert [row["part"] for row in rows] == [WAKEFIELD]
    area = value(real_release, WAKEFIELD)
    assert (rows[0]["observed"], rows[0]["expected"]) == (
        area["count"],
        pytest.approx(area["expected"], abs=0.01),
    )
    assert rows[0]["share_of_gap"] > 1  # the other four together lie below the country


def test_a_rate_per_person_has_no_providers_and_a_share_has(real_release):
    assert not parts(real_release, "completed_pathways", WAKEFIELD, "provider")
    rows = parts(real_release, "within_18_weeks", WAKEFIELD, "provider")
    assert rows[0]["parts"] > 50
    assert all(row["excess_lower"] > 0 for row in rows)


def test_no_incomplete_return_is_cut_or_takes_part(real_release):
    incomplete = {"03N", "15A", "26A"}
    rows = real_release.rows("concentration", indicator="completed_pathways", period_end=JANUARY)
    assert len(rows) > 200
    assert not incomplete & {row["area"] for row in rows}
    assert not incomplete & {row["part"] for row in rows}
