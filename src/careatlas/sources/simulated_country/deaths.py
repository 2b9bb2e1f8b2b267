"""Mortality of the simulated country: a file a cause, three years taken together, councils and the country.

As the compendium gives it: deaths rounded to 5, rates already standardised for age, with their 95 % limits. Councils
differ in two of the causes by more than age and chance; in the others by these alone. The country's deaths are the sum
of the rounded ones, so that totals can be checked.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np

from careatlas.sources.simulated_country import files
from careatlas.sources.simulated_country.geography import Council, Country
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.places import small_areas
from careatlas.sources.simulated_country.planting import plant, stream
from careatlas.sources.simulated_country.truth import Truth

CAUSES = {  # the publisher's code: indicator, rate per 100,000, why councils differ and by how much
    "06A_076": ("mortality_circulatory_disease", 247.0, "unexplained", 0.12),
    "10A_158": ("mortality_stroke", 60.0, "chance", 0.0),
    "11B_075": ("mortality_cancer", 268.0, "chance", 0.0),
    "24B_038": ("mortality_chronic_obstructive_pulmonary_disease", 53.0, "unexplained", 0.20),
}
YEARS, YEARS_UNTIL_PUBLISHED = 3, 2
GROWTH_BY_YEAR_OF_AGE, BAND_YEARS = 0.09, 5
EUROPEAN_POPULATION_2013 = np.array(  # in bands of five years, the last of 90 and over
    [5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000]
)  # fmt: skip
WEIGHTS = EUROPEAN_POPULATION_2013 / EUROPEAN_POPULATION_2013.sum()
SEXES = ("M", "F", "P")
COUNCILS, NATION = "LOCAL AUTHORITIES (boundaries as of April 2009)", "NATIONAL"
Z_95 = 1.959964


def write_mortality(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    councils, residents = _residents_of_councils(country, people)
    last = months[-1].year - YEARS_UNTIL_PUBLISHED
    period = date(last - YEARS + 1, 1, 1), date(last, 12, 31)
    codes = [council.code for council in councils]
    person_years = YEARS * residents
    age = np.arange(len(WEIGHTS)) * BAND_YEARS
    for cause, (indicator, per_100k, varies_by, cv) in CAUSES.items():
        planted = truth.planted(
            plant(indicator, codes, [period[0]], seed, varies_by, cv, area_type="local_authority")
        )
        at_age = np.exp(GROWTH_BY_YEAR_OF_AGE * age)
        at_age *= per_100k / 100_000 / (WEIGHTS * at_age).sum()
        expected = person_years * at_age * planted.level[:, :, None]
        deaths = stream(seed, "mortality", cause).poisson(expected)
        rows = list(_rows(country.name, councils, deaths, person_years))
        _write_cause(into, cause, last, rows)
        truth.total("mortality", cause, rows[SEXES.index("P")][4])
        both = (1, 2)
        truth.expect(
            indicator,
            period,
            codes,
            expected.sum(axis=both),
            person_years.sum(axis=both),
            100_000,
            "local_authority",
        )
        truth.standardised(indicator, codes, per_100k * planted.level[:, 0])


def _residents_of_councils(country: Country, people: People) -> tuple[list[Council], np.ndarray]:
    """Residents [council, sex (female, male), band]: small areas of one sub-area have equal shares of it."""
    known = small_areas(country, people)
    in_sub_area = np.bincount([area.sub_area for area in known], minlength=len(country.sub_areas))
    starts = np.arange(0, people.residents.shape[2], BAND_YEARS)
    banded = np.add.reduceat(people.residents, starts, axis=2) / in_sub_area[:, None, None]
    place = {council.code: number for number, council in enumerate(country.councils)}
    residents = np.zeros((len(country.councils), 2, len(WEIGHTS)))
    for area in known:
        residents[place[area.council.code]] += banded[area.sub_area]
    return list(country.councils), residents


def _rows(
    country_name: str, councils: list[Council], deaths: np.ndarray, person_years: np.ndarray
) -> Iterator[tuple]:
    """(kind, code, title, sex, deaths, rate, lower, upper), the country first."""
    of_sex = {"M": [1], "F": [0], "P": [0, 1]}
    by_sex = {
        sex: (deaths[:, columns].sum(axis=1), person_years[:, columns].sum(axis=1))
        for sex, columns in of_sex.items()
    }
    rounded = {sex: 5 * np.round(counted.sum(axis=1) / 5).astype(int) for sex, (counted, _) in by_sex.items()}
    for sex, (counted, lived) in by_sex.items():
        rate = _standardised(counted.sum(axis=0), lived.sum(axis=0))
        yield (NATION, "Z92000001", country_name, sex, int(rounded[sex].sum()), *rate)
    for place, council in enumerate(councils):
        for sex, (counted, lived) in by_sex.items():
            rate = _standardised(counted[place], lived[place])
            yield (COUNCILS, council.code, f"{council.name} UA", sex, int(rounded[sex][place]), *rate)


def _standardised(deaths: np.ndarray, person_years: np.ndarray) -> tuple[float, float, float]:
    """The rate per 100,000 and its limits: Dobson's, from Byar's limits of the number of deaths."""
    rate = (WEIGHTS * deaths / person_years).sum()
    spread = np.sqrt((WEIGHTS**2 * deaths / person_years**2).sum() / deaths.sum())
    number = deaths.sum()
    lower = number * (1 - 1 / (9 * number) - Z_95 / (3 * np.sqrt(number))) ** 3
    upper = (number + 1) * (1 - 1 / (9 * (number + 1)) + Z_95 / (3 * np.sqrt(number + 1))) ** 3
    each = (rate, rate + spread * (lower - number), rate + spread * (upper - number))
    return tuple(round(float(100_000 * figure), 2) for figure in each)


def _write_cause(into: Path, cause: str, last: int, rows: list[tuple]) -> None:
    kind, code, title, sex, deaths, rate, lower, upper = (list(column) for column in zip(*rows, strict=True))
    columns = {
        "YEAR": [str(last)] * len(rows),
        "Filename": [f"{cause}DR00++"] * len(rows),
        "ORG_TYPE_DESCRIPTION": kind,
        "ORG_CODE": code,
        "NEW_CODE": code,
        "ORG_TITLE": title,
        "SEX_CODE": sex,
        "OBS": deaths,
        "DSR": rate,
        "LOWER": lower,
        "UPPER": upper,
    }
    files.write_bytes(into / f"{cause}DR00++_D.csv", files.csv_bytes(columns, windows_lines=True))
