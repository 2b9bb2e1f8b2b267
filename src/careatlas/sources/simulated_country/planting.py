"""What happens in the simulated country: which indicators differ and why, who is an outlier, who improved.

The difficulty is fixed here, so that an exam set on this country cannot be made easy: areas differ by .05-.2
(coefficient of variation), a month's noise carries over to the next with correlation .3, there is a season,
one shock year, and effects of 5, 10 and 20 %. Initiatives start after the worst spells, so that regression to
the mean is real; some of them change nothing.
"""

import zlib
from dataclasses import dataclass, field
from datetime import date

import numpy as np

LAST_MONTH = (2026, 1)
NOISE_STANDARD_DEVIATION, NOISE_AUTOCORRELATION = 0.04, 0.3
EFFECTS = (0.05, 0.10, 0.20)
SHOCK_YEAR = (date(2024, 4, 1), date(2025, 3, 31))
SHOCK_FACTOR = 0.88  # activity in the shock year, everywhere
INITIATIVES_OF_EACH_EFFECT = 3
BAD_SPELL_MONTHS, MONTHS_KEPT_BEFORE, MONTHS_KEPT_AFTER = 3, 6, 6


def stream(seed: int, *words: object) -> np.random.Generator:
    """Random numbers of one part of the country: no part depends on the order in which others are made."""
    return np.random.default_rng([seed, zlib.crc32(" ".join(map(str, words)).encode())])


def month_list(months: int, last_month: tuple[int, int] = LAST_MONTH) -> list[date]:
    """First days of the months, the last being ``last_month`` (year, month)."""
    last = last_month[0] * 12 + last_month[1] - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - months + 1, last + 1)]


def season(months: list[date], amplitude: float, peak_month: int) -> np.ndarray:
    return np.array([1 + amplitude * np.cos(2 * np.pi * (month.month - peak_month) / 12) for month in months])


def shock(months: list[date]) -> np.ndarray:
    return np.array([SHOCK_FACTOR if SHOCK_YEAR[0] <= month <= SHOCK_YEAR[1] else 1.0 for month in months])


@dataclass
class Planted:
    """What was planted in one indicator. ``level`` [area, month] multiplies what an average area would have.

    ``acts_on``: what the level multiplies, where that is not the indicator's own value.
    """

    indicator: str
    area_type: str
    varies_by: str  # chance, need, against_need or unexplained
    between_area_cv: float
    areas: list[str]
    relative_risk: np.ndarray
    noise: np.ndarray
    effects: np.ndarray
    outliers: list[dict] = field(default_factory=list)
    initiatives: list[dict] = field(default_factory=list)
    acts_on: str = "value"

    @property
    def level(self) -> np.ndarray:
        return self.lasting * np.exp(self.noise)

    @property
    def lasting(self) -> np.ndarray:
        """The level without the noise that comes and goes: what is the area's own, and what initiatives do."""
        return self.relative_risk[:, None] * self.effects


def plant(
    indicator: str,
    areas: list[str],
    months: list[date],
    seed: int,
    varies_by: str,
    between_area_cv: float = 0.0,
    *,
    need: np.ndarray | None = None,
    worse_is_higher: bool = True,
    area_type: str = "sub_icb",
    ordinary: tuple[str, ...] = (),
    acts_on: str = "value",
) -> Planted:
    """Plant one indicator. ``need``: standardised, for kinds that follow it; ``ordinary`` areas are average.

    Unexplained variation carries six outliers (each effect up and down) and twelve initiatives (three without
    effect, three of each effect); the other kinds carry none, so whatever is found there is a false find.
    """
    rng = stream(seed, "plant", indicator)
    spread = np.sqrt(np.log1p(between_area_cv**2))
    by_chance = varies_by == "chance"
    pattern = {
        "chance": lambda: np.zeros(len(areas)),
        "need": lambda: need,
        "against_need": lambda: -need,
        "unexplained": lambda: rng.standard_normal(len(areas)),
    }[varies_by]()
    planted = Planted(
        indicator=indicator,
        area_type=area_type,
        varies_by=varies_by,
        between_area_cv=between_area_cv,
        areas=areas,
        relative_risk=np.exp(spread * pattern - spread**2 / 2),
        noise=np.zeros((len(areas), len(months))) if by_chance else _noise(rng, len(areas), len(months)),
        effects=np.ones((len(areas), len(months))),
        acts_on=acts_on,
    )
    average = [place for place, area in enumerate(areas) if area in ordinary]
    planted.relative_risk[average] = 1.0
    if varies_by == "unexplained":
        free = [place for place in rng.permutation(len(areas)).tolist() if place not in average]
        _set_outliers(planted, free[:6])
        _start_initiatives(planted, free[6:], months, rng, 1 if worse_is_higher else -1)
    return planted


def _noise(rng: np.random.Generator, areas: int, months: int) -> np.ndarray:
    """Month-to-month noise that partly carries over: stationary, autocorrelation .3."""
    noise = rng.standard_normal((areas, months))
    for month in range(1, months):
        fresh = np.sqrt(1 - NOISE_AUTOCORRELATION**2) * noise[:, month]
        noise[:, month] = NOISE_AUTOCORRELATION * noise[:, month - 1] + fresh
    return noise * NOISE_STANDARD_DEVIATION


def _set_outliers(planted: Planted, places: list[int]) -> None:
    signed = [sign * effect for effect in EFFECTS for sign in (1, -1)]
    for place, effect in zip(places, signed, strict=True):
        planted.relative_risk[place] = 1 + effect
        planted.outliers.append(
            {"indicator": planted.indicator, "area": planted.areas[place], "effect": round(effect, 2)}
        )


def _start_initiatives(
    planted: Planted, places: list[int], months: list[date], rng: np.random.Generator, worse: int
) -> None:
    """Areas in their worst spell start an initiative the month after it; what it does is drawn, 0 to 20 %."""
    candidates = range(MONTHS_KEPT_BEFORE, len(months) - MONTHS_KEPT_AFTER)
    if not candidates:
        return
    spells = np.stack(
        [worse * planted.noise[:, start - BAD_SPELL_MONTHS : start].mean(axis=1) for start in candidates],
        axis=1,
    )
    worst_first = sorted(places, key=lambda place: -spells[place].max())
    effects = np.repeat((0.0, *EFFECTS), INITIATIVES_OF_EACH_EFFECT)
    for place, effect in zip(worst_first, rng.permutation(effects).tolist(), strict=False):
        start = candidates[int(spells[place].argmax())]
        planted.effects[place, start:] *= 1 - worse * effect
        planted.initiatives.append(
            {
                "indicator": planted.indicator,
                "area": planted.areas[place],
                "start": months[start].isoformat(),
                "effect": effect,
                "bad_spell": [month.isoformat() for month in months[start - BAD_SPELL_MONTHS : start]],
                "direction": "down" if worse > 0 else "up",
            }
        )
