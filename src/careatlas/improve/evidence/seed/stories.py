"""What the owners of the simulated country tell of, and in which words.

Ninety-six examples are of initiatives that the simulator planted, as many with no effect as with 5, 10 and 20 %: half
of them fixed what they are measured by before it began. Twenty-four are of places where nothing happened, whose owners
chose the indicator and the date at which they look best.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import numpy as np

from careatlas.catalogue.made_up import MadeUp, load_made_up
from careatlas.engine.release import Release
from careatlas.improve.evidence.measuring import on_offer
from careatlas.improve.evidence.measuring.fixed import known_until
from careatlas.improve.evidence.writing.sections import workstreams
from careatlas.improve.people.models import Organisation

OF_EACH_EFFECT, AT_THEIR_BEST = 24, 24
SMALLEST = "sub_icb"
Row = dict[str, Any]


class Told(NamedTuple):
    """What one owner tells of: ``planted``, the share by which it truly changed the figure."""

    indicator: str
    area: str
    starts_on: date
    direction: str
    planted: float
    is_registered: bool
    is_at_its_best: bool


def what_is_told(
    release: Release, initiatives: Sequence[Row], by_lot: np.random.Generator
) -> tuple[list[Told], list[Told]]:
    """The examples, and the initiatives that nobody wrote up: others may have adopted from them."""
    measurable = [
        _of_initiative(release, row, bool(by_lot.integers(2)))
        for row in initiatives
        if row["indicator"] in release.catalogue["with_values"]
    ]
    told: list[Told] = []
    for share in sorted({one.planted for one in measurable}):
        of_share = [one for one in measurable if one.planted == share]
        told += [of_share[place] for place in by_lot.permutation(len(of_share))[:OF_EACH_EFFECT]]
    left = [one for one in measurable if one not in told]
    busy = {one.area for one in measurable}
    return told + _at_their_best(release, busy, by_lot), left


def _of_initiative(release: Release, row: Row, is_registered: bool) -> Told:
    better = on_offer.IMPROVES[on_offer.polarity(release, row["indicator"])]
    direction = better[0] if len(better) == 1 else {"up": "higher", "down": "lower"}[row["direction"]]
    start = date.fromisoformat(row["start"])
    return Told(row["indicator"], row["area"], start, direction, row["effect"], is_registered, False)


def _at_their_best(release: Release, busy: set[str], by_lot: np.random.Generator) -> list[Told]:
    """Places with no initiative at all, each with whatever looks best there."""
    best = _best_of_each(release)
    quiet = sorted(set(best) - busy)
    return [best[quiet[place]] for place in by_lot.permutation(len(quiet))[:AT_THEIR_BEST]]


def _best_of_each(release: Release) -> dict[str, Told]:
    """By area of the smallest level: the indicator, date and direction whose change stands out most."""
    best: dict[str, tuple[float, Told]] = {}
    for indicator in release.catalogue["with_values"]:
        if SMALLEST not in release.catalogue["indicators"][indicator]["area_types"]:
            continue
        each = on_offer.tried(release, indicator, SMALLEST)
        for start, turn in each.starts.items() if each else ():
            for direction in on_offer.IMPROVES[on_offer.polarity(release, indicator)]:
                z = -turn.z if direction == "lower" else turn.z
                for place in np.flatnonzero(~np.isnan(z)):
                    area = each.series.areas[place]
                    if area not in best or z[place] > best[area][0]:
                        day = each.series.start(start)
                        best[area] = z[place], Told(indicator, area, day, direction, 0.0, False, True)
    return {area: told for area, (_, told) in best.items()}


def measured_by(release: Release, told: Told) -> Row:
    """Who fixed it beforehand did so on the first day, when the last month on file was the one before."""
    if told.is_registered:
        stamped, until = told.starts_on, told.starts_on - timedelta(days=1)
    else:
        stamped = date.fromisoformat(str(_last_day(release))) + timedelta(days=30)
        until = known_until(release, told.indicator, told.area)
    return {
        "indicator": told.indicator,
        "area": told.area,
        "starts_on": told.starts_on,
        "direction": told.direction,
        "fixed_at": datetime.combine(stamped, time(9), UTC),
        "fixed_in": release.id,
        "known_until": until,
    }


def _last_day(release: Release) -> date:
    return max(row["period_end"] for row in release.rows("values", ["period_end"], area_type="country"))


def words_of(release: Release, told: Told, owner: Organisation, by_lot: np.random.Generator) -> Row:
    """What the owner says. Claims follow hope more than effect, as claims do."""
    account, about = _account(told, by_lot), release.catalogue["indicators"][told.indicator]
    topic = about["short_title"]
    topic = topic if topic[:2].isupper() else topic[:1].lower() + topic[1:]
    cost, hoped = int(by_lot.integers(5, 120)) * 1000, float(by_lot.uniform(0.03, 0.25))
    cash, avoided, capacity = (int(by_lot.integers(0, 60)) * 5000 for _ in range(3))
    programme = (
        about["programme"] if about["programme"] in release.catalogue["programmes"] else "productive_care"
    )
    return {
        "title": f"{account.title.format(topic=topic)}: {owner.name}"[:160],
        "summary": f"{account.done} We think that {topic} changed by about {hoped:.0%}.",
        "setting": account.setting,
        "programme": programme,
        "workstreams": [programme] if programme in workstreams(release) else [],
        "problem": f"{account.problem} In {owner.name} this showed in the figures for {topic}.",
        "what_was_done": f"{account.done}\n\n- **Who:** a team of {by_lot.integers(2, 9)}.\n"
        f"- **When:** from {told.starts_on:%B %Y} on.\n- **Where:** {owner.name}.",
        "who_should_consider": f"Places whose figures for {topic} have been {_worse(told)} for long.",
        "cost_to_start_gbp": cost,
        "cost_a_year_gbp": cost // 4,
        "saving_cash_gbp": cash if by_lot.integers(2) else None,
        "saving_cost_avoided_gbp": avoided,
        "saving_capacity_gbp": capacity,
        "how_money_is_realised": "The budget line is cut at the end of the year, by name."
        if cash > 150_000
        else "No budget is cut: the time is used for others.",
        "quality_effect": "Patients were asked before and after. Nothing got worse that we looked at.",
        "evidence": "Our own figures by month, and a visit to a place that had done it before.",
        "implementation": f"It took {by_lot.integers(4, 30)} weeks. What went wrong: we told people too late.",
        "enablers": account.enablers,
        "how_measured": f"The atlas's figures for {topic}, and a count of our own every Friday.",
    }


def _account(told: Told, by_lot: np.random.Generator) -> MadeUp:
    own = [one for one in load_made_up() if one.indicator == told.indicator]
    known = own or [one for one in load_made_up() if not one.indicator]
    return known[by_lot.integers(len(known))]


def _worse(told: Told) -> str:
    return "high" if told.direction == "lower" else "low"
