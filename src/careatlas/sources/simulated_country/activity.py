"""Activity of the simulated country: talking therapies, discharges, prescribing, smoking."""

from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from careatlas.sources.simulated_country import files, places
from careatlas.sources.simulated_country.geography import Country
from careatlas.sources.simulated_country.people import People, standardised
from careatlas.sources.simulated_country.planting import plant, season, shock, stream
from careatlas.sources.simulated_country.truth import Truth, month_ends

CLOSED_CODES = [f"ZX{place + 1:02d}" for place in range(6)]  # closed before the first month: 0 throughout
TALKING_THERAPIES_PER_1000 = {  # adults
    "Count_ReferralsReceived": 3.4,
    "Count_AccessingServices": 2.4,
    "Count_EndedReferrals": 3.1,
    "Count_FinishedCourseTreatment": 1.25,
}
OLD_CODE_MONTHS = 12  # of talking therapies, which wear the old ONS code
STRANDED_PER_1000, DISCHARGED_PER_1000, DISCHARGED_BY_FIVE = 0.25, 0.26, 0.55
MONTHS_WITH_TIME_OF_DISCHARGE = 13
SMOKING_YEARS = ("2021/22", "2022/23", "2023/24", "2024/25")
SMOKERS, MOST_SMOKERS, ADULTS = 0.147, 0.9, 0.84
MOST_OF_ITEMS = 0.98


class Prescribing(NamedTuple):
    """A measure: the indicator made of it, why areas differ and by how much (coefficient of variation).

    ``items_per_1000``: registered people and month. ``share``: of those items, or None where the measure is a
    rate, whose denominator is thousands of registered people.
    """

    measure: str
    indicator: str
    varies_by: str
    cv: float
    items_per_1000: float
    share: float | None


PRESCRIBING = (
    Prescribing("broad_spectrum", "broad_spectrum_antibiotics", "unexplained", 0.15, 45.0, 0.08),
    Prescribing("saba", "short_acting_beta_agonists", "need", 0.10, 35.0, 0.50),
    Prescribing("uti_antibiotics_3_day", "long_courses_for_urinary_infection", "chance", 0.0, 6.8, 0.54),
    Prescribing("fluoroquinolones_list", "fluoroquinolones", "unexplained", 0.20, 1.3, None),
    Prescribing("opioidper1000", "high_dose_opioids", "need", 0.20, 1.6, None),
    Prescribing("ppidose", "higher_dose_proton_pump_inhibitors", "need", 0.05, 40.0, 0.70),
    Prescribing("environmental_inhalers", "metered_dose_inhalers", "chance", 0.0, 40.0, 0.51),
    Prescribing("methotrexate", "methotrexate_10mg_tablets", "chance", 0.0, 12.0, 0.05),
    Prescribing("nhse_bgts", "glucose_strips_outside_recommendations", "unexplained", 0.20, 7.0, 0.41),
    Prescribing("cgm_sensors", "glucose_sensors", "against_need", 0.15, 14.0, None),
    Prescribing("vitbper1000", "vitamin_b_complex", "unexplained", 0.20, 1.1, None),
)


def write_activity(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    write_talking_therapies(into, country, people, months, seed, truth)
    write_discharges(into, country, people, months, seed, truth)
    write_prescribing(into, country, people, months, seed, truth)
    write_smoking(into, country, people, seed, truth)


def write_talking_therapies(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    """Long name and value text, rounded to 5; the first year wears the old code of the area that changed."""
    codes = [area.code for area in country.sub_areas]
    access = truth.planted(
        plant("talking_therapies_access", codes, months, seed, "against_need", 0.15, need=people.need)
    )
    finishing = truth.planted(plant("talking_therapies_completion", codes, months, seed, "chance"))
    adults = people.residents[:, :, 18:].sum(axis=(1, 2))
    ups_and_downs = season(months, 0.06, 1)
    ends = [month_ends(month)[1] for month in months]
    rng = stream(seed, "talking therapies")
    counts = {}
    for name, per_1000 in TALKING_THERAPIES_PER_1000.items():
        mean = adults[:, None] / 1000 * per_1000 * access.level * ups_and_downs
        if name == "Count_FinishedCourseTreatment":
            share = per_1000 / TALKING_THERAPIES_PER_1000["Count_EndedReferrals"]
            counts[name] = rng.binomial(counts["Count_EndedReferrals"], share * finishing.level)
            truth.lasting("talking_therapies_completion", ends, codes, 100 * share * finishing.lasting)
            truth.expect(
                "talking_therapies_completion",
                month_ends(months[-1]),
                codes,
                mean[:, -1],
                mean[:, -1] / share,
                100,
            )
        else:
            counts[name] = rng.poisson(mean)
        if name == "Count_AccessingServices":
            truth.expect(
                "talking_therapies_access",
                month_ends(months[-1]),
                codes,
                mean[:, -1],
                adults,
                1000,
            )
            truth.lasting("talking_therapies_access", ends, codes, per_1000 * access.lasting * ups_and_downs)
    texts = {name: np.round(figures / 5).astype(int) * 5 for name, figures in counts.items()}
    texts |= {
        "Percentage_Recovery": np.round(50 + 2 * rng.standard_normal(access.level.shape)).astype(int),
        "Percentage_ReliableRecovery": np.round(47 + 2 * rng.standard_normal(access.level.shape)).astype(int),
    }
    columns: dict[str, list[str | None]] = {"sicbl22_code": [], "date": [], "name": [], "value": []}
    for position, month in enumerate(months):
        for place, area in enumerate(country.sub_areas):
            old = position < OLD_CODE_MONTHS
            columns["sicbl22_code"] += [places.old_ons_code(country, place) if old else area.ons_code] * len(
                texts
            )
            columns["date"] += [f"{month:%B %Y}"] * len(texts)
            columns["name"] += list(texts)
            columns["value"] += [str(figures[place, position]) for figures in texts.values()]
        totals = {name: int(texts[name][:, position].sum()) for name in TALKING_THERAPIES_PER_1000}
        truth.total("talking_therapies", f"{month:%Y-%m}", totals)
    files.write_parquet(
        into / "england_sicb_iapt.parquet",
        {name: pa.array(values, pa.large_string()) for name, values in columns.items()},
    )
    changed = country.sub_areas[places.CHANGED_SUB_AREA]
    truth.note(
        "code_change",
        {
            "source": "talking_therapies",
            "area": changed.code,
            "old_ons_code": places.OLD_ONS_CODE,
            "new_ons_code": changed.ons_code,
            "last_month_of_old": f"{months[min(OLD_CODE_MONTHS, len(months)) - 1]:%Y-%m}",
        },
    )


def write_discharges(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    """Daily figures by board: patients who need not be in hospital, and patients discharged."""
    codes = [board.code for board in country.boards]
    stranded = truth.planted(
        plant("delayed_discharges", codes, months, seed, "unexplained", 0.15, area_type="icb")
    )
    residents = np.bincount(country.board_index, weights=people.residents.sum(axis=(1, 2)))
    last_day = month_ends(months[-1])[1]
    days = [months[0] + timedelta(days) for days in range((last_day - months[0]).days + 1)]
    month_of_day = np.array([(day.year - months[0].year) * 12 + day.month - months[0].month for day in days])
    weekday = np.array([1.08, 1.06, 1.02, 1.0, 0.99, 0.93, 0.92])[[day.weekday() for day in days]]
    rng = stream(seed, "discharges")
    monthly = stranded.level * season(months, 0.07, 1)
    waiting = rng.poisson(residents[:, None] / 1000 * STRANDED_PER_1000 * monthly[:, month_of_day] * weekday)
    discharged = rng.poisson(
        residents[:, None] / 1000 * DISCHARGED_PER_1000 * shock(months)[month_of_day] / weekday
    )
    early = rng.binomial(discharged, DISCHARGED_BY_FIVE)
    keys = {
        "icb22_code": pa.array([board.ons_code for board in country.boards for _ in days], pa.large_string()),
        "date": pa.array([day.isoformat() for day in days] * len(codes), pa.large_string()),
    }
    unsplit = np.tile(month_of_day >= MONTHS_WITH_TIME_OF_DISCHARGE, len(codes))
    files.write_parquet(
        into / "england_icb_criteria_to_reside.parquet",
        keys | {"do_not_meet_criteria_to_reside": pa.array(waiting.ravel().astype(float))},
    )
    files.write_parquet(
        into / "england_icb_discharged_patients.parquet",
        keys
        | {
            "discharged_by_1700": pa.array(early.ravel().astype(float), mask=unsplit),
            "discharged_between_1701_2359": pa.array(
                (discharged - early).ravel().astype(float), mask=unsplit
            ),
            "discharged_total": pa.array(discharged.ravel().astype(float)),
        },
    )
    for position, month in enumerate(months):
        in_month = month_of_day == position
        truth.total("delayed_discharges", f"{month:%Y-%m}", int(waiting[:, in_month].sum()))
        truth.total("discharges", f"{month:%Y-%m}", int(discharged[:, in_month].sum()))
    in_last = month_of_day == len(months) - 1
    expected = residents / 1000 * STRANDED_PER_1000 * monthly[:, -1] * weekday[in_last].sum()
    leaving = residents / 1000 * DISCHARGED_PER_1000 * shock(months)[-1] * (1 / weekday[in_last]).sum()
    truth.expect("delayed_discharges", month_ends(months[-1]), codes, expected, leaving, 1, "icb")
    truth.planted(plant("discharges_by_five", codes, months, seed, "chance", area_type="icb"))
    split = min(MONTHS_WITH_TIME_OF_DISCHARGE, len(months)) - 1
    leaving = (
        residents
        / 1000
        * DISCHARGED_PER_1000
        * shock(months)[split]
        * (1 / weekday[month_of_day == split]).sum()
    )
    truth.expect(
        "discharges_by_five",
        month_ends(months[split]),
        codes,
        leaving * DISCHARGED_BY_FIVE,
        leaving,
        100,
        "icb",
    )


def write_prescribing(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    """One gzipped CSV a measure: months by area, with closed areas that hold nothing but zeros."""
    codes = [area.code for area in country.sub_areas]
    registered = people.registered_in_areas()[:, None] / 1000
    winter = season(months, 0.08, 1) * shock(months)
    for measure in PRESCRIBING:
        planted = truth.planted(
            plant(measure.indicator, codes, months, seed, measure.varies_by, measure.cv, need=people.need)
        )
        rng = stream(seed, "prescribing", measure.measure)
        if measure.share is None:
            denominator = np.repeat(registered.round(3), len(months), axis=1)
            expected_denominator, multiplier = denominator, 1
            expected = registered * measure.items_per_1000 * planted.level * winter
            numerator = rng.poisson(expected)
            lasting = measure.items_per_1000 * planted.lasting * winter
        else:
            expected_denominator, multiplier = registered * measure.items_per_1000 * winter, 100
            share = np.minimum(measure.share * planted.level, MOST_OF_ITEMS)
            expected = expected_denominator * share
            denominator = rng.poisson(expected_denominator)
            numerator = rng.binomial(denominator, share)
            lasting = 100 * np.minimum(measure.share * planted.lasting, MOST_OF_ITEMS)
        _write_measure(into, measure.measure, codes, months, numerator, denominator)
        for position, month in enumerate(months):
            figures = [int(numerator[:, position].sum()), round(float(denominator[:, position].sum()), 3)]
            truth.total("prescribing", f"{measure.measure} {month:%Y-%m}", figures)
        truth.expect(
            measure.indicator,
            month_ends(months[-1]),
            codes,
            expected[:, -1],
            expected_denominator[:, -1],
            multiplier,
        )
        truth.lasting(measure.indicator, [month_ends(month)[1] for month in months], codes, lasting)


def _write_measure(
    into: Path,
    measure: str,
    codes: list[str],
    months: list[date],
    numerator: np.ndarray,
    denominator: np.ndarray,
) -> None:
    closed = np.zeros((len(CLOSED_CODES), len(months)))
    all_codes = [*CLOSED_CODES, *codes]
    columns = {
        "month": [month.isoformat() for _ in all_codes for month in months],
        "code": [code for code in all_codes for _ in months],
        "numerator": np.vstack([closed, numerator]).ravel(),
        "denominator": np.vstack([closed, denominator]).ravel(),
    }
    files.write_gzip(into / f"ccg_data_{measure}.csv.gz", files.csv_bytes(columns))


def write_smoking(into: Path, country: Country, people: People, seed: int, truth: Truth) -> None:
    """Fingertips "all data": country, regions, boards and sub-areas, and groups that are not areas."""
    codes = [area.code for area in country.sub_areas]
    years = [date(2022 + place, 3, 1) for place in range(len(SMOKING_YEARS))]
    planted = truth.planted(plant("smoking_prevalence", codes, years, seed, "need", 0.18, need=people.need))
    rng = stream(seed, "smoking")
    adults = np.round(people.registered_in_areas() * ADULTS).astype(int)
    rows: list[tuple] = []
    for position, year in enumerate(SMOKING_YEARS):
        smokers = rng.binomial(
            adults, np.minimum(SMOKERS * 0.985**position * planted.level[:, position], MOST_SMOKERS)
        )
        rows += _smoking_rows(country, year, smokers, adults)
        truth.total("fingertips", year, [int(smokers.sum()), int(adults.sum())])
    fall = 0.985 ** np.arange(len(SMOKING_YEARS))
    expected = adults * SMOKERS * fall[-1] * planted.level[:, -1]
    truth.expect("smoking_prevalence", (date(2024, 4, 1), date(2025, 3, 31)), codes, expected, adults, 100)
    ends = [date(2022 + place, 3, 31) for place in range(len(SMOKING_YEARS))]
    truth.lasting(
        "smoking_prevalence", ends, codes, 100 * np.minimum(SMOKERS * fall * planted.lasting, MOST_SMOKERS)
    )
    files.write_bytes(
        into / "smok_qof_prev.csv", files.csv_bytes(_fingertips_columns(rows), windows_lines=True)
    )


def _smoking_rows(country: Country, year: str, smokers: np.ndarray, adults: np.ndarray) -> list[tuple]:
    """(code, name, type, category, year, smokers, adults) of every level."""
    of_region = np.array([country.boards[board].parent for board in country.board_index])

    def summed(groups: np.ndarray, place: int) -> tuple[int, int]:
        return int(smokers[groups == place].sum()), int(adults[groups == place].sum())

    rows = [("Z92000001", country.name, "England", "", year, int(smokers.sum()), int(adults.sum()))]
    decile = (standardised(smokers / adults).argsort().argsort() * 10) // len(adults)
    rows += [
        ("Z92000001", country.name, "England", f"Decile {place + 1}", year, *summed(decile, place))
        for place in range(10)
    ]
    rows += [
        (region.ons_code, f"{region.name} NHS Region", "NHS region", "", year, *summed(of_region, place))
        for place, region in enumerate(country.regions)
    ]
    rows += [
        (f"n{board.ons_code}", f"{board.official_name} - {board.code}", "ICBs", "", year,
         *summed(country.board_index, place))
        for place, board in enumerate(country.boards)
    ]  # fmt: skip
    return rows + [
        (f"n{places.old_ons_code(country, place)}", f"{country.board_of(place).name} ICB - {area.code} ",
         "ICB sub-locations", "", year, int(smokers[place]), int(adults[place]))
        for place, area in enumerate(country.sub_areas)
    ]  # fmt: skip


def _fingertips_columns(rows: list[tuple]) -> dict:
    count, people = (np.array([row[place] for row in rows], float) for place in (5, 6))
    blank = [None] * len(rows)
    share = count / people
    limits = {
        percent: [100 * _wilson(share, people, sign * z) for sign in (-1, 1)]
        for percent, z in (("95.0", 1.959964), ("99.8", 3.090232))
    }
    texts = {
        "Indicator ID": ["91547"] * len(rows),
        "Indicator Name": ["Smoking prevalence in adults (15+) - current smokers (QOF)"] * len(rows),
        "Parent Code": [None if row[2] == "England" else "Z92000001" for row in rows],
        "Parent Name": [None if row[2] == "England" else rows[0][1] for row in rows],
        "Area Code": [row[0] for row in rows],
        "Area Name": [row[1] for row in rows],
        "Area Type": [row[2] for row in rows],
        "Sex": ["Persons"] * len(rows),
        "Age": ["15+ yrs"] * len(rows),
        "Category Type": ["Deprivation deciles" if row[3] else None for row in rows],
        "Category": [row[3] or None for row in rows],
        "Time period": [row[4] for row in rows],
    }
    figures = {
        "Value": (100 * share).round(8),
        "Lower CI 95.0 limit": limits["95.0"][0].round(8),
        "Upper CI 95.0 limit": limits["95.0"][1].round(8),
        "Lower CI 99.8 limit": limits["99.8"][0].round(8),
        "Upper CI 99.8 limit": limits["99.8"][1].round(8),
        "Count": count,
        "Denominator": people,
    }
    more = {
        "Value note": blank,
        "Recent Trend": ["Cannot be calculated"] * len(rows),
        "Compared to England value or percentiles": ["Not compared"] * len(rows),
        "Column not used": ["Not compared"] * len(rows),
        "Time period Sortable": [f"{row[4][:4]}0000" for row in rows],
        "New data": blank,
        "Compared to goal": blank,
        "Time period range": ["1y"] * len(rows),
    }
    return (
        {name: pa.array(values, pa.string()) for name, values in texts.items()}
        | figures
        | {name: pa.array(values, pa.string()) for name, values in more.items()}
    )


def _wilson(share: np.ndarray, people: np.ndarray, z: float) -> np.ndarray:
    """The published limit of a proportion (Wilson 1927): the lower one for a negative z."""
    middle = 2 * share * people + z**2
    return (middle + z * np.sqrt(z**2 + 4 * share * people * (1 - share))) / (2 * (people + z**2))
