"""Cancer and community waits of the simulated country: the publishers' layouts, and what truth.json says of them."""

import json
from pathlib import Path

import numpy as np
import pytest

from careatlas.engine.connect import connect
from careatlas.sources import cancer_waits, community_waits
from careatlas.sources.simulated_country import cancer, community, geography, people, planting
from careatlas.sources.simulated_country.truth import Truth
from careatlas.sources.source import SourceFile

MONTHS, SEED = planting.month_list(8), 3


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """Eight months of both, June 2025 to January 2026, and their truth."""
    into = tmp_path_factory.mktemp("waits")
    country = geography.found_country(10)
    settled, truth = people.settle(country, SEED), Truth(SEED, country.name, MONTHS)
    cancer.write_cancer_waits(into / "cancer", country, settled, MONTHS, SEED, truth)
    community.write_community_waits(into / "community", country, settled, MONTHS, SEED, truth)
    truth.write(into / "truth.json")
    return into


@pytest.fixture(scope="module")
def truth(written) -> dict:
    return json.loads((written / "truth.json").read_text())


@pytest.fixture(scope="module")
def waits(written) -> dict:
    """The tidied tables of all files, by source."""
    sources = {"cancer": (cancer_waits, "cancer_waits"), "community": (community_waits, "community_waits")}
    found = {}
    with connect() as engine:
        for folder, (source, table) in sources.items():
            tidied = [source.tidy(SourceFile(path), engine) for path in sorted((written / folder).iterdir())]
            found[folder] = [engine.to_arrow(each.tables[table]).to_pandas() for each in tidied]
    return found


def first_sheet_row(file: SourceFile, sheet: str, row: int) -> list[str]:
    return [str(cell) for cell in file.workbook().get_sheet_by_name(sheet).to_python()[row]]


def test_the_extract_has_the_publishers_sheet_and_headings(written, real_data):
    ours = SourceFile(next((written / "cancer").iterdir()))
    theirs = SourceFile(next((real_data / "cancer").glob("*.xlsx")))
    assert ours.sheets == theirs.sheets
    assert first_sheet_row(ours, cancer_waits.SHEET, 0) == first_sheet_row(theirs, cancer_waits.SHEET, 0)


def test_the_workbook_has_the_publishers_tables_and_services(written, real_data):
    ours = SourceFile(next((written / "community").iterdir()))
    theirs = SourceFile(next((real_data / "community").glob("*December*.xlsx")))
    assert set(ours.sheets) <= set(theirs.sheets)
    services = first_sheet_row(theirs, "Table 4", 4)
    assert set(first_sheet_row(ours, "Table 4", 2)) <= set(services)


def test_an_extract_covers_a_half_of_the_financial_year(written):
    assert sorted(path.name for path in (written / "cancer").iterdir()) == [
        "CWT-CRS-Jun-2025-to-Sep-2025-Data-Extract-Provider-Final.xlsx",
        "CWT-CRS-Oct-2025-to-Jan-2026-Data-Extract-Provider-Final.xlsx",
    ]


def test_the_rows_add_up_to_the_truths_totals(waits, truth):
    by_month = {}
    for half in waits["cancer"]:
        once = half[half["modality"] == "all"]
        for (end, standard), rows in once.groupby(["period_end", "standard"]):
            by_month.setdefault(f"{end:%Y-%m}", {})[standard[:2]] = rows["waits_ended"].sum()
    planted = truth["national_totals"]["cancer_waits"]
    assert by_month == {
        month: {standard[:2]: waiting for standard, waiting in totals.items()}
        for month, totals in planted.items()
    }
    for month, (name, totals) in zip(
        waits["community"], truth["national_totals"]["community_waits"].items(), strict=True
    ):
        assert f"{month['period_end'].iloc[0]:%Y-%m}" == name
        waiting = month.groupby("area_type")["waiting"].sum()
        assert waiting.to_dict() == {
            "country": totals["country"],
            "icb": totals["by_area"],
            "provider": totals["by_area"],
        }


def test_some_patients_of_62_days_count_half(waits):
    of_62_days = waits["cancer"][0].query("standard == '62_days_to_treatment'")["waits_ended"]
    assert 0.1 < (of_62_days % 1 == 0.5).mean() < 0.6
    assert set(of_62_days % 1) == {0.0, 0.5}


def test_the_silent_provider_is_told_by_its_board_alone(waits, truth):
    silent = truth["silent_community_provider"]
    for month in waits["community"]:
        name = f"{month['period_end'].iloc[0]:%Y-%m}"
        boards = month[month["area_type"] == "icb"].groupby("area")["silent_organisations"].max()
        assert set(boards.index[boards > 0]) == ({silent["board"]} if name in silent["months"] else set())
        assert (silent["provider"] in set(month["area"])) == (name not in silent["months"])
    assert len(silent["months"]) == 3


def test_every_board_has_a_list_for_adults_and_for_children(waits):
    boards = waits["community"][0].query("area_type == 'icb'")
    assert boards.groupby("age_group")["area"].nunique().to_dict() == {
        "adults": 42,
        "children_and_young_people": 42,
    }


@pytest.mark.parametrize(
    ("indicator", "age_group", "measure"),
    [
        ("community_waiting_adults", "adults", "waiting"),
        ("community_waiting_children", "children_and_young_people", "waiting"),
        ("community_over_18_weeks_adults", "adults", "over_18_weeks"),
        ("community_over_18_weeks_children", "children_and_young_people", "over_18_weeks"),
        ("community_over_52_weeks_children", "children_and_young_people", "over_52_weeks"),
    ],
)
def test_lists_are_a_poisson_draw_of_the_planted_level(waits, truth, indicator, age_group, measure):
    """Squared errors over what a Poisson count allows: 41 boards, so one, give or take .22."""
    last = waits["community"][-1]
    rows = last[(last["area_type"] == "icb") & (last["age_group"] == age_group)]
    counted = rows.groupby("area")[measure].sum().drop(truth["silent_community_provider"]["board"])
    expected = counted.index.map(truth["indicators"][indicator]["expected_count"]).to_numpy()
    assert 0.4 < np.mean((counted - expected) ** 2 / expected) < 1.7


def test_shares_in_time_are_a_draw_of_the_planted_share(waits, truth):
    last = waits["cancer"][-1]
    rows = last[(last["modality"] == "all") & (last["period_end"] == last["period_end"].max())]
    for indicator, standard in {
        "cancer_diagnosis_28_days": "28_days_to_diagnosis",
        "cancer_treatment_62_days": "62_days_to_treatment",
    }.items():
        sums = (
            rows[rows["standard"] == standard].groupby("provider")[["waits_ended", "within_standard"]].sum()
        )
        share = sums.index.map(truth["indicators"][indicator]["expected_value"]).to_numpy() / 100
        errors = sums["within_standard"] - sums["waits_ended"] * share
        squared = errors**2 / (sums["waits_ended"] * share * (1 - share))
        assert 0.5 < squared.mean() < 1.5, indicator
