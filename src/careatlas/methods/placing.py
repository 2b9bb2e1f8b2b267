"""What a page may say of an area's place among the rest: a rank with limits, and the half of the list it is in.

Use it for every list of areas that people read from the top. Chance in the counting is allowed for, and with
twelve periods or more also what comes and goes from one to the next: an area that is high this month and
low in the next has no place to speak of. Areas are then put in three groups by the limits of their rank: in
the higher half, in the lower half, and those that could be in either. Two areas that cannot be told apart are
never in opposite halves. Where fewer than a tenth of the pairs can be told apart no rank is given at all.

Not for saying that neighbours in the list differ: that is the pair's own comparison
(``ranking.not_apart_from``), and areas of one group may well be apart. Not as a verdict: the higher half has
the higher values, whether they are good, bad or neither. Not with fewer than twelve periods for saying that a
place lasts: what comes and goes is then not known, and taken for none.

Formula::

    comes and goes = the variance of scores that is new in every period, all areas alike, where the rest is an
                     area's permanent difference, its drift, and chance (restricted likelihood)
    limits         = pairwise rank limits (ranking), the variance of a score = chance + comes and goes
    higher half    : the upper limit of the rank is at most half the areas, rounded down
    lower half     : the lower limit is beyond all but that many
    neither half : the others;   not apart: all, where under a tenth of the pairs are apart

Of two areas in opposite halves one is above, and the other below, an area between them, beyond doubt; errors
of differences add up to more than the error of the whole, so the two are apart as well.

Source: Mogstad, Romano, Shaikh & Wilhelm 2024, Review of Economic Studies 91:476, 10.1093/restud/rdad006 (rank
limits); Patterson & Thompson 1971, 10.1093/biomet/58.3.545 (restricted likelihood).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas import methods
from careatlas.methods.estimate import Numbers, alike, as_numbers, require_axes
from careatlas.methods.ranking import (
    Ranking,
    Scores,
    chance_alone,
    estimate_scores,
    proportion_scores,
    rate_scores,
    standing,
)
from careatlas.methods.restricted_likelihood import LEAST_CHANCE, restricted_likelihood

CHAPTER = "Ranks and comparison"
ENOUGH_PERIODS, FEWEST_AREAS = 12, 3


class Placing(NamedTuple):
    """``rank``, ``lower`` and ``upper`` ``[..., period, area]``, NaN where an area is unranked or ranks are
    withheld; ``group``, in words, empty where unranked; ``compared_areas`` ``[..., period]``; the variance that
    comes and goes, ``[...]``, NaN where periods are too few to tell; and the ``scores`` all rests on, with that
    variance moved from between areas to chance."""

    rank: Numbers
    lower: Numbers
    upper: Numbers
    group: NDArray[np.str_]
    compared_areas: Numbers
    come_and_go: Numbers
    scores: Scores


def placing(scores: Scores) -> Placing:
    """Places of areas in every period.

    ``scores`` of ``scores_by_method``, each part ``[..., period, area]`` in order of time; a period or an area
    without any score takes no part. Groups are ``higher_half``,
    ``neither_half``, ``lower_half``, or ``not_apart`` for all areas of a period whose ranks are withheld.
    Otherwise as ``ranking.ranks``.

    Two areas are 14 errors above two others, and neither pair can be told apart itself:

    >>> value = [[10.0, 10.1, 0.0, 0.1]]
    >>> found = placing(Scores(value, value, chance=0.25, between=0.0))
    >>> found.group[0].tolist(), found.lower[0].tolist()
    (['higher_half', 'higher_half', 'lower_half', 'lower_half'], [1.0, 1.0, 3.0, 3.0])
    """
    arrays = np.broadcast_arrays(*alike(as_numbers, "between", **Scores(*scores)._asdict()))
    require_axes("scores", arrays[0], "period", "area")
    value, score, chance, between = arrays
    come_and_go = _come_and_go(score, chance)
    noise = np.nan_to_num(come_and_go)[..., None, None]
    scores = Scores(value, score, chance + noise, np.maximum(between - noise, 0))
    ranking = chance_alone(scores)
    is_withheld = standing(ranking).is_withheld[..., None]
    shown = (np.where(is_withheld, np.nan, each) for each in (ranking.rank, ranking.lower, ranking.upper))
    return Placing(*shown, _group(ranking, is_withheld), ranking.ranked_areas, come_and_go, scores)


def scores_by_method(
    method: str,
    value: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    count: ArrayLike,
    denominator: ArrayLike,
) -> Scores:
    """What values that ``method`` gave are ranked by: proportions and rates by counts, others by their 95 % limits.

    All ``[..., area]``; NaN in what the method's ranking needs: no rank. Refuses a method that no indicator may
    name.

    >>> scores_by_method("mean", [3, 9], [2, 8], [4, 10], [30, 90], [10, 10]).value.tolist()
    [3.0, 9.0]
    """
    if method == "proportion":
        return proportion_scores(count, denominator)
    if method in ("crude_rate", "need_weighted_rate"):
        return rate_scores(count, denominator)
    if method not in methods.estimators():
        raise ValueError(f"method must be one of {', '.join(methods.estimators())}; it is {method!r}")
    return estimate_scores(value, lower, upper)


def _come_and_go(score: Numbers, chance: Numbers) -> Numbers:
    """The variance that is new in every period, ``[...]``; NaN where periods or areas are too few to tell."""
    is_known = ~np.isnan(score + chance)
    highest = np.where(is_known, score, -np.inf).max(axis=(-2, -1), keepdims=True, initial=-np.inf)
    lowest = np.where(is_known, score, np.inf).min(axis=(-2, -1), keepdims=True, initial=np.inf)
    # Beside so wide a spread the arithmetic has no digits left for what is almost certain.
    is_known &= chance > LEAST_CHANCE * (highest - lowest) ** 2
    periods, areas = is_known.any(axis=-1).sum(axis=-1), is_known.any(axis=-2).sum(axis=-1)
    has_enough = (periods >= ENOUGH_PERIODS) & (areas >= FEWEST_AREAS)
    if not has_enough.any():
        return np.full(has_enough.shape, np.nan)
    step = np.linspace(-1, 1, score.shape[-2])
    forms = [np.ones((len(step), len(step))), np.outer(step, step), np.eye(len(step))]
    by_area = (np.swapaxes(np.where(is_known, each, np.nan), -1, -2) for each in (score, chance))
    return np.where(has_enough, restricted_likelihood(*by_area, forms).variance[..., 2], np.nan)


def _group(ranking: Ranking, is_withheld: NDArray[np.bool_]) -> NDArray[np.str_]:
    areas = np.asarray(ranking.ranked_areas)[..., None]
    half = np.floor(areas / 2)
    return np.select(
        [np.isnan(ranking.rank), is_withheld, ranking.upper <= half, ranking.lower > areas - half],
        ["", "not_apart", "higher_half", "lower_half"],
        "neither_half",
    )
