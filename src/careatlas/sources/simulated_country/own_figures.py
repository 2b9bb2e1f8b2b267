"""Figures of the simulated country that no publisher gives: one file in the simple layout of a reader's own.

Money, theatres, staff, diabetes, stroke and the like: monthly for acute trusts, by financial year where accounts and
audits are yearly. Money is counted in thousands of pounds, each drawn as one event, as the indicators take it to be.
"""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from careatlas.sources.simulated_country import files
from careatlas.sources.simulated_country.emergencies import catchments
from careatlas.sources.simulated_country.geography import Country
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.planting import plant, season, shock, stream
from careatlas.sources.simulated_country.truth import Truth, month_ends

YEARS = ("2021/22", "2022/23", "2023/24", "2024/25")
LARGEST_SHARE = 0.98


class Own(NamedTuple):
    """A figure, which is an indicator's id: why areas differ and by how much (coefficient of variation).

    ``size_per_1000``: the denominator of a period for each 1,000 people served. ``level``: the count for each one of
    it, on average; a share of it where ``is_share``. ``multiplier``: as the indicator has it.
    """

    figure: str
    varies_by: str
    cv: float
    size_per_1000: float
    level: float
    multiplier: float = 100
    is_share: bool = True
    worse_is_higher: bool = True


OF_TRUSTS_MONTHLY = (
    Own("theatre_time_used", "unexplained", 0.06, 18.0, 0.70, worse_is_higher=False),
    Own("length_of_emergency_stay", "unexplained", 0.10, 2.0, 7.0, multiplier=1, is_share=False),
    Own("emergency_readmissions", "chance", 0.0, 8.0, 0.14),
    Own("sickness_absence", "unexplained", 0.10, 250.0, 0.05),
    Own("overtime", "chance", 0.0, 1200.0, 0.012),
    Own("agency_spend", "chance", 0.0, 45.0, 0.03),
    Own("patient_experience", "chance", 0.0, 5.0, 0.93, worse_is_higher=False),
)
OF_TRUSTS_YEARLY = (
    Own("back_office_costs", "chance", 0.0, 800.0, 0.06),
    Own("procurement_under_contract", "chance", 0.0, 160.0, 0.78, worse_is_higher=False),
)
OF_SUB_AREAS = (
    Own("spend_on_circulation", "need", 0.10, 1000.0, 0.130, multiplier=1000, is_share=False),
    Own("spend_on_respiratory", "against_need", 0.08, 1000.0, 0.080, multiplier=1000, is_share=False),
    Own("spend_on_mental_health", "need", 0.15, 1000.0, 0.210, multiplier=1000, is_share=False),
    Own("diabetes_eight_care_processes", "against_need", 0.06, 70.0, 0.60, worse_is_higher=False),
    Own("diabetes_foot_check", "chance", 0.0, 70.0, 0.75, worse_is_higher=False),
    Own("stroke_unit_within_four_hours", "against_need", 0.10, 1.5, 0.55, worse_is_higher=False),
)
OF_BOARDS = (
    Own("cancer_emergency_bed_days", "chance", 0.0, 4.8, 2.0, is_share=False),
    Own("hybrid_closed_loop", "chance", 0.0, 4.5, 0.25, worse_is_higher=False),
)


class Served(NamedTuple):
    """Areas of one type, and thousands of people that each serves. ``need``: standardised, where areas have it."""

    area_type: str
    codes: list[str]
    thousands: np.ndarray
    need: np.ndarray | None = None


class Drawn(NamedTuple):
    """One figure of every area and period, and what would be counted but for chance."""

    count: np.ndarray
    expected: np.ndarray
    denominator: np.ndarray


def write_own_figures(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    trusts, sub_areas, boards = _served(country, people)
    years = [date(int(year[:4]), 4, 1) for year in YEARS]
    busy = season(months, 0.05, 1) * shock(months)
    month_names, last_month = [f"{month:%Y-%m}" for month in months], month_ends(months[-1])
    last_year = years[-1], date(years[-1].year + 1, 3, 31)
    columns: dict[str, list] = {name: [] for name in ("figure", "area", "period", "count", "denominator")}
    for figures, served, starts, busyness, names, last in (
        (OF_TRUSTS_MONTHLY, trusts, months, busy, month_names, last_month),
        (OF_TRUSTS_YEARLY, trusts, years, np.ones(len(years)), list(YEARS), last_year),
        (OF_SUB_AREAS, sub_areas, years, np.ones(len(years)), list(YEARS), last_year),
        (OF_BOARDS, boards, years, np.ones(len(years)), list(YEARS), last_year),
    ):
        for own in figures:
            drawn = _drawn(own, served, starts, busyness, seed, truth)
            _add_rows(columns, own.figure, served.codes, names, drawn)
            truth.total("own_figures", own.figure, [int(drawn.count.sum()), int(drawn.denominator.sum())])
            truth.expect(
                own.figure,
                last,
                served.codes,
                drawn.expected[:, -1],
                drawn.denominator[:, -1],
                own.multiplier,
                served.area_type,
            )
    files.write_bytes(into / "own_figures.csv", files.csv_bytes(columns))


def _served(country: Country, people: People) -> tuple[Served, Served, Served]:
    """Acute trusts, sub-areas and boards."""
    registered = people.registered_in_areas() / 1000
    trusts = [country.trusts[place].code for place in country.trusts_of_kind("acute")]
    return (
        Served("provider", trusts, catchments(country, people)),
        Served("sub_icb", [area.code for area in country.sub_areas], registered, people.need),
        Served(
            "icb",
            [board.code for board in country.boards],
            np.bincount(country.board_index, weights=registered),
        ),
    )


def _drawn(own: Own, served: Served, starts: list[date], busy: np.ndarray, seed: int, truth: Truth) -> Drawn:
    planted = truth.planted(
        plant(
            own.figure,
            served.codes,
            starts,
            seed,
            own.varies_by,
            own.cv,
            need=served.need,
            worse_is_higher=own.worse_is_higher,
            area_type=served.area_type,
        )
    )
    rng = stream(seed, "own figures", own.figure)
    denominator = np.rint(served.thousands[:, None] * own.size_per_1000 * busy).astype(int)
    level = own.level * planted.level
    if own.is_share:
        level = np.minimum(level, LARGEST_SHARE)
        return Drawn(rng.binomial(denominator, level), denominator * level, denominator)
    return Drawn(rng.poisson(denominator * level), denominator * level, denominator)


def _add_rows(
    columns: dict[str, list], figure: str, codes: list[str], names: list[str], drawn: Drawn
) -> None:
    columns["figure"] += [figure] * drawn.count.size
    columns["area"] += [code for code in codes for _ in names]
    columns["period"] += names * len(codes)
    columns["count"] += drawn.count.ravel().tolist()
    columns["denominator"] += drawn.denominator.ravel().tolist()
