"""Community waiting lists: levels are kept apart, blanks are no zeros, and weeks nobody knows are missing."""

from datetime import date

import pytest
import xlsxwriter

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import community_waits
from careatlas.sources.source import SourceFile, identify

SERVICES = ["(A) Audiology", "(CYP) Audiology", "(A) Adult safeguarding"]
# Rows of Table 4: the country, a region, two boards, two providers. R2 has no audiology for adults.
LEVELS = {
    ("National", "", "England"): [30, 12, 5],
    ("Region", "Y63", "NORTH EAST AND YORKSHIRE"): [30, 12, None],
    ("ICB", "B1", "WEST"): [30, 8, None],
    ("ICB", "B2", "EAST"): [None, 4, None],
    ("Provider", "R1", "WEST HOSPITALS NHS TRUST"): [30, 8, None],
    ("Provider", "R2", "EAST CARE CIC"): [None, 4, None],
}
WEEKS = {
    "Table 4a": "0-1 weeks",
    "Table 4b": ">1-2 weeks",
    "Table 4c": ">2-4 weeks",
    "Table 4d": ">4-12 weeks",
    "Table 4e": ">12-18 weeks",
    "Table 4f": ">18-52 weeks",
    "Table 4g": ">52-104 weeks",
    "Table 4h": "over 104 weeks",
}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def by_weeks(*, adults, children):
    """Rows of the tables by weeks, the same people at every level; a list of eight numbers a service."""
    tables = {}
    for place, name in enumerate(WEEKS):
        a, c = adults[place], children[place]
        west, east = [a, c, None], [None, 0, None]
        tables[name] = dict(zip(LEVELS, [west, west, west, east, west, east], strict=True))
    return tables


def workbook(
    folder, levels=LEVELS, weeks=None, services=SERVICES, silent=(0, 1), head=1, month="January 2025"
):
    weeks = weeks or by_weeks(adults=[10, 5, 5, 4, 3, 2, 1, 0], children=[1, 1, 1, 1, 1, 1, 1, 1])
    sheets = {
        "Cover page": [
            ["Title:", "Community Health Services Waiting Times"],
            ["Published:", "13/03/2025"],
            ["Revised:", "-"],
        ],
        "Table 1": [
            ["Number of organisations"],
            ["Organisation Type", "Organisation Name", "Dec-24", "Jan-25"],
            ["", "England", 3, 1],
            ["ICB", "West", 2, silent[0]],
            ["ICB", "East", 1, silent[1]],
        ],
        "Table 3": [["National overview"], ["", "Total waiting list"], ["England", 47]],
    }
    titles = {"Table 4": "Total waiting list"} | {
        name: f"Number waiting {told}" for name, told in WEEKS.items()
    }
    for name, title in titles.items():
        rows = levels if name == "Table 4" else weeks[name]
        sheets[name] = [
            [f"{title} by service, {month}"],
            *([["A note"]] * head),
            ["Organisation Type", "Organisation Code", "Organisation Name", *services],
            *([*who, *counts] for who, counts in rows.items()),
        ]  # fmt: skip
    path = folder / "community.xlsx"
    made = xlsxwriter.Workbook(str(path))
    for name, rows in sheets.items():
        sheet = made.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    made.close()
    return SourceFile(path)


def rows_of(engine, file, **where):
    tidied = community_waits.tidy(file, engine)
    rows = engine.to_arrow(tidied.tables["community_waits"], TIDIED["community_waits"].schema).to_pylist()
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def test_the_levels_of_one_column_are_kept_apart_and_regions_only_checked(engine, tmp_path):
    file = workbook(tmp_path)
    assert identify(file) == "community_waits"
    tidied = community_waits.tidy(file, engine)
    assert (tidied.rows_read, tidied.rows_kept) == (6, 5)
    assert [refusal.rows for refusal in tidied.refusals] == [1]
    assert tidied.published == date(2025, 3, 13)
    waiting = {}
    for row in rows_of(engine, file):
        waiting[row["area_type"]] = waiting.get(row["area_type"], 0) + (row["waiting"] or 0)
    assert waiting == {
        "country": 47,
        "icb": 42,
        "provider": 42,
    }  # 5 in safeguarding are published for England alone


def test_a_blank_is_no_row_and_a_zero_is_one(engine, tmp_path):
    assert not rows_of(engine, workbook(tmp_path), area="R2", age_group="adults")
    file = workbook(tmp_path, levels=LEVELS | {("Provider", "R2", "EAST CARE CIC"): [0, 4, None]})
    assert [row["waiting"] for row in rows_of(engine, file, area="R2", age_group="adults")] == [0]


def test_a_board_without_any_service_of_an_age_group_is_missing_and_not_zero(engine, tmp_path):
    (row,) = rows_of(engine, workbook(tmp_path), area="B2", age_group="adults")
    assert (row["service"], row["waiting"], row["silent_organisations"]) == ("none reported", None, 1)


def test_a_provider_all_of_whose_cells_are_blank_is_refused(engine, tmp_path):
    levels = LEVELS | {("Provider", "R3", "NORTH CARE CIC"): [None, None, None]}
    weeks = by_weeks(adults=[10, 5, 5, 4, 3, 2, 1, 0], children=[1] * 8)
    refusals = community_waits.tidy(workbook(tmp_path, levels=levels, weeks=weeks), engine).refusals
    assert ("a provider all of whose cells are blank", 1, "R3") in [
        (each.reason, each.rows, each.example) for each in refusals
    ]


def test_weeks_are_added_up_to_over_18_and_over_52(engine, tmp_path):
    (row,) = rows_of(engine, workbook(tmp_path), area="R1", age_group="adults")
    assert (row["period_start"], row["period_end"]) == (date(2025, 1, 1), date(2025, 1, 31))
    assert (row["service"], row["waiting"], row["known_weeks"]) == ("Audiology", 30, 30)
    assert (row["over_18_weeks"], row["over_52_weeks"]) == (3, 1)


def test_people_who_wait_nobody_knows_how_long_are_missing_from_the_weeks_and_not_zero(engine, tmp_path):
    (row,) = rows_of(engine, workbook(tmp_path), area="R2", age_group="children_and_young_people")
    assert row["waiting"] == 4
    assert (row["known_weeks"], row["over_18_weeks"], row["over_52_weeks"]) == (None, None, None)


def test_boards_know_how_many_of_their_organisations_were_silent_in_the_month(engine, tmp_path):
    rows = rows_of(engine, workbook(tmp_path, silent=(0, 1)))
    silent = {row["area"]: row["silent_organisations"] for row in rows}
    assert silent == {"England": None, "B1": 0, "B2": 1, "R1": None, "R2": None}


@pytest.mark.parametrize("head", [0, 1, 4])
def test_the_headings_are_found_whatever_notes_stand_above(engine, tmp_path, head):
    assert len(rows_of(engine, workbook(tmp_path, head=head), area="R1")) == 2


def test_providers_are_listed_by_name(engine, tmp_path):
    listed = engine.to_arrow(community_waits.tidy(workbook(tmp_path), engine).tables["area_list"])
    assert listed.select(["code", "name"]).to_pylist() == [
        {"code": "R1", "name": "West Hospitals NHS Trust"},
        {"code": "R2", "name": "East Care CIC"},
    ]


def test_levels_that_do_not_add_up_are_damage(engine, tmp_path):
    lost = {who: counts for who, counts in LEVELS.items() if who[1] != "B2"}
    with pytest.raises(
        SourceFileError, match=r"Audiology \(children and young people\) differs by level: ICB 8"
    ):
        community_waits.tidy(workbook(tmp_path, levels=lost), engine)


def test_a_table_of_other_weeks_is_refused(engine, tmp_path, monkeypatch):
    monkeypatch.setitem(WEEKS, "Table 4f", ">52-104 weeks")
    with pytest.raises(SourceFileError, match=r'"Table 4f": its title .* is not of 18-52 weeks'):
        community_waits.tidy(workbook(tmp_path), engine)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"month": "the winter"}, "names no month and year"),
        ({"services": ["Audiology", *SERVICES[1:]]}, 'the heading "Audiology" names no service such as'),
        (
            {"levels": LEVELS | {("PCN", "U1", "NORTH"): [1, 1, None]}},
            '"PCN" "U1" is no Organisation Type and code',
        ),
        ({"levels": LEVELS | {("ICB", "B1", "WEST AGAIN"): [1, 1, None]}}, "B1 stands there twice"),
        (
            {"levels": LEVELS | {("ICB", "B1", "WEST"): ["many", 8, None]}},
            '"many" stands where a count should',
        ),
        ({"month": "February 2025"}, 'the heading "Feb-25" is not there'),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(engine, tmp_path, changes, told):
    with pytest.raises(SourceFileError, match=told):
        community_waits.tidy(workbook(tmp_path, **changes), engine)


@pytest.mark.parametrize(
    ("month", "everybody", "by_area", "adults"),
    [("December", 1_044_284, 1_041_194, 774_736), ("January", 1_058_718, 1_055_901, 769_457)],
)
def test_the_real_workbooks_reach_the_published_totals(engine, real_data, month, everybody, by_area, adults):
    """Tables 2 and 3 print the country's figures. Three services are in them and in no area's."""
    file = SourceFile(next((real_data / "community").glob(f"*{month}*.xlsx")))
    tidied = community_waits.tidy(file, engine)
    rows = engine.to_arrow(tidied.tables["community_waits"]).to_pandas()
    waiting = rows.groupby("area_type")["waiting"].sum()
    assert waiting.to_dict() == {"country": everybody, "icb": by_area, "provider": by_area}
    of_country = rows[rows["area_type"] == "country"]
    assert of_country.loc[of_country["age_group"] == "adults", "waiting"].sum() == adults
    silent = rows[rows["area_type"] == "icb"].groupby("area")["silent_organisations"].max()
    assert silent.sum() == 4  # Table 1, England
    assert silent.index[silent.isna()].to_list() == ["QHG"]  # Table 1 does not name it
    assert [(each.rows, each.example) for each in tidied.refusals] == [(7, "Y61")]
    none = rows[rows["service"] == "none reported"]
    assert none["waiting"].isna().all()
    assert sorted(zip(none["area"], none["age_group"], strict=True)) == [
        ("QHG", "adults"),
        ("QHG", "children_and_young_people"),
        ("QNQ", "children_and_young_people"),
    ]
