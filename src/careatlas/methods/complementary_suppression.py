"""Which further figures must be hidden so that the small ones cannot be worked out from the rest.

Use it on a table or set of areas that is published with its totals: it hides the small figures, looks with the
eyes of an attacker (``disclosure_audit``) for those that can still be worked out, and hides the fewest further
events until none can. All hidden figures must carry one mark: which were small and which were hidden with them is
itself told by two.

Not where many counts are small: half the table then goes, and merging categories tells more. Not for several
tables about the same records one after the other: give all their figures at once. A table that cannot be made
safe is refused with a reason, and nothing of it is shown.

Formula::

    small     = figures of 1 to 7, differences of two, and what is left of one when all its shown parts are taken off
    exposed   = small figures that fewer than four whole numbers are possible for, given all that is shown
    hide      the figures with the smallest sum such that some other counts, 0 or more and equal to all that is
              still shown, put the exposed figure three or more away from others of them; and look again

Source: Fischetti & Salazar 2001, Management Science 47:1008, 10.1287/mnsc.47.7.1008.9805 (complementary cells by
integer programming); Willenborg & de Waal 2001, 10.1007/978-1-4613-0121-9.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods._attack import as_cells
from careatlas.methods.disclosure import ROUNDED_TO, is_small, smallest_hidden
from careatlas.methods.disclosure_audit import (
    ENOUGH,
    Facts,
    audit,
    hidden_among,
    known_together,
    published_exactly,
    published_rounded,
    small_figures,
    small_remainders,
)
from careatlas.methods.estimate import Numbers, refuse_where

CHAPTER = "Data quality and disclosure"
REACH = 3 * ENOUGH  # how far other counts that keep the shown figures are sought from the true ones


class Suppressed(NamedTuple):
    """Of each figure, ``[figure]``: ``count`` as it may be shown (NaN where hidden) and ``is_hidden``; and one
    ``reason`` for all: ``nothing_small``, ``small_hidden``, ``more_hidden`` or ``refused_cannot_be_made_safe``."""

    count: Numbers
    is_hidden: NDArray[np.bool_]
    reason: str


def suppress_exact(
    count: ArrayLike, sums: ArrayLike, known: Facts | None = None, profile: str = "hes"
) -> Suppressed:
    """The figures of one table as counted, with what must be hidden.

    ``count`` ``[cell]``, whole numbers; ``sums`` ``[figure, cell]`` of 0 and 1 say which cells each figure adds
    up (``disclosure_audit.table_sums`` for a table with its totals; rows for boards, nested areas, all beside
    male). ``known``: what other tables and earlier editions tell of the same cells, which can no longer be
    hidden. Protected are small cells, figures and differences (``small_figures``), of ``known`` too, also what the
    hidden parts of a figure add up to. Zeros are shown in profile ``hes`` and never hidden for others. Refuses
    missing counts: leave them, and every figure that contains them, out.

    3 of a row of 3, 40, 20 could be had from the total of 63; with 20 hidden too it could be 1 to 22:

    >>> row = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]
    >>> suppressed = suppress_exact([3, 40, 20], row)
    >>> suppressed.count.tolist(), suppressed.reason
    ([nan, 40.0, nan, 63.0], 'more_hidden')

    What is to be released, audited on its own. The 20 carries the mark of the small, so a hidden figure may
    be any:

    >>> facts = published_exactly(row, suppressed.count, suppressed.is_hidden, hidden_at_most=np.inf)
    >>> found = audit(facts, small_figures([3, 40, 20], row, is_hidden=suppressed.is_hidden))
    >>> found.least.tolist(), found.most.tolist(), found.is_safe.tolist()
    ([1.0], [22.0], [True])
    """
    count, sums = _checked(count, sums)
    return _suppress(count, sums, sums @ count, published_exactly, known, profile)


def suppress_rounded(
    count: ArrayLike, sums: ArrayLike, known: Facts | None = None, profile: str = "hes"
) -> Suppressed:
    """The figures of one table, each rounded to five by itself, with what must be hidden. As ``suppress_exact``.

    Rounding mostly protects enough. Not here: 1 and 2 beside 8, shown as 10 with a total of 10, leave each at most
    3 of 12 events:

    >>> row = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]
    >>> suppress_rounded([1, 2, 8], row).count.tolist()
    [nan, nan, nan, 10.0]
    """
    count, sums = _checked(count, sums)
    shown = ROUNDED_TO * np.rint(sums @ count / ROUNDED_TO)
    return _suppress(count, sums, shown, published_rounded, known, profile)


def _checked(count: ArrayLike, sums: ArrayLike) -> tuple[Numbers, Numbers]:
    count, sums = as_cells(count, sums)
    refuse_where(count != np.rint(count), "count is not a whole number")
    return count, sums


def _suppress(
    count: Numbers,
    sums: Numbers,
    shown: Numbers,
    published: Callable[..., Facts],
    known: Facts | None,
    profile: str,
) -> Suppressed:
    known = known or Facts(np.zeros((0, len(count))), np.zeros(0), np.zeros(0))
    is_hidden = is_small(sums @ count, profile)
    reason = "small_hidden" if is_hidden.any() else "nothing_small"
    facts = published(sums, shown, is_hidden, profile=profile)
    together = known_together(facts, known)
    exposed = small_figures(count, together.sums, profile, hidden_among(together))
    while len(exposed := exposed[~audit(together, exposed).is_safe]):
        further = _cheapest_hiding(count, facts, known, is_hidden, exposed[0], profile)
        if further is None:
            everything = np.full(shown.shape, True)
            return Suppressed(np.full(shown.shape, np.nan), everything, "refused_cannot_be_made_safe")
        is_hidden, reason = is_hidden | further, "more_hidden"
        # Some that are hidden are now not small, so a hidden figure may be any number.
        facts = published(sums, shown, is_hidden, hidden_at_most=np.inf, profile=profile)
        together = known_together(facts, known)
        left = small_remainders(count, together.sums, hidden_among(together), profile)
        exposed = np.concatenate([exposed, left])
    return Suppressed(np.where(is_hidden, np.nan, shown), is_hidden, reason)


def _cheapest_hiding(
    count: Numbers,
    facts: Facts,
    known: Facts,
    is_hidden: NDArray[np.bool_],
    target: Numbers,
    profile: str,
) -> NDArray[np.bool_] | None:
    """The figures with the fewest events to hide so that the target has room; None where none suffice.

    The unknowns are two sets of departures from the true counts, one with a smaller target and one with a larger,
    and for each figure whether it is hidden. What stays shown must hold in both.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    cells, figures = len(count), len(facts.sums)
    true, smallest = facts.sums @ count, smallest_hidden(profile)
    may_hide = ~is_hidden & (true >= smallest)
    of_departures, of_choices = np.kron(np.eye(2), facts.sums), np.tile(REACH * np.diag(may_hide), (2, 1))
    of_known = np.hstack([np.kron(np.eye(2), known.sums), np.zeros((2 * len(known.sums), figures))])
    shown_at_least = np.tile(np.where(is_hidden, -np.inf, facts.lower - true), 2)
    shown_at_most = np.tile(np.where(is_hidden, np.inf, facts.upper - true), 2)
    hidden_at_least = np.tile(np.where(may_hide | is_hidden, smallest - true, -np.inf), 2)
    known_ends = (np.tile(end - known.sums @ count, 2) for end in (known.lower, known.upper))
    found = milp(
        np.concatenate([np.zeros(2 * cells), true + 1]),
        constraints=[
            LinearConstraint(np.hstack([of_departures, of_choices]), lb=shown_at_least),
            LinearConstraint(np.hstack([of_departures, -of_choices]), ub=shown_at_most),
            LinearConstraint(np.hstack([of_departures, 0 * of_choices]), lb=hidden_at_least),
            LinearConstraint(of_known, *known_ends),
            LinearConstraint(np.concatenate([-target, target, np.zeros(figures)]), lb=ENOUGH - 1),
            LinearConstraint(np.concatenate([np.zeros(2 * cells), np.ones(figures)]), lb=1),
        ],
        bounds=Bounds(
            np.concatenate([np.tile(np.maximum(-count, -REACH), 2), np.zeros(figures)]),
            np.concatenate([np.full(2 * cells, REACH), may_hide]),
        ),
        integrality=np.ones(2 * cells + figures),
    )
    return None if found.x is None else found.x[2 * cells :] > 0.5
