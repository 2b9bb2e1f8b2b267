"""What a cost line costs by month in the simulated country, of which a planted share truly fell. The atlas looks at the
months alone; what was planted stands beside the country's other truth.
"""

import numpy as np

from careatlas.improve.delivery.months import first_day
from careatlas.sources.simulated_country.planting import (
    NOISE_AUTOCORRELATION,
    NOISE_STANDARD_DEVIATION,
    season,
)

MONTHS_BEFORE = 36
PENCE = 100
LEAST_POUNDS, MOST_POUNDS = 2e5, 1e6  # a month
DEAREST = 1  # January


def simulated(start: int, last: int, planted: float, by_lot: np.random.Generator) -> dict[int, int]:
    """Pence by month, counted as in `months`, from three years before ``start`` to ``last``: a season, errors
    that partly carry over, and from the start on so much less as was planted."""
    calendar = list(range(start - MONTHS_BEFORE, last + 1))
    level = np.exp(by_lot.uniform(np.log(LEAST_POUNDS), np.log(MOST_POUNDS)))
    usual = level * season([first_day(month) for month in calendar], by_lot.uniform(0.02, 0.08), DEAREST)
    left = np.where(np.array(calendar) >= start, 1 - planted, 1.0)
    pounds = (usual * left * np.exp(_errors(len(calendar), by_lot))).round().astype(int)
    return {month: int(each) * PENCE for month, each in zip(calendar, pounds, strict=True)}


def _errors(months: int, by_lot: np.random.Generator) -> np.ndarray:
    error = by_lot.standard_normal(months)
    for month in range(1, months):
        fresh = np.sqrt(1 - NOISE_AUTOCORRELATION**2) * error[month]
        error[month] = NOISE_AUTOCORRELATION * error[month - 1] + fresh
    return error * NOISE_STANDARD_DEVIATION
