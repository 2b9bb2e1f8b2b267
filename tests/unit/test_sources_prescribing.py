"""Prescribing measures: the id in the name, closed areas refused, live zeros kept."""

import gzip
from datetime import date

import pytest
from ibis import _

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import prescribing_measures
from careatlas.sources.source import SourceFile, identify

HEADER = "month,code,numerator,denominator\n"


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def measure_file(folder, lines, name="ccg_data_saba.csv"):
    path = folder / name
    text = HEADER + "".join(line + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return SourceFile(path)


def rows_of(engine, tidied):
    rows = engine.to_arrow(tidied.tables["prescribing"], TIDIED["prescribing"].schema).to_pylist()
    return sorted(rows, key=lambda row: (row["area"], row["period_end"]))


@pytest.mark.parametrize("name", ["ccg_data_saba.csv", "ccg_data_saba.csv.gz"])
def test_a_file_is_read_plain_and_gzipped(engine, tmp_path, name):
    file = measure_file(tmp_path, ["2025-02-01,03R,5,10"], name)
    assert prescribing_measures.recognise(file)
    assert rows_of(engine, prescribing_measures.tidy(file, engine)) == [
        {
            "period_start": date(2025, 2, 1),
            "period_end": date(2025, 2, 28),
            "measure": "saba",
            "area": "03R",
            "numerator": 5.0,
            "denominator": 10.0,
        }
    ]


def test_what_the_publishers_interface_sends_is_read_too(engine, tmp_path):
    path = tmp_path / "ccg_data_saba.csv"
    path.write_text(
        "measure,org_type,org_id,org_name,date,numerator,denominator,calc_value,percentile\n"
        "saba,ccg,03R,NHS WEST YORKSHIRE ICB - 03R,2025-02-01,5,10,0.5,40\n"
    )
    assert identify(SourceFile(path)) == "prescribing_measures"
    (row,) = rows_of(engine, prescribing_measures.tidy(SourceFile(path), engine))
    assert (row["area"], row["period_end"], row["numerator"]) == ("03R", date(2025, 2, 28), 5.0)


def test_a_closed_area_is_refused_and_a_live_zero_is_kept(engine, tmp_path):
    lines = [
        *("2025-01-01,00D,0,0", "2025-02-01,00D,0,0"),  # closed: 0 in every month
        *("2025-01-01,03R,0,0", "2025-02-01,03R,0,10"),  # open: 0 in one month
    ]
    tidied = prescribing_measures.tidy(measure_file(tmp_path, lines), engine)
    assert [(row["area"], row["numerator"], row["denominator"]) for row in rows_of(engine, tidied)] == [
        ("03R", 0.0, 0.0),
        ("03R", 0.0, 10.0),
    ]
    (refusal,) = tidied.refusals
    assert (refusal.reason, refusal.rows, refusal.example) == (
        "closed area: no activity in the file",
        2,
        "00D",
    )


def test_a_blank_figure_is_missing_not_zero(engine, tmp_path):
    tidied = prescribing_measures.tidy(measure_file(tmp_path, ["2025-01-01,03R,,10"]), engine)
    assert [row["numerator"] for row in rows_of(engine, tidied)] == [None]


def test_a_name_without_a_measure_is_refused(engine, tmp_path):
    file = measure_file(tmp_path, ["2025-01-01,03R,1,2"], "download.csv")
    with pytest.raises(
        SourceFileError, match=r"download.csv: .*which prescribing measure.*ccg_data_saba.csv"
    ):
        prescribing_measures.tidy(file, engine)


def test_text_in_a_number_is_a_fault_that_names_line_and_column(engine, tmp_path):
    file = measure_file(tmp_path, ["2025-01-01,03R,1,2", "2025-02-01,03R,lots,2"])
    with pytest.raises(SourceFileError, match=r'line 3: "lots" stands where a number should.*numerator'):
        prescribing_measures.tidy(file, engine)


def test_an_unreadable_month_is_a_fault(engine, tmp_path):
    with pytest.raises(SourceFileError, match="column \"month\" says 'soon'"):
        prescribing_measures.tidy(measure_file(tmp_path, ["soon,03R,1,2"]), engine)


def test_an_area_given_twice_for_a_month_is_a_fault(engine, tmp_path):
    lines = ["2025-01-01,03R,1,2", "2025-01-01,03R,1,2"]
    with pytest.raises(SourceFileError, match="2 rows say period_end 2025-01-31, measure saba, area 03R"):
        prescribing_measures.tidy(measure_file(tmp_path, lines), engine)


@pytest.mark.parametrize(
    ("measure", "numerator", "denominator"),
    [("broad_spectrum", 197_044, 2_765_573), ("saba", 2_164_173, 4_330_124)],
)
def test_november_2023_sums_to_the_known_totals(engine, real_data, measure, numerator, denominator):
    file = SourceFile(real_data / "prescribing" / f"ccg_data_{measure}.csv.gz")
    figures = prescribing_measures.tidy(file, engine).tables["prescribing"]
    november = figures.filter(_.period_end == date(2023, 11, 30))
    sums = engine.to_arrow(
        november.aggregate(n=_.numerator.sum(), d=_.denominator.sum(), areas=_.area.nunique())
    )
    assert sums.to_pylist() == [{"n": numerator, "d": denominator, "areas": 106}]


def test_the_108_closed_codes_of_a_real_file_are_refused_and_its_live_zeros_kept(engine, real_data):
    file = SourceFile(real_data / "prescribing" / "ccg_data_ciclosporin.csv.gz")
    tidied = prescribing_measures.tidy(file, engine)
    assert [refusal.rows for refusal in tidied.refusals] == [6588]
    zeros = tidied.tables["prescribing"].filter((_.numerator == 0) & (_.denominator == 0))
    found = engine.to_arrow(zeros.group_by("area").aggregate(months=_.count())).to_pylist()
    assert {row["area"] for row in found} == {"02Q", "11X", "15C"}
    assert sum(row["months"] for row in found) == 23
