"""What the small fictional country has for packs and collections: opportunities, spending, two collections."""

from collections.abc import Callable
from datetime import date
from typing import Any

Month = tuple[date, date]
AREAS = 32
COUNTRY = "SIM"
AMOUNTS = {"mean": 0.0, "median": 4.0, "best_five": 10.0, "best_quarter": 12.0, "best_tenth": 16.0}
SPEND = {
    "title": "Spending on medicines",
    "short_title": "Medicines spending",
    "theme": "spend",
    "programme": "medicines",
    "polarity": "neither",
    "unit": "£ per person",
    "method": "crude_rate",
    "multiplier": 1.0,
    "numerator": {"table": "own_figures", "measure": "amount", "where": {"figure": "medicines_spend"}},
    "denominator": {"table": "population", "measure": "people", "where": {}, "edition": None},
    "area_types": ["sub_icb"],
    "standard": [],
}


def opportunities(month: Month) -> list[dict[str, Any]]:
    """Of S20: 5 to 15 fewer antibiotics a month beside the best five, beyond chance, and none beside their mean."""
    return [
        {
            "indicator": "antibiotics",
            "area_type": "sub_icb",
            "area": "S20",
            "period_start": month[0],
            "period_end": month[1],
            "periods": 12,
            "benchmark": benchmark,
            "amount": amount,
            "lower": amount / 2,
            "upper": 1.5 * amount,
            "probability": 0.99 if amount else 0.3,
            "chance_only": 1.0,
            "is_headline": amount > 0,
            "overlaps_with": None,
        }
        for benchmark, amount in AMOUNTS.items()
    ]


def spending(month: Month, value: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    """Sub-area n spends 20 + n / 100 pounds on the medicines of each of ten people: too few to stand apart."""
    pounds = [20 + n / 100 for n in range(AREAS)]
    rows = [
        value("medicines_spend", "sub_icb", f"S{n:02d}", month, 10 * each, 10, 1)
        for n, each in enumerate(pounds)
    ]
    whole = value("medicines_spend", "country", COUNTRY, month, 10 * sum(pounds), 10 * AREAS, 1)
    return [*rows, whole]


def collections() -> dict[str, Any]:
    """One of what is published, by category, and one of a figure that nobody has loaded."""
    parts = [
        {"category": "planned_care", "indicators": ["completed"]},
        {"category": "none", "indicators": ["antibiotics", "four_hours"]},
    ]
    return {
        "atlas": {"id": "atlas", "title": "The atlas collection", "what_it_is": "Chosen to be read together."}
        | {"parts": parts},
        "spending": {"id": "spending", "title": "Spending", "what_it_is": "What is spent."}
        | {"parts": [{"category": "none", "indicators": ["medicines_spend"]}]},
    }
