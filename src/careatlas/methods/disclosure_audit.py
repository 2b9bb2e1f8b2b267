"""What an attacker can work out of what is hidden, from everything published together.

Use it as a gate before each release: give it every figure published now and before (rows, columns, totals, nested
areas, all beside male, earlier editions), and it finds the least and the most that each hidden figure could be. A
figure passes when at least four whole numbers are possible. For a rate and its limits see
``rate_inversion``.

Not a judgement of harm: it knows only the figures it is given and the rule they were made by, and not what a
neighbour knows. Counts that were revised between editions are other cells; as the same cells they contradict each
other, and are refused.

Formula::

    cells      whole numbers of 0 or more
    facts      lower <= sum of some cells <= upper:   exact: both ends the figure
               rounded to five: figure - 2 to figure + 2, and 8 or more;   hidden: 1 to 7
               hidden, where others were hidden with the small: 1 or more
    least, most = smallest and largest sum of a target's cells under all facts (integer programming)
    is_safe    = four or more whole numbers from least to most are possible

Source: Willenborg & de Waal 2001, Elements of statistical disclosure control, 10.1007/978-1-4613-0121-9; Fischetti
& Salazar 2001, Management Science 47:1008 (attackers as integer programs); solved by HiGHS, Huangfu & Hall 2018,
10.1007/s12532-017-0130-5.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods._attack import Program, as_cells
from careatlas.methods.disclosure import ROUNDED_TO, SMALLEST_SHOWN, is_small, smallest_hidden
from careatlas.methods.estimate import Numbers, as_counts, as_truths, refuse_where

CHAPTER = "Data quality and disclosure"
ENOUGH = 4  # whole numbers a hidden figure must be able to be
LARGEST_HIDDEN = SMALLEST_SHOWN - 1


class Facts(NamedTuple):
    """What a reader knows: the cells added up in each published figure, ``sums`` ``[figure, cell]`` of 0 and 1,
    lie between ``lower`` and ``upper`` ``[figure]``."""

    sums: Numbers
    lower: Numbers
    upper: Numbers


class Audit(NamedTuple):
    """Of each target ``[target]``: the ``least`` and ``most`` it could be, how many whole numbers are
    ``feasible`` (counted only until there are enough), and whether that ``is_safe``."""

    least: Numbers
    most: Numbers
    feasible: NDArray[np.int_]
    is_safe: NDArray[np.bool_]


def audit(facts: Facts, targets: ArrayLike, enough: int = ENOUGH) -> Audit:
    """The least and most that each target could be, for one who knows all ``facts`` (``known_together``).

    ``targets`` ``[target, cell]`` of 0 and 1: the hidden figures, mostly rows of ``facts.sums``. ``most`` is
    infinite where nothing bounds it. Refuses facts about a target that no cells satisfy (what does not bear on any
    target is not looked at), and targets of other numbers or of no cell.

    A row of two hidden cells with an exact total of 9 leaves each 2 to 7; with a total of 3 only 1 and 2:

    >>> sums = [[1, 0], [0, 1], [1, 1]]
    >>> shown, is_hidden = [None, None, 9], [True, True, False]
    >>> found = audit(published_exactly(sums, shown, is_hidden), [[1, 0]])
    >>> found.least.tolist(), found.most.tolist(), found.is_safe.tolist()
    ([2.0], [7.0], [True])
    >>> audit(published_exactly(sums, [None, None, 3], is_hidden), [[1, 0]]).is_safe.tolist()
    [False]
    """
    facts = Facts(*(np.asarray(part, dtype=np.float64) for part in facts))
    targets = np.atleast_2d(as_counts("targets", targets))
    if targets.shape[-1] != facts.sums.shape[-1]:
        raise ValueError(
            f"targets has {targets.shape[-1]} cells and facts {facts.sums.shape[-1]}: they are the same"
        )
    refuse_where(~np.isin(targets, (0, 1)), "targets is neither 0 nor 1")
    refuse_where(~targets.any(axis=1), "targets adds up no cell")
    problem = Program(*facts, targets)
    ends = np.array([[problem.end(target, side) for side in (1, -1)] for target in targets])
    least, most = ends.reshape(-1, 2).T
    feasible = [
        problem.possible(number, low, high, enough)
        for number, (low, high) in enumerate(zip(least, most, strict=True))
    ]
    return Audit(least, most, np.array(feasible, dtype=int), np.array(feasible) >= enough)


def published_exactly(
    sums: ArrayLike,
    shown: ArrayLike,
    is_hidden: ArrayLike,
    hidden_at_most: float = LARGEST_HIDDEN,
    profile: str = "hes",
) -> Facts:
    """What is known where figures are shown as counted.

    ``sums`` ``[figure, cell]``; ``shown`` and ``is_hidden`` ``[figure]``. A figure that is NaN and not hidden is
    missing and says nothing. ``hidden_at_most`` is infinite where larger figures were hidden with the small ones
    and carry the same mark (``complementary_suppression``).

    >>> facts = published_exactly([[1, 0], [1, 1]], [None, 12], [True, False])
    >>> facts.lower.tolist(), facts.upper.tolist()
    ([1.0, 12.0], [7.0, 12.0])
    """
    shown = as_counts("shown", shown)
    return _facts(sums, shown, shown, is_hidden, hidden_at_most, profile)


def published_rounded(
    sums: ArrayLike,
    shown: ArrayLike,
    is_hidden: ArrayLike,
    hidden_at_most: float = LARGEST_HIDDEN,
    profile: str = "hes",
) -> Facts:
    """What is known where figures are shown rounded to five, each by itself. Arguments as ``published_exactly``.

    Refuses figures that are not rounded so.

    >>> facts = published_rounded([[1, 0], [1, 1]], [10, 25], [False, False])
    >>> facts.lower.tolist(), facts.upper.tolist()
    ([8.0, 23.0], [12.0, 27.0])
    """
    shown, reach = as_counts("shown", shown), ROUNDED_TO // 2
    refuse_where(shown % ROUNDED_TO > 0, f"shown is not rounded to {ROUNDED_TO}")
    lower = np.where(shown > 0, np.maximum(shown - reach, SMALLEST_SHOWN), 0)
    upper = np.where(shown > 0, shown + reach, shown)
    return _facts(sums, lower, upper, is_hidden, hidden_at_most, profile)


def known_together(*facts: Facts) -> Facts:
    """All that is known from several publications about the same cells: levels, overlapping areas, editions.

    >>> one = published_exactly([[1, 1]], [12], [False])
    >>> known_together(one, published_exactly([[0, 1]], [9], [False])).sums.tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    if not facts:
        raise ValueError("known_together needs the facts of one publication or more")
    if len({np.shape(each.sums)[-1] for each in facts}) > 1:
        raise ValueError("sums of the publications differ in their number of cells: they are the same cells")
    return Facts(*(np.concatenate(parts) for parts in zip(*facts, strict=True)))


def table_sums(*shape: int) -> Numbers:
    """``sums`` of a table with all its totals: the cells first, the grand total last.

    >>> table_sums(2).tolist()
    [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    >>> table_sums(3, 4).shape  # 12 cells, 3 rows, 4 columns, one grand total
    (20, 12)
    """
    blocks = []
    for is_kept in product((True, False), repeat=len(shape)):
        block = np.ones((1, 1))
        for size, kept in zip(shape, is_kept, strict=True):
            block = np.kron(block, np.eye(size) if kept else np.ones((1, size)))
        blocks.append(block)
    return np.concatenate(blocks)


def small_figures(
    count: ArrayLike, sums: ArrayLike, profile: str = "hes", is_hidden: ArrayLike | None = None
) -> Numbers:
    """What must not be worked out, as ``targets`` ``[target, cell]``: every small cell, every small figure, every
    small difference of a figure and a part of it, and of a figure and all its parts that are shown.

    ``count`` ``[cell]`` as truly counted, ``sums`` ``[figure, cell]`` of all that is published, of which
    ``is_hidden`` ``[figure]`` are hidden (by default the small ones). Refuses missing counts: with one, nothing
    could be called small, and everything would pass.

    Women, 3, are no figure of their own, but all less men:

    >>> small_figures([40, 3], [[1, 1], [1, 0]]).tolist()
    [[0.0, 1.0]]

    3 and 4 are hidden, and all less 70 and 80 is 7:

    >>> [1, 1, 0, 0] in small_figures([3, 4, 70, 80], table_sums(4)).tolist()
    True
    """
    count, sums = as_cells(count, sums)
    figures = np.unique(np.concatenate([np.eye(len(count)), sums]), axis=0)
    true = figures @ count
    part, whole = np.nonzero(is_small(np.where(_is_part(figures), true - true[:, None], np.nan), profile))
    targets = np.concatenate([figures[is_small(true, profile)], figures[whole] - figures[part]])
    is_hidden = is_small(sums @ count, profile) if is_hidden is None else is_hidden
    targets = np.concatenate([targets, small_remainders(count, sums, is_hidden, profile)])
    return np.unique(targets[targets.any(axis=1)], axis=0)


def small_remainders(
    count: ArrayLike, sums: ArrayLike, is_hidden: ArrayLike, profile: str = "hes"
) -> Numbers:
    """The targets among ``small_figures`` that depend on what is hidden: figures less all their shown parts.

    >>> small_remainders([3, 4, 70], table_sums(3), [True, True, False, False]).tolist()
    [[1.0, 1.0, 0.0]]
    >>> small_remainders([3, 4, 70], table_sums(3), [True, True, True, False]).tolist()
    []
    """
    count, sums = as_cells(count, sums)
    is_hidden = as_truths("is_hidden", is_hidden)
    if is_hidden.shape != sums.shape[:1]:
        raise ValueError(f"sums has {len(sums)} figures and is_hidden {is_hidden.size}: they are one each")
    is_shown_part = _is_part(sums) & ~is_hidden[:, None]
    left = np.where(is_shown_part.T @ sums > 0, 0, sums)
    is_rest = left.any(axis=1) & (left < sums).any(axis=1)
    return np.unique(left[is_rest & is_small(left @ count, profile)], axis=0)


def hidden_among(facts: Facts) -> NDArray[np.bool_]:
    """Which figures of ``facts`` ``[figure]`` are not shown: hidden, or missing.

    >>> hidden_among(published_rounded(table_sums(2), [None, 20, 25], [True, False, False])).tolist()
    [True, False, False]
    """
    return (facts.lower < facts.upper) & (facts.lower < SMALLEST_SHOWN)


def _is_part(figures: Numbers) -> NDArray[np.bool_]:
    """``[part, whole]``: whether all cells of one figure are among those of another that has more."""
    shared, cells = figures @ figures.T, figures.sum(axis=1)
    return (shared == cells[:, None]) & (cells[:, None] < cells)


def _facts(
    sums: ArrayLike,
    lower: Numbers,
    upper: Numbers,
    is_hidden: ArrayLike,
    hidden_at_most: float,
    profile: str,
) -> Facts:
    sums, is_hidden = as_counts("sums", sums), as_truths("is_hidden", is_hidden)
    refuse_where(~np.isin(sums, (0, 1)), "sums is neither 0 nor 1")
    if not sums.shape[:1] == lower.shape == is_hidden.shape:
        raise ValueError(
            f"sums has {len(sums)} figures, shown {lower.size} and is_hidden {is_hidden.size}: they are one each"
        )
    lower = np.where(is_hidden, smallest_hidden(profile), np.nan_to_num(lower))
    return Facts(sums, lower, np.where(is_hidden, hidden_at_most, np.nan_to_num(upper, nan=np.inf)))
