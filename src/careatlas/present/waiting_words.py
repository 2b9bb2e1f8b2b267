"""What is asked of waiting times, in words: specialties, parts of the pathway, and who is counted below the line."""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

# Treatment functions as published for referral-to-treatment waits; the letter before the number is left out.
SPECIALTIES = {
    "total": "All specialties",
    "100": "General surgery",
    "101": "Urology",
    "110": "Trauma and orthopaedics",
    "120": "Ear, nose and throat",
    "130": "Ophthalmology",
    "140": "Oral surgery",
    "150": "Neurosurgery",
    "160": "Plastic surgery",
    "170": "Cardiothoracic surgery",
    "300": "General internal medicine",
    "301": "Gastroenterology",
    "320": "Cardiology",
    "330": "Dermatology",
    "340": "Respiratory medicine",
    "400": "Neurology",
    "410": "Rheumatology",
    "430": "Elderly medicine",
    "502": "Gynaecology",
    "X01": "Other",
    "X02": "Other medical",
    "X03": "Other mental health",
    "X04": "Other paediatric",
    "X05": "Other surgical",
    "X06": "Other, not elsewhere",
}
PARTS = {
    "completed": "Completed",
    "completed_admitted": "Completed with admission",
    "completed_non_admitted": "Completed without admission",
    "incomplete": "Waiting",
    "new_periods": "New",
}
PATHWAYS = {
    "completed": "pathways completed",
    "completed_admitted": "pathways completed with admission",
    "completed_non_admitted": "pathways completed without admission",
    "incomplete": "pathways waiting",
    "new_periods": "new pathways",
}
PEOPLE_WORDS = {
    "registered": "registered people",
    "resident": "residents",
    "need_weighted": "need-weighted people",
}
ORDERS = {
    "as_now": "By week waited, as in that time",
    "longest_first": "The longest waits first",
    "random": "In random order",
}


def specialty_name(specialty: str) -> str:
    return SPECIALTIES.get(specialty, specialty)


def rate_unit(part: str, people: str) -> str:
    """``per 1,000 registered people and month``: the list is counted at one moment, the others over a month."""
    return f"per 1,000 {PEOPLE_WORDS[people]}" + ("" if part == "incomplete" else " and month")


def as_indicator(part: str, specialty: str, people: str) -> dict[str, Any]:
    """The rate as charts and sentences know an indicator. More or fewer pathways is not better in itself."""
    pathways = PATHWAYS[part][:1].upper() + PATHWAYS[part][1:]
    of = "" if specialty == "total" else f", {specialty_name(specialty).lower()}"
    return {
        "id": "waiting_times",
        "title": pathways + of,
        "unit": rate_unit(part, people),
        "decimals": 1,
        "polarity": "neither",
    }


def in_time(part: str, specialty: str) -> dict[str, Any]:
    """The share within 18 weeks in the same way."""
    of = "" if specialty == "total" else f", {specialty_name(specialty).lower()}"
    return {
        "id": "within_18_weeks",
        "title": f"{PARTS[part]} within 18 weeks{of}",
        "unit": "%",
        "decimals": 1,
        "polarity": "higher_is_better",
    }


def rank_moves(rows: Sequence[Row], people: str, other: str) -> str:
    """Which ranked area moves furthest where ``other`` people are counted; empty where nothing can be said."""
    moved = [
        (abs(row[f"rank_{other}"] - row[f"rank_{people}"]), row)
        for row in rows
        if row.get(f"rank_{people}") is not None and row.get(f"rank_{other}") is not None
    ]
    if not moved:
        return ""
    by, row = max(moved, key=lambda pair: pair[0])
    half = sum(move >= 5 for move, _ in moved)
    if by == 0:
        return f"Counting {PEOPLE_WORDS[other]} instead changes no rank."
    return (
        f"Counting {PEOPLE_WORDS[other]} instead, {half} of {len(moved)} areas move by five places or more; "
        f"{row['name']} moves furthest, from {row[f'rank_{people}']:g} to {row[f'rank_{other}']:g}."
    )


def edition_name(edition: str | None) -> str:
    """2023_2024 as 2023/24, mid_2022 as mid-2022."""
    first, _, last = (edition or "").partition("_")
    return f"{first}/{last[2:]}" if first.isdigit() and len(last) == 4 else (edition or "").replace("_", "-")


def median_text(row: Row, name: str) -> str:
    """A wait in weeks; where it lies in the open last week, that it is longer than the bands tell."""
    value = row[f"{name}_weeks"]
    if value is not None:
        return f"{value:.1f}"
    return f"over {row['open_from_weeks']}" if (row.get(f"{name}_open_ends") or 0) >= 2 else ""


def wait_limits(row: Row, name: str) -> str:
    """The wait's 95 % limits; an upper one in the open last week is said to be beyond it, and one that so few waits
    do not have is said to be lacking."""
    low, high = row[f"{name}_weeks_lower"], row[f"{name}_weeks_upper"]
    if low is None:
        return ""
    if high is not None:
        return f"{low:.1f} to {high:.1f}"
    is_open = (row.get(f"{name}_open_ends") or 0) >= 1
    upper = f"to over {row['open_from_weeks']}" if is_open else "or more: too few for an upper limit"
    return f"{low:.1f} {upper}"
