"""The attacker's integer program: the cells of published figures, and the least and most they could be.

``disclosure_audit`` asks it; the arithmetic is here.
"""

from bisect import bisect_left

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import Numbers, as_counts, refuse_where, require_axes

WHOLE = 1e-6  # how near a whole number the solver's answers come


def as_cells(count: ArrayLike, sums: ArrayLike) -> tuple[Numbers, Numbers]:
    """``count`` ``[cell]`` and ``sums`` ``[figure, cell]`` checked: of the same cells, all counted.

    >>> as_cells([3, 40], [[1, 1, 0]])
    Traceback (most recent call last):
    ValueError: sums must have 2 along its axis cell; it has 3
    """
    count, sums = as_counts("count", count), as_counts("sums", sums)
    require_axes("count", count, "cell")
    require_axes("sums", sums, "figure", cell=count.shape[-1])
    refuse_where(np.isnan(count), "count is missing")
    return count, sums


class Program:
    """The facts as an integer program, with what single cells are known to be taken out first."""

    def __init__(self, sums: Numbers, lower: Numbers, upper: Numbers, targets: Numbers) -> None:
        self.facts, self.targets = (sums, lower, upper), targets
        holds = sums > 0
        self.upper = np.where(holds, upper[:, None], np.inf).min(axis=0, initial=np.inf)
        is_single = holds.sum(axis=1) == 1
        self.lower = np.where(holds & is_single[:, None], lower[:, None], 0).max(axis=0, initial=0)
        self.seen: list[set[int]] = [set() for _ in targets]
        self.part = _parts(sums * (self.lower < self.upper))

    def end(self, target: Numbers, side: int) -> float:
        """The least (side 1) or most (side -1) the target could be; what is seen on the way is kept."""
        if side < 0 and np.isinf(self.upper[target > 0]).any():
            return np.inf
        cells = self._solve(side * target, target)
        if cells is None:
            raise ValueError(_contradiction(*self.facts))
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
        rows = self.facts[0][:, near].any(axis=1) & ~self.facts[0][:, is_open & ~near].any(axis=1)
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


def _contradiction(sums: Numbers, lower: Numbers, upper: Numbers) -> str:
    """What to say of facts that no counts satisfy, with the first figure that those before it leave no room."""
    from scipy.optimize import LinearConstraint, milp

    def is_possible(figures: int) -> bool:
        part = slice(figures)
        limits = LinearConstraint(sums[part], lower[part], upper[part])
        none, whole = np.zeros(sums.shape[-1]), np.ones(sums.shape[-1])
        return milp(none, constraints=limits, integrality=whole).x is not None

    # What is impossible stays so with more figures: halving finds the first.
    first = bisect_left(range(1, len(sums)), True, key=lambda figures: not is_possible(figures))
    ends = " to ".join(f"{end:g}" for end in dict.fromkeys((lower[first], upper[first])))
    return (
        f"the facts contradict each other: figure {first} ({ends}) cannot stand with those before it. Were figures "
        "rounded (published_rounded), or larger ones hidden with the small (hidden_at_most=np.inf)?"
    )


def _parts(sums: Numbers) -> NDArray[np.int_]:
    """A number for each cell, the same where facts link them."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    sums = csr_array(sums)
    return connected_components(sums.T @ sums, directed=False)[1]
