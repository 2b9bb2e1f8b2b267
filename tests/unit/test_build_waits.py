"""The table of waits by week: sums of areas and providers, and who is missing from them, by hand."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_data import no_changes

from careatlas.build.areas import Areas, Country
from careatlas.build.completeness import Findings
from careatlas.build.waits import write_waits
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import Engine, connect
from careatlas.engine.tables import RELEASE, TIDIED

BOARDS = {"A1": "B1", "A2": "B1", "A3": "B2"}
DECEMBER, JANUARY = pd.Timestamp("2025-12-31"), pd.Timestamp("2026-01-31")
NOTHING_FOUND = pd.DataFrame(columns=["area_type", "area", "period_end", "flag", "part", "note"])


@pytest.fixture
def engine() -> Iterator[Engine]:
    with connect() as engine:
        yield engine


def areas(changes: pd.DataFrame | None = None) -> Areas:
    rows = [(area, "sub_icb", board) for area, board in BOARDS.items()]
    rows += [("B1", "icb", "R1"), ("B2", "icb", "R1"), ("R1", "region", "ENG"), ("P1", "provider", "B1")]
    rows += [("P2", "provider", "B1")]
    table = pd.DataFrame(rows, columns=["code", "area_type", "parent_code"]).assign(name=lambda t: t["code"])
    table = table.reindex(columns=RELEASE["areas"].column_names)
    codes = {kind: {code: code for code in of["code"]} for kind, of in table.groupby("area_type")}
    if changes is not None:
        codes["sub_icb"] |= {old: old for old in changes["old"]}
    known = no_changes() if changes is None else changes
    return Areas(table, codes, known, pd.DataFrame(), Country("ENG", "England"))


def row(body, weeks, end=JANUARY, part="incomplete", specialty="total", pathways=None):
    return {
        "period_start": end.replace(day=1).date(),
        "period_end": end.date(),
        "counted_by": "provider" if body.startswith("P") else "commissioner",
        "body": body,
        "part": part,
        "specialty": specialty,
        "pathways": float(sum(weeks) if pathways is None else pathways),
        "weeks": weeks,
    }


def written(engine, tmp_path, rows, changes=None, flagged=NOTHING_FOUND, found=()):
    """Rows of the table, by area, month, part and specialty."""
    tables = {"rtt_weeks": engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED["rtt_weeks"].schema))}
    findings = Findings(pd.DataFrame(found, columns=RELEASE["completeness"].column_names), flagged)
    people = pd.Series({"A1": 100.0, "A2": 900.0, "A3": 1000.0})
    path = write_waits(
        tmp_path / "waits.parquet",
        engine,
        tables,
        areas(changes),
        load_catalogue().area_types,
        findings,
        people,
    )
    table = pq.read_table(path)
    assert table.schema == RELEASE["waits"].schema
    keys = ("area", "period_end", "part", "specialty")
    rows = {tuple(each[key] for key in keys): each for each in table.to_pylist()}
    assert len(rows) == len(table)
    return rows


def of(rows, area, end=JANUARY, part="incomplete", specialty="total"):
    found = rows[area, end.date(), part, specialty]
    return found["pathways"], found["weeks"], found["status"]


def test_boards_regions_and_the_country_are_sums_of_their_areas(engine, tmp_path):
    rows = written(
        engine,
        tmp_path,
        [row("A1", [1, 2, 3]), row("A2", [10, 0, 5]), row("A3", [0, 0, 7]), row("X9", [50, 0, 0])],
    )
    assert of(rows, "A1") == (6, [1, 2, 3], "reported")
    assert of(rows, "B1") == (21, [11, 2, 8], "reported")
    assert of(rows, "R1") == (28, [11, 2, 15], "reported")
    assert of(rows, "ENG") == (28, [11, 2, 15], "reported")  # X9 is no area: in reconciliation, not here


def test_an_area_that_reported_but_not_this_specialty_has_none(engine, tmp_path):
    rows = written(
        engine,
        tmp_path,
        [row("A1", [1, 2]), row("A2", [1, 1]), row("A3", [4, 4]), row("A3", [4, 4], specialty="100")],
    )
    assert of(rows, "A1", specialty="100") == (0, [0, 0], "zero")
    assert of(rows, "B1", specialty="100") == (0, [0, 0], "zero")
    assert of(rows, "ENG", specialty="100") == (8, [4, 4], "reported")


def test_an_area_without_a_return_is_missing_and_its_board_is_not_whole(engine, tmp_path):
    rows = written(engine, tmp_path, [row("A1", [1, 2]), row("A3", [4, 4])])
    assert of(rows, "A2") == (None, None, "missing")
    assert of(rows, "B1") == (3, [1, 2], "incomplete")  # 900 of its 1,000 people are not in it
    assert (
        rows["B1", JANUARY.date(), "incomplete", "total"]["note"]
        == "missing or incomplete within it: A2 (A2)"
    )
    assert of(rows, "ENG")[2] == "incomplete"  # 900 of 2,000


def test_a_month_without_the_part_has_no_row_rather_than_zero(engine, tmp_path):
    rows = written(
        engine,
        tmp_path,
        [row("A1", [1]), row("A1", [1], DECEMBER), row("A1", None, part="new_periods", pathways=9)],
    )
    assert of(rows, "A1", part="new_periods") == (9, None, "reported")
    assert ("A1", DECEMBER.date(), "new_periods", "total") not in rows


def test_layouts_of_several_lengths_keep_their_own(engine, tmp_path):
    rows = written(engine, tmp_path, [row("A1", [1, 2], DECEMBER), row("A1", [1, 2, 3])])
    assert of(rows, "A1", DECEMBER)[1] == [1, 2]
    assert of(rows, "A1")[1] == [1, 2, 3]


def test_what_completeness_found_is_said_of_the_parts_it_concerns(engine, tmp_path):
    flagged = pd.DataFrame(
        [
            {"area_type": "sub_icb", "area": "A1", "period_end": JANUARY, "flag": "incomplete", "part": "completed",
             "note": "P1 sent a part"},
            {"area_type": "sub_icb", "area": "A3", "period_end": JANUARY, "flag": "noted", "part": "any",
             "note": "not known"},
        ]
    )  # fmt: skip
    everyone = [row(area, [1], part=part) for area in BOARDS for part in ("incomplete", "completed_admitted")]
    rows = written(engine, tmp_path, everyone, flagged=flagged)
    assert of(rows, "A1", part="completed_admitted") == (1, [1], "incomplete")
    assert of(rows, "A1")[2] == "reported"
    assert of(rows, "B1", part="completed_admitted")[2] == "incomplete"  # 100 of its 1,000 people
    assert (
        of(rows, "ENG", part="completed_admitted")[2] == "reported"
    )  # 100 of 2,000 are one in twenty, not over
    note = rows["A3", JANUARY.date(), "incomplete", "total"]["note"]
    assert (of(rows, "A3")[2], note) == ("reported", "not known")


def test_an_absent_provider_is_missing_and_one_that_sent_a_part_incomplete(engine, tmp_path):
    def finding(provider, status):
        period = {"period_start": JANUARY.replace(day=1), "period_end": JANUARY}
        return {
            "submitter": provider,
            "submitter_type": "provider",
            "status": status,
            "evidence": "why",
        } | period

    sent = [
        row("A1", [1]),
        row("P1", [1]),
        row("P1", [1], part="completed_admitted"),
        row("A1", [1], part="completed_admitted"),
    ]
    rows = written(engine, tmp_path, sent, found=[finding("P1", "partial"), finding("P9", "absent")])
    assert of(rows, "P1") == (1, [1], "reported")
    assert of(rows, "P1", part="completed_admitted") == (1, [1], "incomplete")
    assert of(rows, "P9") == (None, None, "missing")
    assert rows["P9", JANUARY.date(), "incomplete", "total"]["note"] == "why"
    assert of(rows, "ENG")[0] == 1  # providers are not added to areas


def changed(*steps):
    columns = ["old", "new", "weight", "from", "exact"]
    table = pd.DataFrame(steps, columns=columns).assign(basis="", **{"from": pd.Timestamp("2026-01-01")})
    return table[RELEASE["area_changes"].column_names]


def test_merged_areas_are_one_in_months_before_too(engine, tmp_path):
    merger = changed(("M1", "A1", 1.0, None, True), ("M2", "A1", 1.0, None, True))
    sent = [row("M1", [1, 2], DECEMBER), row("M2", [3, 4], DECEMBER), row("A1", [5, 5])]
    rows = written(engine, tmp_path, sent, merger)
    assert of(rows, "A1", DECEMBER) == (10, [4, 6], "reported")
    assert of(rows, "A1") == (10, [5, 5], "reported")


def test_half_of_a_merged_area_is_incomplete(engine, tmp_path):
    merger = changed(("M1", "A1", 1.0, None, True), ("M2", "A1", 1.0, None, True))
    rows = written(engine, tmp_path, [row("M1", [1, 2], DECEMBER)], merger)
    assert of(rows, "A1", DECEMBER) == (3, [1, 2], "incomplete")


def test_an_area_that_was_split_is_an_estimate_and_counts_as_incomplete(engine, tmp_path):
    split = changed(("M1", "A1", 0.25, None, False), ("M1", "A2", 0.75, None, False))
    rows = written(engine, tmp_path, [row("M1", [4, 8], DECEMBER), row("A3", [1, 1], DECEMBER)], split)
    assert of(rows, "A1", DECEMBER) == (3, [1, 2], "incomplete")
    assert of(rows, "A2", DECEMBER) == (9, [3, 6], "incomplete")
    assert "estimated: 25% of what M1 was" in rows["A1", DECEMBER.date(), "incomplete", "total"]["note"]
    assert of(rows, "B1", DECEMBER)[:2] == (12, [4, 8])


def test_without_waits_on_file_the_table_is_empty(engine, tmp_path):
    findings = Findings(pd.DataFrame(columns=RELEASE["completeness"].column_names), NOTHING_FOUND)
    path = write_waits(
        tmp_path / "w.parquet",
        engine,
        {},
        areas(),
        load_catalogue().area_types,
        findings,
        pd.Series(dtype=float),
    )
    assert pq.read_table(path).schema == RELEASE["waits"].schema
    assert len(pq.read_table(path)) == 0


# --- of the simulated country, and of the real files


def within_18(release, part, area_type):
    rows = release.arrow("waits", specialty="total", part=part, area_type=area_type).to_pandas()
    rows = rows[rows["weeks"].notna()]
    return rows.set_index(["area", "period_end"])["weeks"].map(lambda weeks: np.sum(weeks[:18])).sort_index()


@pytest.mark.parametrize("area_type", ["sub_icb", "icb", "region", "country"])
def test_the_weeks_make_the_share_within_18_weeks_that_the_indicator_has(simulated_release, area_type):
    values = simulated_release.arrow("values", indicator="within_18_weeks", area_type=area_type).to_pandas()
    counts = values.set_index(["area", "period_end"])["count"].dropna().sort_index()
    pd.testing.assert_series_equal(
        within_18(simulated_release, "incomplete", area_type).astype(float), counts, check_names=False
    )


def test_the_real_sums_are_the_publishers(real_release):
    rows = real_release.rows("waits", specialty="total", area="ENG")
    latest = {row["part"]: row for row in rows if f"{row['period_end']:%Y-%m}" == "2026-01"}
    assert {part: row["pathways"] for part, row in latest.items()} == {
        "completed_admitted": 293_421,
        "completed_non_admitted": 1_214_324,
        "incomplete": 7_019_467,
        "new_periods": 1_737_344,
    }
    assert sum(latest["completed_admitted"]["weeks"]) == 293_352  # less 69 with an unknown clock start
    assert latest["new_periods"]["weeks"] is None


def test_the_real_faulty_returns_carry_their_note(real_release):
    def state(area, part):
        rows = real_release.rows("waits", specialty="110", area=area, part=part)
        return {row["status"] for row in rows if f"{row['period_end']:%Y-%m}" == "2026-01"}

    assert state("03N", "new_periods") == {"incomplete"}
    assert state("15A", "completed_admitted") == {"incomplete"}
    assert state("15A", "incomplete") == {"reported"}
    assert state("RHQ", "incomplete") == {"missing"}
    assert state("RHW", "completed_admitted") == {"incomplete"}
