"""The release beside what publishers print themselves: national rows, percentages, rates, limits. One list, by source.

A figure is compared at the precision at which the publisher prints it.
"""

from datetime import date
from typing import NamedTuple

import pytest

DECEMBER_2024, JANUARY_2025 = date(2024, 12, 31), date(2025, 1, 31)


class Printed(NamedTuple):
    """One figure as its publisher prints it. ``column``: of the table ``values``; ``where``: place in the file."""

    indicator: str
    area: str
    period_end: date
    column: str
    figure: float
    decimals: int
    where: str


# Table 3 holds services that no area has, so only where nobody waits for them is it what areas add up to. Regions are
# printed by service, and ours are made of boards: their services are added up here, so no step is the same.
COMMUNITY_WAITS = [
    *(
        Printed(indicator, region, period_end, "count", figure, 0, f"{place}, row {region}, all services")
        for indicator, region, period_end, figure, place in (
            ("community_waiting_adults", "Y58", DECEMBER_2024, 108_892, "December, Table 4"),
            ("community_waiting_adults", "Y62", JANUARY_2025, 101_920, "January, Table 4"),
            ("community_waiting_children", "Y58", DECEMBER_2024, 27_939, "December, Table 4"),
            ("community_waiting_children", "Y62", JANUARY_2025, 45_929, "January, Table 4"),
            ("community_over_18_weeks_adults", "Y58", DECEMBER_2024, 20_246 + 2_714 + 410, "December, Tables 4f-h"),
            ("community_over_18_weeks_children", "Y62", JANUARY_2025, 13_361 + 4_330 + 432, "January, Tables 4f-h"),
            ("community_over_52_weeks_adults", "Y58", JANUARY_2025, 2_410 + 431, "January, Tables 4g-h"),
            ("community_over_52_weeks_children", "Y62", DECEMBER_2024, 4_047 + 221, "December, Tables 4g-h"),
        )
    ),
    Printed(
        "community_over_18_weeks_adults", "ENG", DECEMBER_2024, "count", 116_666, 0,
        "December, Table 3, Adult services: >18-52, >52-104 and >104 weeks: 106,263 + 9,471 + 932",
    ),
    Printed(
        "community_over_52_weeks_adults", "ENG", DECEMBER_2024, "count", 10_403, 0,
        "December, Table 3, Adult services: >52-104 and >104 weeks: 9,471 + 932",
    ),
    Printed(
        "community_over_52_weeks_adults", "ENG", JANUARY_2025, "count", 10_468, 0,
        "January, Table 3, Adult services: >52-104 and >104 weeks: 9,504 + 964",
    ),
]  # fmt: skip

_OVERNIGHT = "NHS Trust by Sector, General & Acute"
OVERNIGHT_BEDS = [  # the workbook prints shares to sixteen decimals of one
    Printed("general_acute_beds_occupied", "ENG", each, column, figure, 6, f"{_OVERNIGHT}, row England")
    for each, column, figure in (
        (date(2024, 9, 30), "value", 90.360612),
        (date(2024, 12, 31), "value", 89.493653),
        (date(2025, 6, 30), "value", 91.477057),
        (date(2024, 9, 30), "denominator", 103_656.228261),
        (date(2024, 12, 31), "denominator", 107_409.815217),
        (date(2025, 6, 30), "denominator", 104_197.483516),
    )
] + [
    Printed(
        "general_acute_beds_occupied", "RXF", date(2025, 6, 30), "value", 87.100581, 6, f"{_OVERNIGHT}, RXF"
    ),
]

_AUGUST_2025 = "adult_general_acute_beds_occupancy_rate, made of beds before they were rounded"
SITUATION_REPORT_BEDS = [  # large trusts, whose rounded beds give the same share; test_sources_beds.py holds them all
    Printed("adult_acute_beds_occupied", "R1H", date(2025, 8, 31), "value", 91.9, 1, _AUGUST_2025),
    Printed("adult_acute_beds_occupied", "RR8", date(2025, 8, 31), "value", 96.4, 1, _AUGUST_2025),
    Printed("adult_acute_beds_occupied", "RRK", date(2025, 8, 31), "value", 97.5, 1, _AUGUST_2025),
]

_SEPTEMBER_2024, _OCTOBER_2024, _NOVEMBER_2024 = date(2024, 9, 30), date(2024, 10, 31), date(2024, 11, 30)
DIAGNOSTIC_WAITS = [
    Printed(
        f"diagnostic_waits_over_{weeks}_weeks",
        area,
        month,
        column,
        figure,
        decimals,
        f"sheet Provider, {area}",
    )
    for weeks, area, month, column, figure, decimals in (
        (6, "ENG", _SEPTEMBER_2024, "value", 22.675373, 6),
        (6, "ENG", _OCTOBER_2024, "denominator", 1_630_981, 0),
        (6, "ENG", _NOVEMBER_2024, "value", 19.925375, 6),
        (13, "ENG", _SEPTEMBER_2024, "count", 132_417, 0),
        (13, "ENG", _NOVEMBER_2024, "count", 115_881, 0),
        (6, "R1H", _SEPTEMBER_2024, "value", 23.779121, 6),
        (6, "RCB", _NOVEMBER_2024, "value", 24.573606, 6),
    )
]

THREE_YEARS_TO_2017 = date(2017, 12, 31)
MORTALITY = [
    Printed(
        f"mortality_{indicator}",
        area,
        THREE_YEARS_TO_2017,
        column,
        figure,
        2,
        f"{file}, {place}, persons: {heading}",
    )
    for indicator, file, area, place, figures in (
        ("circulatory_disease", "06A_076DR00++_D.csv", "ENG", "England", (247.0, 246.21, 247.79)),
        ("cancer", "11B_075DR00++_D.csv", "ENG", "England", (268.01, 267.19, 268.84)),
        ("stroke", "10A_158DR00++_D.csv", "ENG", "England", (60.54, 60.15, 60.93)),
        (
            "chronic_obstructive_pulmonary_disease",
            "24B_038DR00++_D.csv",
            "ENG",
            "England",
            (52.73, 52.36, 53.09),
        ),
        ("circulatory_disease", "06A_076DR00++_D.csv", "E06000007", "Warrington", (265.16, 251.59, 279.27)),
        ("stroke", "10A_158DR00++_D.csv", "E06000007", "Warrington", (66.43, 59.66, 73.74)),
    )
    for column, heading, figure in zip(
        ("value", "lower_95", "upper_95"), ("DSR", "LOWER", "UPPER"), figures, strict=True
    )
]
BOARD_ACCIDENT_EMERGENCY = [
    Printed(
        "ae_attendances_at_boards", "ENG", date(2022, 12, 31), "count", 2_294_079, 0,
        "the TOTAL row of the file by trust, December 2022: six columns of attendances",
    ),
    Printed(
        "ae_attendances_at_boards", "ENG", date(2024, 9, 30), "count", 2_214_217, 0,
        "the TOTAL row of the file by trust, September 2024: six columns of attendances",
    ),
]  # fmt: skip
PRESCRIBING = [
    Printed(
        "broad_spectrum_antibiotics", "ENG", date(2023, 11, 30), "count", 197_044, 0,
        "ccg_data_broad_spectrum, the numerators of November 2023",
    ),
    Printed(
        "short_acting_beta_agonists", "ENG", date(2023, 11, 30), "denominator", 4_330_124, 0,
        "ccg_data_saba, the denominators of November 2023",
    ),
]  # fmt: skip

MARCH_2022, MARCH_2023 = date(2022, 3, 31), date(2023, 3, 31)
_BIRTHS = "rows National, rounded to 5: the categories over all with a valid value; hence one decimal"
MATERNITY = [
    # (78,120 + 98,310) / 533,910; (87,100 + 112,710) / 528,390
    Printed("caesarean_births", "ENG", MARCH_2022, "value", 33.0, 1, _BIRTHS),
    Printed("caesarean_births", "ENG", MARCH_2023, "value", 37.8, 1, _BIRTHS),
    # 361,985 / 543,655; 323,930 / 528,675
    Printed("antenatal_booking_by_ten_weeks", "ENG", MARCH_2022, "value", 66.6, 1, _BIRTHS),
    Printed("antenatal_booking_by_ten_weeks", "ENG", MARCH_2023, "value", 61.3, 1, _BIRTHS),
    # 24,295 / 216,295; 51,120 / 386,955
    Printed("smoking_at_booking", "ENG", MARCH_2022, "value", 11.2, 1, _BIRTHS),
    Printed("smoking_at_booking", "ENG", MARCH_2023, "value", 13.2, 1, _BIRTHS),
    # 324,835 / 444,125; 336,510 / 461,470
    Printed("first_feed_breast_milk", "ENG", MARCH_2022, "value", 73.1, 1, _BIRTHS),
    Printed("first_feed_breast_milk", "ENG", MARCH_2023, "value", 72.9, 1, _BIRTHS),
    # 40,905 / 533,065; 42,490 / 535,545
    Printed("preterm_births", "ENG", MARCH_2022, "value", 7.7, 1, _BIRTHS),
    Printed("preterm_births", "ENG", MARCH_2023, "value", 7.9, 1, _BIRTHS),
    Printed("caesarean_births", "Y56", MARCH_2023, "count", 40_825, 0, "rows Y56: 18,060 + 22,765"),
    Printed("caesarean_births", "R1H", MARCH_2023, "count", 4_180, 0, "rows R1H: 1,460 + 2,720"),
    Printed("preterm_births", "R1H", MARCH_2023, "count", 1_115, 0, "row R1H, <37 weeks"),
]

FEBRUARY_2025, _STAFF = date(2025, 2, 28), "sheet 3, row England"
WORKFORCE = [
    Printed("nurses_for_need", "ENG", DECEMBER_2024, "count", 366_387.71442, 5, _STAFF),
    Printed("nurses_for_need", "ENG", FEBRUARY_2025, "count", 369_065.60382, 5, _STAFF),
    Printed("nurses_for_need", "Y56", DECEMBER_2024, "count", 66_326.10825, 5, "sheet 3, row London"),
    # 369,065.60382 nurses and health visitors + 24,991.18048 midwives
    Printed("registered_nursing_share", "ENG", FEBRUARY_2025, "count", 394_056.7843, 5, _STAFF),
    Printed("clinical_support_ratio", "ENG", JANUARY_2025, "count", 413_487.99408, 5, _STAFF),
    Printed("clinical_support_ratio", "ENG", JANUARY_2025, "denominator", 739_415.10586, 5, _STAFF),
    Printed("clinical_support_ratio", "RJ1", DECEMBER_2024, "count", 3_936.96393, 5, "sheet 3, row RJ1"),
    Printed("managers_share", "ENG", DECEMBER_2024, "denominator", 1_368_034.11747, 5, _STAFF),
    Printed("managers_share", "ENG", FEBRUARY_2025, "denominator", 1_376_848.71882, 5, _STAFF),
    Printed(
        "managers_share", "QKK", DECEMBER_2024, "denominator", 60_485.31435, 5, "sheet 3, South East London"
    ),
]

PRINTED = [
    *MATERNITY,
    *WORKFORCE,
    *OVERNIGHT_BEDS,
    *SITUATION_REPORT_BEDS,
    *DIAGNOSTIC_WAITS,
    *COMMUNITY_WAITS,
    *MORTALITY,
    *BOARD_ACCIDENT_EMERGENCY,
    *PRESCRIBING,
]


@pytest.mark.parametrize("printed", PRINTED, ids=lambda each: f"{each.indicator} {each.area} {each.column}")
def test_the_release_says_what_the_publisher_prints(printed, real_release):
    rows = real_release.rows("values", indicator=printed.indicator, area=printed.area)
    found = [row[printed.column] for row in rows if row["period_end"] == printed.period_end]
    assert len(found) == 1, f"{len(found)} such values"
    assert round(found[0], printed.decimals) == printed.figure, printed.where
