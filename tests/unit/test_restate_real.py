"""The workbooks of December 2014 and January 2015 by today's areas, held against what else is on file."""

from datetime import date

import pandas as pd
import pytest
import python_calamine

from careatlas.build.restate import Succession
from careatlas.catalogue.library import load_catalogue

DECEMBER = date(2014, 12, 31)
PUBLISHED = {"completed_admitted": 279_866, "completed_non_admitted": 821_097, "incomplete": 2_928_414}
INDICATORS = {
    "completed_admitted": "completed_admitted_pathways",
    "completed_non_admitted": "completed_non_admitted_pathways",
    "incomplete": "waiting_list",
}
ESTIMATED = {"01H", "01K", "01Y", "15M", "D2P2L", "15E"}
# Far fewer waiting than elsewhere, because large trusts sent nothing. That no code is led astray shows in that North
# East Essex and West Essex never changed, and that in North East London and Berkshire West every part is below the
# median group.
TRUSTS_SENT_NOTHING = {"06T", "07H", "15A", "A3A8R"}
PATIENTS = "Number of Registered Patients (Last Known Figure)"


@pytest.fixture(scope="module")
def succession(real_release) -> Succession:
    areas = real_release.rows("areas", area_type="sub_icb")
    changes = real_release.arrow("area_changes").to_pandas()
    changes["from"] = pd.to_datetime(changes["from"])
    return Succession(changes, frozenset(row["code"] for row in areas if row["valid_to"] is None))


@pytest.fixture(scope="module")
def groups_of_2013(real_data) -> list[str]:
    """The clinical commissioning groups, by the matrix of primary care trusts: not by the file restated here."""
    heading = pd.read_csv(real_data / "lookups" / "PCT_CCG_matrix.csv", nrows=0).columns
    return [code for code in heading[1:] if not code.startswith("Unnamed")]


def december(real_release, part: str, area_type: str = "sub_icb") -> pd.Series:
    rows = real_release.rows("values", indicator=INDICATORS[part], area_type=area_type, period_end=DECEMBER)
    return pd.Series({row["area"]: row["count"] for row in rows})


@pytest.mark.parametrize("part", PUBLISHED)
def test_totals_before_and_after_are_equal(part, real_release):
    """All of the workbook is in today's areas but what NHS England itself commissioned (X24), to the pathway."""
    (row,) = (
        row
        for row in real_release.rows("reconciliation", source="rtt", period_end=DECEMBER)
        if part in row["total"]
    )
    assert row["counted"] == row["published"] == PUBLISHED[part]
    assert row["in_areas"] + row["outside_areas"] == PUBLISHED[part]
    by_area = december(real_release, part)
    assert len(by_area) == 106
    assert by_area.sum() == pytest.approx(row["in_areas"], abs=1e-6)


def test_every_group_leads_to_todays_areas_and_every_area_is_reached(succession, groups_of_2013):
    shares = {code: succession.parts(code, pd.Timestamp(DECEMBER)) for code in groups_of_2013}
    assert (len(shares), len(succession.current)) == (211, 106)
    assert all(sum(parts.values()) == pytest.approx(1) for parts in shares.values())
    assert {area for parts in shares.values() for area in parts} == succession.current


def test_the_closed_codes_that_prescribing_lists_are_those_that_merged(succession, real_data):
    """108 codes that never prescribed since 2020: each is an area that merged, and 15D merged a second time."""
    rows = pd.read_csv(real_data / "prescribing" / "ccg_data_saba.csv.gz")
    by_code = rows.groupby("code")["denominator"].sum()
    closed = set(by_code.index[by_code == 0])
    merged = {old for merger in load_catalogue().area_changes.mergers for old in merger.of}
    assert (len(closed), closed - merged) == (108, set())
    assert set(by_code.index) - closed == succession.current


def test_groups_that_merged_lay_under_one_of_the_25_area_teams_of_2014(real_data, groups_of_2013):
    """The workbook's own geography: of 37 mergers only Frimley joins parts of two (Surrey, and Hampshire)."""
    (path,) = (real_data / "rtt" / "ccg_2014_15").glob("Admitted-Commissioner-Dec14*")
    rows = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Commissioner").to_python()
    heading = next(number for number, row in enumerate(rows) if "CCG Code" in row)
    team, code = (rows[heading].index(name) for name in ("Area Team Code", "CCG Code"))
    teams = {row[code]: row[team] for row in rows[heading + 1 :] if row[code] in groups_of_2013}
    assert (len(teams), len(set(teams.values()))) == (211, 25)
    mergers = load_catalogue().area_changes.mergers
    across = [merger.new for merger in mergers if len({teams[old] for old in merger.of if old in teams}) > 1]
    assert (len(mergers), across) == (37, ["D4U1Y"])


def test_people_waiting_in_2014_per_patient_of_today_are_of_the_right_order_in_every_area(
    real_release, real_data
):
    """A code led to the wrong place would leave one area with half the country's level, and another with twice."""
    weights = pd.read_csv(real_data / "need_weights" / "2023_2024.csv")
    patients = weights.groupby("CCG21")["pop 2022/23"].sum()
    waiting = december(real_release, "incomplete")
    ratio = (waiting / patients) / (waiting.sum() / patients.sum())
    assert set(ratio.index[(ratio < 0.5) | (ratio > 2)]) == TRUSTS_SENT_NOTHING


def test_shares_of_the_splits_are_what_the_files_give(real_data):
    """Patients in 2021-22 of practices that are in another area since, and of Cumbria's own practices (A82)."""
    before, after = (
        pd.read_csv(real_data / "gp_payments" / f"{year}.csv", encoding="utf-8-sig", dtype=str)
        for year in ("21-22", "22-23")
    )
    weights = pd.read_csv(real_data / "need_weights" / "2023_2024.csv")
    now = dict(zip(weights["Practice_Code"], weights["CCG21"], strict=True))
    now |= dict(zip(after["Practice Code"], after["CCG Code"], strict=True))
    before = before.assign(
        now=before["Practice Code"].map(now), patients=pd.to_numeric(before[PATIENTS].str.replace(",", ""))
    )
    cumbria = weights[weights["Practice_Code"].str.startswith("A82")].groupby("CCG21")["pop 2022/23"].sum()
    found = {"01H": cumbria}
    for old in ("D2P2L", "01Y"):
        found[old] = before[before["CCG Code"] == old].groupby("now")["patients"].sum()
    for split in load_catalogue().area_changes.splits:
        shares = found[split.old][list(split.into)] / found[split.old].sum()
        assert shares.to_dict() == pytest.approx(split.into, abs=5e-5), split.old


def test_leeds_is_three_groups_and_its_share_is_taken_from_their_sums(real_release):
    rows = real_release.rows("values", indicator="within_18_weeks", area="15F", period_end=DECEMBER)
    assert [(row["note"], row["status"], row["estimated"]) for row in rows] == [
        ("restated from 02V, 03C, 03G", "reported", False)
    ]
    assert rows[0]["value"] == pytest.approx(100 * rows[0]["count"] / rows[0]["denominator"])


def test_areas_that_were_split_are_marked_and_not_ranked(real_release):
    values = real_release.rows(
        "values", indicator="within_18_weeks", area_type="sub_icb", period_end=DECEMBER
    )
    assert {row["area"] for row in values if row["estimated"]} == ESTIMATED
    assert all(row["note"].startswith("estimated: ") or "; estimated: " in row["note"]
               for row in values if row["estimated"])  # fmt: skip
    ranks = real_release.rows(
        "comparisons",
        indicator="within_18_weeks",
        area_type="sub_icb",
        period_end=DECEMBER,
        benchmark="national",
    )
    assert {row["ranked_areas"] for row in ranks if row["ranked_areas"]} <= {100}
    assert {row["significance"] for row in ranks if row["area"] in ESTIMATED} == {"not_compared"}


def test_figures_of_today_are_restated_from_nothing(real_release):
    rows = real_release.rows(
        "values", indicator="within_18_weeks", area_type="sub_icb", period_end=date(2026, 1, 31)
    )
    assert len(rows) == 106
    assert not any(row["estimated"] for row in rows)
    assert not any("restated" in (row["note"] or "") for row in rows)
