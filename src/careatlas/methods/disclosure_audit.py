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

from careatlas.methods.disclosure import ROUNDED_TO, SMALLEST_SHOWN, is_small, smallest_hidden
from careatlas.methods.estimate import Numbers, as_counts, refuse_where

CHAPTER = "Data quality and disclosure"
ENOUGH = 4  # whole numbers a hidden figure must be able to be
LARGEST_HIDDEN = SMALLEST_SHOWN - 1
WHOLE = 1e-6  # how near a whole number the solver's answers come


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
    problem = _Problem(facts, targets)
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

    >>> facts = published_rounded([[1, 0], [1, 1]], [10, 25], [False, False])
    >>> facts.lower.tolist(), facts.upper.tolist()
    ([8.0, 23.0], [12.0, 27.0])
    """
    shown, reach = as_counts("shown", shown), ROUNDED_TO // 2
    lower = np.where(shown > 0, np.maximum(shown - reach, SMALLEST_SHOWN), 0)
    upper = np.where(shown > 0, shown + reach, shown)
    return _facts(sums, lower, upper, is_hidden, hidden_at_most, profile)


def known_together(*facts: Facts) -> Facts:
    """All that is known from several publications about the same cells: levels, overlapping areas, editions.

    >>> one = published_exactly([[1, 1]], [12], [False])
    >>> known_together(one, published_exactly([[0, 1]], [9], [False])).sums.tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
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


def small_figures(count: ArrayLike, sums: ArrayLike, profile: str = "hes") -> Numbers:
    """What must not be worked out, as ``targets`` ``[target, cell]``: every small cell, every small figure, and
    every small difference of a figure and a part of it.

    ``count`` ``[cell]`` as truly counted, ``sums`` ``[figure, cell]`` of all that is published. Refuses missing
    counts: with one, nothing could be called small, and everything would pass.

    Women, 3, are no figure of their own, but all less men:

    >>> small_figures([40, 3], [[1, 1], [1, 0]]).tolist()
    [[0.0, 1.0]]
    """
    count, sums = as_counts("count", count), as_counts("sums", sums)
    refuse_where(np.isnan(count), "count is missing")
    figures = np.unique(np.concatenate([np.eye(len(count)), sums]), axis=0)
    is_part = figures @ figures.T == figures.sum(axis=1)[:, None]  # [part, whole]
    true = figures @ count
    part, whole = np.nonzero(is_small(np.where(is_part, true - true[:, None], np.nan), profile))
    targets = np.concatenate([figures[is_small(true, profile)], figures[whole] - figures[part]])
    return np.unique(targets[targets.any(axis=1)], axis=0)


def _facts(
    sums: ArrayLike,
    lower: Numbers,
    upper: Numbers,
    is_hidden: ArrayLike,
    hidden_at_most: float,
    profile: str,
) -> Facts:
    sums, is_hidden = as_counts("sums", sums), np.asarray(is_hidden, dtype=bool)
    refuse_where(~np.isin(sums, (0, 1)), "sums is neither 0 nor 1")
    if not sums.shape[:1] == lower.shape == is_hidden.shape:
        raise ValueError(
            f"sums has {len(sums)} figures, shown {lower.size} and is_hidden {is_hidden.size}: they are one each"
        )
    lower = np.where(is_hidden, smallest_hidden(profile), np.nan_to_num(lower))
    return Facts(sums, lower, np.where(is_hidden, hidden_at_most, np.nan_to_num(upper, nan=np.inf)))


class _Problem:
    """The facts as an integer program, with what single cells are known to be taken out first."""

    def __init__(self, facts: Facts, targets: Numbers) -> None:
        self.facts, self.targets = facts, targets
        holds = facts.sums > 0
        self.upper = np.where(holds, facts.upper[:, None], np.inf).min(axis=0, initial=np.inf)
        is_single = holds.sum(axis=1) == 1
        self.lower = np.where(holds & is_single[:, None], facts.lower[:, None], 0).max(axis=0, initial=0)
        self.seen: list[set[int]] = [set() for _ in targets]
        self.part = _parts(facts.sums * (self.lower < self.upper))

    def end(self, target: Numbers, side: int) -> float:
        """The least (side 1) or most (side -1) the target could be; what is seen on the way is kept."""
        if side < 0 and np.isinf(self.upper[target > 0]).any():
            return np.inf
        cells = self._solve(side * target, target)
        if cells is None:
            raise ValueError("the facts contradict each other: no counts satisfy them all")
        return float(target @ cells)

    def possible(self, number: int, least: float, most: float, enough: int) -> int:
        """How many whole numbers the target could be: those seen on the way, then those between asked one by one."""
        if np.isinf(most):
            return enough
        target, seen = self.targets[number], self.seen[number]
        for value in range(int(least), int(most) + 1):
            if len(seen) >= enough:
                break
            if value not in seen and self._solve(0 * target, target, exactly=value) is not None:
                seen.add(value)
        return min(len(seen), enough)

    def _solve(self, objective: Numbers, target: Numbers, exactly: float | None = None) -> Numbers | None:
        """Cells of the smallest objective, where needed with the target at one value; None where there are none."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        # Cells that no fact links to the target say nothing of it; those that are known link nothing.
        near = np.isin(self.part, self.part[target > 0])
        is_open = self.lower < self.upper
        rows = self.facts.sums[:, near].any(axis=1) & ~self.facts.sums[:, is_open & ~near].any(axis=1)
        sums, lower, upper = (each[rows] for each in self.facts)
        elsewhere = np.where(near, 0, self.lower) @ sums.T
        limits = [LinearConstraint(sums[:, near], lower - elsewhere, upper - elsewhere)]
        if exactly is not None:
            limits.append(LinearConstraint(target[near], exactly, exactly))
        bounds = Bounds(self.lower[near], self.upper[near])
        # Corners of most tables are whole numbers by themselves, and far sooner found than by branching.
        for is_whole in (0, 1):
            whole = np.full(near.sum(), is_whole)
            found = milp(objective[near], constraints=limits, bounds=bounds, integrality=whole)
            if found.x is None:
                return None
            if np.allclose(found.x, np.rint(found.x), rtol=0, atol=WHOLE):
                break
        cells = np.where(near, 0, self.lower)
        cells[near] = np.rint(found.x)
        for seen, other in zip(self.seen, self.targets, strict=True):
            if not other[~near].any():
                seen.add(int(other @ cells))
        return cells


def _parts(sums: Numbers) -> NDArray[np.int_]:
    """A number for each cell, the same where facts link them."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    sums = csr_array(sums)
    return connected_components(sums.T @ sums, directed=False)[1]
