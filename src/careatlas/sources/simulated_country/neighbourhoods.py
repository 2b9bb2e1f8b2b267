"""The index of deprivation of the simulated country's small areas, in the layout of the real one.

An area's need shows in its small areas, as in England: they are more deprived where need is higher, but differ more
within an area than between areas. Their mean follows the area's need all but exactly (a correlation above .99), so
that what is planted as need can be found in a published figure: an exam on need that no file shows would be unfair.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from careatlas.sources.deprivation import COPY, DOMAINS
from careatlas.sources.simulated_country import files
from careatlas.sources.simulated_country.geography import Country
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.places import small_areas
from careatlas.sources.simulated_country.planting import stream
from careatlas.sources.simulated_country.truth import Truth

BETWEEN_AREAS = 0.5  # correlation of a small area's score with its area's need
DOMAIN_WITH_WHOLE = 0.8  # correlation of one domain with the whole index


def write_deprivation(into: Path, country: Country, people: People, seed: int, truth: Truth) -> None:
    """Ranks and deciles of every domain, one row a small area; the whole index follows need, the rest follow it."""
    known = small_areas(country, people)
    rng = stream(seed, "deprivation")
    places = np.array([area.sub_area for area in known])
    within = _less_area_means(rng.standard_normal(len(known)), places)
    score = BETWEEN_AREAS * people.need[places] + np.sqrt(1 - BETWEEN_AREAS**2) * within
    ranks = {DOMAINS[0]: _rank(score)}
    for domain in DOMAINS[1:]:
        own = rng.standard_normal(len(known))
        ranks[domain] = _rank(DOMAIN_WITH_WHOLE * score + np.sqrt(1 - DOMAIN_WITH_WHOLE**2) * own)
    columns = {COPY[0]: pa.array([area.code for area in known], pa.large_string())}
    columns |= {f"{domain}_decile": _decile(rank) for domain, rank in ranks.items()}
    columns |= {f"{domain}_rank": rank.astype(float) for domain, rank in ranks.items()}
    files.write_parquet(into / "imd2019_lsoa11.parquet", columns)
    truth.total("deprivation", "small_areas", len(known))
    truth.note(
        "need",
        {area.code: round(float(n), 6) for area, n in zip(country.sub_areas, people.need, strict=True)},
    )


def _less_area_means(figures: np.ndarray, places: np.ndarray) -> np.ndarray:
    return figures - (np.bincount(places, weights=figures) / np.bincount(places))[places]


def _rank(score: np.ndarray) -> np.ndarray:
    """1 = the highest score, the most deprived."""
    rank = np.empty(len(score), int)
    rank[np.argsort(-score, kind="stable")] = np.arange(1, len(score) + 1)
    return rank


def _decile(rank: np.ndarray) -> np.ndarray:
    return ((rank - 1) * 10 // len(rank) + 1).astype(float)
