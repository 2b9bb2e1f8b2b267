"""A provider's compartments: a row an indicator, beside the country, its peers, standards and what there is to gain."""

import json

import pytest
import web_release
from click.testing import CliRunner
from small_release import monthly, release_of

from careatlas.catalogue.compartment import Compartment, faults_in
from careatlas.catalogue.library import load_catalogue
from careatlas.cli import main
from careatlas.errors import NotKnownError
from careatlas.present.inbox import inbox
from careatlas.present.opportunity_words import amount_in_words
from careatlas.present.providers import NO_GAIN, doubt_of, gain_in_words, provider_rows

STAFF = Compartment(id="staff", title="Staff", order=1, not_on_file="The staff survey.")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(release):
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


# --- the catalogue ----------------------------------------------------------------------------------------


def test_every_indicator_of_providers_stands_in_one_compartment():
    catalogue = load_catalogue()
    placed = [id for one in catalogue.compartments.values() for id in one.indicators]
    assert len(placed) == len(set(placed))
    assert {id for id, one in catalogue.indicators.items() if "provider" in one.area_types} == set(placed)


def test_the_compartments_that_issue_5_asks_for_are_there():
    asked = "urgent_care flow_and_discharge beds diagnostics cancer planned_care workforce maternity staff_experience"
    assert {*asked.split(), "back_office", "procurement", "theatres"} <= set(load_catalogue().compartments)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"indicators": ["morale"]}, ["names morale, which is no indicator."]),
        ({"indicators": ["smoking_prevalence"]}, ["smoking_prevalence is not of providers."]),
        ({"indicators": ["sickness_absence"] * 2}, ["sickness_absence stands in staff too."]),
        ({"not_on_file": ""}, ["is empty."]),
        ({}, []),
    ],
)
def test_each_fault_of_a_compartment_is_told(changed, told):
    indicators = load_catalogue().indicators
    staff = {"staff": STAFF.model_copy(update=changed)}
    assert [what for _, what, _ in faults_in(staff, indicators, list(indicators))] == told


# --- rows -------------------------------------------------------------------------------------------------


def test_a_row_has_figure_country_standard_peers_chart_and_what_to_gain(release):
    """T01 sees 7,500 of 10,000: 75 %, as the country does. Its peers see 90 % and 60 %: their median is 75 %."""
    (row,) = provider_rows(release, "T01")
    assert (row["compartment"], row["indicator"], row["value"]) == ("urgent_care", "four_hours", 75.0)
    assert (row["count"], row["denominator"], row["benchmark_value"]) == (7_500, 10_000, 75.0)
    assert (row["peers_median"], row["peers_on_file"], row["peers"]) == (75.0, 2, 2)
    assert row["standard"] == (
        "at least 95.0% (constitutional standard): not met; at least 70.0% (interim ambition): met"
    )
    assert row["meets_standard"] is False
    assert row["variation"] is not None
    assert (row["lower"], row["upper"], row["is_headline"]) == (500, 1_500, True)
    assert row["news"] == "improving"


def test_a_set_of_ones_own_takes_the_place_of_the_peers_but_not_of_what_there_is_to_gain(release):
    (row,) = provider_rows(release, "T01", ["Cragford Infirmary"])
    assert (row["peers_median"], row["peers_on_file"], row["peers"]) == (60.0, 1, 1)
    assert row["amount"] == 1_000


def test_without_peers_nothing_is_held_beside_and_nothing_to_gain_is_said(release):
    (row,) = provider_rows(release, "T00")
    assert (row["peers_median"], row["peers"], row["amount"], row["amount_in_words"]) == (None, 0, None, None)


def test_a_peer_without_a_full_return_is_not_in_the_median(tmp_path):
    rows = [
        *monthly("four_hours", "provider", "T01", [70.0] * 5),
        *monthly("four_hours", "provider", "T00", [80.0] * 5),
        *monthly("four_hours", "provider", "T02", [90.0] * 4 + [None]),  # incomplete in the last month
    ]
    found = provider_rows(release_of(tmp_path, values=rows), "T01", ["T00", "T02"])
    assert [(row["peers_median"], row["peers_on_file"], row["peers"]) for row in found] == [(80.0, 1, 2)]


@pytest.mark.parametrize("status", ["missing", "hidden", "incomplete"])
def test_a_figure_that_is_no_full_return_meets_no_standard_and_fails_none(tmp_path, status):
    rows = monthly("four_hours", "provider", "T01", [70.0] * 4 + [None])
    rows[-1]["status"] = status
    others = monthly("four_hours", "provider", "T00", [70.0] * 5)
    (row,) = provider_rows(release_of(tmp_path, values=rows + others), "T01")
    assert (row["value"], row["status"], row["meets_standard"], row["significance"]) == (
        None,
        status,
        None,
        None,
    )


def test_a_figure_older_than_others_is_shown_and_not_compared(tmp_path):
    rows = monthly("four_hours", "provider", "T01", [70.0] * 4) + monthly(
        "four_hours", "provider", "T00", [80.0] * 5
    )
    (row,) = provider_rows(release_of(tmp_path, values=rows), "T01", ["T00"])
    assert (row["value"], row["benchmark_value"], row["peers_on_file"]) == (70.0, None, 0)
    assert row["note"] == "not compared: nothing on file for May 2024, which others returned"


def test_an_area_that_is_no_provider_is_refused(release):
    with pytest.raises(NotKnownError, match="is no provider, but of type Sub-area"):
        provider_rows(release, "S05")


# --- one amount in several units --------------------------------------------------------------------------

ROW = {"lower": 1.0, "upper": 5.0, "amount": 3.0, "chance_only": 0.5, "gbp": None}
APRIL = {"period_start": web_release.months()[3][0], "period_end": web_release.months()[3][1]}


def test_beds_are_said_as_bed_days_too():
    """1 to 5 beds on the average day of April are 30 to 150 bed days."""
    said = gain_in_words({**ROW, **APRIL}, {"event": "bed", "polarity": "lower_is_better"})
    assert said == ["1 to 5 fewer beds on the average day", "30 to 150 fewer bed days a month"]


def test_pounds_follow_where_there_is_a_published_cost():
    cost = {"gbp": 300.0, "gbp_lower": 100.0, "gbp_upper": 500.0, "gbp_source": "A tariff, 2025"}
    row, about = {**ROW, **APRIL, **cost}, {"event": None, "polarity": "lower_is_better"}
    assert gain_in_words(row, about) == [amount_in_words(row, about), "£100 to £500 a month (A tariff, 2025)"]


def test_where_the_best_do_no_better_no_range_of_nothing_is_said_and_nothing_is_in_doubt():
    row = {**ROW, **APRIL, "lower": 0.0, "upper": 0.0, "is_headline": False}
    assert gain_in_words(row, {"event": "bed", "polarity": "lower_is_better"}) == [NO_GAIN]
    assert doubt_of(row) == ""


def test_an_amount_that_is_not_sure_is_told_with_its_doubt():
    assert doubt_of({**ROW, "is_headline": False}) == "not sure enough to declare"
    assert doubt_of({**ROW, "is_headline": True}) == ""


# --- command and API --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "address"),
    [
        (["T01"], "providers/T01"),
        (["Birchcombe Infirmary"], "providers/Birchcombe%20Infirmary"),
        (["T01", "--peers", "T02"], "providers/T01?peers=T02"),
    ],
)
def test_the_command_and_its_route_answer_with_the_same_rows(release, client, words, address):
    told = CliRunner().invoke(main, ["provider", *words, "--json", "--release", str(release.folder)])
    assert told.exit_code == 0, told.output
    answer = client.get(f"/api/v1/{address}").json()
    assert json.loads(told.stdout) == answer["rows"]
    assert answer["total"] == 1


def test_the_command_prints_a_table_a_person_can_read(release):
    """75 -/+ 1.96 x root 7,500 of 10,000."""
    told = CliRunner().invoke(main, ["provider", "T01", "--release", str(release.folder)])
    for said in ("Birchcombe Infirmary", "75 (73.3 to 76.7)", "2 of 2", "not met", "improving"):
        assert said in " ".join(told.stdout.split())


def test_an_unknown_provider_is_one_sentence_and_exit_status_2(release, client):
    told = CliRunner().invoke(main, ["provider", "X99", "--release", str(release.folder)])
    assert told.exit_code == 2
    assert told.stderr.startswith("careatlas: X99: is no area's code or name.")
    assert client.get("/api/v1/providers/X99").status_code == 404


def test_the_route_of_the_inbox_gives_the_rows_of_the_page(release, client):
    for asked in ({}, {"area": "T02"}, {"compartment": "urgent_care", "news": "persistent"}):
        answer = client.get("/api/v1/inbox", asked).json()
        assert answer["rows"] == json.loads(json.dumps(inbox(release, **asked), default=str))
        assert answer["total"] > 0
    assert client.get("/api/v1/inbox?news=bad").status_code == 404


def test_every_column_of_the_answers_is_described(client):
    described = client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    for row in ("ProviderRow", "InboxRow"):
        assert all(one["description"] for one in described[row]["properties"].values())
