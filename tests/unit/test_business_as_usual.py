"""Business as usual for any count by month: which months may be a guide, what is compared, and what is said.

Unless a test says otherwise: 36 months of 1,000 on average from February 2022, when nothing was restricted any more,
then a year from February 2025 on.
"""

import csv
import io
import json
from datetime import date

import pytest
import web_release
from click.testing import CliRunner
from small_release import monthly, release_of

from careatlas.cli import main
from careatlas.errors import NotKnownError
from careatlas.present.business_as_usual import history, last_compared, list_usual
from careatlas.present.usual_chart import (
    in_words,
    percent_in_words,
    side_in_words,
    usual_chart,
    usual_points,
)

FIRST, START = date(2022, 2, 1), "2025-02"
BEFORE = [990, 1010, 1000, 1005, 995] * 7 + [1000]  # no pattern that a year repeats
THREE_YEARS = ["completed", "S05"]


def counted(figures, area="S05", indicator="completed", area_type="sub_icb", first=FIRST):
    """Rows of ``values`` with these counts; None is an incomplete month."""
    rows = monthly(indicator, area_type, area, figures, first)
    return [row | {"count": row["value"], "denominator": row["value"]} for row in rows]


def usual_of(tmp_path, figures, start=START, target=None, first=FIRST, **release):
    made = release_of(tmp_path, values=counted(figures, first=first), **release)
    return list_usual(made, *THREE_YEARS, start, target)


def test_fifteen_in_a_hundred_fewer_than_usual(tmp_path):
    """12 x 1,000 usual, 12 x 850 counted: 1,800 or 15 % fewer."""
    last = usual_of(tmp_path, BEFORE + [850] * 12)[-1]
    assert last["actual_so_far"] == 10_200
    assert last["usual_so_far"] == pytest.approx(12_000, rel=0.005)
    assert last["difference_so_far"] == pytest.approx(-1_800, abs=60)
    assert last["change_percent"] == pytest.approx(-15, abs=0.5)
    assert last["change_percent_lower_95"] < -15 < last["change_percent_upper_95"] < -10
    assert last["months_before"] == 36


@pytest.mark.parametrize(
    ("after", "target", "verdict"),
    [
        (850, -10, "met"),  # 15 % fewer
        (980, -10, "not met"),  # 2 % fewer
        (900, -10, "cannot tell yet"),  # 10 % fewer, and nobody can say on which side
        (980, 0, "met"),  # a target of 0 is a ceiling
        (1200, 0, "not met"),
        (1200, 10, "met"),  # 20 % more, where more was wanted
        (1000, 10, "not met"),
        (850, None, None),
    ],
)
def test_a_target_is_met_or_missed_only_by_the_whole_interval(tmp_path, after, target, verdict):
    assert usual_of(tmp_path, BEFORE + [after] * 12, target=target)[-1]["verdict"] == verdict


def test_months_more_than_five_years_back_are_no_guide(tmp_path):
    """Ten months of 5,000, then five years of 1,000: only these count."""
    before = [5000] * 10 + (BEFORE + BEFORE)[:60]
    last = usual_of(tmp_path, before + [850] * 12, start="2027-12")[-1]
    assert last["months_before"] == 60
    assert last["change_percent"] == pytest.approx(-15, abs=1)


def test_a_month_that_is_not_known_leaves_both_sums_and_is_not_zero(tmp_path):
    """11 of 12 months are known: 11 x 900 beside about 11 x 1,000."""
    rows = usual_of(tmp_path, BEFORE + [900, 900, None] + [900] * 9)
    assert rows[2]["actual"] is None
    assert rows[2]["actual_so_far"] == 1_800
    assert rows[-1]["actual_so_far"] == 9_900
    assert rows[-1]["usual_so_far"] == pytest.approx(11_000, rel=0.005)


def test_each_month_is_the_sum_so_far_and_narrower_than_its_months_added_up(tmp_path):
    rows = usual_of(tmp_path, BEFORE + [900] * 12)
    for row in rows:
        assert row["difference_so_far"] == pytest.approx(row["actual_so_far"] - row["usual_so_far"])
        assert row["usual_so_far_lower_95"] < row["usual_so_far"] < row["usual_so_far_upper_95"]
    added_up = sum(row["usual_upper_95"] - row["usual_lower_95"] for row in rows)
    assert rows[-1]["usual_so_far_upper_95"] - rows[-1]["usual_so_far_lower_95"] < added_up


def test_months_of_restrictions_are_no_guide_whatever_they_counted(tmp_path):
    """From August 2020: twelve restricted months to July 2021, and December and January after."""
    months = [990, 1010, 1000, 1005, 995] * 11 + [1000]
    told = {place: number for place, number in enumerate(months)}
    restricted = [*range(12), 16, 17]
    wild = [1 if place in restricted else number for place, number in told.items()]
    first = date(2020, 8, 1)
    plain, other = (
        usual_of(tmp_path / name, figures, "2024-08", first=first)[-1]
        for name, figures in (("a", months), ("b", wild))
    )
    assert plain == other
    assert plain["months_before"] == 48 - 14
    assert "pandemic" in plain["note"]


def test_with_less_than_three_years_before_it_says_so_and_shows_what_was_counted(tmp_path):
    rows = usual_of(tmp_path, BEFORE, start="2025-01")
    assert rows[0]["actual"] == 1_000
    assert rows[0]["usual"] is rows[0]["verdict"] is last_compared(rows) is None
    assert in_words(rows) == [
        "Not enough history: 35 months lie between February 2022 and January 2025, and 36 are needed."
    ]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ([None] * 13 + [1000] * 23, "of the 36 months before February 2025, 23 have a full return"),
        ([1000, None, *[1000] * 10] * 3, "a month of the year has no full return"),
        ([0, *[1000] * 35], "a month before had none"),
    ],
)
def test_history_that_cannot_show_what_is_usual_is_named(tmp_path, before, said):
    told = in_words(usual_of(tmp_path, [*before, *[900] * 12]))[0]
    assert told.startswith("Not enough history: ")
    assert said in told


def test_where_nothing_is_known_from_the_start_on_nothing_is_compared(tmp_path):
    assert in_words(usual_of(tmp_path, [*BEFORE, None, None]))[0].startswith("Nothing to compare")


CHANGE = {"area": "S05", "table": None, "reason": "Two hospitals joined", "source": "A notice"}


def test_a_registered_change_in_the_midst_ends_the_comparison(tmp_path):
    change = CHANGE | {"first_day": "2025-05-01"}
    rows = usual_of(tmp_path, BEFORE + [900] * 3 + [5000] * 9, target=-5, counting_changes=[change])
    assert last_compared(rows)["period_start"] == date(2025, 4, 1)
    assert last_compared(rows)["actual_so_far"] == 2_700
    assert rows[-1]["actual"] == 5_000
    assert rows[-1]["usual"] is rows[-1]["verdict"] is None
    assert "changed in May 2025 (Two hospitals joined)" in rows[0]["note"]


def test_months_before_a_registered_change_are_no_guide(tmp_path):
    change = CHANGE | {"first_day": "2024-02-01"}
    (first, *_) = in_words(usual_of(tmp_path, BEFORE + [900] * 12, counting_changes=[change]))
    assert (
        first
        == "Not enough history: 12 months lie between February 2024 and February 2025, and 36 are needed."
    )


def test_a_change_of_another_table_or_area_changes_nothing(tmp_path):
    others = [
        CHANGE | {"first_day": "2024-02-01", "table": "accident_emergency"},
        CHANGE | {"first_day": "2024-02-01", "area": "S06"},
    ]
    assert usual_of(tmp_path, BEFORE + [900] * 12, counting_changes=others)[-1]["change_percent"] is not None


def test_a_re_based_chart_is_a_registered_change_of_that_indicator(tmp_path):
    rebase = {"indicator": "completed", "area": "S05", "first_day": "2025-05-01", "reason": "A ward opened"}
    rows = usual_of(tmp_path, BEFORE + [900] * 12, rebases={"ward": rebase})
    assert last_compared(rows)["period_start"] == date(2025, 4, 1)


def peers_of(number):
    return [
        {
            "area_type": "sub_icb",
            "area": "S05",
            "peer": f"S{10 + n}",
            "rank": n + 1,
            "distance": 0.1,
            "good_match": True,
        }
        for n in range(number)
    ]


def test_peers_are_added_up_and_held_beside_their_own_business_as_usual(tmp_path):
    """Five peers, a fifth fewer each; a sixth without a month of the year is left out."""
    values = counted(BEFORE + [800] * 12)
    for peer in range(5):
        values += counted([2 * one for one in BEFORE] + [1600] * 12, area=f"S{10 + peer}")
    values += counted(BEFORE + [None] + [5000] * 11, area="S15")
    last = list_usual(release_of(tmp_path, values=values, peers=peers_of(6)), *THREE_YEARS, START)[-1]
    assert last["peers"] == 5
    assert last["peers_change_percent"] == pytest.approx(-20, abs=0.5)
    assert last["peers_change_percent_lower_95"] < -20 < last["peers_change_percent_upper_95"]


def test_fewer_than_five_peers_are_no_company(tmp_path):
    values = counted(BEFORE + [800] * 12)
    for peer in range(4):
        values += counted(BEFORE + [800] * 12, area=f"S{10 + peer}")
    rows = list_usual(release_of(tmp_path, values=values, peers=peers_of(4)), *THREE_YEARS, START)
    assert rows[-1]["peers"] is rows[-1]["peers_change_percent"] is None
    assert any("Too few areas like it" in one for one in in_words(rows))


def test_those_it_is_counted_among_may_be_asked_for_unless_they_are_residents(tmp_path):
    values = counted(BEFORE + [900] * 12, "T01", "four_hours", "provider")
    values = [row | {"denominator": 2 * row["count"]} for row in values]
    release = release_of(tmp_path, values=[*values, *counted(BEFORE + [900] * 12)])
    last = list_usual(release, "four_hours", "T01", START, of="denominator")[-1]
    assert last["actual_so_far"] == 24 * 900
    with pytest.raises(NotKnownError, match="Give one of count"):
        list_usual(release, *THREE_YEARS, START, of="denominator")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"start": "2022-02"}, 'start: "2022-02" is not a month .* Give one of 2022-03 to 2026-01'),
        ({"start": "2030-01"}, "Give one of 2022-03 to 2026-01"),
        ({"start": "2024-Q1"}, "is not a month"),
        ({"start": "soon"}, "is not a period"),
        ({"start": START, "target": -100.0}, "target: -100 is not a percentage of business as usual"),
        ({"start": START, "target": float("nan")}, "is not a percentage"),
        ({"start": START, "area": "S07"}, "has no monthly figures for"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_to_do(tmp_path, asked, told):
    release = release_of(tmp_path, values=counted(BEFORE + [900] * 12))
    with pytest.raises(NotKnownError, match=told):
        list_usual(release, **({"indicator": "completed", "area": "S05"} | asked))


def test_sentences_name_months_figures_limits_target_and_what_they_cannot_say(tmp_path):
    sentences = in_words(usual_of(tmp_path, BEFORE + [850] * 12, target=-10))
    assert sentences[0].startswith(
        "February 2025 to January 2026: 10,200 counted; business as usual would have been 11,997 ("
    )
    assert sentences[0].endswith("95% limits in brackets.")
    assert sentences[1].startswith(
        "Target, 10% fewer than business as usual: met; the whole 95% interval reaches it."
    )
    assert "not who or what brought it about" in sentences[3]


def test_a_side_is_named_by_what_is_summed(tmp_path):
    about = release_of(tmp_path, values=counted(BEFORE)).catalogue["indicators"]["four_hours"]
    assert side_in_words(about, "count") == "within four hours (what is counted)"
    assert side_in_words(about, "denominator") == "attendances timed (those it is counted among)"


def test_percentages_are_said_as_fewer_and_more():
    assert [percent_in_words(each) for each in (-10, 9.96, 0.04, -0.04)] == [
        "10% fewer", "10% more", "no change", "no change",
    ]  # fmt: skip


def test_the_chart_has_the_band_from_the_start_on_and_hollow_months_that_are_no_guide(tmp_path):
    values = counted([990, 1010, 1000, 1005, 995] * 11 + [1000], first=date(2020, 8, 1))
    release = release_of(tmp_path, values=values)
    rows = list_usual(release, *THREE_YEARS, "2024-08", -10)
    before = history(release, *THREE_YEARS, "2024-08")
    points = usual_points(before, rows)
    assert len(points) == 56
    assert next(point["period"] for point in points if point["usual"] is not None) == "2024-08-31"
    assert sum(not point["is_guide"] for point in points) == 14
    assert points[-1]["target"] == pytest.approx(0.9 * points[-1]["usual"])
    spec = usual_chart(before, rows, release.catalogue["indicators"]["completed"])
    assert "Hollow: months that are no guide." in " ".join(spec["title"]["subtitle"])
    assert "business as usual would have been" in spec["description"]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    release_of(home, values=counted(BEFORE + [850] * 12))
    with web_release.client_of(home) as client:
        yield home, client


ASKED = "area_type=sub_icb&area=S05&start=2025-02&target=-10"


def test_command_api_and_csv_give_the_same_rows(served):
    home, client = served
    command = ["usual", "completed", "--area", "S05", "--start", START, "--target", "-10"]
    printed = CliRunner().invoke(main, [*command, "--json", "--release", str(home)])
    assert printed.exit_code == 0, printed.output
    rows = json.loads(printed.output)
    asked = "indicator=completed&area=S05&start=2025-02&target=-10"
    assert client.get(f"/api/v1/usual?{asked}").json()["rows"] == rows
    file = b"".join(client.get(f"/data/completed/business-as-usual.csv?{ASKED}").streaming_content).decode()
    assert [line["verdict"] for line in csv.DictReader(io.StringIO(file))] == [row["verdict"] for row in rows]
    table = CliRunner().invoke(main, [*command, "--release", str(home)])
    assert "Target, 10% fewer than business as usual: met" in " ".join(table.output.split())


def test_the_page_over_time_has_sentences_chart_table_and_what_was_asked(served):
    _, client = served
    page = client.get(f"/indicators/completed/over-time/?{ASKED}").content.decode()
    assert 'value="2025-02"' in page
    assert 'value="-10"' in page
    assert "10,200 counted" in page
    assert page.split('id="usual-table"')[1].split("</table>")[0].count("<tr>") == 13
    assert "/usual.svg?" in page
    assert "/data/completed/business-as-usual.csv?" in page


def test_the_chart_is_served_as_picture_and_specification(served):
    home, client = served
    release = (home / "releases" / "current").read_text().strip()
    for kind in ("svg", "json"):
        assert client.get(f"/charts/{release}/completed/usual.{kind}?{ASKED}").status_code == 200
    assert client.get(f"/charts/{release}/completed/usual.svg?area=S05").status_code == 404


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("start=soon", "is not a period"),
        ("start=2025-02&target=ten", "is not a number"),
        ("start=1999-01", "Give one of"),
    ],
)
def test_what_the_page_cannot_answer_is_told_and_nothing_typed_is_lost(served, asked, told):
    _, client = served
    answer = client.get(f"/indicators/completed/over-time/?area=S05&{asked}")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert told in page.split('role="alert"')[1].split("</div>")[0]
    assert f'value="{asked.split("&")[0].removeprefix("start=")}"' in page


def test_a_target_may_be_typed_as_people_write_it(served):
    _, client = served
    page = client.get(
        "/indicators/completed/over-time/?area=S05&start=2025-02&target=\N{MINUS SIGN}10%25"
    ).content.decode()
    assert "Target, 10% fewer than business as usual: met" in page
