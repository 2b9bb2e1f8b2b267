"""One opportunity in people, or in beds and the bed days of its period."""

from datetime import date

import pytest

from careatlas.catalogue.library import load_catalogue
from careatlas.present.opportunity_units import in_units

ROW = {
    "period_start": date(2025, 2, 1), "period_end": date(2025, 2, 28), "amount": 10.0, "lower": 5.0, "upper": 15.0,
    "chance_only": 2.0, "probability": 0.99,
}  # fmt: skip


def said(event, polarity="lower_is_better", row=ROW):
    return in_units(row, {"event": event, "polarity": polarity})


def test_ten_beds_on_the_average_day_of_february_are_280_bed_days():
    beds, days = said("bed")
    assert (beds["unit"], beds["amount"], beds["words"]) == (
        "beds",
        10,
        "5 to 15 fewer beds on the average day",
    )
    assert (days["unit"], days["amount"], days["lower"], days["upper"]) == ("bed_days", 280, 140, 420)
    assert days["chance_only"] == 56
    assert days["words"] == "140 to 420 fewer bed days a month"


def test_bed_days_are_also_beds_of_the_average_day():
    days, beds = said("bed_day", row={**ROW, "amount": 2800.0, "lower": 1400.0, "upper": 4200.0})
    assert (days["unit"], days["amount"]) == ("bed_days", 2800)
    assert (beds["unit"], beds["amount"], beds["lower"], beds["upper"]) == (
        "beds",
        pytest.approx(100),
        pytest.approx(50),
        pytest.approx(150),
    )


def test_a_list_is_counted_at_its_end_and_what_happened_in_the_period():
    assert said("open_wait")[0]["words"] == "a better end for 5 to 15 waits open at the end of a month"
    assert (
        said("attendance", "higher_is_better")[0]["words"] == "a better end for 5 to 15 attendances a month"
    )


def test_where_an_indicator_does_not_say_there_is_nothing_to_say():
    assert said(None) == []


def test_delayed_patients_of_a_trust_are_beds_and_of_a_board_bed_days():
    indicators = load_catalogue().indicators
    assert indicators["delayed_discharges_at_trusts"].event == "bed"
    assert indicators["delayed_discharges"].event == "bed_day"


def test_every_indicator_that_says_its_event_can_be_said_in_words():
    told = [each for each in load_catalogue().indicators.values() if each.event is not None]
    assert len(told) >= 20
    for indicator in told:
        assert all(one["words"] for one in in_units(ROW, indicator.model_dump()))
