"""The matrix of primary care trusts and the groups that followed them."""

import pytest

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import pct_ccg_lookup
from careatlas.sources.source import SourceFile


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def matrix(folder, *rows: str) -> SourceFile:
    """Three groups; each line ends in a column without a name, as the file does."""
    path = folder / "matrix.csv"
    path.write_text("\n".join(["PCT_Code,00A,00B,00C,", *rows]) + "\n", encoding="utf-8-sig")
    return SourceFile(path)


def parts(engine, file: SourceFile) -> dict:
    rows = engine.to_arrow(
        pct_ccg_lookup.tidy(file, engine).tables["stated_changes"], TIDIED["stated_changes"].schema
    )
    return {(row["old"], row["new"]): (row["weight"], row["exact"]) for row in rows.to_pylist()}


def test_whole_and_shared_trusts_are_read(engine, tmp_path):
    file = matrix(tmp_path, "5AA,100%,0%,0%,", "5BB,0%,40%,60%,")
    assert pct_ccg_lookup.recognise(file)
    assert parts(engine, file) == {
        ("5AA", "00A"): (1.0, True), ("5BB", "00B"): (0.4, False), ("5BB", "00C"): (0.6, False),
    }  # fmt: skip


def test_rounded_shares_are_scaled_to_the_whole_and_say_so(engine, tmp_path):
    """33 + 33 + 33 = 99: a third each."""
    tidied = pct_ccg_lookup.tidy(matrix(tmp_path, "5AA,33%,33%,33%,"), engine)
    rows = engine.to_arrow(tidied.tables["stated_changes"]).to_pylist()
    assert [row["weight"] for row in rows] == pytest.approx([1 / 3] * 3)
    assert all("sum to 99 % and are scaled to 100" in row["basis"] for row in rows)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("5AA,50%,40%,0%,", "sum to 90 %"),
        ("5AA,1,0%,0%,", '"1" is no percentage'),
        ("5AA,100%,0%,0%,5%", "without a code"),
    ],
)
def test_shares_that_cannot_be_are_refused(row, fault, engine, tmp_path):
    with pytest.raises(SourceFileError, match=fault):
        pct_ccg_lookup.tidy(matrix(tmp_path, row), engine)


def test_every_real_trust_is_shared_out_whole(engine, real_data):
    file = SourceFile(real_data / "lookups" / "PCT_CCG_matrix.csv")
    tidied = pct_ccg_lookup.tidy(file, engine)
    rows = engine.to_arrow(tidied.tables["stated_changes"]).to_pandas()
    assert (tidied.rows_read, tidied.rows_kept, rows["new"].nunique()) == (151, 151, 211)
    assert rows.groupby("old")["weight"].sum().to_numpy() == pytest.approx(1)
    assert rows.loc[rows["basis"].str.contains("scaled"), "old"].nunique() == 14  # 7 sum to 99, 7 to 101
