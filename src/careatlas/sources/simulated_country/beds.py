"""Beds of the simulated country's acute trusts: the quarterly workbook of beds open overnight, and the monthly beds of
the daily reports.

Trusts differ by chance alone. One trust sends no return in the last quarter: the publisher puts an estimate into the
workbook and says so on its first sheet.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from careatlas.sources.simulated_country import files
from careatlas.sources.simulated_country.emergencies import catchments
from careatlas.sources.simulated_country.geography import Country, Trust
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.planting import plant, season, stream
from careatlas.sources.simulated_country.truth import Truth, month_ends
from careatlas.sources.simulated_country.workbooks import write_workbook

SECTORS = ("General & Acute", "Learning Disabilities", "Maternity", "Mental Illness")
BEDS_PER_1000 = {"General & Acute": 1.9, "Maternity": 0.13}
OCCUPIED = {"General & Acute": 0.91, "Maternity": 0.60}
KINDS = {  # the copy's headings: beds per 1,000, share occupied
    "adult_general_acute_beds": (1.75, 0.93),
    "paediatric_general_acute_beds": (0.12, 0.66),
    "adult_critical_care_beds": (0.30, 0.77),
}
FEWEST_BEDS = 26  # of a kind at a trust: some twenty patients, the fewest events of a cell
BLANK = ("paediatric_intensive_cared_beds", "neonatal_intensive_care_bed")  # no trust here reports them
HEADINGS = ("general_acute_beds", *KINDS, *BLANK)  # in the copy's order
INDICATOR_OF = {
    "adult_general_acute_beds": "adult_acute_beds_occupied",
    "adult_critical_care_beds": "critical_care_beds_occupied",
}
GROUPS = ("Available", "Occupied", "% Occupied")


def write_beds(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    trusts = [country.trusts[place] for place in country.trusts_of_kind("acute")]
    thousands = catchments(country, people)
    _write_situation_reports(into, trusts, thousands, months, seed, truth)
    quarters = [month for month in months if month.month in (4, 7, 10, 1) and _is_whole(month, months)]
    for first in quarters:
        _write_quarter(into, country, trusts, thousands, first, seed, truth, is_last=first == quarters[-1])


def _is_whole(first: date, months: list[date]) -> bool:
    return {first.replace(month=first.month + later) for later in range(3)} <= set(months)


def _write_situation_reports(
    into: Path, trusts: list[Trust], thousands: np.ndarray, months: list[date], seed: int, truth: Truth
) -> None:
    """Whole beds, month by month."""
    codes = [trust.code for trust in trusts]
    shape = len(codes), len(months)
    nothing = np.full(shape, np.nan)
    beds: dict[str, tuple[np.ndarray, np.ndarray]] = {kind: (nothing, nothing) for kind in BLANK}
    for kind, (per_1000, usual) in KINDS.items():
        open_beds = np.maximum(np.round(thousands * per_1000), FEWEST_BEDS).astype(int)
        share = usual * season(months, 0.02, 1)
        available = np.broadcast_to(open_beds[:, None], shape)
        beds[kind] = available, stream(seed, "beds", kind).binomial(available, share)
        written = {"available": int(available.sum()), "occupied": int(beds[kind][1].sum())}
        truth.total("situation_report_beds", kind, written)
        if kind in INDICATOR_OF:
            indicator, period = INDICATOR_OF[kind], month_ends(months[-1])
            truth.planted(plant(indicator, codes, months, seed, "chance", area_type="provider"))
            truth.expect(indicator, period, codes, open_beds * share[-1], open_beds, 100, "provider")
    adults, children = beds["adult_general_acute_beds"], beds["paediatric_general_acute_beds"]
    beds["general_acute_beds"] = adults[0] + children[0], adults[1] + children[1]
    columns = {
        "nhs_trust22_code": pa.array([code for code in codes for _ in months], pa.large_string()),
        "date": pa.array([f"{month:%B %Y}" for _ in codes for month in months], pa.large_string()),
    }
    for kind in HEADINGS:
        columns |= _as_published(kind, *beds[kind])
    files.write_parquet(into / "england_critical_general_acute_beds.parquet", columns)


def _as_published(kind: str, available: np.ndarray, occupied: np.ndarray) -> dict[str, pa.Array]:
    """Beds and the share of them, whose heading leaves the beds out in critical care."""
    rate = kind if "acute" in kind else kind.removesuffix("_beds").removesuffix("_bed")
    columns = {
        f"{kind}_available": available,
        f"{kind}_occupied": occupied,
        f"{rate}_occupancy_rate": np.round(occupied / available, 3),
    }
    return {
        heading: pa.array(figures.ravel(), pa.float64(), from_pandas=True)
        for heading, figures in columns.items()
    }


def _write_quarter(
    into: Path,
    country: Country,
    trusts: list[Trust],
    thousands: np.ndarray,
    first: date,
    seed: int,
    truth: Truth,
    *,
    is_last: bool,
) -> None:
    rng = stream(seed, "overnight beds", first)
    beds = np.stack([np.round(thousands * BEDS_PER_1000.get(sector, 0.0)) for sector in SECTORS], axis=1)
    occupied = rng.binomial(beds.astype(int), [OCCUPIED.get(sector, 0.0) for sector in SECTORS]).astype(float)
    year = first.year if first.month >= 4 else first.year - 1
    named = f"Q{(first.month - 4) % 12 // 3 + 1}-{year}-{(year + 1) % 100:02}"
    end = month_ends(first.replace(month=first.month + 2))[1]
    estimated = trusts[len(trusts) // 2] if is_last else None
    lines = _lines(country, trusts, f"{year}-{(year + 1) % 100:02}", f"{end:%B}", beds, occupied)
    write_workbook(
        into / f"Beds-Open-Overnight-Web_File-{named}.xlsx",
        {"Data Quality": _quality(estimated), "NHS Trust by Sector": lines},
    )
    truth.total("overnight_beds", named, {"available": beds.sum(), "occupied": occupied.sum()})
    if is_last:
        truth.note(
            "estimated_return", {"provider": estimated.code, "period": [first.isoformat(), end.isoformat()]}
        )
        share, reported = OCCUPIED["General & Acute"], [trust is not estimated for trust in trusts]
        truth.expect(
            "general_acute_beds_occupied",
            (first, end),
            [trust.code for trust in trusts if trust is not estimated],
            beds[reported, 0] * share,
            beds[reported, 0],
            100,
            "provider",
        )


def _quality(estimated: Trust | None) -> list[list[str]]:
    named = [[estimated.code, estimated.name]] if estimated else []
    return [
        ["Data Quality KH03"],
        [],
        ["The following trusts did not submit and an estimate was submitted on their behalf:"],
        *named,
    ]


def _lines(
    country: Country, trusts: list[Trust], year: str, month: str, beds: np.ndarray, occupied: np.ndarray
) -> list[list]:
    """The sheet by sector: the country, a blank line, the trusts; figures under three groups of headings."""
    headings = ["Total ", *SECTORS]
    groups = [text for group in GROUPS for text in (group, *[""] * len(headings))]
    rows = [
        ["", year, month, country.region_of(trust.seat).code, trust.code, trust.name, *_figures(*figures)]
        for trust, *figures in zip(trusts, beds, occupied, strict=True)
    ]
    return [
        [],
        ["", "Title:", "Average daily number of available and occupied beds open overnight by sector"],
        ["", "Source:", "KH03, invented"],
        ["", "Basis:", "Provider"],
        [],
        ["", "Provider Level Data"],
        [*[""] * 6, *groups],
        [*["", "Year", "Period End", "Region Code", "Org Code", "Org Name"], *([*headings, ""] * 3)[:-1]],
        ["", year, month, "", "", country.name, *_figures(beds.sum(axis=0), occupied.sum(axis=0))],
        [],
        *rows,
    ]


def _figures(beds: np.ndarray, occupied: np.ndarray) -> list[float | str]:
    available, taken = [beds.sum(), *beds], [occupied.sum(), *occupied]
    shares = [part / whole if whole else "-" for part, whole in zip(taken, available, strict=True)]
    return [*available, "", *taken, "", *shares]
