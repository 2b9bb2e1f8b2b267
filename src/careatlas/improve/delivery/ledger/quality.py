"""Whether quality held while money was saved: the gate over an initiative's quality measures, from its start on.

A measure of the atlas is its area's distance from the country, month by month, so that a season, or a year that was bad
for everybody, is not held against an initiative; of the country itself, or where figures are entered, the figure.
Limits allow for months that keep some of the last one's deviation. One measure that got worse, or is missing, blocks
green until a named person says why it does not count against it (`excuses`): that is shown, and changes no figure of
the measure.

A measure whose figures stop coming is missing, too: once its last month lies more than three before the last one of
which something is claimed and its pool is told, so that money is never evidenced of months in which nobody looked. Of
an indicator no more is asked than its source has published of the country.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from careatlas.engine.release import Release
from careatlas.improve.delivery.ledger import excuses
from careatlas.improve.delivery.ledger.told import claimed_until, published_until
from careatlas.improve.delivery.models import Claim, Figure, Initiative, Measure, MeasureKind
from careatlas.improve.delivery.months import Series, first_whole_month, in_words, month_of, monthly
from careatlas.improve.evidence.models import Direction
from careatlas.methods.estimate import Numbers
from careatlas.methods.quality_gate import QualityGate, quality_gate

MONTHS_BEFORE = 36
YEARLY_FALSE_ALARM = (
    0.04  # a little below the 5 % promised: months are only about like those it is simulated with
)
CARRIED_OVER = 0.3  # of a month's deviation in the next, as monthly figures of care have it
MOST_BEHIND = 3  # months by which quality may be known later than what is saved: sources differ


@dataclass(frozen=True)
class Quality:
    """Of one initiative: titles of measures that got ``worse`` or are ``missing``; ``false_alarm``: how often a year
    in which nothing happened would be blocked, over all its measures, None where there is nothing to judge by;
    ``last_month``, in words, up to which all are known; ``not_held``: the numbers of those worse or missing.
    ``excuse``: why they do not count against it, and ``excused_by``, a name."""

    measures: int
    worse: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    false_alarm: float | None = None
    last_month: str = ""
    not_held: tuple[int, ...] = ()
    excuse: str = ""
    excused_by: str = ""

    @property
    def is_held(self) -> bool:
        """By the measures alone."""
        return bool(self.measures) and not self.worse and not self.missing

    @property
    def lets_through(self) -> bool:
        """Whether what it claims may count. Nobody can excuse that nothing was to be measured."""
        return self.is_held or bool(self.measures and self.excused_by)

    @property
    def words(self) -> str:
        if not self.measures:
            return "No measure of quality: nothing counts without one."
        told = [f"Got worse: {', '.join(self.worse)}."] if self.worse else []
        if self.missing:
            told.append(f"Missing, or more than {MOST_BEHIND} months behind: {', '.join(self.missing)}.")
        if not told:
            told = [f"Quality held until {self.last_month}."]
        if self.excuse:
            told.append(f"{self.excused_by} says why that does not count against it: {self.excuse}")
        if self.false_alarm is not None:
            told.append(
                f"In {self.false_alarm:.1%} of years in which nothing changes it would be blocked by chance."
            )
        return " ".join(told)


def judged(
    initiatives: Iterable[Initiative], release: Release, beside: Iterable[Claim] = ()
) -> dict[int, Quality]:
    """By initiative; ``beside``: claims that are not kept yet. Those that began in one month with as many measures are
    judged in one call."""
    initiatives = list(initiatives)
    measures = _measures(initiatives)
    every = [one for many in measures.values() for one in many]
    series = _series(every, release)
    until = claimed_until(list(measures), release, beside)
    behind = _behind(every, series, until, release)
    together = defaultdict(list)
    found: dict[int, Quality] = {}
    known: dict[int, int] = {}
    for one in initiatives:
        own = measures[one.pk]
        began = first_whole_month(one.starts_on) if one.starts_on else None
        last = max((max(series[each.pk], default=0) for each in own), default=0)
        known[one.pk] = until.get(one.pk, last)
        if began is None or last < began or not own:
            found[one.pk] = _unknown(own)
        else:
            together[began, last, len(own)].append(one.pk)
    for (began, last, _), numbers in together.items():
        gates = _gates([measures[number] for number in numbers], series, behind, began, last)
        found |= dict(zip(numbers, gates, strict=True))
    return _excused(found, initiatives, known)


def _measures(initiatives: list[Initiative]) -> dict[int, list[Measure]]:
    found: dict[int, list[Measure]] = {one.pk: [] for one in initiatives}
    of_quality = Measure.objects.filter(initiative__in=list(found), kind=MeasureKind.QUALITY)
    for measure in of_quality.order_by("pk"):
        found[measure.initiative_id].append(measure)
    return found


def _series(measures: list[Measure], release: Release) -> dict[int, Series]:
    """By measure: figures by month; of an indicator that the release does not have, none."""
    country = next(code for code, area in release.areas.items() if area["area_type"] == "country")
    areas = defaultdict(set)
    for measure in measures:
        if measure.indicator in release.catalogue["indicators"]:
            areas[measure.indicator] |= {measure.area, country}
    values = {indicator: monthly(release, indicator, "value", codes) for indicator, codes in areas.items()}
    entered = [measure.pk for measure in measures if not measure.indicator]
    found: dict[int, Series] = {number: {} for number in entered}
    figures = Figure.objects.filter(measure__in=entered).values_list("measure", "month", "value")
    for number, month, value in figures.iterator():  # of a country a hundred thousand
        found[number][month_of(month)] = value
    for measure in measures:
        if measure.indicator:
            of_areas = values.get(measure.indicator, {})
            own = of_areas.get(measure.area, {})
            found[measure.pk] = own if measure.area == country else _beyond(own, of_areas.get(country, {}))
    return found


def _beyond(own: Series, country: Series) -> Series:
    return {month: value - country[month] for month, value in own.items() if month in country}


def _behind(
    measures: Iterable[Measure], series: Mapping[int, Series], until: Mapping[int, int], release: Release
) -> set[int]:
    """Numbers of measures that are known less far than what is claimed beside them."""
    measures = list(measures)
    published = published_until(release, {one.indicator for one in measures if one.indicator})
    found = set()
    for one in measures:
        wanted = until.get(one.initiative_id, 0)
        wanted = min(wanted, published.get(one.indicator, 0)) if one.indicator else wanted
        if wanted - max(series[one.pk], default=0) > MOST_BEHIND:
            found.add(one.pk)
    return found


def _gates(
    measures: list[list[Measure]], series: Mapping[int, Series], behind: set[int], began: int, last: int
) -> list[Quality]:
    """Of initiatives that began in one month, each with as many measures."""
    months = range(began - MONTHS_BEFORE, last + 1)
    value = np.array(
        [[[series[one.pk].get(month, np.nan) for month in months] for one in own] for own in measures]
    )
    # Turned so that higher is better throughout: measures of one place may be of either direction.
    sign = np.array([[1.0 if one.better == Direction.HIGHER else -1.0 for one in own] for own in measures])
    turned: Numbers = value * sign[..., None]
    gate = quality_gate(
        turned, MONTHS_BEFORE, [True] * value.shape[1], YEARLY_FALSE_ALARM, carried_over=CARRIED_OVER
    )
    return [_told(own, gate, behind, place, series) for place, own in enumerate(measures)]


def _told(
    own: list[Measure], gate: QualityGate, behind: set[int], place: int, series: Mapping[int, Series]
) -> Quality:
    worse = [one for one, is_worse in zip(own, gate.is_worse[place], strict=True) if is_worse]
    missing = [
        one for one, is_so in zip(own, gate.is_missing[place], strict=True) if is_so or one.pk in behind
    ]
    return Quality(
        len(own),
        tuple(one.title for one in worse),
        tuple(one.title for one in missing),
        float(gate.rule.false_alarm[place]),
        in_words(min(max(series[one.pk], default=0) for one in own)),
        tuple(one.pk for one in own if one in worse or one in missing),
    )


def _unknown(own: list[Measure]) -> Quality:
    """Before the start, or where nothing is known since."""
    titles, numbers = tuple(one.title for one in own), tuple(one.pk for one in own)
    return Quality(len(own), missing=titles, not_held=numbers)


def _excused(
    found: dict[int, Quality], initiatives: Iterable[Initiative], known: Mapping[int, int]
) -> dict[int, Quality]:
    not_held = {number: one.not_held for number, one in found.items() if one.not_held}
    standing = excuses.standing([one for one in initiatives if one.pk in not_held], not_held, known)
    return found | {
        number: replace(found[number], excuse=one.excuse, excused_by=one.excused_by.name)
        for number, one in standing.items()
    }
