"""Whether everyone who should have reported did: asked before anything is compared.

Use it on every source in which submitters report for areas: a trust that sent nothing does not look like missing
data, its areas look as if they treated few people. With six or more of the last twelve months on file
(``has_long_history``), the expected submitters are known: ``absent_submitters`` and ``missing_share``. With
fewer, two rules on one month stand in: ``low_level_areas`` for a submitter that is absent, and
``partial_submitters`` with ``share_at`` for one that sent a part. ``has_unusual_ratio`` and
``has_unusual_stock`` hold a submitter to its own past. ``verdict`` turns a share into words.

Not to fill gaps: what cannot be worked out is ``not_known``, nothing here guesses, and absent is never zero. Not
as a publisher's judgement either: every threshold is an argument, and the defaults are the atlas's own.

Formula::

    absent         = nothing now, and reported 6 or more of the 12 months before
    missing share  = activity of the 12 months before at absent submitters / all activity of the area then
    verdict        = above 1 % a note, above 5 % incomplete (no rank)
    low level      = new periods per head below half the median area's
    partial        = completed / new periods below .5, with more than 20,000 waiting
    unusual ratio  = ln((completed + .5) / (new periods + .5)) outside
                     median +/- 3 x 1.4826 x MAD of the 24 months before
    unusual stock  = the same of (list before + new periods - completed - list now) / list before

Source: the atlas's own rules. The robust spread is Hampel 1974, JASA 69:383, 10.1080/01621459.1974.10482962; the
definitions are those of NHS England, Consultant-led referral to treatment waiting times, recording and reporting
guidance.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from careatlas.methods.estimate import (
    Numbers,
    alike,
    as_counts,
    as_truths,
    divide,
    labels_of,
    require_axes,
    require_same_labels,
)

CHAPTER = "Data quality and disclosure"
Truths = NDArray[np.bool_]
MAD_TO_STANDARD_DEVIATION = 1.4826  # of a normal distribution


def has_long_history(on_file: ArrayLike, minimum_months: int = 6, window: int = 12) -> Truths:
    """Whether enough of the months before the last are on file. ``on_file`` is ``[..., month]``, oldest
    first.

    >>> bool(has_long_history([True] * 6 + [False, True]))
    True
    """
    on_file = as_truths("on_file", on_file)
    require_axes("on_file", on_file, "month")
    return on_file[..., -window - 1 : -1].sum(axis=-1) >= minimum_months


def absent_submitters(reported: ArrayLike, minimum_months: int = 6, window: int = 12) -> Truths:
    """Submitters that are absent in the last month and reported ``minimum_months`` of the ``window`` before
    it.

    ``reported`` is ``[..., submitter, month]``, oldest first.

    >>> absent_submitters([[True] * 6 + [False], [False] * 7, [True] * 7]).tolist()
    [True, False, False]
    """
    reported = as_truths("reported", reported)
    require_axes("reported", reported, "month")
    return ~reported[..., -1] & (reported[..., -window - 1 : -1].sum(axis=-1) >= minimum_months)


def likely_absent_submitters(reported: ArrayLike, has_successor: ArrayLike, window: int = 12) -> Truths:
    """With a short history: seen in any of the ``window`` available months before, absent now, no successor
    code.

    ``reported`` is ``[..., submitter, month]`` of the months available, oldest first; ``has_successor``
    ``[..., submitter]``. A likely cause to name, not a finding.

    >>> likely_absent_submitters([[True, False], [True, False]], [False, True]).tolist()
    [True, False]
    """
    require_same_labels(reported=labels_of(reported, -2), has_successor=labels_of(has_successor))
    return absent_submitters(reported, 1, window) & ~as_truths("has_successor", has_successor)


def share_at(activity: ArrayLike, submitters: ArrayLike) -> Numbers:
    """The share of each area's activity that is at the submitters marked.

    ``activity`` is ``[..., area, submitter]``, zero where the area sends nobody; ``submitters`` marks
    ``[..., submitter]``. NaN where any of the area's activity is missing, or it has none.

    >>> share_at([[90, 10], [50, 0], [np.nan, 5]], [False, True]).tolist()
    [0.1, 0.0, nan]
    """
    require_same_labels(activity=labels_of(activity), submitters=labels_of(submitters))
    activity, submitters = as_counts("activity", activity), as_truths("submitters", submitters)
    require_axes("activity", activity, "area", "submitter")
    require_axes("submitters", submitters, submitter=activity.shape[-1])
    marked = np.where(submitters[..., None, :], activity, 0 * activity)
    return divide(marked.sum(axis=-1), activity.sum(axis=-1))


def missing_share(activity_before: ArrayLike, reported: ArrayLike, window: int = 12) -> Numbers:
    """The share of each area's activity, over the ``window`` before the last month, at submitters now absent.

    ``activity_before`` is ``[..., area, submitter]``, summed over those months; ``reported``
    ``[..., submitter, month]``. NaN as in ``share_at``, and where fewer than six of those months are on file (have
    anything reported): who is absent is then not known.

    >>> missing_share([[600, 400]], [[True] * 7, [True] * 6 + [False]]).tolist()
    [0.4]
    """
    require_same_labels(activity_before=labels_of(activity_before), reported=labels_of(reported, -2))
    reported = as_truths("reported", reported)
    require_axes("reported", reported, "submitter", "month")
    is_known = has_long_history(reported.any(axis=-2), window=window)
    share = share_at(activity_before, absent_submitters(reported, window=window))
    return np.where(is_known[..., None], share, np.nan)


def verdict(share: ArrayLike, note_above: float = 0.01, incomplete_above: float = 0.05) -> NDArray[np.str_]:
    """What a share of activity at absent or partial submitters means for an area's figure and rank.

    ``complete``; ``note`` (ranked, and said); ``incomplete`` (no rank); ``not_known`` where the share is NaN.

    >>> verdict([0, 0.03, 0.2, np.nan]).tolist()
    ['complete', 'note', 'incomplete', 'not_known']
    """
    share = np.asarray(share, dtype=np.float64)
    rules = [np.isnan(share), share > incomplete_above, share > note_above]
    return np.select(rules, ["not_known", "incomplete", "note"], "complete")


def low_level_areas(new_periods: ArrayLike, population: ArrayLike, fraction: float = 0.5) -> Truths:
    """Areas whose new periods per head are below this ``fraction`` of the median area's.

    Both ``[..., area]``. A missing area, or one without people, is not low: it is missing.

    >>> low_level_areas([28, 30, 4, np.nan], [1000, 1000, 1000, 1000]).tolist()
    [False, False, True, False]
    """
    level = divide(*alike(new_periods=new_periods, population=population))
    require_axes("new_periods", level, "area")
    return level < fraction * _median(level)


def partial_submitters(
    completed: ArrayLike,
    new_periods: ArrayLike,
    waiting: ArrayLike,
    ratio_below: float = 0.5,
    waiting_above: float = 20_000,
) -> Truths:
    """Submitters that completed too few pathways for those they began, with a long list: part was not sent.

    All ``[..., submitter]``. Small sites do complete few without fault, hence the length of the list. What is
    missing is not called partial.

    >>> partial_submitters([4145, 9000, 30], [9994, 9900, 100], [34560, 30000, 900]).tolist()
    [True, False, False]
    """
    completed, new, waiting = alike(completed=completed, new_periods=new_periods, waiting=waiting)
    return (divide(completed, new) < ratio_below) & (waiting > waiting_above)


def has_unusual_ratio(
    completed: ArrayLike,
    new_periods: ArrayLike,
    spreads: float = 3,
    minimum_months: int = 12,
    window: int = 24,
) -> Truths:
    """Whether completed/new of the last month lies outside the submitter's usual band, on the log scale.

    Both ``[..., submitter, month]``, oldest first. The band is the median of the ``window`` before,
    ``spreads`` robust standard deviations to each side; the halves let a month with none completed be as
    unusual as it is. False where there is nothing to say: fewer than ``minimum_months`` known, a past that never
    moved, or neither anything new nor completed now.

    >>> usual = [0.9, 1.0, 1.1] * 4
    >>> completed = 1000 * np.array([[*usual, 0.4], [*usual, 1.2], [*usual, 0.0]])
    >>> has_unusual_ratio(completed, np.full((3, 13), 1000)).tolist()
    [True, False, True]
    """
    completed, new = alike(completed=completed, new_periods=new_periods)
    log_ratio = np.log((completed + 0.5) / (new + 0.5))
    return _is_outside_usual_band(
        np.where(completed + new > 0, log_ratio, np.nan), spreads, minimum_months, window
    )


def has_unusual_stock(
    waiting: ArrayLike,
    new_periods: ArrayLike,
    completed: ArrayLike,
    spreads: float = 3,
    minimum_months: int = 12,
    window: int = 24,
) -> Truths:
    """Whether more of the list than usual came or went unexplained (removals without a record, late stops).

    All ``[..., submitter, month]``, oldest first. What is unexplained in a month is the list before, and new
    periods, less completed, less the list now; as a share of the list before. Band and short histories as in
    ``has_unusual_ratio``.

    >>> waiting = [1000, 990, 1000, 1010] * 4
    >>> has_unusual_stock([*waiting, 600], [100] * 17, [100] * 17).tolist()
    True
    """
    waiting, new, completed = alike(waiting=waiting, new_periods=new_periods, completed=completed)
    flow = new - completed
    require_axes("waiting", waiting, "month")
    require_axes("completed", flow, month=waiting.shape[-1])
    unexplained = waiting[..., :-1] + flow[..., 1:] - waiting[..., 1:]
    return _is_outside_usual_band(divide(unexplained, waiting[..., :-1]), spreads, minimum_months, window)


def _is_outside_usual_band(series: Numbers, spreads: float, minimum_months: int, window: int) -> Truths:
    require_axes("completed", series, "month")
    before = series[..., -window - 1 : -1]
    middle = _median(before)
    spread = MAD_TO_STANDARD_DEVIATION * _median(np.abs(before - middle))[..., 0]
    is_enough = (~np.isnan(before)).sum(axis=-1) >= minimum_months
    # A band without width (a series that never moves) cannot say what is usual.
    return is_enough & (spread > 0) & (np.abs(series[..., -1] - middle[..., 0]) > spreads * spread)


def _median(numbers: Numbers) -> Numbers:
    """The median of the known values, keeping the axis; NaN where none is known."""
    if not numbers.shape[-1]:
        return np.full((*numbers.shape[:-1], 1), np.nan)
    in_order = np.sort(numbers, axis=-1)  # missing ones come last
    known = (~np.isnan(numbers)).sum(axis=-1, keepdims=True)
    middle = [np.take_along_axis(in_order, np.maximum(known - 1 + more, 0) // 2, axis=-1) for more in (0, 1)]
    return (middle[0] + middle[1]) / 2
