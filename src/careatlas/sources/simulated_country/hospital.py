"""Hospital admissions of the simulated country, one row an admission: what direct standardisation is for.

Three streams: emergencies with a long-term condition (by need), other emergencies (unexplained), and planned
admissions (chance alone). Rates rise steeply with age, frail people come back, and from one month on an
infection is coded under another diagnosis.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careatlas.sources.simulated_country import files
from careatlas.sources.simulated_country.geography import Country
from careatlas.sources.simulated_country.people import AGES, People
from careatlas.sources.simulated_country.planting import Planted, plant, season, shock, stream
from careatlas.sources.simulated_country.truth import Truth, month_ends

ADMISSIONS, ADMISSIONS_FULL_SIZE = 200_000, 1_000_000  # over 24 months
STANDARD_BANDS = tuple(range(0, 95, 5))  # of five years; the last holds 90 and over
EUROPEAN_STANDARD_2013 = (5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500,
                          5000, 4000, 2500, 1500, 1000)  # fmt: skip
RECODED_FROM, RECODED_DIAGNOSIS, RECODED_AS, RECODED_SHARE = date(2025, 4, 1), "N39", "N30", 0.6


@dataclass(frozen=True)
class Stream:
    """One kind of admission. ``years_per_e_fold``: how many years of age multiply the rate by 2.7."""

    indicator: str
    share: float
    emergency: bool
    varies_by: str
    cv: float
    years_per_e_fold: float
    infants: float
    amplitude: float
    diagnoses: dict[str, float]


STREAMS = (
    Stream("emergency_admissions_chronic", 0.16, True, "need", 0.20, 21.0, 0.5, 0.12,
           {"J44": 0.40, "I50": 0.30, "J45": 0.15, "E11": 0.15}),
    Stream("emergency_admissions_other", 0.50, True, "unexplained", 0.10, 34.0, 5.0, 0.05,
           {"J18": 0.16, "N39": 0.14, "R07": 0.14, "A41": 0.10, "S72": 0.09, "I63": 0.09, "R10": 0.14,
            "K80": 0.07, "L03": 0.07}),
    Stream("planned_admissions", 0.34, False, "chance", 0.0, 38.0, 0.4, 0.03,
           {"H25": 0.24, "M17": 0.16, "K40": 0.10, "C50": 0.08, "M16": 0.14, "D12": 0.16, "N18": 0.12}),
)  # fmt: skip


def write_hospital_episodes(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth, full_size: bool
) -> None:
    codes = [area.code for area in country.sub_areas]
    wanted = (ADMISSIONS_FULL_SIZE if full_size else ADMISSIONS) * len(months) / 24
    parts, expected = [], {}
    for kind in STREAMS:
        ordinary = (codes[people.oldest],)
        planted = truth.planted(
            plant(
                kind.indicator,
                codes,
                months,
                seed,
                kind.varies_by,
                kind.cv,
                need=people.need,
                ordinary=ordinary,
            )
        )
        if kind.varies_by == "need":
            planted.relative_risk[people.oldest] = 1.0
        cells = _expected_cells(kind, people, planted, months, wanted)
        expected[kind.indicator] = cells
        parts.append(_admissions(stream(seed, "episodes", kind.indicator), kind, cells, months))
    _write(into, codes, parts, months, stream(seed, "episodes"))
    _tell(truth, codes, people, expected, months, parts)


@dataclass(frozen=True)
class _Cells:
    """Expected ``admissions`` [sub-area, sex, age] in all; ``by_month``: shares [sub-area, month]."""

    admissions: np.ndarray
    by_month: np.ndarray


def _expected_cells(
    kind: Stream, people: People, planted: Planted, months: list[date], wanted: float
) -> _Cells:
    rate = np.exp((AGES - 60) / kind.years_per_e_fold)
    rate = rate + kind.infants * rate[40] * np.exp(-AGES / 1.5)
    sexes = np.array([[0.95], [1.05]])
    needed = people.residents * rate * sexes
    level = planted.level * season(months, kind.amplitude, 1) * shock(months)
    scale = wanted * kind.share / needed.sum()
    return _Cells(
        admissions=needed * scale * level.mean(axis=1)[:, None, None],
        by_month=level / level.sum(axis=1, keepdims=True),
    )


def _admissions(
    rng: np.random.Generator, kind: Stream, cells: _Cells, months: list[date]
) -> dict[str, np.ndarray]:
    """Draw persons, then how often each comes, then the days: older people come back more often."""
    times = 1.06 + 0.5 * np.clip((AGES - 45) / 45, 0, 1) * kind.emergency
    persons = rng.poisson(cells.admissions / times)
    area, sex, age = (np.repeat(index.ravel(), persons.ravel()) for index in np.indices(persons.shape))
    visits = rng.geometric(1 / times[age])
    person = np.repeat(np.arange(len(visits)), visits)
    area, sex, age = area[person], sex[person], age[person]
    month = _months_drawn(rng, cells.by_month, area)
    first = np.array([month.toordinal() for month in months])
    length = np.array([month_ends(month)[1].day for month in months])
    day = first[month] + (rng.random(len(month)) * length[month]).astype(int)
    codes, shares = list(kind.diagnoses), np.array(list(kind.diagnoses.values()))
    diagnosis = rng.choice(len(codes), len(month), p=shares / shares.sum())
    if RECODED_DIAGNOSIS in codes:
        recoded = (diagnosis == codes.index(RECODED_DIAGNOSIS)) & (day >= RECODED_FROM.toordinal())
        codes = [*codes, RECODED_AS]
        diagnosis[recoded & (rng.random(len(day)) < RECODED_SHARE)] = len(codes) - 1
    stay = rng.geometric(1 / (4.0 + age / 20)) - 1 if kind.emergency else rng.poisson(0.6, len(month))
    return {
        "person": person,
        "area": area,
        "sex": sex,
        "age": age,
        "day": day,
        "stay": stay,
        "emergency": np.full(len(month), kind.emergency),
        "diagnosis": np.array(codes)[diagnosis],
    }


def _months_drawn(rng: np.random.Generator, by_month: np.ndarray, area: np.ndarray) -> np.ndarray:
    """A month for each admission, by its area's shares: one search in all areas' cumulative shares."""
    cumulative = by_month.cumsum(axis=1)
    cumulative[:, -1] = 1.0
    ladder = (cumulative + np.arange(len(by_month))[:, None]).ravel()
    found = np.searchsorted(ladder, area + rng.random(len(area)), side="right")
    return found - area * by_month.shape[1]


def _write(
    into: Path,
    codes: list[str],
    parts: list[dict[str, np.ndarray]],
    months: list[date],
    rng: np.random.Generator,
) -> None:
    so_far, person = 0, []
    for part in parts:
        person.append(part["person"] + so_far)
        so_far += int(part["person"].max()) + 1
    pseudonyms = rng.permutation(so_far)[np.concatenate(person)] + 1_000_000
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0] if name != "person"}
    order = np.argsort(columns["day"], kind="stable")
    epoch = date(1970, 1, 1).toordinal()
    admitted = (columns["day"] - epoch)[order].astype(np.int32)
    discharged = admitted + columns["stay"][order].astype(np.int32)
    files.write_parquet(
        into / "hospital_episodes.parquet",
        {
            "person": pc.binary_join_element_wise("p", pc.cast(pa.array(pseudonyms[order]), pa.string()), ""),
            "age": pa.array(columns["age"][order].astype(np.int64)),
            "sex": pa.array(np.array(["female", "male"])[columns["sex"][order]]),
            "sub_area": pa.array(np.array(codes)[columns["area"][order]]),
            "admission_date": pa.array(admitted, pa.date32()),
            "discharge_date": pa.array(discharged, pa.date32()),
            "emergency": pa.array(columns["emergency"][order]),
            "diagnosis": pa.array(columns["diagnosis"][order]),
        },
    )


def _tell(
    truth: Truth,
    codes: list[str],
    people: People,
    expected: dict[str, _Cells],
    months: list[date],
    parts: list[dict[str, np.ndarray]],
) -> None:
    emergencies = [kind.indicator for kind in STREAMS if kind.emergency]
    truth.note("hospital_streams", {kind.indicator: list(kind.diagnoses) for kind in STREAMS})
    truth.note(
        "old_area",
        {
            "area": codes[people.oldest],
            "why": "older than the rest; relative risk 1 in every kind of admission",
        },
    )
    truth.note(
        "repeat_admissions",
        {
            "table": "hospital_episodes",
            "why": "one person may come several times: events are not independent",
        },
    )
    truth.note(
        "recoding",
        {
            "table": "hospital_episodes",
            "from": RECODED_FROM.isoformat(),
            "old": RECODED_DIAGNOSIS,
            "new": RECODED_AS,
            "share": RECODED_SHARE,
        },
    )
    truth.total("hospital_episodes", "admissions", int(sum(len(part["day"]) for part in parts)))
    truth.total("hospital_episodes", "emergency", int(sum(part["emergency"].sum() for part in parts)))
    _expect_standardised(truth, "emergency_admissions", emergencies, codes, people, expected, months)
    _expect_standardised(
        truth, "emergency_admissions_chronic", emergencies[:1], codes, people, expected, months
    )


def _expect_standardised(
    truth: Truth,
    indicator: str,
    streams: list[str],
    codes: list[str],
    people: People,
    expected: dict[str, _Cells],
    months: list[date],
) -> None:
    """Expected directly standardised rates of the year 2025, age bands by sex, European standard 2013."""
    in_year = [place for place, month in enumerate(months) if month.year == 2025]
    cells = sum(
        expected[name].admissions * expected[name].by_month[:, in_year].sum(axis=1)[:, None, None]
        for name in streams
    )
    band = np.minimum(AGES // 5, len(STANDARD_BANDS) - 1)
    by_band, people_by_band = (
        np.stack([figures[:, :, band == place].sum(axis=2) for place in range(len(STANDARD_BANDS))], axis=2)
        for figures in (cells, people.residents)
    )
    weights = np.array(EUROPEAN_STANDARD_2013) / (2 * sum(EUROPEAN_STANDARD_2013))
    rate = (by_band / people_by_band * weights).sum(axis=(1, 2))
    residents = people.residents.sum(axis=(1, 2))
    truth.expect(
        indicator, (date(2025, 1, 1), date(2025, 12, 31)), codes, cells.sum(axis=(1, 2)), residents, 100_000
    )
    truth.standardised(indicator, codes, 100_000 * rate)
