"""How few parts make half of a gap, from tidied tables to the release table; every figure worked by hand.

Four sub-areas of two boards, a thousand need-weighted people each. Admitted pathways of general surgery (100),
orthopaedics (110) and dermatology (330): A1 700, 200, 100; A2 300, 200, 100; B1 and B2 300, 100, 100. So the country
has 400, 150 and 100 for each thousand people, 650 in all.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from careatlas.build import compare
from careatlas.build.area_parts import Counts, parts_by_kind
from careatlas.build.areas import Country, build_areas
from careatlas.build.concentration import concentrations, fewest_parts
from careatlas.build.gather import Inputs
from careatlas.build.pipeline import indicator_values
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.tables import RELEASE, TIDIED

CATALOGUE = load_catalogue()
ADMITTED = CATALOGUE.indicators["completed_admitted_pathways"]
WITHIN_18_WEEKS = CATALOGUE.indicators["within_18_weeks"]
BOARDS = {"A1": "QAA", "A2": "QAA", "B1": "QBB", "B2": "QBB"}
JANUARY = {"period_start": date(2026, 1, 1), "period_end": date(2026, 1, 31)}
NO_GAPS = pd.DataFrame(columns=RELEASE["gaps"].column_names)


@pytest.fixture(scope="module")
def engine():
    with connect() as engine:
        yield engine


def areas():
    rows = [{"code": "Y01", "name": "Shire", "area_type": "region"}]
    rows += [{"code": b, "name": b, "area_type": "icb", "parent_code": "Y01"} for b in ("QAA", "QBB")]
    rows += [{"code": a, "name": a, "area_type": "sub_icb", "parent_code": b} for a, b in BOARDS.items()]
    rows += [{"code": p, "name": p, "area_type": "provider", "parent_code": "QAA"} for p in ("P1", "P2")]
    listed = pd.DataFrame(rows, columns=TIDIED["area_list"].column_names).assign(vintage=2026)
    nothing = [pd.DataFrame(columns=TIDIED[name].column_names) for name in ("boundaries", "place_names")]
    country = Country("ENG", "England")
    return build_areas(listed, *nothing, CATALOGUE.area_types, [], country, {})


def counts_of(engine, indicator, **tables):
    given = {
        name: engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED[name].schema))
        for name, rows in tables.items()
    }
    inputs, places = Inputs(engine, given), areas()
    values = indicator_values(indicator, CATALOGUE, inputs, places)
    return Counts(indicator, values, CATALOGUE, places, inputs)


def table_of(counts, gaps=NO_GAPS):
    compared = compare.comparisons(counts.values, counts.indicator, CATALOGUE, counts.areas)
    found = concentrations(counts.values, compared, gaps, CATALOGUE, counts.areas, counts.inputs)
    return found.set_index(["area", "kind", "place"]).sort_index()


def with_totals(rows, *measures):
    """Publishers give the sum of the specialties beside them."""
    keys = ["provider", "commissioner", "part"]
    totals = pd.DataFrame(rows).groupby(keys, as_index=False)[list(measures)].sum()
    return [
        {**JANUARY, **row} for row in [*rows, *totals.assign(specialty="total").to_dict("records")]
    ]  # fmt: skip


@pytest.fixture(scope="module")
def admitted(engine):
    by_area = {"A1": (700, 200, 100), "A2": (300, 200, 100), "B1": (300, 100, 100), "B2": (300, 100, 100)}
    rows = [
        {"provider": "P1", "commissioner": area, "part": "completed_admitted", "specialty": specialty, "pathways": n}
        for area, counted in by_area.items()
        for specialty, n in zip(("100", "110", "330"), counted, strict=True)
    ]  # fmt: skip
    edition = {"period_start": date(2023, 4, 1), "period_end": date(2024, 3, 31), "edition": "2023_2024"}
    people = [
        {
            **edition,
            "practice": area,
            "sub_icb": area,
            "need": "general_and_acute",
            "weighted_population": 1000,
        }
        for area in BOARDS
    ]
    return counts_of(engine, ADMITTED, rtt=with_totals(rows, "pathways"), need_weights=people)


@pytest.fixture(scope="module")
def within_18_weeks(engine):
    """A1 does better than the country in either specialty, and has more of the one with long waits. Nobody
    of A2 or B2 waits."""
    rows = [
        ("P1", "A1", "100", 500, 450), ("P1", "A1", "110", 1500, 550),
        ("P2", "A1", "100", 500, 450), ("P2", "A1", "110", 1500, 650),
        ("P2", "B1", "100", 3000, 2100), ("P2", "B1", "110", 1000, 300),
        ("P2", "A2", "100", 0, 0), ("P2", "B2", "100", 0, 0),
    ]  # fmt: skip
    columns = ("provider", "commissioner", "specialty", "known_clock_start", "within_18_weeks")
    rows = [{"part": "incomplete", **dict(zip(columns, row, strict=True))} for row in rows]
    rtt = with_totals(rows, "known_clock_start", "within_18_weeks")
    return counts_of(engine, WITHIN_18_WEEKS, rtt=rtt)


@pytest.mark.parametrize("fixture", ["admitted", "within_18_weeks"])
def test_parts_of_every_kind_add_up_to_the_gap_as_published(fixture, request):
    counts = request.getfixturevalue(fixture)
    seen = set()
    for area_type in ("sub_icb", "icb", "region"):
        published = counts.of_type(area_type).set_index("area")
        for kind, parts in parts_by_kind(counts, area_type):
            seen.add(kind)
            gap = (parts["observed"] - parts["expected"]).groupby(parts["area"]).sum()
            whole = (published["count"] - published["expected"]).astype(float)
            assert gap.to_dict() == pytest.approx(whole[gap.index].to_dict())
            assert set(gap.index) == set(published.index[published["status"] != "missing"])
    wanted = {"smaller_area", "specialty"}  # a rate per person has no people by provider
    assert seen == (wanted if fixture == "admitted" else wanted | {"provider"})


def test_one_specialty_of_three_makes_most_of_a_sub_area_s_gap(admitted):
    """A1: 700 against 400, 200 against 150, 100 against 100: 300 of 350 are general surgery."""
    rows = table_of(admitted).loc[("A1", "specialty")]
    assert rows.index.tolist() == [1]
    row = rows.loc[1]
    assert (row["part"], row["parts"], row["parts_for_half"]) == ("100", 3, 1)
    assert (row["observed"], row["expected"], row["excess"]) == (700, 400, 300)
    assert row["share_of_gap"] == pytest.approx(300 / 350, abs=1e-4)
    assert (row["area_observed"], row["area_expected"], row["left_out"]) == (1000, 650, 0)
    # Byar's 95 % limits of 700 events are 649.1 and 753.8.
    assert (row["excess_lower"], row["excess_upper"]) == pytest.approx((249.1, 353.8), abs=0.1)
    assert row["note"] is None


def test_a_board_s_gap_is_cut_by_its_sub_areas_and_one_may_make_more_than_all(admitted):
    """QAA: 1,600 against 1,300. A1 has 350 more than expected and A2 50 fewer."""
    row = table_of(admitted).loc[("QAA", "smaller_area", 1)]
    assert (row["part"], row["parts"], row["parts_for_half"], row["excess"]) == ("A1", 2, 1, 350)
    assert row["share_of_gap"] == pytest.approx(350 / 300, abs=1e-4)


def test_a_gap_below_the_country_is_made_of_what_is_lacking(admitted):
    row = table_of(admitted).loc[("B1", "specialty", 1)]
    assert (row["part"], row["excess"]) == ("100", -100)
    assert row["share_of_gap"] == pytest.approx(100 / 150, abs=1e-4)


def test_the_mix_of_specialties_is_a_part_of_its_own(within_18_weeks):
    """A1: 2,100 of 4,000 where the country has 56.25 %: 150 fewer. At the country's 75 % and 37.5 % by specialty it
    would have 750 + 1,125 = 1,875, which is 375 fewer than 2,250 by mix alone; it does 225 better than that."""
    row = table_of(within_18_weeks).loc[("A1", "specialty", 1)]
    assert (row["part"], row["parts"], row["parts_for_half"]) == ("mix", 2, 1)
    assert (row["observed"], row["expected"], row["excess"]) == (1875, 2250, -375)
    assert row["share_of_gap"] == 2.5
    assert np.isnan(row["excess_lower"])


def test_providers_are_held_against_the_country_s_share(within_18_weeks):
    """P1 has 1,000 of 2,000 within 18 weeks and P2 1,100; 1,125 are expected of either."""
    table = table_of(within_18_weeks)
    row = table.loc[("A1", "provider", 1)]
    assert (row["part"], row["excess"], row["parts"], row["parts_for_half"]) == ("P1", -125, 2, 1)
    assert ("B1", "provider", 1) not in table.index  # one provider is no cut


def test_a_gap_within_chance_is_not_cut_into_parts(admitted):
    assert "A1" in table_of(admitted).index
    verdict = admitted.of_type("sub_icb").assign(verdict="within_chance", component="all")
    assert "A1" not in table_of(admitted, verdict[verdict["area"] == "A1"]).index
    assert "ENG" not in table_of(admitted).index  # nor is the country, which has no gap from itself


def test_a_value_whose_limits_hold_the_country_s_is_not_cut_into_parts(admitted):
    few = admitted.values.assign(lower_95=0.0, upper_95=10_000.0)
    compared = compare.comparisons(few, ADMITTED, CATALOGUE, admitted.areas)
    assert set(compared["significance"]) == {"similar"}
    assert not len(concentrations(few, compared, NO_GAPS, CATALOGUE, admitted.areas, admitted.inputs))


def test_an_incomplete_area_takes_no_part_and_what_it_holds_is_said_to_be_left_out(admitted):
    """The region's boards: with QBB incomplete only QAA is left, and one part is no cut."""
    values = admitted.values
    doubted = values.assign(status=values["status"].mask(values["area"] == "QBB", "incomplete"))
    counts = Counts(ADMITTED, doubted, CATALOGUE, admitted.areas, admitted.inputs)
    ((_, parts), *_) = parts_by_kind(counts, "region")
    assert parts["part"].tolist() == ["QAA"]
    assert "QBB" not in set(table_of(counts).index.get_level_values("area"))


def whole_and_parts(gap, *excess):
    cell = {"area": "Q1", "period_end": pd.Timestamp("2026-01-31")}
    wholes = pd.DataFrame(
        [{"indicator": "i", "area_type": "icb", **cell, "period_start": pd.Timestamp("2026-01-01"),
          "count": 1000.0 + gap, "expected": 1000.0}]
    )  # fmt: skip
    parts = [
        {**cell, "part": f"S{n:02d}", "observed": 100.0 + more, "denominator": 1e4, "expected": 100.0}
        for n, more in enumerate(excess)
    ]
    return wholes, pd.DataFrame(parts, columns=[*cell, "part", "observed", "denominator", "expected"])


def test_what_the_parts_do_not_hold_is_left_out_and_where_it_is_most_nothing_is_told():
    row = fewest_parts(*whole_and_parts(100, 40, 20), ADMITTED).iloc[0]
    assert (row["left_out"], row["share_of_gap"]) == (40, pytest.approx(2 / 3, abs=1e-4))
    assert not len(fewest_parts(*whole_and_parts(100, 30, 10), ADMITTED))
    assert not len(fewest_parts(*whole_and_parts(100, -60, -40), ADMITTED))


def test_at_most_ten_parts_are_listed():
    rows = fewest_parts(*whole_and_parts(240, *[10] * 24), ADMITTED)
    assert rows["place"].tolist() == [*range(1, 11)]
    assert set(rows["parts_for_half"]) == {12}
    assert set(rows["parts"]) == {24}


def test_an_area_without_parts_has_no_rows():
    assert not len(fewest_parts(*whole_and_parts(100), ADMITTED))


def test_tables_under_disclosure_control_are_cut_only_into_published_areas(within_18_weeks, monkeypatch):
    monkeypatch.setitem(TIDIED, "rtt", replace(TIDIED["rtt"], restricted=True))
    assert [kind for kind, _ in parts_by_kind(within_18_weeks, "icb")] == ["smaller_area"]
