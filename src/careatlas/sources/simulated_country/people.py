"""Who lives in the simulated country: residents by age and sex, people on practice lists, and their need.

Sub-areas differ in size, age and need; neighbours are alike in need. One sub-area is much older than the rest
and otherwise average: its crude rates are high, its standardised rates are not.
"""

from dataclasses import dataclass

import numpy as np

from careatlas.sources.simulated_country.geography import Country
from careatlas.sources.simulated_country.planting import stream

AGES = np.arange(91)  # 90 stands for 90 and over
AVERAGE_RESIDENTS, SMALLEST, LARGEST = 94_000, 34_000, 114_000
REGISTERED_PER_RESIDENT = 1.08
NEED_REACH_KM = 90.0
NEEDS = {  # kind of need: (effect of a standard deviation of age, of need)
    "G&A WP": (0.09, 0.05),
    "CS WP": (0.14, 0.05),
    "MH WP": (-0.03, 0.14),
    "Mat WP": (-0.12, 0.10),
    "Health Ineq WP": (0.02, 0.30),
    "Prescr WP": (0.10, 0.07),
    "Final WP": (0.07, 0.08),
    "Primary Medical Care WP": (0.06, 0.06),
    "Final PMC WP": (0.06, 0.08),
}


@dataclass(frozen=True)
class People:
    """``residents`` [sub-area, sex (female, male), age]; ``weighted`` [practice] by kind of need."""

    residents: np.ndarray
    registered: np.ndarray  # [practice]
    weighted: dict[str, np.ndarray]
    need: np.ndarray  # standardised [sub-area]
    oldest: int  # position of the sub-area that is much older than the rest
    practice_area: np.ndarray  # position of the sub-area [practice]

    def registered_in_areas(self) -> np.ndarray:
        return np.bincount(self.practice_area, weights=self.registered)

    def weighted_in_areas(self, need: str) -> np.ndarray:
        return np.bincount(self.practice_area, weights=self.weighted[need])


def settle(country: Country, seed: int) -> People:
    rng = stream(seed, "people")
    areas = len(country.sub_areas)
    need = _like_neighbours(rng, country.distances_km)
    age_shift = standardised(_like_neighbours(rng, country.distances_km) + rng.standard_normal(areas))
    oldest = int(age_shift.argmax())
    age_shift[oldest] = 3.2
    size = np.clip(AVERAGE_RESIDENTS * np.exp(0.45 * rng.standard_normal(areas) - 0.1), SMALLEST, LARGEST)
    residents = rng.poisson(size[:, None, None] * _age_profile(age_shift)).astype(np.int64)
    practice_area = np.array([practice.sub_area for practice in country.practices])
    registered = _on_lists(rng, residents.sum(axis=(1, 2)), practice_area)
    weighted = {
        name: _rescaled(
            registered
            * np.exp(by_age * age_shift + by_need * need)[practice_area]
            * np.exp(0.06 * rng.standard_normal(len(registered))),
            registered.sum(),
        )
        for name, (by_age, by_need) in NEEDS.items()
    }
    return People(residents, registered, weighted, need, oldest, practice_area)


def standardised(figures: np.ndarray) -> np.ndarray:
    return (figures - figures.mean()) / figures.std()


def _like_neighbours(rng: np.random.Generator, distances_km: np.ndarray) -> np.ndarray:
    """Random standardised figures that neighbouring areas share in part."""
    kernel = np.exp(-((distances_km / NEED_REACH_KM) ** 2))
    return standardised(
        kernel @ rng.standard_normal(len(distances_km)) + 0.5 * rng.standard_normal(len(distances_km))
    )


def _age_profile(age_shift: np.ndarray) -> np.ndarray:
    """Share of the residents [sub-area, sex, age]: level, then falling; older where the shift is higher."""
    surviving = 1 / (1 + np.exp((AGES - np.array([[84.0], [80.0]])) / 7.0))
    surviving[:, -1] *= 3.0  # the last age holds everyone of 90 and over
    profile = surviving[None] * np.exp(0.22 * age_shift[:, None, None] * (AGES - 40) / 40)
    return profile / profile.sum(axis=(1, 2), keepdims=True)


def _on_lists(rng: np.random.Generator, residents: np.ndarray, practice_area: np.ndarray) -> np.ndarray:
    """People registered with each practice: rather more than live in the area, unevenly shared."""
    people = residents * REGISTERED_PER_RESIDENT * np.exp(0.05 * rng.standard_normal(len(residents)))
    size = np.exp(0.5 * rng.standard_normal(len(practice_area)))
    share = size / np.bincount(practice_area, weights=size)[practice_area]
    return (people[practice_area] * share).round(6)


def _rescaled(figures: np.ndarray, total: float) -> np.ndarray:
    return (figures * total / figures.sum()).round(6)
