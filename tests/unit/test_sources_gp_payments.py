"""GP payments: the year in the name, negative totals kept, no payment per patient without patients."""

import csv
from datetime import date

import pytest
from ibis import _

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import gp_payments
from careatlas.sources.source import SourceFile

COLUMNS = (*gp_payments.TEXT, *gp_payments.NUMERIC)


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def practice(
    code="B87001", patients=1_000, weighted=800, payments=150_000.0, deductions=-1000.0, sub_icb="03R"
):
    return {
        "CCG Code": sub_icb,
        "Practice Code": code,
        gp_payments.REGISTERED: patients,
        gp_payments.WEIGHTED: weighted,
        gp_payments.PER_REGISTERED: round(payments / patients, 2) if patients else 0,
        gp_payments.PER_WEIGHTED: round(payments / weighted, 2) if weighted else 0,
        gp_payments.PAYMENTS: payments,
        gp_payments.DEDUCTIONS: deductions,
        gp_payments.PAYMENTS_LESS_DEDUCTIONS: payments + deductions,
    }


def payments_file(folder, *practices, name="22-23.csv", columns=COLUMNS):
    path = folder / name
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows([row[column] for column in COLUMNS] for row in practices)
    return SourceFile(path)


def rows_of(engine, tidied):
    rows = engine.to_arrow(tidied.tables["gp_payments"], TIDIED["gp_payments"].schema).to_pylist()
    return sorted(rows, key=lambda row: row["practice"])


def test_one_practice_in_its_financial_year(engine, tmp_path):
    file = payments_file(tmp_path, practice())
    assert gp_payments.recognise(file)
    assert rows_of(engine, gp_payments.tidy(file, engine)) == [
        {
            "period_start": date(2022, 4, 1),
            "period_end": date(2023, 3, 31),
            "practice": "B87001",
            "sub_icb": "03R",
            "payments": 150_000.0,
            "registered_patients": 1_000.0,
            "weighted_patients": 800.0,
            "payment_per_registered_patient": 150.0,
        }
    ]


def test_no_payment_per_patient_where_there_are_few_patients_or_the_total_is_negative(engine, tmp_path):
    file = payments_file(
        tmp_path,
        practice("P1"),
        practice("P2", patients=0, weighted=0),
        practice("P3", payments=-500.0),
        practice("P4", patients=999),
    )
    rows = rows_of(engine, gp_payments.tidy(file, engine))
    assert [row["payment_per_registered_patient"] for row in rows] == [150.0, None, None, None]
    assert [row["payments"] for row in rows] == [150_000.0, 150_000.0, -500.0, 150_000.0]


@pytest.mark.parametrize("name", ["21-22.csv", "nhspaymentsgp-21-22-prac-csv.csv", "payments_2021_2022.csv"])
def test_the_financial_year_comes_from_the_name(engine, tmp_path, name):
    (row,) = rows_of(engine, gp_payments.tidy(payments_file(tmp_path, practice(), name=name), engine))
    assert (row["period_start"], row["period_end"]) == (date(2021, 4, 1), date(2022, 3, 31))


@pytest.mark.parametrize(
    "name", ["payments.csv", "payments-2021.csv", "payments-21-25.csv", "payments-2011-12-13.csv"]
)
def test_a_name_without_a_financial_year_is_refused(engine, tmp_path, name):
    with pytest.raises(SourceFileError, match=r"which financial year.*gp_payments_22-23.csv"):
        gp_payments.tidy(payments_file(tmp_path, practice(), name=name), engine)


def test_columns_whose_headings_changed_places_are_a_fault(engine, tmp_path):
    swapped = [
        {gp_payments.REGISTERED: gp_payments.WEIGHTED, gp_payments.WEIGHTED: gp_payments.REGISTERED}.get(
            name, name
        )
        for name in COLUMNS
    ]
    with pytest.raises(SourceFileError, match="headings may have changed places"):
        gp_payments.tidy(payments_file(tmp_path, practice(), columns=swapped), engine)


def test_a_practice_given_twice_is_a_fault(engine, tmp_path):
    with pytest.raises(SourceFileError, match="2 rows say period_end 2023-03-31, practice B87001"):
        gp_payments.tidy(payments_file(tmp_path, practice(), practice()), engine)


def test_a_practice_without_a_sub_icb_is_refused_and_counted(engine, tmp_path):
    tidied = gp_payments.tidy(payments_file(tmp_path, practice("P1"), practice("P2", sub_icb="")), engine)
    assert [(refusal.reason, refusal.rows) for refusal in tidied.refusals] == [("no sub-ICB code", 1)]


@pytest.mark.parametrize(
    ("year", "payments", "patients", "negative", "without_patients"),
    [
        ("21-22", 10_075_780_270.50, 61_570_003.60, 3, 188),
        ("22-23", 10_230_094_803.70, 62_134_644.75, 12, 206),
    ],
)
def test_real_totals_are_exact_to_the_penny(
    engine, real_data, year, payments, patients, negative, without_patients
):
    tidied = gp_payments.tidy(SourceFile(real_data / "gp_payments" / f"{year}.csv"), engine)
    sums = engine.to_arrow(
        tidied.tables["gp_payments"].aggregate(
            payments=_.payments.sum(),
            patients=_.registered_patients.sum(),
            negative=(_.payments < 0).sum(),
            without_patients=(_.registered_patients == 0).sum(),
            per_patient_there=_.payment_per_registered_patient.count(where=_.registered_patients == 0),
            sub_icbs=_.sub_icb.nunique(),
        )
    ).to_pylist()[0]
    assert round(sums.pop("payments"), 2) == payments
    assert round(sums.pop("patients"), 2) == patients
    assert sums == {
        "negative": negative,
        "without_patients": without_patients,
        "per_patient_there": 0,
        "sub_icbs": 106,
    }
