"""Why areas of England differ, by the real files: January 2026, one month on file, so no gap is called lasting."""

import pytest

from careatlas.present.explain import explain_gap, explain_spread

INCOMPLETE = {"03N", "15A", "26A"}


@pytest.fixture(scope="module")
def spread(real_release):
    return explain_spread(real_release, "completed_pathways", "2026-01")


def test_shares_of_completed_pathways_sum_to_1_with_and_without_tainted_covariates(spread):
    for covariates in ("all", "untainted"):
        assert sum(row["share"] for row in spread if row["covariates"] == covariates) == 1
    assert {row["component"] for row in spread} == {
        "chance",
        "need",
        "against_need",
        "spatial",
        "unexplained",
    }


def test_every_share_has_an_interval_and_one_month_cannot_show_persistence(spread):
    assert all(row["lower"] <= row["share"] <= row["upper"] for row in spread)
    assert {row["periods"] for row in spread} == {1}
    notes = [row["note"] for row in spread if row["component"] == "chance"]
    assert set(notes) == {"counting error only: cannot show persistence"}


def test_no_incomplete_return_is_explained(real_release):
    rows = real_release.rows(
        "gaps", columns=["area"], indicator="completed_pathways", area_type="sub_icb", component="all"
    )
    assert len(rows) >= 100
    assert not {row["area"] for row in rows} & INCOMPLETE


def test_the_parts_of_wakefield_s_gap_multiply_to_all_of_it(real_release):
    answer = explain_gap(real_release, "completed_pathways", "03R", "2026-01")
    rows = {row["component"]: row for row in answer if row["part"] is None}
    product = 1.0
    for name, row in rows.items():
        product *= 1 if name == "all" else 1 + row["percent"] / 100
    assert product == pytest.approx(1 + rows["all"]["percent"] / 100, abs=0.001)
    assert rows["all"]["percent"] > 30  # far above the country by people registered, and by weighted people
    assert 0 < rows["need"]["percent"] < rows["all"]["percent"]


def test_every_average_has_its_gradient_beside_it(real_release):
    values = real_release.rows("values", columns=["indicator"], area_type="sub_icb", status="reported")
    beside = real_release.rows("inequality", columns=["indicator"], area_type="sub_icb", group="fifth_1")
    assert {row["indicator"] for row in beside} == {row["indicator"] for row in values}
