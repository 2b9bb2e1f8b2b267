"""The account of what was planted and what was written, kept as the files are made: ``truth.json``.

Everything the program should find is here, and nothing in the data folder says it.
"""

import calendar
import json
from datetime import date
from pathlib import Path

import numpy as np

from careatlas.sources.simulated_country import planting
from careatlas.sources.simulated_country.planting import Planted

PERIODS_TOLD = 12  # of lasting values: nothing in a release rests on more


class Truth:
    def __init__(self, seed: int, country_name: str, months: list[date]) -> None:
        self._account: dict = {
            "seed": seed,
            "country_name": country_name,
            "months": [month.isoformat() for month in months],
            "difficulty": {
                "events_a_cell": [20, 5000],  # events of a month; stocks (people waiting, smokers) are larger
                "noise_standard_deviation": planting.NOISE_STANDARD_DEVIATION,
                "noise_autocorrelation": planting.NOISE_AUTOCORRELATION,
                "effects": list(planting.EFFECTS),
            },
            "shock_year": {
                "from": planting.SHOCK_YEAR[0].isoformat(),
                "to": planting.SHOCK_YEAR[1].isoformat(),
                "activity": planting.SHOCK_FACTOR,
            },
            "chance_only": [],
            "by_need": [],
            "against_need": [],
            "unexplained": [],
            "persistent_outliers": [],
            "initiatives": [],
            "indicators": {},
            "national_totals": {},
        }

    def planted(self, planted: Planted) -> Planted:
        """Write down what was planted in an indicator, and hand it on."""
        kinds = {"chance": "chance_only", "need": "by_need"}
        self._account[kinds.get(planted.varies_by, planted.varies_by)].append(planted.indicator)
        self._account["persistent_outliers"] += planted.outliers
        self._account["initiatives"] += planted.initiatives
        self._account["indicators"][planted.indicator] = {
            "area_type": planted.area_type,
            "varies_by": planted.varies_by,
            "between_area_cv": planted.between_area_cv,
            "acts_on": planted.acts_on,
            "relative_risk": _by_area(planted.areas, planted.relative_risk),
        }
        return planted

    def expect(
        self,
        indicator: str,
        period: tuple[date, date],
        areas: list[str],
        count: np.ndarray,
        denominator: np.ndarray,
        multiplier: float,
        area_type: str = "sub_icb",
    ) -> None:
        """The planted level of an indicator in one period: what would be counted but for chance."""
        entry = self._account["indicators"].setdefault(indicator, {"area_type": area_type})
        entry["period"] = [day.isoformat() for day in period]
        entry["expected_count"] = _by_area(areas, count)
        entry["expected_denominator"] = _by_area(areas, denominator)
        entry["expected_value"] = _by_area(areas, multiplier * np.asarray(count) / np.asarray(denominator))

    def lasting(self, indicator: str, period_ends: list[date], areas: list[str], values: np.ndarray) -> None:
        """What the indicator would be in each of the last periods but for chance and for what comes and goes:
        ``values`` [area, period]."""
        entry, kept = self._account["indicators"][indicator], slice(-PERIODS_TOLD, None)
        entry["lasting_value"] = {
            "period_ends": [day.isoformat() for day in period_ends[kept]],
            "areas": {
                area: [round(float(value), 6) for value in of_area[kept]]
                for area, of_area in zip(areas, values, strict=True)
            },
        }

    def standardised(self, indicator: str, areas: list[str], rates: np.ndarray) -> None:
        """The expected value of an indicator that is standardised, in place of its crude rate."""
        entry = self._account["indicators"][indicator]
        entry["expected_crude_rate"] = entry["expected_value"]
        entry["expected_value"] = _by_area(areas, rates)

    def total(self, file_type: str, what: str, figure: float | dict) -> None:
        """A national total, as the sum of the rows written."""
        self._account["national_totals"].setdefault(file_type, {})[what] = figure

    def note(self, what: str, content: object) -> None:
        self._account[what] = content

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self._account, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def month_ends(month: date) -> tuple[date, date]:
    return month, month.replace(day=calendar.monthrange(month.year, month.month)[1])


def _by_area(areas: list[str], figures: np.ndarray) -> dict[str, float]:
    return {area: round(float(figure), 6) for area, figure in zip(areas, figures, strict=True)}
