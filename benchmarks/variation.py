"""Every index of variation of many maps, and what chance alone gives, as a build asks for them."""

import numpy as np
from compare import Comparison, best_seconds

from careatlas.methods import variation

MAPS, AREAS, REPLICATES = 340, 106, 1000


def comparisons() -> list[Comparison]:
    observed, expected = simulated_maps()
    every_index = best_seconds(lambda: variation.indices(observed, expected), 5)
    by_chance = best_seconds(lambda: variation.chance_only(observed, expected, REPLICATES), 1)
    return [
        Comparison(
            f"every index of variation, {MAPS} maps of {AREAS} areas", every_index, "", None, "< .1 s"
        ),
        Comparison(f"the same by chance alone, {REPLICATES} replicates", by_chance, "", None, "< 10 s"),
    ]


def simulated_maps() -> tuple[np.ndarray, np.ndarray]:
    """Areas that expect 50 to 2,000 events, whose true ratios vary by a tenth."""
    rng = np.random.default_rng(0)
    expected = np.broadcast_to(rng.uniform(50, 2000, AREAS), (MAPS, AREAS))
    return rng.poisson(expected * rng.gamma(100, 1 / 100, expected.shape)).astype(float), expected
