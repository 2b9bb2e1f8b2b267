"""The indices of deprivation: two layouts, ranks made percentiles, damage refused."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import deprivation
from careatlas.sources.deprivation import COPY, FILE_7
from careatlas.sources.source import SourceFile


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def copy_of_ranks(folder, ranks, name="imd2019_lsoa11.parquet", small_area="lsoa11_code"):
    """Small areas E1, E2, ... with these ranks; of n the decile is the whole part of 10 (rank - 1) / n, plus 1."""
    columns = {heading: [5.0] * len(ranks) for heading in COPY[1:]}
    columns["IMD_rank"] = [float(rank) for rank in ranks]
    columns["IMD_decile"] = [float((rank - 1) * 10 // len(ranks) + 1) for rank in ranks]
    codes = [f"E{number}" for number in range(1, len(ranks) + 1)]
    pq.write_table(pa.table({small_area: codes} | columns), folder / name)
    return SourceFile(folder / name)


def rows_of(engine, file):
    assert deprivation.recognise(file)
    tidied = deprivation.tidy(file, engine)
    return engine.to_arrow(tidied.tables["deprivation"], TIDIED["deprivation"].schema).to_pylist()


def test_rank_one_is_the_most_deprived_and_has_the_highest_percentile(engine, tmp_path):
    # Of five: 100 x (5.5 - rank) / 5 is 90, 70, 50, 30, 10, whose mean is 50. Deciles 1, 3, 5, 7, 9.
    rows = sorted(rows_of(engine, copy_of_ranks(tmp_path, [3, 1, 5, 2, 4])), key=lambda row: row["rank"])
    assert [row["small_area"] for row in rows] == ["E2", "E4", "E1", "E5", "E3"]
    assert [row["percentile"] for row in rows] == pytest.approx([90, 70, 50, 30, 10])
    assert [row["in_most_deprived_fifth"] for row in rows] == [1, 0, 0, 0, 0]
    assert {(row["edition"], row["period_start"].year, row["small_areas"]) for row in rows} == {
        ("imd_2019", 2019, 1)
    }


def test_a_later_edition_is_known_by_its_name_and_its_small_areas_of_2021(engine, tmp_path):
    file = copy_of_ranks(tmp_path, [1, 2], "IoD2025_ranks.parquet", "lsoa21_code")
    assert {row["edition"] for row in rows_of(engine, file)} == {"imd_2025"}


def test_the_publishers_own_file_reads_the_same(engine, tmp_path):
    heading = ",".join(f'"{name}"' for name in FILE_7)
    rows = "E1,Somewhere,40.1,1,1,.3,1,1,.2,1,1\nE2,Elsewhere,9.5,2,6,.1,2,6,.1,2,6\n"
    path = tmp_path / "File_7_-_All_IoD2019_Scores.csv"
    path.write_text(f"{heading}\n{rows}", encoding="utf-8")
    found = {row["small_area"]: row for row in rows_of(engine, SourceFile(path))}
    # Of two: 100 x (2.5 - 1) / 2 = 75 and 100 x (2.5 - 2) / 2 = 25.
    assert (found["E1"]["percentile"], found["E2"]["percentile"]) == (75, 25)
    assert (found["E1"]["in_most_deprived_fifth"], found["E2"]["in_most_deprived_fifth"]) == (1, 0)


def test_an_edition_that_cannot_be_known_is_refused(engine, tmp_path):
    file = copy_of_ranks(tmp_path, [1, 2], "ranks.parquet")
    with pytest.raises(SourceFileError, match=r"ranks.parquet: .*which edition.*imd2019_england_lsoa11"):
        deprivation.tidy(file, engine)


def test_a_rank_beyond_the_number_of_small_areas_shows_that_rows_are_missing(engine, tmp_path):
    file = copy_of_ranks(tmp_path, [1, 2, 4])
    with pytest.raises(SourceFileError, match=r"1 of its 3 small areas have no rank from 1 to 3.*first: E3"):
        deprivation.tidy(file, engine)


def test_a_small_area_given_twice_is_refused(engine, tmp_path):
    file = copy_of_ranks(tmp_path, [1, 2])
    table = pq.read_table(file.path)
    pq.write_table(table.set_column(0, "lsoa11_code", pa.array(["E1", "E1"])), file.path)
    with pytest.raises(SourceFileError, match="2 rows say edition imd_2019, small_area E1"):
        deprivation.tidy(SourceFile(file.path), engine)


def test_a_row_that_names_no_small_area_is_refused_and_counted(engine, tmp_path):
    three = copy_of_ranks(tmp_path, [1, 2, 2])
    blank = pq.read_table(three.path).set_column(0, "lsoa11_code", pa.array(["E1", "E2", None]))
    pq.write_table(blank, three.path)
    tidied = deprivation.tidy(SourceFile(three.path), engine)
    assert (tidied.rows_read, tidied.rows_kept, tidied.refusals[0].rows) == (3, 2, 1)


def test_the_real_index_ranks_every_small_area_of_england(engine, real_data):
    rows = rows_of(engine, SourceFile(real_data / "deprivation" / "imd2019_england_lsoa11.parquet"))
    assert len(rows) == 32_844  # data/README.md
    assert sum(row["percentile"] for row in rows) / len(rows) == pytest.approx(50, abs=0.01)
    assert sum(row["in_most_deprived_fifth"] for row in rows) == 6_568  # a fifth, by published deciles
