"""The release of the publishers' real files: figures published elsewhere, reached exactly.

Published totals are those that the publications themselves print; ranks and rates were worked out by hand from the
January 2026 extract.
"""

import json
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from careatlas.cli import main

JANUARY = date(2026, 1, 31)
FOUR = {"03R": "Wakefield", "15F": "Leeds", "03H": "North East Lincolnshire", "03Q": "Vale of York"}
FIELD_TEST_TRUSTS = {
    "RGT", "RQM", "RDU", "RYJ", "RNQ", "RC9", "RXF", "RVW", "RX1", "RK9", "R0D", "RHU", "RFR", "RGR",
}  # fmt: skip


def ranked(release, *options: str) -> list[dict]:
    """What `careatlas rank completed_pathways` prints for January 2026."""
    asked = ["rank", "completed_pathways", "--period", "2026-01", "--area-type", "sub_icb", "--json"]
    answered = CliRunner().invoke(main, [*asked, *options, "--release", str(release.folder)])
    assert answered.exit_code == 0, answered.output
    return json.loads(answered.output)


def test_every_file_of_the_folder_is_accounted_for(real_release, real_data):
    files = real_release.rows("files")
    on_disk = {str(path.relative_to(real_data)) for path in real_data.rglob("*") if path.is_file()}
    assert {row["file"] for row in files} == on_disk
    for row in files:
        if row["outcome"] == "not_read":
            assert row["reason"], row["file"]
        else:
            assert row["rows_read"] == row["rows_kept"] + row["rows_refused"], row["file"]


def test_the_release_says_that_it_is_england_and_not_simulated(real_release):
    assert real_release.manifest["simulated"] is False
    assert real_release.manifest["country_name"] == "England"


# England's totals


@pytest.fixture(scope="module")
def totals(real_release) -> dict[tuple[str, str], dict]:
    """Each reconciled total by what is totalled and its last day."""
    rows = real_release.rows("reconciliation")
    return {(f"{row['source']} {row['total']}", f"{row['period_end'] or ''}"): row for row in rows}


@pytest.mark.parametrize(
    ("total", "period_end", "published"),
    [
        ("rtt pathways (completed_admitted, total)", "2026-01-31", 302_826),
        ("rtt pathways (completed_non_admitted, total)", "2026-01-31", 1_251_335),
        ("rtt pathways (incomplete, total)", "2026-01-31", 7_187_677),
        ("rtt pathways (incomplete_with_decision_to_admit, total)", "2026-01-31", 1_189_547),
        ("rtt pathways (new_periods, total)", "2026-01-31", 1_773_734),
        ("rtt pathways (completed_admitted, total)", "2024-12-31", 275_133),
        ("rtt pathways (completed_admitted, total)", "2014-12-31", 279_866),
        ("rtt pathways (completed_admitted, total)", "2015-01-31", 303_346),
        ("rtt pathways (completed_non_admitted, total)", "2014-12-31", 821_097),
        ("rtt pathways (completed_non_admitted, total)", "2015-01-31", 892_977),
        ("rtt pathways (incomplete, total)", "2014-12-31", 2_928_414),
        ("rtt pathways (incomplete, total)", "2015-01-31", 2_924_045),
        ("population people (mid_2021)", "2021-06-30", 56_554_891),
        ("population people (mid_2022)", "2022-06-30", 57_106_398),
        ("accident_emergency attendances", "2021-04-30", 1_866_232),
        ("accident_emergency attendances", "2022-12-31", 2_294_079),
        ("accident_emergency attendances", "2024-09-30", 2_214_217),
        ("accident_emergency attendances", "2025-08-31", 2_266_937),
    ],
)
def test_the_rows_add_up_to_the_published_total(totals, total, period_end, published):
    assert totals[total, period_end]["counted"] == published


@pytest.mark.parametrize(
    ("total", "period_end", "in_areas"),
    [
        ("completed_admitted", "2026-01-31", 293_421),
        ("completed_non_admitted", "2026-01-31", 1_214_324),
        ("incomplete", "2026-01-31", 7_019_467),
        ("new_periods", "2026-01-31", 1_737_344),
        ("completed_admitted", "2024-12-31", 267_057),
    ],
)
def test_commissioners_that_are_not_areas_are_counted_apart(totals, total, period_end, in_areas):
    row = totals[f"rtt pathways ({total}, total)", period_end]
    assert row["in_areas"] == in_areas
    assert row["in_areas"] + row["outside_areas"] == row["counted"]


@pytest.mark.parametrize(
    ("period_end", "people"), [("2024-03-31", 61_903_547.3), ("2025-03-31", 62_154_630.3)]
)
def test_every_need_weighting_adds_up_to_the_registered_population(totals, period_end, people):
    weightings = [
        row for (total, end), row in totals.items() if total.startswith("need_weights") and end == period_end
    ]
    assert len(weightings) == 10
    for row in weightings:
        assert row["counted"] == pytest.approx(people, abs=0.05)


def test_every_total_that_a_publisher_prints_is_reached(totals):
    printed = [row for row in totals.values() if row["published"] is not None]
    assert len({row["source"] for row in printed}) >= 5
    for row in printed:
        rounded = row["source"] in ("maternity", "mortality")  # each figure to 5
        assert row["counted"] == pytest.approx(row["published"], rel=0.003 if rounded else 1e-9), row


def country(release, indicator: str, period_end: date) -> dict:
    (row,) = release.rows("values", indicator=indicator, area_type="country", period_end=period_end)
    return row


def test_prescribing_of_november_2023(real_release):
    antibiotics = country(real_release, "broad_spectrum_antibiotics", date(2023, 11, 30))
    relievers = country(real_release, "short_acting_beta_agonists", date(2023, 11, 30))
    assert (antibiotics["count"], antibiotics["denominator"]) == (197_044, 2_765_573)
    assert (relievers["count"], relievers["denominator"]) == (2_164_173, 4_330_124)


def test_smoking_in_2022_23_is_the_published_percentage(real_release):
    smoking = country(real_release, "smoking_prevalence", date(2023, 3, 31))
    assert (smoking["count"], smoking["denominator"]) == (7_664_426, 52_100_343)
    assert round(smoking["value"], 2) == 14.71


def test_payments_to_practices_of_both_years(real_release):
    """The publication prints no total; these are the sums of its rows, in pounds and in patients."""
    home = real_release.folder.parent.parent
    rows = pa.concat_tables(
        pq.read_table(path) for path in home.glob("tidied/gp_payments/*/gp_payments.parquet")
    )
    sums = (
        rows.group_by("period_end")
        .aggregate([("payments", "sum"), ("registered_patients", "sum")])
        .to_pylist()
    )
    found = {f"{row['period_end']}": (row["payments_sum"], row["registered_patients_sum"]) for row in sums}
    assert found.keys() == {"2022-03-31", "2023-03-31"}
    assert found["2022-03-31"] == pytest.approx((10_075_780_270.50, 61_570_003.6), abs=0.06)
    assert found["2023-03-31"] == pytest.approx((10_230_094_803.70, 62_134_644.75), abs=0.06)


# Completed pathways, January 2026


def test_the_areas_counts_add_up_to_the_countrys(real_release):
    rows = ranked(real_release, "--include-incomplete")
    assert len(rows) == 106
    assert sum(row["count"] for row in rows) == 1_507_745
    assert country(real_release, "completed_pathways", JANUARY)["count"] == 1_507_745


def test_rates_of_the_four_areas_are_those_worked_by_hand(real_release):
    rows = {row["area"]: row for row in ranked(real_release)}
    assert {area: rows[area]["name"] for area in FOUR} == FOUR
    assert [round(rows[area]["value"], 1) for area in FOUR] == [32.3, 22.7, 29.9, 15.8]
    assert [rows[area]["count"] for area in FOUR] == [14_008, 19_592, 5_649, 5_781]


def test_ranks_leave_out_incomplete_returns(real_release):
    rows = {row["area"]: row for row in ranked(real_release)}
    assert [rows[area]["rank"] for area in FOUR] == [2, 69, 8, 103]
    assert {rows[area]["ranked_areas"] for area in FOUR} == {103}
    incomplete = {area for area, row in rows.items() if row["status"] == "incomplete"}
    assert incomplete == {"03N", "15A", "26A"}
    assert {rows[area]["rank"] for area in incomplete} == {None}


def test_ranks_may_include_incomplete_returns_where_that_is_asked_for(real_release):
    rows = {row["area"]: row for row in ranked(real_release, "--include-incomplete")}
    assert [rows[area]["rank"] for area in FOUR] == [2, 69, 8, 104]
    assert {row["ranked_areas"] for row in rows.values()} == {106}


def test_rank_one_is_the_highest_value_and_every_rank_lies_in_its_interval(real_release):
    rows = [row for row in ranked(real_release, "--by", "value") if row["rank"] is not None]
    assert [row["value"] for row in rows] == sorted((row["value"] for row in rows), reverse=True)
    assert rows[0]["rank"] == 1
    for row in rows:
        assert 1 <= row["rank_lower"] <= row["rank"] <= row["rank_upper"] <= 103, row["area"]


def test_one_month_ranks_by_counting_error_only_and_says_so(real_release):
    rows = {row["area"]: row for row in ranked(real_release)}
    assert all(
        "Counting error only: cannot show persistence" in row["note"] for row in rows.values() if row["rank"]
    )
    # 14,008 pathways are known to within 1 in 118: 32.3 against 22.7 is 40 errors, and against 29.9 six.
    assert [rows[area]["group"] for area in FOUR] == [
        "higher_half",
        "lower_half",
        "higher_half",
        "lower_half",
    ]
    assert rows["03R"]["rank_upper"] < rows["03H"]["rank"]


def test_where_too_few_boards_can_be_told_apart_no_rank_is_given(real_release):
    """Delayed discharges swing from month to month by about a tenth, and boards differ by little more."""
    compared = real_release.rows(
        "comparisons", indicator="delayed_discharges", area_type="icb", benchmark="national"
    )
    withheld = [row for row in compared if row["group"] == "not_apart"]
    assert withheld
    assert {row["rank"] for row in withheld} == {None}
    assert {row["noise"] for row in withheld} == {"comes_and_goes"}


def test_the_absent_and_the_partial_trusts_are_named(real_release):
    found = {
        row["submitter"]: row for row in real_release.rows("completeness", source="rtt", period_end=JANUARY)
    }
    assert found["RHQ"]["status"] == "absent"
    assert {code for code, row in found.items() if row["status"] == "partial"} == {"RHW", "RCX"}
    assert "ratio 0.41" in found["RHW"]["evidence"]
    assert "ratio 0.40" in found["RCX"]["evidence"]


def test_where_one_month_cannot_show_the_dependence_completeness_is_not_known(real_release):
    """Barnsley and its neighbours send patients to Sheffield; with one month loaded nobody can say how many."""
    rows = {row["area"]: row for row in ranked(real_release)}
    not_known = {area for area, row in rows.items() if "completeness not known" in (row["note"] or "")}
    assert {"02P", "02X", "03L"} <= not_known
    assert rows["02P"]["status"] == "reported"
    assert rows["02P"]["rank"] is not None
    assert "Sheffield" in rows["02P"]["note"]


def test_december_2024_has_admitted_pathways_and_no_zeros_for_the_rest(real_release):
    """Only the workbook of admitted patients is on file: nobody counted new pathways or the waiting list."""
    december = date(2024, 12, 31)
    assert country(real_release, "completed_admitted_pathways", december)["count"] == 267_057
    for indicator in (
        "completed_pathways",
        "completed_non_admitted_pathways",
        "new_pathways",
        "waiting_list",
    ):
        assert real_release.rows("values", indicator=indicator, period_end=december) == []


# A&E


def four_hours(release, **where) -> list[dict]:
    return release.rows("values", indicator="ae_four_hours", **where)


def test_the_field_test_trusts_are_missing_before_they_reported(real_release):
    rows = four_hours(real_release, area=sorted(FIELD_TEST_TRUSTS), status="missing")
    busy = [row for row in rows if row["note"] == "not reported"]
    assert {row["area"] for row in busy} == FIELD_TEST_TRUSTS
    assert {row["period_end"] for row in busy} >= {date(2021, 4, 30), date(2022, 10, 31)}
    assert max(row["period_end"] for row in busy) <= date(2023, 6, 30)
    for row in rows:
        assert [row[column] for column in ("count", "value", "lower_95", "upper_998")] == [None] * 4


def test_no_busy_trust_is_perfect(real_release):
    """0 trusts at 100 % within four hours with over 1,000 type 1 attendances."""
    home = real_release.folder.parent.parent
    rows = pa.concat_tables(
        pq.read_table(path) for path in home.glob("tidied/accident_emergency/*/acc*.parquet")
    )
    busy = {
        (row["provider"], row["period_end"]) for row in rows.to_pylist() if row["attendances_type_1"] > 1000
    }
    perfect = {
        (row["area"], row["period_end"])
        for row in four_hours(real_release, area_type="provider")
        if row["value"] == 100
    }
    assert len(busy) > 5000
    assert len(perfect) > 100  # small departments that see everyone in time
    assert not busy & perfect


def test_englands_percentage_leaves_out_who_did_not_report(real_release):
    """April 2021: the denominator is the attendances of trusts that reported, not the 1,866,232 of all."""
    april = date(2021, 4, 30)
    providers = four_hours(real_release, area_type="provider", period_end=april, status=["reported", "zero"])
    england = country(real_release, "ae_four_hours", april)
    assert england["denominator"] == sum(row["denominator"] for row in providers) < 1_866_232
    assert england["count"] == sum(row["count"] for row in providers)
    assert england["status"] == "incomplete"
    assert not FIELD_TEST_TRUSTS & {row["area"] for row in providers}


# Breadth


def test_the_indicators_are_many_from_many_tables_and_at_four_levels(real_release):
    catalogue = real_release.catalogue
    valued = set(catalogue["with_values"])
    tables = {catalogue["indicators"][indicator]["numerator"]["table"] for indicator in valued}
    levels = set(real_release.arrow("values", ["area_type"])["area_type"].unique().to_pylist())
    assert len(valued) >= 14
    assert len(tables) >= 6
    assert {"sub_icb", "icb", "region", "provider"} <= levels


def test_indicators_of_hospital_records_say_that_there_is_no_table(real_release):
    hospital = [
        id for id, about in real_release.catalogue["indicators"].items() if about["theme"] == "hospital"
    ]
    assert hospital
    assert not set(hospital) & set(real_release.catalogue["with_values"])
    refused = CliRunner().invoke(main, ["show", hospital[0], "--release", str(real_release.folder)])
    assert refused.exit_code == 2
    assert f"{hospital[0]}: has no values in this release." in refused.stderr


def test_every_sub_area_of_talking_therapies_and_smoking_is_found_by_one_code(real_release):
    """Both publish codes of 2022, two of which changed in 2023: joined by ODS code there are 106, not 104."""
    for indicator, period_end in (
        ("talking_therapies_access", date(2023, 5, 31)),
        ("smoking_prevalence", date(2023, 3, 31)),
    ):
        rows = real_release.rows("values", indicator=indicator, area_type="sub_icb", period_end=period_end)
        assert len([row for row in rows if row["status"] == "reported"]) == 106, indicator
    old = {row["old"] for row in real_release.rows("area_changes")}
    assert {"E38000246", "E38000248"} <= old
