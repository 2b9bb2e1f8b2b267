"""Rows of providers for the test release: compartments, peers and what there is to gain.

T01, which improved, has T00 and T02 for peers; it sees 7,500 of 10,000 in four hours and could see 500 to 1,500 more.
T02 is persistently low. Nothing is new.
"""

from datetime import date
from typing import Any

Row = dict[str, Any]


def compartments() -> dict[str, Row]:
    rows = [
        ("urgent_care", "Urgent care", 1, ["four_hours"], ""),
        ("staff_experience", "Staff experience", 2, [], "The staff survey is not read here."),
    ]
    names = ("id", "title", "order", "indicators", "not_on_file")
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def with_z_adjusted(comparisons: list[Row]) -> list[Row]:
    """The rows with how far providers lie over-dispersion allowed for: here their own z, under 3.09 of all."""
    return [
        row | {"z_adjusted": row["z"]}
        if row["area_type"] == "provider" and row["benchmark"] == "national"
        else row
        for row in comparisons
    ]


def peers() -> list[Row]:
    names = ("peer", "rank", "distance", "good_match")
    of_trust = {"area_type": "provider", "area": "T01", "inclusion_share": 1.0}
    return [
        of_trust | dict(zip(names, row, strict=True))
        for row in (("T00", 1, 0.3, True), ("T02", 2, 0.5, True))
    ]


def opportunities(month: tuple[date, date]) -> list[Row]:
    """Of T01: 500 to 1,500 more attendances in time a month beside the best five, beyond chance."""
    return [
        {"indicator": "four_hours", "area_type": "provider", "area": "T01"}
        | {"period_start": month[0], "period_end": month[1], "periods": 12, "benchmark": "best_five"}
        | {"amount": 1_000.0, "lower": 500.0, "upper": 1_500.0, "probability": 0.99, "chance_only": 20.0}
        | {"is_headline": True, "overlaps_with": None}
    ]
