"""Population files of the simulated country: residents, need-weighted lists, payments to practices."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import xlsxwriter

from careatlas.sources.simulated_country import files
from careatlas.sources.simulated_country.geography import Council, Country
from careatlas.sources.simulated_country.people import AGES, NEEDS, People
from careatlas.sources.simulated_country.planting import plant, stream
from careatlas.sources.simulated_country.truth import Truth

MID_YEARS = (2022, 2023)
NEED_EDITIONS = {"2023_2024": 1.0, "2024_2025": 1.004}
PAYMENT_YEARS = ("23-24", "24-25")
PAYMENT_PER_PATIENT = {"23-24": 171.0, "24-25": 178.0}
PRACTICES_WITHOUT_PATIENTS_EVERY = 170


def write_residents(into: Path, country: Country, people: People, seed: int, truth: Truth) -> None:
    """The ONS workbook of two mid-years; the later one is what `People` holds."""
    earlier = stream(seed, "earlier mid-year").binomial(people.residents, 0.992)
    by_year = dict(zip(MID_YEARS, (earlier, people.residents), strict=True))
    path = into / "ons_pop_health_geos.xlsx"
    into.mkdir(parents=True, exist_ok=True)
    workbook = xlsxwriter.Workbook(str(path), {"in_memory": True})
    workbook.set_properties({"created": datetime(2026, 3, 1)})
    title = f"Population Estimates for Health Geographies in {country.name} by Single Year of Age and Sex"
    _fill(
        workbook.add_worksheet("Cover sheet"),
        [[title], [f"This workbook describes {country.name}, which is invented."]],
    )
    _fill(
        workbook.add_worksheet("Contents"),
        [["Table of contents"], ["Worksheet number/name", "Worksheet title"]],
    )
    _fill(workbook.add_worksheet("Notes"), [["Notes related to the data in this spreadsheet"]])
    for year, residents in by_year.items():
        _fill(workbook.add_worksheet(f"Mid-{year} ICB 2023"), _residents_sheet(country, residents, year))
        truth.total("population", f"mid_{year}", int(residents.sum()))
    workbook.close()
    truth.expect(
        "residents_aged_75_and_over",
        (date(MID_YEARS[-1], 6, 30), date(MID_YEARS[-1], 6, 30)),
        [area.code for area in country.sub_areas],
        people.residents[:, :, 75:].sum(axis=(1, 2)),
        people.residents.sum(axis=(1, 2)),
        100,
    )


def _fill(sheet: xlsxwriter.worksheet.Worksheet, rows: list[list]) -> None:
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)


def _residents_sheet(country: Country, residents: np.ndarray, year: int) -> list[list]:
    header = [
        "SICBL 2023 Code", "SICBL 2023 Name", "ICB 2023 Code", "ICB 2023 Name", "NHSER 2023 Code",
        "NHSER 2023 Name", "Total", *(f"F{age}" for age in AGES), *(f"M{age}" for age in AGES),
    ]  # fmt: skip
    rows = []
    for place, area in enumerate(country.sub_areas):
        board, region = country.board_of(place), country.region_of(place)
        names = [
            area.ons_code,
            area.official_name,
            board.ons_code,
            board.official_name,
            region.ons_code,
            region.name,
        ]
        rows.append([*names, int(residents[place].sum()), *residents[place].ravel().tolist()])
    return [
        [f"Estimates by single year of age and sex for 2023 Integrated Care Boards, mid-{year}"],
        ["This worksheet contains one table."],
        ["Invented figures."],
        header,
        *rows,
    ]


def write_need_weights(into: Path, country: Country, people: People, truth: Truth) -> None:
    """One row a practice, two editions: the columns of need add up to the registered total."""
    practices = country.practices
    areas = [country.sub_areas[practice.sub_area] for practice in practices]
    boards = [country.board_of(practice.sub_area) for practice in practices]
    regions = [country.region_of(practice.sub_area) for practice in practices]
    councils = _first_councils(country)
    of_council = [councils[practice.sub_area] for practice in practices]
    blank = [None] * len(practices)
    for edition, growth in NEED_EDITIONS.items():
        columns = {
            "Practice_Code": [practice.code for practice in practices],
            "GP_Practice_Name": [practice.name for practice in practices],
            "Practice_Postcode": blank,
            "Latitude": blank,
            "Longitude": blank,
            "CCG21": [area.code for area in areas],
            "Former CCG": [f"NHS {area.name} CCG" for area in areas],
            "PCN_Code": [practice.network_code for practice in practices],
            "PCN_Name": [practice.network_name for practice in practices],
            "LOC22": blank,
            "LOC22name": blank,
            "ICS22": [board.code for board in boards],
            "ICS22name": [f"NHS {board.name} ICB" for board in boards],
            "R22": [region.code for region in regions],
            "Region22": [region.name for region in regions],
            "LAD21": [council.code for council in of_council],
            "LTLA21": [council.name for council in of_council],
            "LA21": [council.code for council in of_council],
            "UTLA21": [council.name for council in of_council],
            "Patients": blank,
            "pop 2022/23": (people.registered * growth).round(10),
        }
        columns |= {need: (people.weighted[need] * growth).round(10) for need in NEEDS}
        files.write_bytes(into / f"{edition}.csv", files.csv_bytes(_with_text_blanks(columns)))
        figures = {name: round(float(columns[name].sum()), 4) for name in ("pop 2022/23", *NEEDS)}
        truth.total("need_weights", edition, figures)


def _with_text_blanks(columns: dict) -> dict:
    return {
        name: pa.array(values, pa.string()) if isinstance(values, list) else values
        for name, values in columns.items()
    }


def _first_councils(country: Country) -> dict[int, Council]:
    found: dict[int, Council] = {}
    for council in country.councils:
        found.setdefault(council.sub_area, council)
    return found


def write_payments(into: Path, country: Country, people: People, seed: int, truth: Truth) -> None:
    """Two financial years in the two layouts of the real ones; a few practices have no patients left."""
    planted = truth.planted(
        plant(
            "gp_payment_per_patient",
            [area.code for area in country.sub_areas],
            [date(2024, 3, 1), date(2025, 3, 1)],
            seed,
            "unexplained",
            0.05,
        )
    )
    for position, year in enumerate(PAYMENT_YEARS):
        rng = stream(seed, "payments", year)
        per_patient = PAYMENT_PER_PATIENT[year] * planted.level[people.practice_area, position]
        per_patient = per_patient * np.exp(0.16 * rng.standard_normal(len(per_patient)) - 0.16**2 / 2)
        patients = (people.registered * (1 + 0.003 * position)).round(2)
        emptied = np.arange(len(patients)) % PRACTICES_WITHOUT_PATIENTS_EVERY == 100
        payments = (patients * per_patient).round(2)
        patients[emptied] = 0.0
        payments[emptied] = (payments[emptied] * 0.05).round(2)
        payments[np.flatnonzero(emptied)[:2]] *= -1
        columns = _payment_columns(country, people, patients, payments, position)
        content = files.csv_bytes(columns, windows_lines=True, byte_order_mark=True)
        files.write_bytes(into / "gp_payments" / f"{year}.csv", content)
        practices = np.bincount(people.practice_area, weights=~emptied)
        truth.expect(
            "gp_payment_per_patient",
            (date(2023 + position, 4, 1), date(2024 + position, 3, 31)),
            planted.areas,
            PAYMENT_PER_PATIENT[year] * planted.level[:, position] * practices,
            practices,
            1,
        )
        truth.total(
            "gp_payments",
            year,
            {
                "payments": round(float(payments.sum()), 2),
                "registered_patients": round(float(patients.sum()), 2),
            },
        )


def _payment_columns(
    country: Country, people: People, patients: np.ndarray, payments: np.ndarray, position: int
) -> dict:
    practices = country.practices
    areas = [country.sub_areas[practice.sub_area] for practice in practices]
    regions = [country.region_of(practice.sub_area) for practice in practices]
    sub_icb_name, network_code, network_name = (
        ("CCG NAME", "PCN Code", "PCN Name") if position == 0 else ("Sub ICB NAME", "Code", "CCG NAME")
    )
    weighted = (patients * people.weighted["Primary Medical Care WP"] / people.registered).round(2)
    deductions = (-0.1 * payments).round(2)

    def per(people_counted: np.ndarray) -> np.ndarray:
        return np.divide(
            payments, people_counted, out=np.zeros(len(payments)), where=people_counted > 0
        ).round(2)

    return {
        "NHS England (Region) code": [region.code for region in regions],
        "NHS England (Region) Name": [f"{region.name} COMMISSIONING REGION".upper() for region in regions],
        "CCG Code": [area.code for area in areas],
        sub_icb_name: [area.official_name.upper() for area in areas],
        network_code: [practice.network_code for practice in practices],
        network_name: [practice.network_name.upper() for practice in practices],
        "Practice Code": [practice.code for practice in practices],
        "Practice Name": [practice.name.upper() for practice in practices],
        "Contract Type": ["GMS"] * len(practices),
        "Number of Registered Patients (Last Known Figure)": patients,
        "Number of Weighted Patients (Last Known Figure)": weighted,
        "Average payments per registered patient": per(patients),
        "Average payments per weighted patient": per(weighted),
        "Global Sum": (payments * 0.6).round(2),
        "Total NHS Payments to General Practice": payments,
        "Deductions for Pensions, Levies and Prescription Charge Income": deductions,
        "Total NHS Payments to General Practice Minus Deductions": (payments + deductions).round(2),
    }
