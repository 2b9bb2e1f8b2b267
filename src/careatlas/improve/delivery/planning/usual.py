"""Business as usual of a measure from its initiative's start on, and its target judged against it.

Of an indicator it is its count at the measure's area; of figures entered by month, these. Which months may be a guide,
and what is said, is `present.business_as_usual`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import Measure
from careatlas.improve.delivery.months import first_day, first_whole_month, month_of
from careatlas.present import business_as_usual, usual_chart
from careatlas.present.theme import Spec
from careatlas.present.usual_history import Months, comparison, start_asked


@dataclass(frozen=True)
class Usual:
    """Rows by month as `business_as_usual.list_usual` and its `history` give them."""

    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    about: dict[str, Any]


def usual_of(measure: Measure, release: Release) -> Usual:
    """Raises NotKnownError where nothing can be asked: no start, or no month of it on file."""
    started = measure.initiative.starts_on
    if started is None:
        raise NotKnownError(
            measure.title, "has no start to be compared from.", "Give the initiative a start."
        )
    start = f"{first_day(first_whole_month(started)):%Y-%m}"
    if not measure.indicator:
        return _of_entered(measure, start)
    after = business_as_usual.list_usual(
        release, measure.indicator, measure.area, start, measure.target_percent
    )
    before = business_as_usual.history(release, measure.indicator, measure.area, start)
    return Usual(before, after, release.catalogue["indicators"][measure.indicator])


def usual_spec(found: Usual, source: str, width: int) -> Spec:
    return usual_chart.usual_chart(found.before, found.after, found.about, source=source, width=width)


def _of_entered(measure: Measure, start: str) -> Usual:
    values = dict(measure.figures.values_list("month", "value"))
    if not values:
        raise NotKnownError(measure.title, "has no figures yet.", "Enter them by month.")
    first, last = (month_of(month) for month in (min(values), max(values)))
    count = np.full(last - first + 1, np.nan)
    for month, value in values.items():
        count[month_of(month) - first] = value
    months = Months(first, count)
    at = start_asked(months, start)
    compared = comparison(months, at, {})
    named = {"name": measure.initiative.organisation.name, "of": business_as_usual.COUNTED[0]}
    after = business_as_usual.beside_usual(months, at, compared, measure.target_percent)
    about = {"title": measure.title, "short_title": measure.title, "numerator": None, "denominator": None}
    return Usual(business_as_usual.months_before(months, at, compared), [row | named for row in after], about)
