"""Maternity records: three levels in one column, rounded counts, and records that do not say."""

from datetime import date

import pytest
from ibis import _

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import maternity
from careatlas.sources.source import SourceFile

NOT_KNOWN = "Missing value / Value outside reporting parameters"
BODIES = {
    "National": ("National", "ALL SUBMITTERS"),
    "NHS England (Region)": ("Y56", "LONDON COMMISSIONING REGION"),
    "Provider": ("R1H", "BARTS HEALTH NHS TRUST"),
}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def rows_of_a_trust(level="Provider", year="2022-23", smokers=100, deliveries=1000):
    """A body's deliveries by method and by smoking; 60 % are recorded as non-smokers, the rest not at all."""
    counts = [
        ("DeliveryMethodBabyGroup", "Spontaneous", "Deliveries", 600),
        ("DeliveryMethodBabyGroup", "Elective caesarean section", "Deliveries", 400),
        ("SmokingStatusGroupBooking", "Smoker", "Deliveries", smokers),
        ("SmokingStatusGroupBooking", "Non-Smoker / Ex-Smoker", "Deliveries", 600),
        ("SmokingStatusGroupBooking", NOT_KNOWN, "Deliveries", 300),
        ("TotalDeliveries", "", "Deliveries", deliveries),
    ]
    code, name = BODIES[level]
    return [
        ",".join((year, dimension, level, code, name, category, counted, str(value)))
        for dimension, category, counted, value in counts
    ]


def csv_of(folder, *rows):
    path = folder / "births.csv"
    path.write_text("\n".join([",".join((*maternity.TEXT, maternity.VALUE)), *rows]) + "\n")
    return SourceFile(path)


def tidied_rows(engine, tidied, table="maternity"):
    return engine.to_arrow(tidied.tables[table], TIDIED[table].schema).to_pylist()


def test_country_region_and_trust_are_told_apart(engine, tmp_path):
    file = csv_of(tmp_path, *(row for level in BODIES for row in rows_of_a_trust(level)))
    assert maternity.recognise(file)
    tidied = maternity.tidy(file, engine)
    rows = tidied_rows(engine, tidied)
    assert {(row["area_type"], row["area"]) for row in rows} == {
        ("country", "National"),
        ("region", "Y56"),
        ("provider", "R1H"),
    }
    assert {(row["period_start"], row["period_end"]) for row in rows} == {
        (date(2022, 4, 1), date(2023, 3, 31))
    }
    assert (tidied.rows_read, tidied.rows_kept) == (18, 18)


def test_totals_have_no_category_of_their_own(engine, tmp_path):
    rows = tidied_rows(engine, maternity.tidy(csv_of(tmp_path, *rows_of_a_trust()), engine))
    assert [
        (row["category"], row["counted"], row["count"]) for row in rows if "Total" in row["dimension"]
    ] == [("all", "deliveries", 1000.0)]


def test_records_that_do_not_say_are_counted_and_left_out_of_what_is_known(engine, tmp_path):
    rows = tidied_rows(engine, maternity.tidy(csv_of(tmp_path, *rows_of_a_trust()), engine))
    smoking = {
        row["category"]: (row["count"], row["count_where_known"])
        for row in rows
        if row["dimension"] == "SmokingStatusGroupBooking"
    }
    assert smoking == {
        "Smoker": (100.0, 100.0),
        "Non-Smoker / Ex-Smoker": (600.0, 600.0),
        NOT_KNOWN: (300.0, None),
    }


def test_trusts_are_named_and_regions_are_not(engine, tmp_path):
    file = csv_of(tmp_path, *(row for level in BODIES for row in rows_of_a_trust(level)))
    (listed,) = tidied_rows(engine, maternity.tidy(file, engine), "area_list")
    assert (listed["code"], listed["name"], listed["vintage"]) == ("R1H", "Barts Health NHS Trust", 2023)


def test_a_level_that_the_atlas_does_not_use_is_refused_and_counted(engine, tmp_path):
    site = "2022-23,TotalDeliveries,Local Maternity System,E54000030,A SYSTEM,,Deliveries,5000"
    tidied = maternity.tidy(csv_of(tmp_path, *rows_of_a_trust(), site), engine)
    assert (tidied.rows_read, tidied.rows_kept) == (7, 6)
    assert [(each.reason, each.rows) for each in tidied.refusals] == [
        ("a level of area that the atlas does not use", 1)
    ]


def test_methods_of_delivery_that_do_not_make_the_total_are_a_fault(engine, tmp_path):
    """600 + 400 are 1,000; rounding two categories and a total to 5 cannot make 1,100."""
    with pytest.raises(
        SourceFileError, match=r'R1H: the rows of "DeliveryMethodBabyGroup" add up to 1,000, but .*1,100'
    ):
        maternity.tidy(csv_of(tmp_path, *rows_of_a_trust(deliveries=1100)), engine)


def test_rounding_to_five_is_no_fault(engine, tmp_path):
    assert maternity.tidy(csv_of(tmp_path, *rows_of_a_trust(deliveries=1015)), engine).rows_kept == 6


def test_two_years_in_one_file_are_a_fault(engine, tmp_path):
    rows = [*rows_of_a_trust(), *rows_of_a_trust("National", year="2021-22")]
    with pytest.raises(SourceFileError, match=r"'2022-23', '2021-22'|'2021-22', '2022-23'"):
        maternity.tidy(csv_of(tmp_path, *rows), engine)


def test_the_same_category_given_twice_is_a_fault(engine, tmp_path):
    with pytest.raises(SourceFileError, match="2 rows say"):
        maternity.tidy(csv_of(tmp_path, *rows_of_a_trust(), rows_of_a_trust()[0]), engine)


@pytest.mark.parametrize(
    ("year", "rows", "national", "of_regions", "of_trusts"),
    # 531,000 and 530,960 are the figures of the data folder's README; the others are sums of the file's own column
    [("2021-22", 16_038, 546_100, 546_100, 547_320), ("2022-23", 15_785, 531_000, 531_000, 530_960)],
)
def test_the_real_files_keep_every_row_and_their_deliveries(
    engine, real_data, year, rows, national, of_regions, of_trusts
):
    file = SourceFile(real_data / "maternity" / f"hosp-epis-stat-mat-msdscsv-{year}.csv")
    tidied = maternity.tidy(file, engine)
    assert (tidied.rows_read, tidied.rows_kept, tidied.refusals) == (rows, rows, [])
    table = tidied.tables["maternity"]
    deliveries = (
        table.filter(_.dimension == "TotalDeliveries").group_by("area_type").aggregate(all=_["count"].sum())
    )
    assert {row["area_type"]: row["all"] for row in engine.to_arrow(deliveries).to_pylist()} == {
        "country": national,
        "region": of_regions,
        "provider": of_trusts,
    }
    assert {(total.where["area_type"], total.published) for total in tidied.totals} == {
        ("region", national),
        ("provider", national),
    }
