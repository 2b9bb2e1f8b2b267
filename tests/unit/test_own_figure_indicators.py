"""Indicators for which no published file is read: each says so, and the simulated country has figures for each."""

import csv
import json

import numpy as np
import pytest
from small_release import release_of

from careatlas.catalogue.library import load_catalogue
from careatlas.present.queries import list_indicators
from careatlas.sources.simulated_country import own_figures, people, planting
from careatlas.sources.simulated_country.geography import found_country
from careatlas.sources.simulated_country.own_figures import write_own_figures
from careatlas.sources.simulated_country.truth import Truth

INDICATORS = load_catalogue().indicators
OWN = {id: indicator for id, indicator in INDICATORS.items() if indicator.is_own_figures_only}
PROMISED = {
    "programme budgeting": ("spend_on_circulation", "spend_on_respiratory", "spend_on_mental_health"),
    "back office": ("back_office_costs",),
    "procurement": ("procurement_under_contract",),
    "theatres": ("theatre_time_used",),
    "diabetes care": ("diabetes_eight_care_processes", "diabetes_foot_check"),
    "stroke-unit admission": ("stroke_unit_within_four_hours",),
    "cancer bed days": ("cancer_emergency_bed_days",),
    "uptake of technologies": ("hybrid_closed_loop",),
    "length of stay": ("length_of_emergency_stay",),
    "readmissions": ("emergency_readmissions",),
    "sickness absence": ("sickness_absence",),
    "overtime": ("overtime",),
    "agency": ("agency_spend",),
    "patient experience": ("patient_experience",),
}
MONEY = (
    *PROMISED["programme budgeting"],
    *PROMISED["back office"],
    *PROMISED["procurement"],
    *PROMISED["agency"],
)
SEED, MONTHS = 1, planting.month_list(12)
each_own = pytest.mark.parametrize("indicator", OWN.values(), ids=OWN)


@pytest.mark.parametrize("subject", PROMISED)
def test_a_subject_without_a_published_file_has_its_indicator(subject):
    assert set(PROMISED[subject]) <= set(OWN)


def test_an_indicator_of_published_files_is_not_marked():
    assert not INDICATORS["completed_pathways"].is_own_figures_only
    assert not INDICATORS["gp_payment_per_patient"].is_own_figures_only


@each_own
def test_it_says_that_no_published_file_is_read(indicator):
    assert "No published file of this is read" in indicator.caveats


@each_own
def test_both_sides_come_from_one_row_so_that_an_area_without_it_is_missing_and_never_zero(indicator):
    top, bottom = indicator.numerator, indicator.denominator
    assert (top.table, top.measure, top.where) == ("own_figures", "count", {"figure": indicator.id})
    assert (bottom.table, bottom.measure, bottom.where) == ("own_figures", "denominator", top.where)


@pytest.mark.parametrize("id", MONEY)
def test_money_says_what_its_limits_suppose(id):
    assert "chance alone can do more than the limits say" in OWN[id].caveats


@pytest.mark.parametrize("id", PROMISED["programme budgeting"])
def test_spending_for_each_person_is_neither_better_nor_worse(id):
    assert OWN[id].unit.startswith("pounds")
    assert OWN[id].polarity == "neither"


def test_the_mark_is_kept_in_a_release_and_listed(tmp_path):
    kept = load_catalogue().as_dict()["indicators"]
    assert {id for id, about in kept.items() if about["is_own_figures_only"]} == set(OWN)
    listed = list_indicators(release_of(tmp_path))
    assert {row["is_own_figures_only"] for row in listed} == {False}  # the small release has none of them


# The simulated file


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[list[dict[str, str]], dict]:
    """Rows of the file and the truth of it, of twelve months."""
    into = tmp_path_factory.mktemp("own")
    country = found_country(10)
    truth = Truth(SEED, country.name, MONTHS)
    write_own_figures(into, country, people.settle(country, SEED), MONTHS, SEED, truth)
    truth.write(into / "truth.json")
    with (into / "own_figures.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream)), json.loads((into / "truth.json").read_text())


def test_every_figure_that_an_indicator_asks_for_is_written_and_no_other(written):
    rows, truth = written
    assert {row["figure"] for row in rows} == set(OWN)
    assert {id: truth["indicators"][id]["area_type"] for id in OWN} == {
        id: indicator.area_types[0] for id, indicator in OWN.items()
    }


def test_trusts_have_months_where_they_would_and_accounts_and_audits_have_financial_years(written):
    rows, _ = written
    periods = {id: sorted({row["period"] for row in rows if row["figure"] == id}) for id in OWN}
    assert periods["sickness_absence"] == [f"{month:%Y-%m}" for month in MONTHS]
    assert periods["spend_on_circulation"] == periods["back_office_costs"] == list(own_figures.YEARS)


def test_a_share_never_passes_its_whole(written):
    shares = {id for id, indicator in OWN.items() if indicator.method == "proportion"}
    rows = [row for row in written[0] if row["figure"] in shares]
    assert len(shares) == 12
    assert all(0 < int(row["count"]) <= int(row["denominator"]) for row in rows)


def test_months_of_trusts_hold_20_to_5000_events(written):
    rows = [row for row in written[0] if "-" in row["period"]]
    counts = np.array([int(row["count"]) for row in rows])
    assert len(counts) == 7 * 70 * 12
    assert 20 <= counts.min() <= counts.max() <= 5000


def test_counts_are_drawn_about_the_planted_level(written):
    """Squared distance from what is planted, over the variance of a count or of a share, is 1 on average."""
    rows, truth = written
    for id, indicator in OWN.items():
        planted = truth["indicators"][id]
        last = max(row["period"] for row in rows if row["figure"] == id)
        of_it = [row for row in rows if row["figure"] == id and row["period"] == last]
        expected = np.array([planted["expected_count"][row["area"]] for row in of_it])
        size = np.array([planted["expected_denominator"][row["area"]] for row in of_it])
        left = 1 - expected / size if indicator.method == "proportion" else 1.0
        away = (np.array([int(row["count"]) for row in of_it]) - expected) ** 2 / (expected * left)
        assert 0.5 < away.mean() < 1.8, (
            id
        )  # 42 squared normal errors and more: 1 with standard error up to .22
