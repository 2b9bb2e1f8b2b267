"""Cancer waits of the simulated country: an extract of each half of a financial year, by acute trust.

As in the publisher's own, treatments stand there twice: by cancer type and by kind of treatment. Trusts differ, and
some improve, in the share treated within 62 days; in the other shares by chance alone. A tenth of the patients of 62
days is shared by two trusts and counts half at each.
"""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path

import numpy as np

from careatlas.sources.simulated_country.emergencies import catchments
from careatlas.sources.simulated_country.geography import Country
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.planting import plant, shock, stream
from careatlas.sources.simulated_country.truth import Truth, month_ends
from careatlas.sources.simulated_country.workbooks import write_workbook

HEADINGS = ["PERIOD", "YEAR", "MONTH", "STANDARD", "ORG CODE", "STAGE/ROUTE", "TREATMENT MODALITY", "CANCER TYPE",
            "TOTAL TREATED", "WITHIN STANDARD", "BREACHES"]  # fmt: skip
DIAGNOSED_PER_1000, TREATED_PER_1000, REFERRED_AND_TREATED_PER_1000 = 4.6, 1.0, 0.5
TOLD_IN_28_DAYS, TREATED_IN_62_DAYS, MOST_IN_TIME = 0.76, 0.60, 0.98
SHARED_BY_TWO_TRUSTS = 0.1
SUSPECTED = {
    ("URGENT SUSPECTED CANCER", "Suspected breast cancer"): 0.35,
    ("URGENT SUSPECTED CANCER", "Suspected skin cancer"): 0.55,
    ("NATIONAL SCREENING PROGRAMME", "Suspected breast cancer"): 0.10,
}
CANCERS = {"Breast": 0.6, "Lung": 0.4}
MODALITIES = {"Surgery": 0.4, "Anti-cancer drug regimen": 0.6}
IN_31_DAYS = {"Surgery": 0.85, "Anti-cancer drug regimen": 0.98}
STAGES = {"First Treatment": 0.55, "Subsequent Treatment": 0.45}
ROUTES = {"Urgent Suspected Cancer": 0.65, "Consultant Upgrade": 0.35}
Row = tuple[
    str, str, str, str | None, str, float, float
]  # standard, trust, route, modality, cancer, ended, within


def write_cancer_waits(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    codes = [country.trusts[place].code for place in country.trusts_of_kind("acute")]
    thousands = catchments(country, people)[:, None] * shock(months)
    planted = truth.planted(
        plant(
            "cancer_treatment_62_days",
            codes,
            months,
            seed,
            "unexplained",
            0.1,
            worse_is_higher=False,
            area_type="provider",
        )
    )
    in_62_days = np.minimum(TREATED_IN_62_DAYS * planted.level, MOST_IN_TIME)
    _tell(truth, codes, months, seed, thousands, in_62_days)
    rows = {
        month: [
            *_diagnoses(stream(seed, "cancer diagnoses", month), codes, thousands[:, place]),
            *_treatments(stream(seed, "cancer treatments", month), codes, thousands[:, place]),
            *_referred(
                stream(seed, "cancer referrals", month), codes, thousands[:, place], in_62_days[:, place]
            ),
        ]
        for place, month in enumerate(months)
    }
    for month, written in rows.items():
        truth.total("cancer_waits", f"{month:%Y-%m}", _totals(written))
    for _half, together in groupby(months, key=lambda month: (12 * month.year + month.month - 4) // 6):
        _write_extract(into, {month: rows[month] for month in together})


def _diagnoses(rng: np.random.Generator, codes: list[str], thousands: np.ndarray) -> Iterator[Row]:
    for (route, cancer), share in SUSPECTED.items():
        told = rng.poisson(thousands * DIAGNOSED_PER_1000 * share)
        in_time = rng.binomial(told, TOLD_IN_28_DAYS)
        for code, ended, within in zip(codes, told.tolist(), in_time.tolist(), strict=True):
            yield "28-day FDS", code, route, None, cancer, ended, within


def _treatments(rng: np.random.Generator, codes: list[str], thousands: np.ndarray) -> Iterator[Row]:
    within_share = np.array([IN_31_DAYS[modality] for modality in MODALITIES])
    for stage, share in STAGES.items():
        ended = rng.poisson(thousands[:, None, None] * TREATED_PER_1000 * share * _by_cancer_and_modality())
        yield from _both_cuts("31-day Combined", codes, stage, ended, rng.binomial(ended, within_share))


def _referred(
    rng: np.random.Generator, codes: list[str], thousands: np.ndarray, in_time: np.ndarray
) -> Iterator[Row]:
    for route, share in ROUTES.items():
        mean = thousands[:, None, None] * REFERRED_AND_TREATED_PER_1000 * share * _by_cancer_and_modality()
        own, shared = (
            rng.poisson(mean * (1 - SHARED_BY_TWO_TRUSTS)),
            rng.poisson(2 * mean * SHARED_BY_TWO_TRUSTS),
        )
        own_in_time, shared_in_time = (rng.binomial(each, in_time[:, None, None]) for each in (own, shared))
        ended, within = own + shared / 2, own_in_time + shared_in_time / 2
        yield from _both_cuts("62-day Combined", codes, route, ended, within)


def _by_cancer_and_modality() -> np.ndarray:
    return np.outer(list(CANCERS.values()), list(MODALITIES.values()))


def _both_cuts(
    standard: str, codes: list[str], route: str, ended: np.ndarray, within: np.ndarray
) -> Iterator[Row]:
    """Waits [trust, cancer, modality] first by cancer type, then by kind of treatment; what nobody had is not told."""
    cuts = {
        2: [("ALL MODALITIES", cancer) for cancer in CANCERS],
        1: [(each, "ALL CANCERS") for each in MODALITIES],
    }
    for summed_over, labels in cuts.items():
        for code, all_ended, all_within in zip(
            codes, ended.sum(axis=summed_over), within.sum(axis=summed_over), strict=True
        ):
            for (modality, cancer), count, in_time in zip(labels, all_ended, all_within, strict=True):
                if count:
                    yield standard, code, route, modality, cancer, float(count), float(in_time)


def _write_extract(into: Path, rows: dict[date, list[Row]]) -> None:
    first, last = min(rows), max(rows)
    cells = [
        [month, _financial_year(month), f"{month:%b}".upper(), *row, row[-2] - row[-1]]
        for month, of_month in rows.items()
        for row in of_month
    ]
    name = f"CWT-CRS-{first:%b-%Y}-to-{last:%b-%Y}-Data-Extract-Provider-Final.xlsx"
    write_workbook(into / name, {"CWT CRS Provider Extract": [HEADINGS, *cells]})


def _financial_year(month: date) -> str:
    first = month.year if month.month >= 4 else month.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


def _totals(rows: list[Row]) -> dict[str, float]:
    """Waits by standard, each once: by cancer type."""
    totals: dict[str, float] = {}
    for standard, _trust, _route, modality, _cancer, ended, _within in rows:
        if modality in (None, "ALL MODALITIES"):
            totals[standard] = totals.get(standard, 0.0) + ended
    return totals


def _tell(
    truth: Truth,
    codes: list[str],
    months: list[date],
    seed: int,
    thousands: np.ndarray,
    in_62_days: np.ndarray,
) -> None:
    """The planted levels of the last month: what would be counted but for chance."""
    of_surgery = MODALITIES["Surgery"]
    in_31_days = sum(share * IN_31_DAYS[modality] for modality, share in MODALITIES.items())
    ordinary = {
        "cancer_diagnosis_28_days": (DIAGNOSED_PER_1000, TOLD_IN_28_DAYS),
        "cancer_treatment_31_days": (TREATED_PER_1000, in_31_days),
        "cancer_surgery_31_days": (TREATED_PER_1000 * of_surgery, IN_31_DAYS["Surgery"]),
    }
    last, period = thousands[:, -1], month_ends(months[-1])
    for indicator, (per_1000, share) in ordinary.items():
        truth.planted(plant(indicator, codes, months, seed, "chance", area_type="provider"))
        truth.expect(indicator, period, codes, last * per_1000 * share, last * per_1000, 100, "provider")
    treated = last * REFERRED_AND_TREATED_PER_1000
    truth.expect(
        "cancer_treatment_62_days", period, codes, treated * in_62_days[:, -1], treated, 100, "provider"
    )
