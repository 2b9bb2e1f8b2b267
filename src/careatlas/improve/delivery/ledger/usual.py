"""How much less than business as usual many monthly series came to, in a window of months after a start each.

Series in, savings out: which indicator or cost they are of is in `sizes`. The last three months before a start are left
out, because a bad spell may be why something began, and what comes back by itself would look like a saving. How much
levels wander by themselves is learnt from all series of the same kind (`counterfactual.learnt_chances`).
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from careatlas.improve.delivery.months import YEAR, Series, in_words, month_of
from careatlas.methods.counterfactual import FULL_HISTORY, LEAST_HISTORY, business_as_usual, learnt_chances
from careatlas.methods.estimate import Numbers
from careatlas.present.series import SPELL
from careatlas.present.usual_history import LONGEST_HISTORY, RESTRICTED

SPELL_MONTHS = SPELL[1]


class Asked(NamedTuple):
    """One series by month; the month it ``began``; the ``window`` whose saving is asked for, its end not included; the
    first month that is a ``guide`` to what came; and its ``kind``, which those of `usual_savings` are learnt from."""

    series: Series
    began: int
    window: tuple[int, int]
    guide: int = 0
    kind: Hashable = None


class Saving(NamedTuple):
    """In the unit of the series; NaN where it cannot be told, with the ``reason``. ``months``: of the window, with
    figures; ``last``: the last of these, None without any."""

    value: float
    lower: float
    upper: float
    months: int
    last: int | None
    reason: str = ""


def savings(asked: Sequence[Asked], of_kind: Mapping[Hashable, Iterable[Series]]) -> list[Saving]:
    """One for each, in their order. ``of_kind``: the series that those of a kind are learnt from, themselves among
    them; a kind without any is worked out by what is known beforehand."""
    found: list[Saving] = [_untold(one) for one in asked]
    together = defaultdict(list)
    for place, one in enumerate(asked):
        if not found[place].reason:
            together[one.kind, one.began - one.began % YEAR, _ahead(found[place], one)].append(place)
    learnt: dict[tuple[Hashable, int], Numbers | None] = {}
    for (kind, year, ahead), places in together.items():
        if (kind, year) not in learnt:
            learnt[kind, year] = _learnt(list(of_kind.get(kind, ())), year)
        rows = np.array([_row(asked[place], ahead) for place in places])
        usual = business_as_usual(rows, LONGEST_HISTORY, chances=learnt[kind, year])
        for place, *limits in zip(places, usual.saving, usual.saving_lower, usual.saving_upper, strict=True):
            found[place] = _told(found[place], *map(float, limits))
    return found


def is_restricted(month: int) -> bool:
    """Whether the pandemic's restrictions make the month no guide."""
    return any(month_of(first) <= month <= month_of(last) for first, last in RESTRICTED)


def _untold(one: Asked) -> Saving:
    """What is known without reckoning: how many months there are, and why they are too few."""
    seen = [month for month in range(*one.window) if _is_seen(one, month)]
    guides = [month for month in range(one.began - LONGEST_HISTORY, one.began) if _is_guide(one, month)]
    reason = ""
    if len(guides) < LEAST_HISTORY or one.began - guides[0] < FULL_HISTORY:
        reason = (
            f"Not enough history: {len(guides)} months of full figures are a guide to what came after "
            f"{in_words(one.began - 1)} ({SPELL_MONTHS} before the start never are); {LEAST_HISTORY} are needed, the "
            f"first of them {FULL_HISTORY} months before."
        )
    elif not seen:
        reason = f"Nothing to compare yet: no month from {in_words(one.window[0])} on has full figures."
    return Saving(np.nan, np.nan, np.nan, len(seen), max(seen, default=None), reason)


def _told(saving: Saving, value: float, lower: float, upper: float) -> Saving:
    reason = ""
    if np.isnan(value):
        reason = "Not enough history: a month before had none, or a month of the year was never full."
    return saving._replace(value=value, lower=lower, upper=upper, reason=reason)


def _ahead(saving: Saving, one: Asked) -> int:
    assert saving.last is not None  # without any month there is a reason
    return saving.last + 1 - one.began


def _is_seen(one: Asked, month: int) -> bool:
    return month in one.series and not is_restricted(month)


def _is_guide(one: Asked, month: int) -> bool:
    return one.guide <= month < one.began - SPELL_MONTHS and _is_seen(one, month)


def _row(one: Asked, ahead: int) -> Numbers:
    """The longest history, then the months up to the last; NaN for what is no guide, or not of the window."""
    months = range(one.began - LONGEST_HISTORY, one.began + ahead)
    counts = [
        _is_guide(one, month) or (month in range(*one.window) and _is_seen(one, month)) for month in months
    ]
    return np.array(
        [one.series[month] if is_one else np.nan for month, is_one in zip(months, counts, strict=True)]
    )


def _learnt(many: list[Series], year: int) -> Numbers | None:
    """From the months before a calendar year, so that all that began in it are worked out alike."""
    if not many:
        return None
    before = range(year - LONGEST_HISTORY, year)
    rows = [
        [series[month] if month in series and not is_restricted(month) else np.nan for month in before]
        for series in many
    ]
    return learnt_chances(rows)
