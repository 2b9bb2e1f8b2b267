"""NHS talking therapies: long rows become wide ones, suppressed values stay missing."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis import _

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import talking_therapies
from careatlas.sources.source import SourceFile


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def month(values=("560", "455", "615", "265", "49", "46"), area="E38000130", named="July 2022"):
    names = talking_therapies.MEASURES.values()
    return [
        {"sicbl22_code": area, "date": named, "name": name, "value": value}
        for name, value in zip(names, values, strict=True)
    ]


def activity(folder, rows):
    path = folder / "iapt.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return SourceFile(path)


def rows_of(engine, tidied):
    return engine.to_arrow(tidied.tables["talking_therapies"], TIDIED["talking_therapies"].schema).to_pylist()


def test_six_rows_of_one_area_and_month_become_one(engine, tmp_path):
    file = activity(tmp_path, month())
    assert talking_therapies.recognise(file)
    assert rows_of(engine, talking_therapies.tidy(file, engine)) == [
        {
            "period_start": date(2022, 7, 1),
            "period_end": date(2022, 7, 31),
            "sub_icb": "E38000130",
            "referrals_received": 560.0,
            "accessing_services": 455.0,
            "ended_referrals": 615.0,
            "finished_course": 265.0,
            "recovery_percent": 49.0,
            "reliable_recovery_percent": 46.0,
        }
    ]


@pytest.mark.parametrize("mark", [None, "", " ", "*", "-"])
def test_a_value_that_was_withheld_is_missing_not_zero(engine, tmp_path, mark):
    file = activity(tmp_path, month(("560", "455", "615", "265", "49", mark)))
    (row,) = rows_of(engine, talking_therapies.tidy(file, engine))
    assert row["reliable_recovery_percent"] is None
    assert row["recovery_percent"] == 49.0


def test_other_measures_are_refused_by_name_and_counted(engine, tmp_path):
    other = month()[0] | {"name": "Count_Deterioration", "value": "20"}
    tidied = talking_therapies.tidy(activity(tmp_path, [*month(), other]), engine)
    assert (tidied.rows_read, tidied.rows_kept) == (7, 6)
    assert [(refusal.rows, refusal.example) for refusal in tidied.refusals] == [(1, "Count_Deterioration")]


def test_a_renamed_measure_is_a_fault(engine, tmp_path):
    rows = month()
    rows[4]["name"] = "Percentage_Recovered"
    with pytest.raises(SourceFileError, match="never says 'Percentage_Recovery'"):
        talking_therapies.tidy(activity(tmp_path, rows), engine)


def test_text_in_a_number_is_a_fault_that_names_area_and_month(engine, tmp_path):
    file = activity(tmp_path, month(("many", "455", "615", "265", "49", "46")))
    with pytest.raises(SourceFileError, match=r'"many" stands where.*Referrals.*E38000130, July 2022'):
        talking_therapies.tidy(file, engine)


def test_a_measure_given_twice_is_a_fault(engine, tmp_path):
    with pytest.raises(SourceFileError, match="2 rows say period_end 2022-07-31, sub_icb E38000130"):
        talking_therapies.tidy(activity(tmp_path, [*month(), month()[0]]), engine)


def test_an_unreadable_month_is_a_fault(engine, tmp_path):
    with pytest.raises(SourceFileError, match=r"'2022 Q1' names no month.*like July 2022"):
        talking_therapies.tidy(activity(tmp_path, month(named="2022 Q1")), engine)


def test_the_real_file_holds_eleven_months_of_106_areas(engine, real_data):
    tidied = talking_therapies.tidy(
        SourceFile(real_data / "mental_health" / "england_sicb_iapt.parquet"), engine
    )
    figures = tidied.tables["talking_therapies"]
    found = engine.to_arrow(
        figures.aggregate(
            areas=_.sub_icb.nunique(),
            months=_.period_end.nunique(),
            rows=_.count(),
            first=_.period_end.min(),
            last=_.period_end.max(),
        )
    ).to_pylist()
    expected = {
        "areas": 106,
        "months": 11,
        "rows": 1166,
        "first": date(2022, 7, 31),
        "last": date(2023, 5, 31),
    }
    assert found == [expected]
    assert (tidied.rows_read, tidied.rows_kept) == (12_826, 6 * 1166)
