"""Maternity records that do not say or cannot be: noted, or incomplete, and named in the release."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from careatlas.build.areas import Areas, Country
from careatlas.build.maternity_completeness import doubted, examine_maternity
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.tables import RELEASE, TIDIED

INDICATORS = load_catalogue().indicators
SMOKING, CAESAREANS = INDICATORS["smoking_at_booking"], INDICATORS["caesarean_births"]
YEAR = {"period_start": date(2022, 4, 1), "period_end": date(2023, 3, 31)}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def areas_of(*codes: str) -> Areas:
    rows = [{"code": code, "name": f"Trust {code}", "area_type": "provider"} for code in codes]
    frame = pd.DataFrame(rows, columns=RELEASE["areas"].column_names)
    changes = pd.DataFrame(columns=RELEASE["area_changes"].column_names)
    codes_by_type = {"provider": {code: code for code in codes}}
    return Areas(frame, codes_by_type, changes, pd.DataFrame(), Country("ENG", "England"))


def records(engine, not_known: dict[str, int], dimension: str = "SmokingStatusGroupBooking"):
    """Each trust's 1,000 records, of which so many do not say."""
    rows = []
    for trust, silent in not_known.items():
        common = {
            **YEAR,
            "area_type": "provider",
            "area": trust,
            "dimension": dimension,
            "counted": "deliveries",
        }
        said = 1000 - silent
        rows.append({**common, "category": "Smoker", "count": said, "count_where_known": said})
        rows.append({**common, "category": "Missing", "count": silent, "count_where_known": None})
    return {"maternity": engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED["maternity"].schema))}


def flags(engine, tables, trusts: str) -> dict[str, str]:
    found = doubted(engine, tables, SMOKING, "provider", areas_of(*trusts))
    return dict(zip(found["area"], found["flag"], strict=True))


def test_above_a_twentieth_is_noted_and_above_a_fifth_is_incomplete(engine):
    tables = records(engine, {"A": 50, "B": 51, "C": 200, "D": 201})
    assert flags(engine, tables, "ABCD") == {"B": "noted", "C": "noted", "D": "incomplete"}


def test_the_note_says_how_many_records_do_not_say(engine):
    found = doubted(engine, records(engine, {"A": 450}), SMOKING, "provider", areas_of("A"))
    assert found[["area", "note", "share_lost"]].to_dict("records") == [
        {"area": "A", "note": "not recorded for 45% of deliveries", "share_lost": pytest.approx(0.45)}
    ]


def test_another_question_of_the_same_trust_is_no_concern(engine):
    assert flags(engine, records(engine, {"A": 450}, dimension="OnsetOfLabour"), "A") == {}


def test_trusts_with_too_many_are_named_in_the_release(engine):
    found = examine_maternity(engine, records(engine, {"A": 450, "B": 100}), areas_of("A", "B"), [SMOKING])
    assert found[["source", "submitter", "submitter_name", "status", "evidence"]].to_dict("records") == [
        {
            "source": "maternity",
            "submitter": "A",
            "submitter_name": "Trust A",
            "status": "partial",
            "evidence": "Smoking at booking: not recorded for 45% of deliveries",
        }
    ]


def test_what_no_indicator_asks_is_not_held_against_a_trust(engine):
    tables = records(engine, {"A": 450}, dimension="OnsetOfLabour")
    assert examine_maternity(engine, tables, areas_of("A"), [SMOKING]).empty


def records_of_kinds(engine, kinds: dict[str, dict[str, int]], dimension: str):
    """Each body's records by kind; C is the country."""
    rows = [
        {**YEAR, "area_type": "country" if body == "C" else "provider", "area": body, "dimension": dimension,
         "counted": "deliveries", "category": kind, "count": number, "count_where_known": number}
        for body, numbers in kinds.items()
        for kind, number in numbers.items()
    ]  # fmt: skip
    return {"maternity": engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED["maternity"].schema))}


def test_nobody_of_a_common_kind_among_a_thousand_was_not_recorded(engine):
    """In the country 1 in 10 smokes. None of 1,000 is no zero; none of 900 may be, and the rule says nothing."""
    kinds = {
        "C": {"Smoker": 1000, "Non-Smoker": 9000},
        "A": {"Smoker": 0, "Non-Smoker": 1000},
        "B": {"Smoker": 0, "Non-Smoker": 900},
        "D": {"Smoker": 1000, "Non-Smoker": 0},
    }
    tables = records_of_kinds(engine, kinds, "SmokingStatusGroupBooking")
    assert flags(engine, tables, "ABD") == {"A": "incomplete", "D": "incomplete"}
    found = doubted(engine, tables, SMOKING, "provider", areas_of("A"))
    assert found["note"].tolist() == ["none of 1,000 records: not recorded"]


def test_fewer_than_half_as_many_caesareans_as_in_the_country_were_recorded_in_part(engine):
    """In the country 30 of 100: 299 of 2,000 are fewer than 15 of 100, and 302 are not."""
    kinds = {
        "C": {"Elective caesarean section": 1000, "Emergency caesarean section": 2000, "Spontaneous": 7000},
        "A": {"Elective caesarean section": 100, "Emergency caesarean section": 199, "Spontaneous": 1701},
        "B": {"Elective caesarean section": 100, "Emergency caesarean section": 202, "Spontaneous": 1698},
    }
    tables = records_of_kinds(engine, kinds, "DeliveryMethodBabyGroup")
    found = doubted(engine, tables, CAESAREANS, "provider", areas_of("A", "B"))
    assert found[["area", "flag"]].to_numpy().tolist() == [["A", "incomplete"]]


def test_a_trust_that_calls_all_its_caesareans_planned_has_the_right_number(engine):
    kinds = {
        "C": {"Elective caesarean section": 1000, "Emergency caesarean section": 2000, "Spontaneous": 7000},
        "A": {"Elective caesarean section": 600, "Emergency caesarean section": 0, "Spontaneous": 1400},
    }
    assert doubted(
        engine,
        records_of_kinds(engine, kinds, "DeliveryMethodBabyGroup"),
        CAESAREANS,
        "provider",
        areas_of("A"),
    ).empty


def test_a_build_without_maternity_finds_nothing(engine):
    assert examine_maternity(engine, {}, areas_of("A"), [SMOKING]).empty
