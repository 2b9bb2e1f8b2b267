"""What old codes became, by look-ups of small areas and by content; a merger to come; and what a change cannot say."""

from datetime import date

import pandas as pd
import pytest

from careatlas.build.area_changes import Stated
from careatlas.build.areas import Areas, Country, as_arrow, build_areas
from careatlas.catalogue.area_change import AreaChanges, faults_in
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.tables import TIDIED

AREA_TYPES = load_catalogue().area_types
MERGED_BOARDS = {
    "from": date(2027, 4, 1),
    "new": "QZZ",
    "name": "Both Banks",
    "of": ["QAA", "QBB"],
    "source": "a plan",
}


def changes(*, mergers: tuple[dict, ...] = (), splits: tuple[dict, ...] = ()) -> AreaChanges:
    return AreaChanges.model_validate({"mergers": list(mergers), "splits": list(splits)})


def area(code: str, area_type: str, parent: str, vintage: int = 2024) -> dict:
    return {
        "code": code,
        "name": code.title(),
        "area_type": area_type,
        "parent_code": parent,
        "vintage": vintage,
    }


TWO_BOARDS = [
    area("Y01", "region", None), area("QAA", "icb", "Y01"), area("QBB", "icb", "Y01"), area("QCC", "icb", "Y01"),
    *(area(code, "sub_icb", board) for code, board in (("01A", "QAA"), ("01B", "QBB"), ("01C", "QCC"))),
]  # fmt: skip


def built(rows: list[dict], stated: Stated) -> Areas:
    listed = pd.DataFrame(rows, columns=TIDIED["area_list"].column_names)
    nothing = [pd.DataFrame(columns=TIDIED[name].column_names) for name in ("boundaries", "place_names")]
    return build_areas(listed, *nothing, AREA_TYPES, [], Country("ENG", "England"), {}, stated)


def test_boards_that_will_merge_are_two_until_the_day_and_one_from_it():
    content = changes(mergers=(MERGED_BOARDS,))
    before = built(TWO_BOARDS, Stated(content, as_of=date(2027, 3, 31)))
    after = built(TWO_BOARDS, Stated(content, as_of=date(2027, 4, 1)))
    assert before.current("icb") == ["QAA", "QBB", "QCC"]
    assert before.changes.empty
    assert after.current("icb") == ["QCC", "QZZ"]
    assert after.parents("sub_icb") == {"01A": "QZZ", "01B": "QZZ", "01C": "QCC"}
    assert (after.name("QZZ"), after.parents("icb")["QZZ"]) == ("Both Banks", "Y01")
    rows = {row["code"]: row for row in as_arrow("areas", after.table).to_pylist()}
    assert (rows["QAA"]["valid_to"], rows["QZZ"]["valid_from"]) == (date(2027, 3, 31), date(2027, 4, 1))


def test_changes_of_other_countries_areas_are_left_out():
    other = {**MERGED_BOARDS, "new": "X1", "of": ["X2", "X3"]}
    assert built(TWO_BOARDS, Stated(changes(mergers=(other,)))).changes.empty


def test_a_merger_whose_parts_no_look_up_lists_any_more_has_happened_whatever_the_day():
    """Workbooks of 2014 beside a look-up of 2024 that lists the new area alone."""
    merger = {**MERGED_BOARDS, "from": date(2018, 4, 1), "new": "01A", "of": ["00X", "00Y"]}
    areas = built(TWO_BOARDS, Stated(changes(mergers=(merger,)), as_of=date(2014, 12, 31)))
    assert areas.resolve("sub_icb", pd.Series(["00X", "00Y", "00Z"])).tolist()[:2] == ["01A", "01A"]
    assert areas.resolve("sub_icb", pd.Series(["00Z"])).isna().all()


def test_an_area_that_gave_a_part_away_is_still_there():
    split = {
        "from": date(2022, 7, 1),
        "old": "01A",
        "into": {"01A": 0.9, "01B": 0.1},
        "weighed_by": "-",
        "source": "-",
    }
    areas = built(TWO_BOARDS, Stated(changes(splits=(split,))))
    assert areas.current("sub_icb") == ["01A", "01B", "01C"]
    assert areas.resolve("sub_icb", pd.Series(["01A"])).tolist() == ["01A"]
    assert [
        (row["new"], row["weight"], row["exact"])
        for row in as_arrow("area_changes", areas.changes).to_pylist()
    ] == [
        ("01A", 0.9, False),
        ("01B", 0.1, False),
    ]


def small_areas(**sub_icb_by_year: str) -> pd.DataFrame:
    """A letter a small area: y2022="AAB" is two small areas in A and one in B."""
    rows = [
        (f"E{place}", f"00{letter}", int(year[1:]))
        for year, letters in sub_icb_by_year.items()
        for place, letter in enumerate(letters)
    ]
    return pd.DataFrame(rows, columns=["small_area", "sub_icb", "vintage"])


def found_by_small_areas(**years: str) -> list[tuple]:
    rows = [
        area(f"00{letter}", "sub_icb", "QAA", int(year[1:]))
        for year, letters in years.items()
        for letter in letters
    ]
    areas = built([*TWO_BOARDS, *rows], Stated(small_areas=small_areas(**years)))
    return [
        (row["old"], row["new"], round(row["weight"], 3), row["exact"])
        for row in as_arrow("area_changes", areas.changes).to_pylist()
    ]


def test_small_areas_show_a_merger():
    assert found_by_small_areas(y2022="AABBC", y2024="MMMMC") == [
        ("00A", "00M", 1, True),
        ("00B", "00M", 1, True),
    ]


def test_small_areas_show_a_split_as_an_estimate():
    assert found_by_small_areas(y2022="AAAC", y2024="MMNC") == [
        ("00A", "00M", 0.667, False),
        ("00A", "00N", 0.333, False),
    ]


def test_a_small_area_that_changes_hands_between_areas_that_go_on_is_no_change_of_code():
    assert found_by_small_areas(y2022="AABB", y2024="AAAB") == []


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (changes(splits=({"from": date(2022, 7, 1), "old": "A", "into": {"A": 0.9, "B": 0.2}, "weighed_by": "-",
                          "source": "-"},)), "the shares of A sum to 1.1000"),
        (changes(mergers=(MERGED_BOARDS, {**MERGED_BOARDS, "new": "QYY"})), "QAA ends twice"),
        (changes(mergers=(MERGED_BOARDS, {**MERGED_BOARDS, "new": "QAA", "of": ["QDD"]})),
         "QDD becomes QAA on 2027-04-01, but QAA ended on 2027-04-01"),
    ],
)  # fmt: skip
def test_changes_that_cannot_be_are_faults(given, found):
    assert found in next(iter(faults_in(given)))[0]


def test_the_changes_in_content_are_sound_and_lead_from_211_groups_to_106():
    """The numbers of clinical commissioning groups after each April, as NHS England gave them."""
    content = load_catalogue().area_changes
    assert list(faults_in(content)) == []
    groups, after = 211, {}
    for merger in content.mergers:
        groups -= len(merger.of) - 1
        after[merger.first_day.year] = groups
    assert after == {2015: 209, 2017: 207, 2018: 195, 2019: 191, 2020: 135, 2021: 106}
