"""What is answered about waits: rates, lengths and what it takes, over a window, from a release made by hand."""

import calendar
import json
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from careatlas.engine.release import publish
from careatlas.engine.tables import RELEASE
from careatlas.errors import NotKnownError
from careatlas.present.waiting_words import median_text, wait_limits
from careatlas.present.waits import extra_pathways, waiting_times

ADMITTED, OTHER, LIST, NEW = "completed_admitted", "completed_non_admitted", "incomplete", "new_periods"
PEOPLE = {"registered": {"A1": 1000, "A2": 2000, "A3": 500}, "resident": {"A1": 4000, "A2": 1000, "A3": 500}}


def month(year, number):
    return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])


DECEMBER, JANUARY = month(2025, 12), month(2026, 1)


def wait(
    area, part, weeks, period=JANUARY, status="reported", note=None, pathways=None, area_type="sub_icb",
    specialty="100",
):  # fmt: skip
    counted = sum(weeks) if weeks else pathways
    return {
        "area_type": area_type,
        "area": area,
        "period_start": period[0],
        "period_end": period[1],
        "part": part,
        "specialty": specialty,
        "pathways": counted if pathways is None else pathways,
        "weeks": weeks,
        "status": status,
        "note": note,
    }


def people(kind, edition="2023_2024"):
    first = date(2023, 4, 1)
    return [
        {"people_counted": kind, "edition": edition, "area_type": "sub_icb", "area": area, "period_start": first,
         "period_end": date(2024, 3, 31), "people": count, "source": "made"}
        for area, count in PEOPLE[kind].items()
    ]  # fmt: skip


def weeks(*counts, last=104):
    """Pathways in the first weeks, none in the others."""
    return [*counts, *[0] * (last + 1 - len(counts))]


def release_of(tmp_path, waits, large=False):
    """A release with these waits; ``large``: handed over as a file, as a build does."""
    rows = {
        "waits": waits,
        "denominators": [*people("registered"), *people("resident")],
        "areas": [
            {"code": code, "name": f"Area {code}", "area_type": "sub_icb"} for code in PEOPLE["registered"]
        ],
    }
    tables = {
        name: pa.Table.from_pylist(
            [{c: row.get(c) for c in t.column_names} for row in rows.get(name, [])], t.schema
        )
        for name, t in RELEASE.items()
    }
    if large:
        pq.write_table(tables["waits"], tmp_path / "waits.parquet", row_group_size=1)
        tables["waits"] = tmp_path / "waits.parquet"
    catalogue = {"indicators": {}, "area_types": {"sub_icb": {"ranked": True}, "provider": {"ranked": True}}}
    return publish(tmp_path / "home", tables, {"catalogue.json": catalogue}, {})


def by_area(rows):
    return {row["area"]: row for row in rows}


def test_rates_are_of_three_peoples_and_each_ranks_for_itself(tmp_path):
    release = release_of(
        tmp_path, [wait(area, ADMITTED, weeks(n)) for area, n in {"A1": 100, "A2": 100, "A3": 10}.items()]
    )
    rows = by_area(waiting_times(release, "100", ADMITTED))
    assert [rows[a]["per_1000_registered"] for a in rows] == [100, 50, 20]
    assert [rows[a]["rank_registered"] for a in rows] == [1, 2, 3]
    assert [rows[a]["per_1000_resident"] for a in rows] == [25, 100, 20]
    assert [rows[a]["rank_resident"] for a in rows] == [2, 1, 3]
    assert rows["A1"]["people_registered_edition"] == "2023_2024"
    assert rows["A1"]["per_1000_registered_lower"] < 100 < rows["A1"]["per_1000_registered_upper"]
    assert rows["A1"]["per_1000_need_weighted"] is None  # not on file


def test_completed_is_admitted_and_not_admitted_together(tmp_path):
    release = release_of(tmp_path, [wait("A1", ADMITTED, weeks(30)), wait("A1", OTHER, weeks(10, 20))])
    (row,) = waiting_times(release, "100", "completed")
    assert (row["pathways"], row["per_1000_registered"]) == (60, 60)
    assert row["median_weeks"] == pytest.approx(0.75)  # 30 of 60, of 40 in the first week


def test_a_window_sums_months_and_its_rate_is_of_a_month(tmp_path):
    release = release_of(
        tmp_path, [wait("A1", ADMITTED, weeks(30), DECEMBER), wait("A1", ADMITTED, weeks(0, 50))]
    )
    (row,) = waiting_times(release, "100", ADMITTED, months=2)
    assert (row["period_start"], row["period_end"], row["months"]) == (DECEMBER[0], JANUARY[1], 2)
    assert (row["pathways"], row["per_1000_registered"]) == (80, 40)
    assert waiting_times(release, "100", ADMITTED, period="2025-12")[0]["pathways"] == 30


def test_the_list_is_that_of_the_last_month(tmp_path):
    release = release_of(tmp_path, [wait("A1", LIST, weeks(30), DECEMBER), wait("A1", LIST, weeks(0, 50))])
    (row,) = waiting_times(release, "100", LIST, months=2)
    assert (row["pathways"], row["months"]) == (50, 1)


def test_a_missing_month_is_left_out_of_both_sides_and_the_answer_is_incomplete(tmp_path):
    release = release_of(
        tmp_path,
        [
            wait("A1", ADMITTED, None, DECEMBER, status="missing", note="no return on file"),
            wait("A1", ADMITTED, weeks(30)),
            wait("A2", ADMITTED, weeks(30), DECEMBER),
            wait("A2", ADMITTED, weeks(30)),
            wait("A3", ADMITTED, None, DECEMBER, status="missing"),
            wait("A3", ADMITTED, None, status="missing"),
        ],
    )
    rows = by_area(waiting_times(release, "100", ADMITTED, months=2))
    assert (rows["A1"]["status"], rows["A1"]["per_1000_registered"]) == ("incomplete", 30)
    assert (rows["A1"]["rank_registered"], rows["A1"]["note"]) == (None, "no return on file")
    assert (rows["A2"]["status"], rows["A2"]["per_1000_registered"]) == ("reported", 15)
    assert (rows["A3"]["status"], rows["A3"]["pathways"], rows["A3"]["median_weeks"]) == (
        "missing",
        None,
        None,
    )


def test_long_waits_and_open_ends(tmp_path):
    release = release_of(tmp_path, [wait("A1", LIST, [*weeks(5)[:104], 95])])
    (row,) = waiting_times(release, "100", LIST)
    assert [row[f"over_{n}_weeks"] for n in (52, 65, 78, 104)] == [95, 95, 95, 95]
    assert (row["median_weeks"], row["median_open_ends"], row["open_from_weeks"]) == (None, 3, 104)
    assert (row["within_18_weeks"], row["share_within_18_weeks"]) == (5, 5)


def test_only_waits_in_the_open_week_are_said_to_be_over_it(tmp_path):
    short, long = weeks(0, 0, 3), [*weeks(0, 0, 2)[:104], 1]
    release = release_of(
        tmp_path, [wait("A1", LIST, short), wait("A2", LIST, long), wait("A3", LIST, weeks(99))]
    )
    said = {row["area"]: wait_limits(row, "median") for row in waiting_times(release, "100", LIST)}
    assert said["A1"] == "2.0 or more: too few for an upper limit"  # of three waits under three weeks
    assert said["A2"] == "2.0 to over 104"  # the longest of three is
    assert said["A3"] == "0.4 to 0.6"
    (all_open,) = waiting_times(
        release_of(tmp_path / "2", [wait("A1", LIST, [*weeks(0)[:104], 3])]), "100", LIST
    )
    assert (median_text(all_open, "median"), wait_limits(all_open, "median")) == ("over 104", "")


def test_a_window_over_two_layouts_says_what_both_can_tell(tmp_path):
    old = [*weeks(1, last=52)[:52], 4]
    release = release_of(
        tmp_path,
        [wait("A1", ADMITTED, old, DECEMBER), wait("A1", ADMITTED, [*weeks(1)[:70], 2, *weeks(1)[71:]])],
    )
    (row,) = waiting_times(release, "100", ADMITTED, months=2)
    assert (row["open_from_weeks"], row["over_52_weeks"], row["over_65_weeks"]) == (52, 6, None)
    assert waiting_times(release, "100", ADMITTED)[0]["over_65_weeks"] == 2


def test_new_pathways_have_a_rate_and_no_wait(tmp_path):
    release = release_of(tmp_path, [wait("A1", NEW, None, pathways=40)])
    (row,) = waiting_times(release, "100", NEW)
    assert (row["per_1000_registered"], row["median_weeks"], row["over_52_weeks"]) == (40, None, None)


def test_clearance_is_the_list_over_a_week_s_completions(tmp_path):
    rows = [wait("A1", LIST, weeks(62)), wait("A1", ADMITTED, weeks(31)), wait("A1", OTHER, weeks(31))]
    release = release_of(tmp_path, rows)
    for part in (LIST, ADMITTED):
        assert waiting_times(release, "100", part)[0]["clearance_weeks"] == pytest.approx(31 / 7)


def test_a_provider_has_no_people_and_is_none_where_what_it_sent_has_none_of_the_specialty(tmp_path):
    sent = [("P1", DECEMBER), ("P1", JANUARY), ("P2", DECEMBER), ("P2", JANUARY), ("P3", DECEMBER)]
    of_specialty = [("P1", DECEMBER), ("P1", JANUARY), ("P2", DECEMBER), ("P3", DECEMBER)]
    release = release_of(
        tmp_path,
        [wait(code, OTHER, weeks(20), when, area_type="provider", specialty="total") for code, when in sent]
        + [wait(code, ADMITTED, weeks(9), when, area_type="provider") for code, when in of_specialty],
    )
    rows = by_area(waiting_times(release, "100", ADMITTED, "provider"))
    assert {code: (row["pathways"], row["status"]) for code, row in rows.items()} == {
        "P1": (9, "reported"),
        "P2": (0, "zero"),  # others of January are on file
        "P3": (None, "missing"),  # nothing is
    }
    rows = by_area(waiting_times(release, "100", ADMITTED, "provider", months=2))
    assert [rows[code]["status"] for code in ("P1", "P2", "P3")] == ["reported", "reported", "incomplete"]
    assert not [column for column in rows["P1"] if "per_1000" in column]


def test_rows_are_ready_for_json(tmp_path):
    rows = waiting_times(release_of(tmp_path, [wait("A1", ADMITTED, weeks(9))]), "100", ADMITTED)
    assert json.loads(json.dumps(rows, default=str, allow_nan=False))[0]["pathways"] == 9


def test_what_is_not_on_file_is_said(tmp_path):
    release = release_of(
        tmp_path, [wait("A1", ADMITTED, weeks(9)), wait("ENG", ADMITTED, weeks(9), area_type="country")]
    )
    with pytest.raises(NotKnownError, match=r"has no waits in this release\. Specialties: 100"):
        waiting_times(release, "999", ADMITTED)
    with pytest.raises(NotKnownError, match="Parts: completed, completed_admitted"):
        waiting_times(release, "100", "admitted")
    with pytest.raises(NotKnownError, match="2024-01"):
        waiting_times(release, "100", ADMITTED, period="2024-01")
    with pytest.raises(NotKnownError, match="0 is not a number of months"):
        waiting_times(release, "100", ADMITTED, months=0)
    with pytest.raises(NotKnownError, match="Orders: longest_first, random, as_now"):
        extra_pathways(release, "100", order="shortest")


def queue(**changed):
    rows = {
        "before": wait("A1", LIST, weeks(31, 31, 31), DECEMBER),
        "list": wait("A1", LIST, weeks(31, 31, 31, 31)),
        "admitted": wait("A1", ADMITTED, weeks(0, 0, 0, 31)),
        "other": wait("A1", OTHER, weeks(0, 31)),
        "new": wait("A1", NEW, None, pathways=124),
    } | changed
    return [row for row in rows.values() if row]


def test_the_extra_pathways_state_what_they_rest_on(tmp_path):
    release = release_of(tmp_path, queue())
    (row,) = extra_pathways(release, "100", target=0.9, within_weeks=2, by_weeks=1)
    # 124 new and 62 completed in 31 days are 28 and 14 a week; the list grew by 31, 7 a week: 28 - 14 - 7 = 7 removed.
    flows = (row["new_per_week"], row["completed_per_week"], row["removed_per_week"])
    assert flows == pytest.approx((28, 14, 7))
    # A week on 28 + 124 wait, 7 of 152 go: 145 x 28/152, then 14 of the eldest. Within two weeks: 59 x 145/152 = 56.28.
    assert row["share_without"] == pytest.approx(59 * 145 / 152 / 131)
    assert row["extra_per_week"] == pytest.approx(131 - 59 * 145 / 152 / 0.9, abs=0.01)
    assert "the longest waits first" in row["assumptions"]
    assert "list's change" in row["assumptions"]


def test_without_the_month_before_the_list_is_taken_to_keep_its_size(tmp_path):
    (row,) = extra_pathways(release_of(tmp_path, queue(before=None)), "100", order="as_now", target=0.5)
    assert row["removed_per_week"] == pytest.approx(14)
    assert row["waiting_without"] == pytest.approx(124)
    assert "keep the list at its size" in row["assumptions"]


TWO_YEARS = [
    month(2024 + n // 12, n % 12 + 1) for n in range(1, 25)
]  # February 2024 to January 2026: 731 days


def test_figures_a_week_are_of_the_weeks_with_a_return(tmp_path):
    # One month of 24 is missing, which leaves the answer whole; A2 sent it. 31 a month of 23 months in 700 days.
    waits = [wait(area, LIST, weeks(620)) for area in ("A1", "A2")]
    for area in ("A1", "A2"):
        for when in TWO_YEARS:
            if area == "A2" or when != DECEMBER:
                waits += [wait(area, ADMITTED, weeks(31), when), wait(area, OTHER, weeks(31), when)]
                waits.append(wait(area, NEW, None, when, pathways=124))
            else:
                waits += [wait(area, part, None, when, "missing") for part in (ADMITTED, OTHER, NEW)]
    release = release_of(tmp_path, waits)
    rows = by_area(extra_pathways(release, "100", months=24))
    assert rows["A1"]["completed_per_week"] == pytest.approx(62 * 23 * 7 / 700)
    assert rows["A1"]["new_per_week"] == pytest.approx(124 * 23 * 7 / 700)
    assert rows["A2"]["completed_per_week"] == pytest.approx(62 * 24 * 7 / 731)
    rows = by_area(waiting_times(release, "100", LIST)) | by_area(
        waiting_times(release, "100", ADMITTED, months=24)
    )
    assert rows["A1"]["clearance_weeks"] == pytest.approx(620 / (62 * 23 * 7 / 700))
    assert rows["A2"]["clearance_weeks"] == pytest.approx(620 / (62 * 24 * 7 / 731))


def test_the_list_grew_over_all_the_weeks_between_its_first_and_last_month(tmp_path):
    # October's list of 93 is 124 at the end of January, 92 days later; November is on file, December is not.
    october, november = month(2025, 10), month(2025, 11)
    earlier = {
        "before": wait("A1", LIST, weeks(31, 31, 31), october),
        "admitted then": wait("A1", ADMITTED, weeks(0, 0, 0, 30), november),
        "other then": wait("A1", OTHER, weeks(0, 30), november),
        "new then": wait("A1", NEW, None, november, pathways=120),
    }
    (row,) = extra_pathways(release_of(tmp_path, queue(**earlier)), "100", months=3)
    # 61 days are on file: 244 new and 122 completed are 28 and 14 a week.
    flows = (row["new_per_week"], row["completed_per_week"], row["removed_per_week"])
    assert flows == pytest.approx((28, 14, 28 - 14 - 31 * 7 / 92))


def test_an_area_without_a_full_return_gets_no_answer(tmp_path):
    partial = wait("A1", ADMITTED, weeks(3), status="incomplete")
    (row,) = extra_pathways(release_of(tmp_path, queue(admitted=partial)), "100")
    assert (row["extra_per_week"], row["completed_per_week"]) == (None, None)


def test_a_table_handed_over_as_a_file_makes_the_same_release(tmp_path):
    waits = [
        wait("A1", ADMITTED, weeks(9)),
        wait("A2", ADMITTED, None, status="missing"),
        wait("A2", OTHER, weeks(1)),
    ]
    (tmp_path / "1").mkdir(), (tmp_path / "2").mkdir()
    whole, large = release_of(tmp_path / "1", waits), release_of(tmp_path / "2", waits, large=True)
    assert large.id == whole.id
    assert large.rows("waits") == whole.rows("waits")


@pytest.mark.parametrize(
    "change",
    [{"weeks": weeks(8, 1)}, {"weeks": weeks(9, last=52)}, {"weeks": None}, {"weeks": weeks(0, 9)}],
)
def test_another_wait_makes_another_release(tmp_path, change):
    row = wait("A1", ADMITTED, weeks(9))
    (tmp_path / "1").mkdir(), (tmp_path / "2").mkdir()
    first = release_of(tmp_path / "1", [row])
    assert (
        release_of(tmp_path / "2", [row | change]).manifest["content_hash"] != first.manifest["content_hash"]
    )


# --- the real files: ranks of January 2026 that were worked out by others (registered, resident, need-weighted)

WORKED_OUT = {
    "completed": {"03R": (4, 3, 2), "15F": (88, 81, 69), "03H": (9, 6, 8), "03Q": (104, 104, 104)},
    "completed_admitted": {
        "03R": (1, 1, 1),
        "15F": (76, 72, 64),
        "03H": (32, 25, 32),
        "03Q": (101, 103, 103),
    },
    "completed_non_admitted": {
        "03R": (10, 6, 8),
        "15F": (85, 78, 73),
        "03H": (7, 5, 6),
        "03Q": (104, 104, 104),
    },
    "incomplete": {"03R": (69, 58, 76), "15F": (102, 100, 99), "03H": (26, 15, 38), "03Q": (105, 105, 104)},
}


@pytest.mark.parametrize("part", WORKED_OUT)
def test_the_real_rates_rank_as_they_were_worked_out_elsewhere(real_release, part):
    rows = by_area(waiting_times(real_release, part=part, period="2026-01"))
    for place, kind in enumerate(("registered", "resident", "need_weighted")):
        rates = sorted(
            (row[f"per_1000_{kind}"] for row in rows.values()), reverse=True
        )  # incomplete ones too
        ranks = {area: rates.index(rows[area][f"per_1000_{kind}"]) + 1 for area in WORKED_OUT[part]}
        assert ranks == {area: worked_out[place] for area, worked_out in WORKED_OUT[part].items()}
    assert rows["03N"]["status"] == "incomplete"
    assert rows["03N"]["rank_registered"] is None
