"""The exam on the simulated country: what the release says against what was planted (truth.json)."""

import json
import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from careatlas.catalogue.library import load_catalogue

LATEST = date(2026, 1, 31)
RANKED = ("reported", "zero")
WAITING = ("waiting_list", "new_pathways", "within_18_weeks", "over_52_weeks")
COMPLETED = ("completed_pathways", "completed_admitted_pathways", "completed_non_admitted_pathways")


@pytest.fixture(scope="module")
def truth(simulated_release) -> dict:
    return json.loads((simulated_release.folder.parent.parent / "country" / "truth.json").read_text())


@pytest.fixture(scope="module")
def values(simulated_release) -> pd.DataFrame:
    return simulated_release.arrow("values").to_pandas()


@pytest.fixture(scope="module")
def findings(simulated_release) -> list[dict]:
    return simulated_release.rows("completeness")


def status_of(
    release, indicator: str, period_end: date = LATEST, area_type: str = "sub_icb"
) -> dict[str, str]:
    rows = release.rows(
        "values", ["area", "status"], indicator=indicator, area_type=area_type, period_end=period_end
    )
    return {row["area"]: row["status"] for row in rows}


def test_the_release_says_that_its_country_is_invented(simulated_release, truth):
    assert simulated_release.manifest["simulated"] is True
    assert simulated_release.manifest["country_name"] == truth["country_name"]
    (country,) = simulated_release.rows("areas", area_type="country")
    assert (country["code"], country["name"]) == ("SIM", truth["country_name"])


def test_no_area_bears_a_real_name_or_code(simulated_release):
    """Real names: every alias in content, whose areas a simulated release does not hold, and large cities."""
    real = {alias.name.casefold() for alias in load_catalogue().aliases}
    cities = (
        r"\b(england|london|leeds|sheffield|wakefield|york|manchester|birmingham|bristol|liverpool|norfolk)\b"
    )
    rows = [*simulated_release.rows("areas"), *simulated_release.rows("area_names")]
    names = {row["name"].casefold() for row in rows} | {
        row.get("official_name", "").casefold() for row in rows
    }
    assert len(real) > 20
    assert not names & real
    assert not [name for name in names if re.search(cities, name)]
    codes = {row["code"] for row in simulated_release.rows("areas")} - {"SIM"}
    assert {code[0] for code in codes} == {"Z"}


def test_every_level_of_the_country_is_there(simulated_release):
    areas = simulated_release.arrow("areas").to_pandas()
    counts = areas[areas["valid_to"].isna()].groupby("area_type").size().to_dict()
    assert (counts["sub_icb"], counts["icb"], counts["region"]) == (106, 42, 7)
    mapped = areas[areas["area_type"].isin(["sub_icb", "icb", "region"]) & areas["valid_to"].isna()]
    assert mapped["hex_q"].notna().all()
    assert not mapped.duplicated(["area_type", "hex_q", "hex_r"]).any()


# Who did not submit, or only in part


def test_the_provider_that_did_not_submit_is_found_and_no_other(findings, truth):
    absent = [
        (row["submitter"], f"{row['period_end']:%Y-%m}") for row in findings if row["status"] == "absent"
    ]
    assert absent == [(truth["absent_provider"]["provider"], truth["absent_provider"]["month"])]


def test_the_partial_submitters_are_found_and_no_others(findings, truth):
    partial = {
        (row["submitter"], f"{row['period_end']:%Y-%m}")
        for row in findings
        if row["status"] == "partial" and row["source"] == "rtt"
    }
    assert partial == {(planted["provider"], planted["month"]) for planted in truth["partial_submitters"]}


def test_the_areas_that_depend_on_them_are_found_with_their_share(findings, truth):
    """The share in the evidence is what was planted, to within five points: it is seen through real months."""
    planted = dict(truth["absent_provider"]["share_of_areas"])
    for submitter in truth["partial_submitters"]:
        planted |= submitter["share_of_areas"]
    found = {
        row["submitter"]: int(re.match(r"(\d+)%", row["evidence"])[1]) / 100
        for row in findings
        if row["status"] == "incomplete" and row["source"] == "rtt"
    }
    assert found.keys() == {area for area, share in planted.items() if share > 0.05}
    assert found == pytest.approx({area: planted[area] for area in found}, abs=0.05)


def test_the_board_whose_community_provider_was_silent_is_incomplete_and_no_other(
    findings, truth, simulated_release
):
    silent = truth["silent_community_provider"]
    found = [row for row in findings if row["source"] == "community_waits"]
    assert {(row["submitter"], f"{row['period_end']:%Y-%m}") for row in found} == {
        (silent["board"], month) for month in silent["months"]
    }
    statuses = status_of(simulated_release, "community_waiting_adults", area_type="icb")
    assert {board for board, status in statuses.items() if status == "incomplete"} == {silent["board"]}


def doubted_areas(truth: dict, indicator: str) -> set[str]:
    """A partial return lacks completed pathways; who is absent lacks everything."""
    shares = [truth["absent_provider"]["share_of_areas"]]
    if indicator in COMPLETED:
        shares += [planted["share_of_areas"] for planted in truth["partial_submitters"]]
    return {area for share_of_areas in shares for area, share in share_of_areas.items() if share > 0.05}


@pytest.mark.parametrize("indicator", [*WAITING, *COMPLETED])
def test_incomplete_areas_are_marked_in_that_month_only(simulated_release, truth, indicator):
    statuses = status_of(simulated_release, indicator)
    assert {area for area, status in statuses.items() if status == "incomplete"} == doubted_areas(
        truth, indicator
    )
    assert len(statuses) == 106
    assert set(status_of(simulated_release, indicator, date(2025, 12, 31)).values()) <= set(RANKED)


def test_incomplete_areas_have_no_rank_and_are_not_counted_among_the_ranked(simulated_release, truth):
    rows = simulated_release.rows(
        "comparisons",
        indicator="completed_pathways",
        area_type="sub_icb",
        period_end=LATEST,
        benchmark="national",
    )
    doubted = doubted_areas(truth, "completed_pathways")
    complete = set(status_of(simulated_release, "completed_pathways")) - doubted
    ranks = {row["area"]: row["rank"] for row in rows}
    assert {row["ranked_areas"] for row in rows if row["rank"] is not None} == {106 - len(doubted)}
    assert sorted(area for area, rank in ranks.items() if rank is not None) == sorted(complete)
    assert {row["significance"] for row in rows if row["area"] not in complete} == {"not_compared"}


def test_the_false_discovery_rate_of_differences_is_that_of_their_own_period(simulated_release):
    compared = simulated_release.arrow("comparisons", benchmark="national").to_pandas()
    compared = compared[compared["z_adjusted"].notna()]
    keys = ["indicator", "area_type", "period_end"]
    sample = compared[compared["period_end"] == compared.groupby("indicator")["period_end"].transform("max")]
    for _, rows in sample.groupby(keys):
        p = 2 * scipy.stats.norm.sf(rows["z_adjusted"].abs())
        expected = scipy.stats.false_discovery_control(p)
        np.testing.assert_allclose(rows["false_discovery_q"], expected, atol=1e-12)


def test_the_chances_of_the_top_fifth_sum_to_a_fifth_of_the_areas(simulated_release):
    rows = simulated_release.rows(
        "comparisons", indicator="waiting_list", area_type="icb", period_end=LATEST, benchmark="national"
    )
    chances = [row["probability_top_fifth"] for row in rows if row["group"]]
    assert sum(chances) == pytest.approx(round(len(chances) / 5), abs=0.01)
    surest = max(rows, key=lambda row: row["probability_top_fifth"] or 0)
    assert surest["rank_lower"] <= len(chances) / 5


def test_rank_one_is_the_highest_value(simulated_release, values):
    rows = simulated_release.rows(
        "comparisons", indicator="waiting_list", area_type="sub_icb", period_end=LATEST, benchmark="national"
    )
    first = next(row["area"] for row in rows if row["rank"] == 1)
    latest = values.query("indicator == 'waiting_list' and area_type == 'sub_icb' and status == 'reported'")
    latest = latest[latest["period_end"] == LATEST].set_index("area")["value"]
    assert first == latest.idxmax()


def test_four_hour_waits_that_were_not_reported_are_missing_and_the_countrys_percentage_leaves_them_out(
    values, findings, truth
):
    silent = {(p["provider"], month) for p in truth["not_reporting_four_hours"] for month in p["months"]}
    found = {
        (row["submitter"], f"{row['period_end']:%Y-%m}")
        for row in findings
        if row["status"] == "not_reported"
    }
    assert found == silent
    waits = values[values["indicator"] == "ae_four_hours"]
    waits = waits.assign(month=[f"{end:%Y-%m}" for end in waits["period_end"]])
    missing = waits[(waits["area_type"] == "provider") & (waits["status"] == "missing")]
    assert set(zip(missing["area"], missing["month"], strict=True)) == silent
    assert missing[["count", "value", "lower_95", "upper_95"]].isna().all().all()
    country = waits[waits["area_type"] == "country"].set_index("month")
    for month, totals in truth["national_totals"]["accident_emergency"].items():
        assert country.loc[month, "count"] == totals["within_four_hours"]
        assert country.loc[month, "denominator"] == totals["attendances_timed"]


def test_a_return_that_was_estimated_is_incomplete_and_stands_in_the_countrys_sum(values, findings, truth):
    planted = truth["estimated_return"]
    found = [row for row in findings if row["status"] == "estimated"]
    assert [(row["submitter"], row["period_end"].isoformat()) for row in found] == [
        (planted["provider"], planted["period"][1])
    ]
    beds = values[values["indicator"] == "general_acute_beds_occupied"]
    last = beds[beds["period_end"] == date.fromisoformat(planted["period"][1])]
    assert list(last.loc[last["status"] == "incomplete", "area"]) == [planted["provider"]]
    country = last[last["area_type"] == "country"].iloc[0]
    assert country["count"] == last.loc[last["area_type"] == "provider", "count"].sum()


# The changed code


def test_the_changed_code_is_found_and_leaves_no_gap(simulated_release, values, truth):
    change = truth["code_change"]
    (row,) = simulated_release.rows("area_changes", old=change["old_ons_code"])
    assert (row["new"], row["weight"]) == (change["new_ons_code"], 1)
    for indicator in ("talking_therapies_access", "talking_therapies_completion"):
        of_area = values[(values["indicator"] == indicator) & (values["area"] == change["area"])]
        assert len(of_area) == 24
        assert set(of_area["status"]) == {"reported"}


# The merger


def test_the_merger_is_found_exact_and_its_parts_are_areas_no_more(simulated_release, truth):
    merger = truth["merger"]
    changes = simulated_release.rows("area_changes", new=merger["new"])
    assert [(row["old"], row["weight"], row["exact"]) for row in changes] == [
        (old, 1, True) for old in merger["old"]
    ]
    areas = simulated_release.rows("areas", area_type="sub_icb")
    assert {row["code"] for row in areas if row["valid_to"] is not None} == set(merger["old"])
    assert len([row for row in areas if row["valid_to"] is None]) == 106


def test_the_merged_area_has_one_whole_series_restated_until_the_merger(values, truth):
    merger = truth["merger"]
    series = values[(values["indicator"] == "completed_pathways") & (values["area"] == merger["new"])]
    series = series.sort_values("period_end")
    before = series["period_end"] < date.fromisoformat(merger["from"])
    assert set(series["status"]) == {"reported"}
    assert (before.sum(), (~before).sum()) == (8, 16)
    assert set(series.loc[before, "note"]) == {f"restated from {', '.join(merger['old'])}"}
    assert series.loc[~before, "note"].isna().all()
    assert not series["estimated"].any()


def test_the_merged_areas_rate_is_in_line_with_its_planted_level_before_and_after(values, truth):
    """Against the country, so that season and shock are out: both halves of its series lie within 10 % of each other,
    where a part left out would be a third or more."""
    merger = truth["merger"]
    rates = values[values["indicator"] == "completed_pathways"].set_index(["area", "period_end"])["value"]
    relative = rates.loc[merger["new"]] / rates.loc["SIM"]
    before = relative.index < date.fromisoformat(merger["from"])
    assert relative[before].mean() / relative[~before].mean() == pytest.approx(1, abs=0.1)


# Totals


def test_every_published_total_is_reached_exactly(simulated_release):
    rows = [row for row in simulated_release.rows("reconciliation") if row["published"] is not None]
    assert len(rows) > 150
    for row in rows:
        rounded = row["source"] == "maternity"  # each figure to 5
        assert row["counted"] == pytest.approx(row["published"], rel=0.001 if rounded else 1e-9), row


@pytest.mark.parametrize(
    ("indicator", "parts"),
    [
        ("completed_pathways", ("completed_admitted", "completed_non_admitted")),
        ("completed_admitted_pathways", ("completed_admitted",)),
        ("waiting_list", ("incomplete",)),
        ("new_pathways", ("new_periods",)),
    ],
)
def test_waiting_times_of_the_country_are_the_sum_of_what_was_written(values, truth, indicator, parts):
    """The planted totals of all areas; the country leaves out none, for an incomplete return is still a return."""
    country = values[(values["indicator"] == indicator) & (values["area_type"] == "country")]
    counted = {
        f"{end:%Y-%m}": count for end, count in zip(country["period_end"], country["count"], strict=True)
    }
    written = truth["national_totals"]["rtt"]
    assert counted == {
        month: sum(totals["in_areas"][part] for part in parts) for month, totals in written.items()
    }


def test_prescribing_and_discharges_of_the_country_are_the_sum_of_what_was_written(values, truth):
    country = values[values["area_type"] == "country"]
    delayed = country[country["indicator"] == "delayed_discharges"]
    found = {f"{end:%Y-%m}": n for end, n in zip(delayed["period_end"], delayed["count"], strict=True)}
    assert found == truth["national_totals"]["delayed_discharges"]
    at_trusts = country[country["indicator"] == "delayed_discharges_at_trusts"]
    found = {
        f"{row['period_end']:%Y-%m}": {"delayed": row["count"], "discharged": row["denominator"]}
        for row in at_trusts.to_dict("records")
    }
    assert found == truth["national_totals"]["trust_discharges"]
    written = truth["national_totals"]["prescribing"]
    for row in country[country["indicator"] == "broad_spectrum_antibiotics"].to_dict("records"):
        assert [row["count"], row["denominator"]] == written[f"broad_spectrum {row['period_end']:%Y-%m}"]


def test_levels_add_up(values):
    """A board's count is the sum of its areas' counts, a region's of its boards', and so is the denominator."""
    for indicator in ("completed_pathways", "broad_spectrum_antibiotics", "smoking_prevalence"):
        of_it = values[values["indicator"] == indicator]
        both = ["count", "denominator"]
        sums = of_it.pivot_table(index="period_end", columns="area_type", values=both, aggfunc="sum")
        for column in ("count", "denominator"):
            for level in ("icb", "region", "country"):
                np.testing.assert_allclose(sums[column][level], sums[column]["sub_icb"], rtol=1e-9)


# The planted levels


@pytest.fixture(scope="module")
def planted_against_found(values, truth) -> pd.DataFrame:
    """Planted value beside the release's, for each indicator and complete area in the planted period."""
    parts = []
    for indicator, entry in truth["indicators"].items():
        if "expected_value" not in entry:
            continue
        of_it = values[(values["indicator"] == indicator) & (values["area_type"] == entry["area_type"])]
        of_it = of_it[of_it["status"].isin(RANKED)]
        of_it = of_it[of_it["period_end"] == date.fromisoformat(entry["period"][1])]
        parts.append(
            of_it.assign(planted=of_it["area"].map(entry["expected_value"])).dropna(subset=["planted"])
        )
    return pd.concat(parts)


def within(rows: pd.DataFrame, limits: str) -> pd.Series:
    return (rows["planted"] >= rows[f"lower_{limits}"] - 1e-9) & (
        rows["planted"] <= rows[f"upper_{limits}"] + 1e-9
    )


def test_planted_levels_are_found_within_sampling_error(planted_against_found):
    """Planted values are what would be counted but for chance. So 95 % limits should hold 95 % of them over
    all indicators, and 99.8 % limits nearly all in each: at most 2 % outside, two areas of 106, or one board.
    """
    found = planted_against_found
    assert found["indicator"].nunique() >= 20
    assert 0.93 < within(found, "95").mean() < 0.97
    with_limits = found[found["upper_998"].notna()]  # a publisher's own rate has 95 % limits alone
    outside = (~within(with_limits, "998")).groupby(with_limits["indicator"]).agg(["sum", "size"])
    too_many = outside[outside["sum"] > np.maximum(1, 0.02 * outside["size"])]
    assert too_many.empty, too_many


def test_planted_levels_are_found_without_bias(planted_against_found):
    """The mean of value / planted is one, within two per cent, for every indicator."""
    found = planted_against_found
    ratio = (found["value"] / found["planted"]).groupby(found["indicator"]).mean()
    assert ratio.to_dict() == pytest.approx(dict.fromkeys(ratio.index, 1.0), abs=0.02)


def test_an_old_areas_standardised_rate_is_ordinary_though_its_crude_rate_is_high(values, truth):
    """It is older than the rest, and its risk at each age is average: standardising must take the age out."""
    area = truth["old_area"]["area"]
    entry = truth["indicators"]["emergency_admissions"]
    rows = values[(values["indicator"] == "emergency_admissions") & (values["area"] == area)]
    row = rows[rows["period_end"] == date.fromisoformat(entry["period"][1])].iloc[0]
    country = values[(values["indicator"] == "emergency_admissions") & (values["area_type"] == "country")]
    country = country[country["period_end"] == row["period_end"]].iloc[0]
    crude, country_crude = row["count"] / row["denominator"], country["count"] / country["denominator"]
    assert crude / country_crude > 1.2
    assert row["value"] / country["value"] == pytest.approx(1, abs=0.1)
    assert row["lower_998"] <= entry["expected_value"][area] <= row["upper_998"]


def test_small_numbers_of_admissions_are_not_published(values):
    """Of record-level data no count of 1 to 7 leaves the build, and counts of areas are rounded to 5."""
    admissions = values[values["indicator"].isin(["emergency_admissions", "emergency_admissions_chronic"])]
    shown = admissions.loc[admissions["area_type"] != "country", "count"].dropna()
    assert len(shown) > 300
    assert not shown.between(1, 7).any()
    assert (shown % 5 == 0).all()
