"""Gap pairs: two areas that border, lie near, or belong to one board, and how far their figures are apart.

Use it to find whom to ring: neighbours share patients, hospitals and weather, so a wide gap between them is the
first to look into. Not to call a gap real: with one period on file the row says that it cannot show persistence.

A gap is a ratio of two values, larger over smaller. Rates are held to each other as logarithms, proportions as
arcsines of the root, standardised figures and means on their own scale by their limits. Areas differ for a hundred
small reasons, so both values vary by the variance between areas (tau2) beside their counting error; with twelve
periods or more by no less than what comes and goes from one to the next. The interval and q (false discovery rate
among the pairs shown) therefore say whether two areas are further apart than areas of this country ordinarily are;
periods sustained say how long one has been above the other beyond chance. An area without a full return is in no pair.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import ndtr

from careatlas.errors import NotKnownError
from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.estimate import Numbers, divide
from careatlas.methods.false_discovery import false_discovery
from careatlas.methods.intervals import normal_quantile
from careatlas.methods.overdispersion import FEW_AREAS
from careatlas.methods.placing import ENOUGH_PERIODS, scores_by_method
from careatlas.methods.proportion import proportion
from careatlas.methods.ranking import Scores
from careatlas.methods.waterfall import come_and_go
from careatlas.present.numbers import is_full_return
from careatlas.present.periods import unbroken

Row = dict[str, Any]
Period = tuple[date, date]
Pair = tuple[int, int, Row]  # two places in a list of areas, and why they are a pair
FIGURES = ("value", "lower_95", "upper_95", "count", "denominator")
RATES = ("crude_rate", "need_weighted_rate")
NEAREST = 3


@dataclass(frozen=True)
class Panel:
    """Figures of one indicator and area type, by name (FIGURES), each ``[period, area]``; NaN without a full
    return. ``periods`` follow one another without a break, the latest last."""

    areas: list[str]
    periods: list[Period]
    figures: Mapping[str, Numbers]


def panel(values: pa.Table, last: Period) -> Panel:
    """The unbroken run of periods that ends with ``last``, from rows of the ``values`` table."""
    is_full = [is_full_return(row) for row in values.select(["status", "estimated"]).to_pylist()]
    needed = values.select(["area", "period_start", "period_end", *FIGURES])
    rows = needed.filter(pa.array(is_full, pa.bool_())).to_pandas()
    on_file = set(zip(rows["period_start"], rows["period_end"], strict=True)) | {last}
    periods = unbroken(on_file, last)
    places = {end: place for place, (_, end) in enumerate(periods)}
    rows = rows[rows["period_end"].isin(places)]
    areas = sorted(set(rows["area"]))
    at = rows["period_end"].map(places).to_numpy(int), np.searchsorted(areas, rows["area"])
    figures = {name: np.full((len(periods), len(areas)), np.nan) for name in FIGURES}
    for name, array in figures.items():
        array[at] = rows[name]
    return Panel(areas, periods, figures)


def gap_pairs(
    given: Panel,
    neighbours: Sequence[Row],
    method: str,
    multiplier: float = 1,
    window: int = 1,
    above: str = "board",
) -> list[Row]:
    """A row for each pair of ``neighbours`` (rows of that table), the surest gap first: by the ratio's lower limit.

    Over the last ``window`` periods together; an area needs a full return in each of them. The larger value stands
    first. ``above`` is what the level above is called. Refuses a window of figures that are not sums of counts, or
    longer than the periods that follow one another.
    """
    over_time = scores_by_method(method, *(given.figures[name] for name in FIGURES))
    shown = _together(given, method, multiplier, window)
    scores = _latest(over_time) if window == 1 else scores_by_method(method, *(shown[n] for n in FIGURES))
    pairs = _pairs_known(neighbours, given.areas, shown["value"] + scores.score)
    if not pairs:
        return []
    first, second = _larger_first(pairs, shown["value"])
    comes_and_goes = _comes_and_goes(given, over_time, method)
    found = {
        **_sides(shown, first, second),
        **_ratios(scores, comes_and_goes / window, first, second, method),
        "periods_sustained": _sustained(over_time, comes_and_goes, first, second),
    }
    said = {
        "period_start": given.periods[-window][0],
        "period_end": given.periods[-1][1],
        "note": _note(len(given.periods), np.count_nonzero(~np.isnan(scores.score))),
    }
    numbers = zip(*map(_plain, found.values()), strict=True)
    rows = [
        {"area": given.areas[one], "other_area": given.areas[other], **said}
        | {name: pair[name] for name in ("miles", "shares_border", "same_parent")}
        | dict(zip(found, of_pair, strict=True))
        | {"relation": _relation(pair, above)}
        for one, other, (_, _, pair), of_pair in zip(first, second, pairs, numbers, strict=True)
    ]
    return sorted(rows, key=lambda row: (-row["ratio_lower"], row["area"], row["other_area"]))


def _latest(over_time: Scores) -> Scores:
    return Scores(*(numbers[-1] for numbers in np.broadcast_arrays(*over_time)))


def _together(given: Panel, method: str, multiplier: float, window: int) -> dict[str, Numbers]:
    """Figures ``[area]`` of the last periods taken together: counts summed, and the value worked out from the sums."""
    if window == 1:
        return {name: given.figures[name][-1] for name in FIGURES}
    if method not in (*RATES, "proportion"):
        raise NotKnownError(
            f"{window} periods",
            f"values by {method} are not sums of counts.",
            "Ask for one period at a time.",
        )
    if window > len(given.periods):
        raise NotKnownError(
            f"{window} periods", f"only {len(given.periods)} follow one another on file.", "Ask for fewer."
        )
    count, denominator = (given.figures[name][-window:].sum(axis=0) for name in ("count", "denominator"))
    estimator = proportion if method == "proportion" else crude_rate
    value, lower, upper = estimator(count, denominator, multiplier)
    return dict(zip(FIGURES, (value, lower, upper, count, denominator), strict=True))


def _larger_first(pairs: Sequence[Pair], value: Numbers) -> tuple[np.ndarray, np.ndarray]:
    one, other = np.array([pair[:2] for pair in pairs]).T
    is_turned = value[other] > value[one]
    return np.where(is_turned, other, one), np.where(is_turned, one, other)


def _sides(shown: Mapping[str, Numbers], first: np.ndarray, second: np.ndarray) -> dict[str, Numbers]:
    value, other_value = shown["value"][first], shown["value"][second]
    return {
        **{name: shown[name][first] for name in FIGURES[:3]},
        **{f"other_{name}": shown[name][second] for name in FIGURES[:3]},
        "ratio": divide(value, other_value),
        "difference": value - other_value,
    }


def _comes_and_goes(given: Panel, over_time: Scores, method: str) -> float:
    """The variance of scores from period to period beyond chance; 0 while periods are too few to tell it.

    ``come_and_go`` takes counts. A score that is no logarithm of a count stands for as many events as would have
    its error, centre squared over variance.
    """
    if len(given.periods) < ENOUGH_PERIODS:
        return 0.0
    if method in RATES:
        variance = come_and_go(given.figures["count"].T, given.figures["denominator"].T)
    else:
        centre = np.nanmean(over_time.score)
        per_score = divide(centre, over_time.chance)
        variance = centre**2 * come_and_go((over_time.score * per_score).T, (centre * per_score).T)
    return float(np.nan_to_num(variance))


def _ratios(
    scores: Scores, comes_and_goes: float, first: np.ndarray, second: np.ndarray, method: str
) -> dict[str, Numbers]:
    """Limits of the ratio and q of each pair.

    The variance between areas was worked out beside counting error alone, so what comes and goes is part of it; it
    is never less than that. Limits of the difference of scores are laid half to each side of the pair's middle and
    brought back to the scale of the value: the ratio's limits leave 1 out exactly where p is below .05.
    """
    variance = scores.chance + np.fmax(scores.between, comes_and_goes)
    error = np.sqrt(variance[first] + variance[second])
    difference = scores.score[first] - scores.score[second]
    middle = (scores.score[first] + scores.score[second]) / 2
    limits = difference + normal_quantile(0.95) * np.outer([-1, 1], error)
    larger, smaller = _as_values(middle + limits / 2, method), _as_values(middle - limits / 2, method)
    lower, upper = divide(larger, smaller)
    return {
        "ratio_lower": np.nan_to_num(lower),
        "ratio_upper": upper,
        "q": false_discovery(2 * ndtr(-np.abs(divide(difference, error)))),
    }


def _as_values(score: Numbers, method: str) -> Numbers:
    """From the scale of the score to one on which ratios are those of the values; no value is below zero."""
    if method in RATES:
        return np.exp(score)
    if method == "proportion":
        return np.sin(np.clip(score, 0, np.pi / 2)) ** 2
    return np.maximum(score, 0)


def _sustained(
    over_time: Scores, comes_and_goes: float, first: np.ndarray, second: np.ndarray
) -> NDArray[np.int_]:
    """How many periods in a row, the last one included, the first area was higher beyond chance (95 %)."""
    score, chance = np.broadcast_arrays(over_time.score, over_time.chance)
    variance = chance[:, first] + chance[:, second] + 2 * comes_and_goes
    reach = normal_quantile(0.95) * np.sqrt(variance)
    is_higher = score[:, first] - score[:, second] > reach  # False where either made no full return
    return np.cumprod(is_higher[::-1], axis=0).sum(axis=0)


def _pairs_known(neighbours: Sequence[Row], areas: list[str], score: Numbers) -> list[Pair]:
    """Each pair once, as positions in ``areas``, with the nearness of whichever side is nearer."""
    places = {area: place for place, area in enumerate(areas) if not np.isnan(score[place])}
    found: dict[tuple[int, int], Row] = {}
    for row in neighbours:
        if row["area"] in places and row["other_area"] in places:
            one, other = sorted((places[row["area"]], places[row["other_area"]]))
            sides = [side["nearness"] for side in (found.get((one, other)), row) if side and side["nearness"]]
            found[one, other] = {**row, "nearness": min(sides, default=None)}
    return [(one, other, pair) for (one, other), pair in found.items()]


def _relation(pair: Row, above: str) -> str:
    reasons = {
        "share a border": pair["shares_border"],
        "among the nearest three": pair["nearness"] is not None and pair["nearness"] <= NEAREST,
        f"same {above}": pair["same_parent"],
    }
    return ", ".join(words for words, is_so in reasons.items() if is_so)


def _note(periods: int, areas: int) -> str:
    """What the interval allows for, and what it cannot show; a line each."""
    if periods == 1:
        said = "counting error only: cannot show persistence"
    elif periods < ENOUGH_PERIODS:
        needed = f"{ENOUGH_PERIODS} are needed to tell what comes and goes"
        said = f"counting error only: {periods} periods follow one another, and {needed}"
    else:
        said = f"allows for what comes and goes between {periods} periods"
    few = f"\nthe variance between areas rests on {areas} of them and is uncertain"
    return said + few if areas < FEW_AREAS else said


def _plain(numbers: np.ndarray) -> list[float | int | None]:
    finite = np.isfinite(numbers).tolist()
    return [one if is_number else None for one, is_number in zip(numbers.tolist(), finite, strict=True)]
