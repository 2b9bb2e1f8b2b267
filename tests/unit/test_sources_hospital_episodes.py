"""Hospital episodes: record-level rows are checked, counted where bad, and never quoted."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import DownloadError, SourceFileError
from careatlas.sources import hospital_episodes
from careatlas.sources.source import SourceFile

ADMISSION = {
    "person": "p1",
    "age": 70,
    "sex": "female",
    "sub_area": "03R",
    "admission_date": date(2025, 3, 1),
    "discharge_date": date(2025, 3, 4),
    "emergency": True,
    "diagnosis": "I21",
}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def episodes(folder, *rows):
    path = folder / "episodes.parquet"
    pq.write_table(pa.Table.from_pylist(list(rows)), path)
    return SourceFile(path)


def test_a_sound_admission_is_kept_and_counts_one(engine, tmp_path):
    file = episodes(tmp_path, ADMISSION)
    assert hospital_episodes.recognise(file)
    tidied = hospital_episodes.tidy(file, engine)
    rows = engine.to_arrow(tidied.tables["hospital_episodes"])
    assert rows.schema == TIDIED["hospital_episodes"].schema
    assert rows.to_pylist() == [ADMISSION | {"admissions": 1.0}]


def test_a_person_still_in_hospital_is_kept(engine, tmp_path):
    still_in = ADMISSION | {"discharge_date": None}
    assert hospital_episodes.tidy(episodes(tmp_path, ADMISSION, still_in), engine).rows_kept == 2


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"person": None}, "no person"),
        ({"age": 121}, "age not 0 to 120"),
        ({"age": -1}, "age not 0 to 120"),
        ({"age": None}, "age not 0 to 120"),
        ({"sex": "F"}, "sex not female or male"),
        ({"sub_area": ""}, "no area of residence"),
        ({"admission_date": None}, "no admission date"),
        ({"discharge_date": date(2025, 2, 28)}, "discharged before admitted"),
    ],
)
def test_a_bad_record_is_refused_with_its_reason(engine, tmp_path, wrong, reason):
    tidied = hospital_episodes.tidy(episodes(tmp_path, ADMISSION, ADMISSION | wrong), engine)
    assert (tidied.rows_read, tidied.rows_kept) == (2, 1)
    assert [(refusal.reason, refusal.rows) for refusal in tidied.refusals] == [(reason, 1)]


def test_a_refusal_never_quotes_a_record(engine, tmp_path):
    tidied = hospital_episodes.tidy(episodes(tmp_path, ADMISSION | {"age": 130, "person": "secret"}), engine)
    assert tidied.refusals[0].example == ""
    assert "secret" not in str(tidied.refusals)


def test_dates_written_as_text_are_a_fault(engine, tmp_path):
    file = episodes(tmp_path, ADMISSION | {"admission_date": "2025-03-01"})
    with pytest.raises(SourceFileError, match='column "admission_date" holds string, not date32'):
        hospital_episodes.tidy(file, engine)


def test_one_person_may_be_admitted_twice_on_a_day(engine, tmp_path):
    assert hospital_episodes.tidy(episodes(tmp_path, ADMISSION, ADMISSION), engine).rows_kept == 2


def test_records_about_persons_cannot_be_fetched(tmp_path):
    with pytest.raises(DownloadError, match="nothing to download"):
        hospital_episodes.fetch(date(2025, 1, 1), date(2025, 1, 31), tmp_path)
