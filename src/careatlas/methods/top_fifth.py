"""The probability that an area truly stands among the highest fifth of the list.

Use it beside a rank: where the limits of a place are wide, as they mostly are, "four chances in five of the top
fifth" still says something. For the lowest fifth give the scores with their signs turned.

Not as a rank in disguise: areas with the same probability are not alike, and small ones are drawn to the middle.
Not where areas do not differ beyond chance: then every area has the same probability, and that is all there is to
say. Not for one area's own question of better or worse than the country (``funnel``).

Formula::

    y, v    = score on a scale of normal error and its variance by chance (``ranking``)
    tau2    = variance between areas;  centre = mean of y, weights 1 / (v + tau2)
    truth   = centre + (y - centre) x tau2 / (v + tau2) + normal x root(v x tau2 / (v + tau2))
    p       = share of draws in which an area's truth is among the highest fifth of the ranked areas

Source: Laird & Louis 1989, Journal of Educational Statistics 14:29, 10.3102/10769986014001029 (ranks from shrunk
scores); Goldstein & Spiegelhalter 1996, JRSS A 159:385, 10.2307/2983325.
"""

import numpy as np

from careatlas.methods.estimate import Numbers, divide, whole_number
from careatlas.methods.ranking import Scores, ranked_parts

CHAPTER = "Ranks and comparison"


def top_fifth(scores: Scores, draws: int = 1000, seed: int = 0) -> Numbers:
    """The probability that an area's true value is among the highest fifth of the ranked (at least one area).

    ``scores`` of ``ranking.rate_scores``, ``proportion_scores`` or ``estimate_scores``, each part ``[..., area]``;
    so is the answer, NaN where unranked. Scores are first shrunk towards their weighted mean by the variance
    between areas, without which the areas with fewest events would take both ends of the list. Where areas do
    not differ beyond chance (``between`` of 0) each has the same probability. 1,000 draws give it to within
    .03. Refuses no draws.

    Laird & Louis 1989, 10.3102/10769986014001029.

    Of five areas one stands far above the others' chance:

    >>> value = [9.0, 1, 2, 3, 1]
    >>> top_fifth(Scores(value, value, chance=0.1, between=10)).tolist()
    [1.0, 0.0, 0.0, 0.0, 0.0]
    """
    value, score, chance, between = Scores(*scores)
    value, score, chance, areas = ranked_parts(value, score, chance)
    is_ranked, between = ~np.isnan(value), np.nan_to_num(between)
    top = np.maximum(np.round(areas / 5), 1)
    weight = np.where(is_ranked, divide(1.0, chance + between), 0)
    centre = divide(_total(weight * np.where(is_ranked, score, 0)), _total(weight))
    shrunk = centre + (score - centre) * divide(between, between + chance)
    spread = np.sqrt(divide(between * chance, between + chance))
    rng, is_top = np.random.default_rng(seed), np.zeros(value.shape)
    last_of_top = (value.shape[-1] - top).astype(int)  # unranked areas are drawn lowest
    for _ in range(whole_number("draws", draws, fewest=1)):
        drawn = np.where(is_ranked, shrunk + spread * rng.standard_normal(value.shape[-1]), -np.inf)
        is_top += drawn >= np.take_along_axis(np.sort(drawn, axis=-1), last_of_top, axis=-1)
    share = np.where(between > 0, is_top / draws, divide(top, areas))
    return np.where(is_ranked, share, np.nan)


def _total(numbers: Numbers) -> Numbers:
    return numbers.sum(axis=-1, keepdims=True)
