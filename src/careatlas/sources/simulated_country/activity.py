"""Monthly and daily activity of the simulated country: A&E, talking therapies, discharges, prescribing, smoking."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from careatlas.sources.simulated_country import files, places
from careatlas.sources.simulated_country.geography import Country, Trust
from careatlas.sources.simulated_country.people import People, standardised
from careatlas.sources.simulated_country.planting import plant, season, shock, stream
from careatlas.sources.simulated_country.truth import Truth, month_ends

TYPE_1_PER_1000, OTHER_PER_1000, OVER_FOUR_HOURS = 25.0, 13.0, 0.34
TRUSTS_NOT_REPORTING_WAITS, MONTHS_NOT_REPORTED = 4, 9
TOTAL_SPELT = ("TOTAL", "Total", "TOTAl")
ATTENDANCES = "A&E attendances {}"
OVER_4 = "Attendances over 4hrs {}"
KINDS = ("Type 1", "Type 2", "{}", "Booked Appointments Type 1", "Booked Appointments Type 2",
         "Booked Appointments Other Department")  # fmt: skip
PRESCRIBING = {  # measure: (varies by, CV, share or rate, denominator per registered person and month, indicator)
    "broad_spectrum": ("unexplained", 0.15, 0.08, 0.045, "broad_spectrum_antibiotics"),
    "saba": ("need", 0.10, 0.50, 0.070, "short_acting_beta_agonists"),
    "ppidose": ("chance", 0.0, 0.30, 0.050, "higher_dose_proton_pump_inhibitors"),
    "seven_day_prescribing": ("need", 0.20, 0.06, 0.090, "seven_day_prescribing"),
    "fluoroquinolones_list": ("unexplained", 0.20, 0.03, 0.045, "fluoroquinolones"),
}
CLOSED_CODES = [
    f"ZX{place + 1:02d}" for place in range(6)
]  # areas closed before the first month: zero throughout
TALKING_THERAPIES_PER_1000 = {"Count_ReferralsReceived": 2.7, "Count_AccessingServices": 1.9, "Count_EndedReferrals": 2.5,
                              "Count_FinishedCourseTreatment": 1.0}  # fmt: skip
OLD_CODE_MONTHS = 12  # of talking therapies, which wear the old ONS code
STRANDED_PER_1000, DISCHARGED_PER_1000 = 0.25, 0.26
DAYS_WITH_TIME_OF_DISCHARGE = 400
SMOKING_YEARS = ("2021/22", "2022/23", "2023/24", "2024/25")
SMOKERS, ADULTS = 0.147, 0.84


def write_activity(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    write_accident_emergency(into, country, people, months, seed, truth)
    write_talking_therapies(into, country, people, months, seed, truth)
    write_discharges(into, country, people, months, seed, truth)
    write_prescribing(into, country, people, months, seed, truth)
    write_smoking(into, country, people, seed, truth)


def write_accident_emergency(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    """One CSV a month; some trusts do not report four-hour waits in the first months and carry 0 over four hours."""
    acute, community = country.trusts_of_kind("acute"), country.trusts_of_kind("community")
    reporting = [country.trusts[place] for place in (*acute, *community)]
    codes = [trust.code for trust in reporting]
    breaches = truth.planted(
        plant("ae_four_hours", codes[: len(acute)], months, seed, "unexplained", 0.12, area_type="provider")
    )
    major, minor = _attendances(country, people, months, seed, len(acute), len(community))
    over_share = np.minimum(OVER_FOUR_HOURS * breaches.level * season(months, 0.08, 1), 0.9)
    silent = _busiest(major, TRUSTS_NOT_REPORTING_WAITS)
    for position, month in enumerate(months):
        rng = stream(seed, "accident and emergency", month)
        table = _month_of_emergencies(rng, major[:, position], minor[:, position], over_share[:, position])
        if position < MONTHS_NOT_REPORTED:
            for name in table:
                if name.startswith("Attendances over 4hrs"):
                    table[name][silent] = 0
        _write_month_of_emergencies(into, country, reporting, table, month, position)
        timed = ~np.isin(np.arange(len(reporting)), silent if position < MONTHS_NOT_REPORTED else [])
        _total_emergencies(truth, month, table, timed)
    last = major[: len(acute), -1]
    other = minor[: len(acute), -1]
    over = last * over_share[:, -1] + other * 0.03
    period = month_ends(months[-1])
    truth.expect(
        "ae_four_hours", period, codes[: len(acute)], last + other - over, last + other, 100, "provider"
    )
    truth.note(
        "not_reporting_four_hours",
        [
            {"provider": codes[place], "months": [f"{month:%Y-%m}" for month in months[:MONTHS_NOT_REPORTED]]}
            for place in silent
        ],
    )


def _attendances(
    country: Country, people: People, months: list[date], seed: int, acute: int, community: int
) -> tuple[np.ndarray, np.ndarray]:
    """Expected type 1 and other attendances [trust, month]: people go to the nearest acute trust."""
    residents = people.residents.sum(axis=(1, 2)) / 1000
    seats = np.array([trust.seat for trust in country.trusts])
    nearest = country.distances_km[:, seats[:acute]].argmin(axis=1)
    catchment = np.bincount(nearest, weights=residents, minlength=acute)
    rng = stream(seed, "attendances")
    monthly = season(months, 0.05, 7) * shock(months)
    major = np.zeros((acute + community, len(months)))
    major[:acute] = catchment[:, None] * TYPE_1_PER_1000 * monthly
    minor = np.empty_like(major)
    minor[:acute] = catchment[:, None] * OTHER_PER_1000 * monthly * 0.7
    minor[acute:] = (
        residents.sum() * OTHER_PER_1000 * 0.3 / community * rng.uniform(0.6, 1.4, (community, 1)) * monthly
    )
    return major, minor


def _busiest(major: np.ndarray, how_many: int) -> list[int]:
    """Trusts in the upper middle by size: all have well over 1,000 type 1 attendances."""
    order = np.argsort(-major.min(axis=1), kind="stable")
    return sorted(order[4 : 4 + how_many].tolist())


def _month_of_emergencies(
    rng: np.random.Generator, major: np.ndarray, minor: np.ndarray, over_share: np.ndarray
) -> dict[str, np.ndarray]:
    kinds = [kind.format("Other A&E Department") for kind in KINDS]
    over_kinds = [kind.format("Other Department") for kind in KINDS]
    everyone = np.zeros(len(major))
    share = np.concatenate([over_share, np.zeros(len(major) - len(over_share))])
    means = [major * 0.98, minor * 0.06, minor * 0.91, major * 0.02, everyone, minor * 0.03]
    shares = [share, 0.03, 0.03, share, 0.0, 0.03]
    seen = [rng.poisson(mean) for mean in means]
    late = [rng.binomial(count, part) for count, part in zip(seen, shares, strict=True)]
    admitted = rng.binomial(seen[0], 0.28)
    waited = rng.binomial(admitted, 0.22)
    table = {ATTENDANCES.format(kind): count for kind, count in zip(kinds, seen, strict=True)}
    table |= {OVER_4.format(kind): count for kind, count in zip(over_kinds, late, strict=True)}
    very_late = rng.binomial(waited, 0.3)
    return table | {
        "Patients who have waited 4-12 hs from DTA to admission": waited - very_late,
        "Patients who have waited 12+ hrs from DTA to admission": very_late,
        "Emergency admissions via A&E - Type 1": admitted,
        "Emergency admissions via A&E - Type 2": rng.binomial(seen[1], 0.02),
        "Emergency admissions via A&E - Other A&E department": rng.binomial(seen[2], 0.005),
        "Other emergency admissions": rng.poisson(major * 0.09),
    }


def _write_month_of_emergencies(
    into: Path,
    country: Country,
    reporting: list[Trust],
    table: dict[str, np.ndarray],
    month: date,
    position: int,
) -> None:
    total = TOTAL_SPELT[position % len(TOTAL_SPELT)]
    regions = [f"NHS ENGLAND {country.region_of(trust.seat).name} ".upper() for trust in reporting]
    columns = {
        "Period": [f"MSitAE-{month:%B-%Y}".upper().replace("MSITAE", "MSitAE")] * len(reporting) + [total],
        "Org Code": [*(trust.code for trust in reporting), total],
        "Parent Org": [*regions, total],
        "Org name": [*(trust.name for trust in reporting), total],
    }
    columns |= {name: np.append(values, values.sum()) for name, values in table.items()}
    content = files.csv_bytes(columns, windows_lines=True, byte_order_mark=position % 12 == 5)
    files.write_bytes(into / "ae" / f"Monthly-AE-{month:%B-%Y}.csv", content)


def _total_emergencies(truth: Truth, month: date, table: dict[str, np.ndarray], timed: np.ndarray) -> None:
    seen = sum(values for name, values in table.items() if name.startswith("A&E attendances"))
    over = sum(values for name, values in table.items() if name.startswith("Attendances over"))
    truth.total(
        "accident_emergency",
        f"{month:%Y-%m}",
        {
            "attendances": int(seen.sum()),
            "attendances_timed": int(seen[timed].sum()),
            "within_four_hours": int((seen - over)[timed].sum()),
        },
    )


def write_talking_therapies(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    """Long name and value text, rounded to 5; the first year wears the old code of the area that changed."""
    codes = [area.code for area in country.sub_areas]
    access = truth.planted(
        plant("talking_therapies_access", codes, months, seed, "against_need", 0.15, need=people.need)
    )
    finishing = truth.planted(plant("talking_therapies_completion", codes, months, seed, "chance"))
    residents = people.residents.sum(axis=(1, 2))
    ups_and_downs = season(months, 0.06, 1)
    rng = stream(seed, "talking therapies")
    counts = {}
    for name, per_1000 in TALKING_THERAPIES_PER_1000.items():
        mean = residents[:, None] / 1000 * per_1000 * access.level * ups_and_downs
        if name == "Count_FinishedCourseTreatment":
            share = per_1000 / TALKING_THERAPIES_PER_1000["Count_EndedReferrals"]
            counts[name] = rng.binomial(counts["Count_EndedReferrals"], share * finishing.level)
        else:
            counts[name] = rng.poisson(mean)
        if name == "Count_AccessingServices":
            truth.expect(
                "talking_therapies_access",
                month_ends(months[-1]),
                codes,
                mean[:, -1],
                people.residents[:, :, 18:].sum(axis=(1, 2)),
                1000,
            )
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
    early = rng.binomial(discharged, 0.55)
    keys = {
        "icb22_code": pa.array([board.ons_code for board in country.boards for _ in days], pa.large_string()),
        "date": pa.array([day.isoformat() for day in days] * len(codes), pa.large_string()),
    }
    unsplit = np.tile(np.arange(len(days)) >= DAYS_WITH_TIME_OF_DISCHARGE, len(codes))
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
    truth.expect(
        "delayed_discharges",
        month_ends(months[-1]),
        codes,
        expected,
        residents * in_last.sum(),
        100_000,
        "icb",
    )


def write_prescribing(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    """One gzipped CSV a measure: months by area, with closed areas that hold nothing but zeros."""
    codes = [area.code for area in country.sub_areas]
    registered = people.registered_in_areas()
    all_codes = [*CLOSED_CODES, *codes]
    for measure, (varies_by, cv, share, per_person, indicator) in PRESCRIBING.items():
        planted = truth.planted(plant(indicator, codes, months, seed, varies_by, cv, need=people.need))
        rng = stream(seed, "prescribing", measure)
        volume = registered[:, None] * per_person * season(months, 0.08, 1) * shock(months)
        denominator = rng.poisson(volume)
        numerator = rng.binomial(denominator, np.minimum(share * planted.level, 0.98))
        with_closed = [
            np.vstack([np.zeros((len(CLOSED_CODES), len(months))), part]) for part in (numerator, denominator)
        ]
        columns = {
            "month": [month.isoformat() for _ in all_codes for month in months],
            "code": [code for code in all_codes for _ in months],
            "numerator": with_closed[0].ravel(),
            "denominator": with_closed[1].ravel(),
        }
        files.write_gzip(into / f"ccg_data_{measure}.csv.gz", files.csv_bytes(columns))
        for position, month in enumerate(months):
            figures = [int(numerator[:, position].sum()), int(denominator[:, position].sum())]
            truth.total("prescribing", f"{measure} {month:%Y-%m}", figures)
        expected = volume[:, -1] * np.minimum(share * planted.level[:, -1], 0.98)
        truth.expect(indicator, month_ends(months[-1]), codes, expected, volume[:, -1], 100)


def write_smoking(into: Path, country: Country, people: People, seed: int, truth: Truth) -> None:
    """Fingertips "all data": the country, its regions, boards and sub-areas, and groups that are not areas."""
    codes = [area.code for area in country.sub_areas]
    years = [date(2022 + place, 3, 1) for place in range(len(SMOKING_YEARS))]
    planted = truth.planted(plant("smoking_prevalence", codes, years, seed, "need", 0.18, need=people.need))
    rng = stream(seed, "smoking")
    adults = np.round(people.registered_in_areas() * ADULTS).astype(int)
    rows: list[tuple] = []
    for position, year in enumerate(SMOKING_YEARS):
        smokers = rng.binomial(
            adults, np.minimum(SMOKERS * 0.985**position * planted.level[:, position], 0.9)
        )
        rows += _smoking_rows(country, year, smokers, adults)
        truth.total("fingertips", year, [int(smokers.sum()), int(adults.sum())])
    expected = adults * SMOKERS * 0.985 ** (len(SMOKING_YEARS) - 1) * planted.level[:, -1]
    truth.expect("smoking_prevalence", (date(2024, 4, 1), date(2025, 3, 31)), codes, expected, adults, 100)
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
