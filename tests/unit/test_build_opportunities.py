"""Opportunities of a release: who has one, in whose units, and which must never be added."""

import numpy as np
import pandas as pd
import pytest

from careatlas.build.opportunities import opportunities
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.tables import RELEASE

CATALOGUE = load_catalogue()
AREAS = [f"A{n:02d}" for n in range(40)]
SABA, FLUOROQUINOLONES, WITHIN_18 = "short_acting_beta_agonists", "fluoroquinolones", "within_18_weeks"
PEERS = pd.DataFrame(
    [
        {
            "area_type": "sub_icb",
            "area": area,
            "peer": AREAS[(place + step) % 40],
            "rank": step,
            "good_match": True,
        }
        for place, area in enumerate(AREAS)
        for step in range(1, 11)
    ]
)


def rate_rows(indicator, counts, people=10_000.0, status=None):
    """``counts`` ``[month, area]`` of as many people in each area, as rows of the table ``values``."""
    rows = [
        {
            "indicator": indicator, "area_type": "sub_icb", "area": area, "period_start": pd.Timestamp(2025, month, 1),
            "period_end": pd.Timestamp(2025, month, 1) + pd.offsets.MonthEnd(), "count": count, "denominator": people,
            "expected": of_month.mean(), "value": count / people, "lower_95": 0.0, "upper_95": 1.0,
            "status": (status or {}).get(area, "reported"),
        }
        for month, of_month in enumerate(counts, start=1)
        for area, count in zip(AREAS, of_month, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=RELEASE["values"].column_names)


def counts(of_first=400.0, months=8):
    """Forty areas of 400 events a month and 10,000 people; the first may have more."""
    events = np.full((months, 40), 400.0)
    events[:, 0] = of_first
    return events


def found_of(indicator, values):
    rows = opportunities(values, {indicator: CATALOGUE.indicators[indicator]}, PEERS)
    return rows.set_index(["benchmark", "area"])


def test_an_area_with_half_as_many_again_has_an_opportunity_and_its_equals_have_none():
    """600 a month beside peers of 400, who are in the country's level too: 200 a month, less what smoothing takes."""
    found = found_of(FLUOROQUINOLONES, rate_rows(FLUOROQUINOLONES, counts(600)))
    first = found.loc[("best_five", "A00")]
    assert first["amount"] == pytest.approx(200, abs=15)
    assert first["lower"] < first["amount"] < first["upper"]
    assert first["is_headline"]
    assert found["is_headline"].groupby(level="area").any().sum() == 1
    assert set(found.index.get_level_values("benchmark")) == {
        "mean", "median", "best_five", "best_quarter", "best_tenth",
    }  # fmt: skip


def test_amounts_of_a_share_are_in_its_own_patients():
    """Of 10,000 a month 6,000 wait longer in one area and 4,000 in the others: some 2,000 patients, not the events
    of a rate as precise as that share, of which there are 1 / (1 - .4) as many."""
    values = rate_rows(SABA, 10 * counts(600))
    assert found_of(SABA, values).loc[("mean", "A00"), "amount"] == pytest.approx(2000, rel=0.05)


def test_one_month_shows_a_size_beside_chance_and_no_probability():
    found = found_of(FLUOROQUINOLONES, rate_rows(FLUOROQUINOLONES, counts(600, months=1)))
    assert found["probability"].isna().all()
    assert not found["is_headline"].any()
    assert (found["chance_only"] > 0).all()


def test_who_made_no_full_return_in_the_last_month_has_none():
    values = rate_rows(FLUOROQUINOLONES, counts(600), status={"A00": "incomplete"})
    assert "A00" not in found_of(FLUOROQUINOLONES, values).index.get_level_values("area")


def test_an_indicator_without_a_direction_has_none():
    assert found_of("completed_pathways", rate_rows("completed_pathways", counts(600))).empty


def test_pounds_of_a_bed_are_those_of_its_days():
    """Two hundred patients of the average day of August, for 31 days, at the published cost of a night."""
    delayed = CATALOGUE.indicators["delayed_discharges_at_trusts"]
    first = found_of(delayed.id, rate_rows(delayed.id, counts(600))).loc[("best_five", "A00")]
    assert first["gbp"] == pytest.approx(first["amount"] * 31 * delayed.unit_cost.gbp)
    assert first["gbp_upper"] == pytest.approx(first["upper"] * 31 * delayed.unit_cost.gbp)
    assert delayed.unit_cost.year in first["gbp_source"]
    without = found_of(FLUOROQUINOLONES, rate_rows(FLUOROQUINOLONES, counts(600)))
    assert without["gbp"].isna().all()
    assert without["gbp_source"].isna().all()


def test_areas_of_which_no_peers_are_known_take_no_part():
    """Private clinics among trusts: they have no opportunity and do not move those of the others."""
    values = rate_rows(FLUOROQUINOLONES, counts(600))
    clinic = values[values["area"] == "A05"].assign(area="ZZ", count=5000.0)
    alone = found_of(FLUOROQUINOLONES, values)
    beside = found_of(FLUOROQUINOLONES, pd.concat([values, clinic]))
    pd.testing.assert_frame_equal(alone, beside)


def test_indicators_of_the_same_patients_are_marked_and_those_told_apart_are_not():
    ids = [WITHIN_18, "over_52_weeks", SABA, FLUOROQUINOLONES]
    chosen = {id: CATALOGUE.indicators[id] for id in ids}
    values = pd.concat([rate_rows(id, counts(600)) for id in ids])
    overlaps = opportunities(values, chosen, PEERS).groupby("indicator")["overlaps_with"].first()
    assert overlaps[WITHIN_18] == "over_52_weeks"
    assert overlaps.get(SABA) is None
    assert overlaps.get(FLUOROQUINOLONES) is None


def test_a_part_of_a_whole_and_another_question_of_the_same_people_overlap():
    """Scans are among all tests and endoscopies are not scans; women are asked of smoking and of their first visit."""
    ids = ["diagnostic_waits_over_6_weeks", "scan_waits_over_6_weeks", "endoscopy_waits_over_6_weeks"]
    ids += [
        "cancer_treatment_31_days",
        "cancer_surgery_31_days",
        "smoking_at_booking",
        "antenatal_booking_by_ten_weeks",
    ]
    chosen = {id: CATALOGUE.indicators[id] for id in ids}
    values = pd.concat([rate_rows(id, counts(600)) for id in ids])
    overlaps = opportunities(values, chosen, PEERS).groupby("indicator")["overlaps_with"].first()
    assert (
        overlaps["diagnostic_waits_over_6_weeks"] == "endoscopy_waits_over_6_weeks, scan_waits_over_6_weeks"
    )
    assert overlaps["scan_waits_over_6_weeks"] == "diagnostic_waits_over_6_weeks"
    assert overlaps["cancer_surgery_31_days"] == "cancer_treatment_31_days"
    assert overlaps["smoking_at_booking"] == "antenatal_booking_by_ten_weeks"
