"""The kinds of nothing on their way through a build: zero, missing, incomplete and hidden never become another."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from small_data import no_changes

from careatlas.build import disclose
from careatlas.build.areas import Areas, Country
from careatlas.build.gather import Inputs, _one_row_a_day
from careatlas.build.pipeline import indicator_values
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.tables import RELEASE, TIDIED

CATALOGUE = load_catalogue()
MONTHS = {
    "2025-12": (date(2025, 12, 1), date(2025, 12, 31)),
    "2026-01": (date(2026, 1, 1), date(2026, 1, 31)),
}
BOARDS = {"A1": "B1", "A2": "B1", "A3": "B2", "A4": "B2"}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def areas() -> Areas:
    """Four sub-areas in two boards in one region, and a trust."""
    rows = [
        ("A1", "sub_icb", "B1"),
        ("A2", "sub_icb", "B1"),
        ("A3", "sub_icb", "B2"),
        ("A4", "sub_icb", "B2"),
    ]
    rows += [
        ("B1", "icb", "Y1"),
        ("B2", "icb", "Y1"),
        ("Y1", "region", "ENG"),
        ("ENG", "country", None),
        ("T1", "provider", None),
    ]
    table = pd.DataFrame(
        [{"code": c, "name": f"Place {c}", "area_type": t, "parent_code": p} for c, t, p in rows]
    )
    table = table.reindex(columns=RELEASE["areas"].column_names)
    codes = {str(t): {code: code for code in of["code"]} for t, of in table.groupby("area_type")}
    return Areas(table, codes, no_changes(), pd.DataFrame(), Country("ENG", "England"))


def rtt(month: str, part: str, pathways: dict[str, float | None]) -> list[dict]:
    start, end = MONTHS[month]
    return [
        {"period_start": start, "period_end": end, "commissioner": area, "part": part,
         "specialty": "total", "pathways": n}
        for area, n in pathways.items()
    ]  # fmt: skip


def people(weighted: dict[str, float]) -> list[dict]:
    start, end = date(2023, 4, 1), date(2024, 3, 31)
    return [
        {"period_start": start, "period_end": end, "edition": "2023_2024", "practice": f"P{area}", "sub_icb": area,
         "need": "general_and_acute", "weighted_population": n}
        for area, n in weighted.items()
    ]  # fmt: skip


def values_of(engine, indicator: str, **tables: list[dict]) -> pd.DataFrame:
    given = {
        name: engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED[name].schema))
        for name, rows in tables.items()
    }
    frame = indicator_values(CATALOGUE.indicators[indicator], CATALOGUE, Inputs(engine, given), areas())
    return frame.assign(month=[f"{end:%Y-%m}" for end in frame["period_end"]]).set_index(["month", "area"])


EVERYONE = people({"A1": 1000.0, "A2": 1000.0, "A3": 1000.0, "A4": 1000.0})


def test_a_part_that_no_file_of_the_month_gives_is_not_zero(engine):
    """December has the workbook of admitted patients only: nobody counted new pathways, so there is no answer."""
    rows = rtt("2025-12", "completed_admitted", dict.fromkeys(BOARDS, 5.0))
    rows += rtt("2026-01", "new_periods", dict.fromkeys(BOARDS, 10.0))
    values = values_of(engine, "new_pathways", rtt=rows, need_weights=EVERYONE)
    assert set(values.index.get_level_values("month")) == {"2026-01"}
    assert values.loc[("2026-01", "ENG"), "count"] == 40


def test_an_area_with_a_return_but_no_row_of_the_part_counted_none(engine):
    rows = rtt("2026-01", "new_periods", {"A1": 10.0, "A2": 10.0, "A3": 10.0})
    rows += rtt("2026-01", "incomplete", dict.fromkeys(BOARDS, 50.0))
    zero = values_of(engine, "new_pathways", rtt=rows, need_weights=EVERYONE).loc[("2026-01", "A4")]
    assert (zero["status"], zero["count"], zero["value"], zero["lower_95"]) == ("zero", 0, 0, 0)
    assert zero["upper_95"] > 0


def test_an_area_without_a_return_is_missing_and_left_out_of_both_sides(engine):
    """A4 is a quarter of the people: the sum of the rest is 30 among 3,000, and incomplete."""
    rows = rtt("2026-01", "new_periods", {"A1": 10.0, "A2": 10.0, "A3": 10.0})
    values = values_of(engine, "new_pathways", rtt=rows, need_weights=EVERYONE)
    missing = values.loc[("2026-01", "A4")]
    assert (missing["status"], missing["note"]) == ("missing", "no return on file")
    assert missing[["count", "value", "lower_95", "upper_95"]].isna().all()
    country = values.loc[("2026-01", "ENG")]
    assert (country["status"], country["count"], country["denominator"]) == ("incomplete", 30, 3000)
    assert country["value"] == pytest.approx(10)
    assert country["note"] == "missing or incomplete within it: Place A4 (A4)"


def test_a_sum_that_lacks_a_twentieth_or_less_is_reported_with_a_note(engine):
    """A4 has 100 of 3,100 people, 3 %: its board B2 lacks 100 of 1,100, 9 %."""
    few = people({"A1": 1000.0, "A2": 1000.0, "A3": 1000.0, "A4": 100.0})
    rows = rtt("2026-01", "new_periods", {"A1": 10.0, "A2": 10.0, "A3": 10.0})
    values = values_of(engine, "new_pathways", rtt=rows, need_weights=few).loc["2026-01"]
    assert values["status"].to_dict() == {
        "A1": "reported", "A2": "reported", "A3": "reported", "A4": "missing",
        "B1": "reported", "B2": "incomplete", "Y1": "reported", "ENG": "reported",
    }  # fmt: skip
    assert values.loc["ENG", "note"] == "missing or incomplete within it: Place A4 (A4)"
    assert values.loc["B1", "note"] is None


def test_a_return_that_says_nothing_is_missing_not_zero(engine):
    rows = rtt("2026-01", "new_periods", {"A1": 10.0, "A2": 10.0, "A3": 10.0, "A4": None})
    blank = values_of(engine, "new_pathways", rtt=rows, need_weights=EVERYONE).loc[("2026-01", "A4")]
    assert (blank["status"], blank["note"]) == ("missing", "not reported")


def test_without_a_denominator_within_five_years_there_is_no_value(engine):
    rows = rtt("2026-01", "new_periods", dict.fromkeys(BOARDS, 10.0))
    long_ago = [
        {**row, "period_start": date(2012, 4, 1), "period_end": date(2013, 3, 31)} for row in EVERYONE
    ]
    values = values_of(engine, "new_pathways", rtt=rows, need_weights=long_ago)
    assert set(values["status"]) == {"missing"}
    assert values.loc[("2026-01", "A1"), "note"] == "no need weights on file within 5 years of the period"


def test_a_board_without_discharges_in_the_month_has_no_value_and_the_note_says_what_is_absent(engine):
    days = [date(2026, 1, day) for day in range(1, 32)]
    remaining = [
        {"day": day, "icb": board, "no_longer_meet_criteria_to_reside": 50.0}
        for day in days
        for board in ("B1", "B2")
    ]
    discharged = [{"day": day, "icb": "B2", "discharged": 25.0} for day in days]
    values = values_of(engine, "delayed_discharges", delayed_discharges=remaining, discharges=discharged)
    assert values.loc[("2026-01", "B2"), "value"] == pytest.approx(2)
    absent = values.loc[("2026-01", "B1")]
    assert (absent["status"], absent["note"]) == ("missing", "no discharges on file for the period")


def test_pathways_of_commissioners_that_are_not_areas_are_in_no_areas_sum(engine):
    rows = rtt("2026-01", "new_periods", {**dict.fromkeys(BOARDS, 10.0), "NONC": 99.0})
    values = values_of(engine, "new_pathways", rtt=rows, need_weights=EVERYONE).loc["2026-01"]
    assert "NONC" not in values.index
    assert values.loc["ENG", "count"] == 40


def counts(**by_area: float) -> pd.DataFrame:
    frame = pd.DataFrame({"area": list(by_area), "count": list(by_area.values())})
    columns = ["value", "expected", "lower_95", "upper_95", "lower_998", "upper_998"]
    ordinary = dict.fromkeys(columns, 1.0)
    return frame.assign(period_end=pd.Timestamp("2025-12-31"), status="reported", note="", **ordinary)


def test_small_counts_of_records_are_hidden_with_the_sibling_that_would_give_them_away():
    """A1 has 3: hidden. A2 could tell it from B1's total: hidden too. B2's areas are shown, rounded to 5."""
    shown = disclose.protect(counts(A1=3, A2=40, A3=52, A4=11), "hospital_episodes", BOARDS).set_index("area")
    assert shown["status"].to_dict() == {"A1": "hidden", "A2": "hidden", "A3": "reported", "A4": "reported"}
    assert shown.loc[["A1", "A2"], ["count", "value", "expected", "lower_95", "upper_998"]].isna().all().all()
    assert shown.loc[["A3", "A4"], "count"].to_list() == [50, 10]


def test_published_counts_are_left_as_they_are():
    given = counts(A1=3, A2=40)
    pd.testing.assert_frame_equal(disclose.protect(given, "rtt", BOARDS), given)


# Days without a figure


@pytest.mark.parametrize(
    ("table", "area_type", "one_row"),
    [
        ("discharges", "icb", True),
        ("trust_discharges", "provider", True),
        ("discharges", "region", False),  # several boards: several rows a day
        ("delayed_discharge_reasons", "provider", False),  # months
        ("hospital_episodes", "sub_icb", False),  # persons
        ("reasons_by_day", "provider", False),
    ],
)
def test_observations_are_days_only_where_a_day_has_one_row(monkeypatch, table, area_type, one_row):
    by_day = replace(TIDIED["trust_discharges"], name="reasons_by_day", key=("day", "provider", "reason"))
    monkeypatch.setitem(TIDIED, "reasons_by_day", by_day)
    assert _one_row_a_day(table, area_type) is one_row


def february_of_a_trust(engine, days_discharged: int) -> pd.Series:
    """Three reasons in a February, and ten patients discharged on each of its first days."""
    first, last = date(2025, 2, 1), date(2025, 2, 28)
    delayed = [
        {"period_start": first, "period_end": last, "provider": "T1", "reason": reason, "patients": 4.0}
        for reason in ("Capacity", "Hospital process", "Interface process")
    ]
    discharged = [
        {"day": date(2025, 2, day), "provider": "T1", "discharged": 10.0 if day <= days_discharged else None}
        for day in range(1, 29)
    ]
    given = {
        name: engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED[name].schema))
        for name, rows in (("delayed_discharge_reasons", delayed), ("trust_discharges", discharged))
    }
    spans = {"trust_discharges": (pd.Timestamp(first), pd.Timestamp(last))}
    indicator = CATALOGUE.indicators["delayed_discharges_at_trusts"]
    frame = indicator_values(indicator, CATALOGUE, Inputs(engine, given, spans), areas())
    return frame.set_index("area").loc["T1"]


def test_a_month_of_reasons_whose_every_day_has_discharges_is_reported(engine):
    """12 delayed, 280 discharged: three reasons are not three days of twenty-eight."""
    whole = february_of_a_trust(engine, days_discharged=28)
    assert (whole["status"], whole["count"], whole["denominator"]) == ("reported", 12, 280)
    assert whole["note"] is None


def test_days_missing_from_the_denominator_alone_make_a_month_incomplete(engine):
    """8 of 28 days without discharges: 12 per 200 would look worse than the trust is."""
    part = february_of_a_trust(engine, days_discharged=20)
    assert (part["status"], part["denominator"]) == ("incomplete", 200)
    assert part["note"] == "8 of 28 days not reported"
