"""How a release's tables lie on disk: asking for one indicator at one level reads nothing else."""

import pyarrow.parquet as pq
import web_release


def test_one_indicator_at_one_level_has_row_groups_of_its_own(tmp_path):
    release = web_release.make_release(tmp_path)
    file = pq.ParquetFile(release.folder / "values.parquet")
    groups = [file.read_row_group(n, ["indicator", "area_type"]) for n in range(file.num_row_groups)]
    held = [set(zip(*map(list, group.to_pydict().values()), strict=True)) for group in groups]
    assert all(len(each) == 1 for each in held)
    assert ("completed", "sub_icb") in {each for one in held for each in one}


def test_rows_of_one_group_keep_their_order(tmp_path):
    release = web_release.make_release(tmp_path)
    rows = release.rows("values", indicator="completed", area_type="sub_icb")
    written = [row for row in web_release._pathways() if row["area_type"] == "sub_icb"]
    assert [(row["area"], row["period_end"]) for row in rows] == [
        (row["area"], row["period_end"]) for row in written
    ]
