"""Which options a budget should pay for, and what could be released to pay for them.

Use it to order options by what they give for what they cost (programme budgeting and marginal analysis):
``fund`` in order of value for money, ``candidates_for_release`` from the other end, and ``funding_share``
to see which choices hold whatever weight is given to each criterion.

Not as the decision: it is the start of the discussion. Not for options that exclude or need one another, nor
with values nobody could measure. A spend-outcome quadrant is no measure of value for money.

Formula::

    value = benefit per patient x patients x probability of success
    slope = value / net cost
    fund  : no cost and no harm first (dominant), then by falling slope what the budget still holds
    score = sum of weight x criterion;  share funded = of many sets of weights, drawn evenly (Dirichlet)

Source: Airoldi, Morton, Smith & Bevan 2014, Med Decis Making 34:965, 10.1177/0272989X14546376 (STAR); Mitton &
Donaldson 2004, Cost Eff Resour Alloc 2:3, 10.1186/1478-7547-2-3.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import (
    Numbers,
    alike,
    as_counts,
    as_numbers,
    divide,
    labels_of,
    refuse_where,
    require_axes,
    require_same_labels,
    whole_number,
)

CHAPTER = "Opportunity and benefit"
ROUNDING = 1e-9  # share of a sum of costs that floating-point numbers may be out by


class Funding(NamedTuple):
    """``slope`` (value by unit of cost; NaN where dominant or unknown), ``rank`` (1 is first; NaN where never),
    ``is_dominant`` and ``is_funded``, all ``[..., option]``, and what is ``left`` of the budget ``[...]``."""

    slope: Numbers
    rank: Numbers
    is_dominant: NDArray[np.bool_]
    is_funded: NDArray[np.bool_]
    left: Numbers


def expected_value(
    benefit_per_patient: ArrayLike, patients: ArrayLike, probability_of_success: ArrayLike
) -> Numbers:
    """What an option is expected to give, in units of the benefit. NaN in any gives NaN.

    Refuses patients below zero and probabilities that are not between 0 and 1.

    >>> float(expected_value(0.2, 100, 0.5))
    10.0
    """
    benefit, patients, probability = alike(
        as_numbers,
        benefit_per_patient=benefit_per_patient,
        patients=patients,
        probability_of_success=probability_of_success,
    )
    as_counts("probability_of_success", probability)
    refuse_where(probability > 1, "probability_of_success is above 1")
    return benefit * as_counts("patients", patients) * probability


def fund(value: ArrayLike, net_cost: ArrayLike, budget: ArrayLike) -> Funding:
    """Options in order of value for money, each funded if what is left of the budget holds it.

    ``value`` and ``net_cost`` ``[..., option]``, ``budget`` ``[...]``. An option that costs nothing or less and
    harms nobody (dominant) comes first, the largest value first, and what it saves adds to the budget. Then
    falling slope; equal slopes, the earlier first. An option too dear is passed over and the next one tried.
    Never funded: NaN in either, a cost without value, and a saving that harms. A budget not known (NaN) funds
    nothing and leaves NaN. Refuses a budget below zero.

    Airoldi and others 2014, 10.1177/0272989X14546376.

    With 100 to spend, 30/50 comes before 40/80; then 20 more is not there, but 10 is. The third saves 10:

    >>> funding = fund([30, 40, 5, 2], [50, 80, -10, 40], budget=80)
    >>> funding.is_funded.tolist(), funding.rank.tolist(), float(funding.left)
    ([True, False, True, True], [2.0, 3.0, 1.0, 4.0], 0.0)
    """
    value, cost = _of_options(value=value, net_cost=net_cost)
    left = np.broadcast_to(as_counts("budget", budget), value.shape[:-1]).astype(float)
    is_dominant = (cost <= 0) & (value >= 0)
    is_candidate = is_dominant | ((cost > 0) & (value > 0))
    slope = np.where(is_dominant, np.nan, divide(value, cost))
    order = np.lexsort((-np.where(is_dominant, value, slope), ~is_dominant, ~is_candidate), axis=-1)

    is_funded = np.zeros(value.shape, dtype=bool)
    for place in range(value.shape[-1]):
        option = order[..., place : place + 1]
        its_cost = np.take_along_axis(cost, option, axis=-1)[..., 0]
        fits = np.take_along_axis(is_candidate, option, axis=-1)[..., 0] & (its_cost * (1 - ROUNDING) <= left)
        np.put_along_axis(is_funded, option, fits[..., None], axis=-1)
        left = np.maximum(left - np.where(fits, its_cost, 0), 0)
    rank = np.where(is_candidate, np.argsort(order, axis=-1) + 1.0, np.nan)
    return Funding(slope, rank, is_dominant, is_funded, left)


def candidates_for_release(value: ArrayLike, cost: ArrayLike, needed: ArrayLike) -> NDArray[np.bool_]:
    """Of what is paid for now, the least value for money, until enough is released.

    ``value`` and ``cost`` ``[..., option]``, ``needed`` ``[...]`` in the unit of cost. The last one may release
    more than was needed; where all together are not enough, all that have a cost are candidates. NaN in
    any: not a candidate. Refuses costs and needs below zero.

    Slopes are .5, .1 and .3; the second and third together release 60:

    >>> candidates_for_release([10, 3, 9], [20, 30, 30], needed=40).tolist()
    [False, True, True]
    """
    value, cost = _of_options(value=value, cost=cost)
    as_counts("cost", cost)
    slope = divide(value, cost)
    order = np.argsort(slope, axis=-1, kind="stable")  # unknown ones come last
    released = np.where(np.isnan(slope), 0, cost)
    in_order = np.take_along_axis(released, order, axis=-1)
    enough = as_counts("needed", needed)[..., None] * (1 - ROUNDING)
    is_still_needed = in_order.cumsum(axis=-1) - in_order < enough
    is_candidate = np.zeros(slope.shape, dtype=bool)
    np.put_along_axis(is_candidate, order, is_still_needed, axis=-1)
    return is_candidate & ~np.isnan(slope)


def funding_share(
    score: ArrayLike, net_cost: ArrayLike, budget: ArrayLike, draws: int = 1000, seed: int = 0
) -> Numbers:
    """How often each option is funded when the weights of the criteria are drawn at random.

    ``score`` ``[..., option, criterion]``, higher is better, on scales that may be added (0 to 100, say);
    ``net_cost`` and ``budget`` as in ``fund``. Weights are at least 0 with sum 1, any as likely as another
    (Dirichlet), the same draws for all. 1 and 0 do not depend on the weights; in between, the choice is one of
    values. NaN in a score, cost or budget gives NaN.

    The first is best on both criteria, the other two on one each, and the budget holds two:

    >>> share = funding_share([[9, 9], [8, 1], [1, 8]], [1, 1, 1], budget=2)
    >>> float(share[0]), float(share[1] + share[2])
    (1.0, 1.0)
    """
    require_same_labels(score=labels_of(score, -2), net_cost=labels_of(net_cost))
    score, cost = as_numbers("score", score), as_numbers("net_cost", net_cost)
    require_axes("score", score, "option", "criterion")
    draws = whole_number("draws", draws, fewest=1)
    weight = np.random.default_rng(seed).dirichlet(np.ones(score.shape[-1]), draws)
    weighted = np.moveaxis(score @ weight.T, -1, 0)
    share = fund(weighted, cost, budget).is_funded.mean(axis=0)
    is_unknown = np.isnan(weighted[0] + cost + as_numbers("budget", budget)[..., None])
    return np.where(is_unknown, np.nan, share)


def _of_options(**given: ArrayLike) -> tuple[Numbers, ...]:
    """Values and costs on the same leading axes, one of each for every option."""
    numbers = alike(as_numbers, **given)
    for name, each in zip(given, numbers, strict=True):
        require_axes(name, each, "option")
    return np.broadcast_arrays(*numbers)
