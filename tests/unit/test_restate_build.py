"""A merger of two boards through the steps of a build: history restated, statistics taken again, one rank fewer."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from careatlas.build import compare, restate
from careatlas.build.area_changes import Stated
from careatlas.build.areas import Areas, Country, build_areas
from careatlas.build.gather import Inputs
from careatlas.build.pipeline import indicator_values
from careatlas.catalogue.area_change import AreaChanges
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED

CATALOGUE = load_catalogue()
WITHIN_18_WEEKS = CATALOGUE.indicators["within_18_weeks"]
WAITING = {"01A": (1000, 900), "01B": (3000, 1500), "01C": (2000, 1200)}  # in all, within 18 weeks
BOARDS = {"01A": "QAA", "01B": "QBB", "01C": "QCC"}
AS_IT_IS = AreaChanges()
MERGER = AreaChanges.model_validate(
    {
        "mergers": [
            {
                "from": date(2027, 4, 1),
                "new": "QZZ",
                "name": "Both Banks",
                "of": ["QAA", "QBB"],
                "source": "a plan",
            }
        ]
    }
)
SPLIT = AreaChanges.model_validate(
    {
        "splits": [
            {"from": date(2026, 7, 1), "old": "01C", "into": {"01C": 0.75, "01B": 0.25}, "weighed_by": "people",
             "source": "a plan"}
        ]
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def engine():
    with connect() as engine:
        yield engine


def areas_after(plan: AreaChanges) -> Areas:
    listed = [
        {"code": board, "name": board, "area_type": "icb", "parent_code": "Y01"} for board in BOARDS.values()
    ]
    listed += [{"code": "Y01", "name": "Shire", "area_type": "region"}]
    listed += [
        {"code": code, "name": code, "area_type": "sub_icb", "parent_code": board}
        for code, board in BOARDS.items()
    ]
    frame = pd.DataFrame(listed, columns=TIDIED["area_list"].column_names).assign(vintage=2025)
    nothing = [pd.DataFrame(columns=TIDIED[name].column_names) for name in ("boundaries", "place_names")]
    return build_areas(
        frame,
        *nothing,
        CATALOGUE.area_types,
        [],
        Country("ENG", "England"),
        {},
        Stated(plan, as_of=date(2027, 4, 1)),
    )


def values_after(plan: AreaChanges, engine) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values and comparisons of January 2026, restated to the areas of April 2027."""
    rows = [
        {"period_start": date(2026, 1, 1), "period_end": date(2026, 1, 31), "commissioner": code, "part": "incomplete",
         "specialty": "total", "pathways": everyone, "known_clock_start": everyone, "within_18_weeks": within}
        for code, (everyone, within) in WAITING.items()
    ]  # fmt: skip
    rtt = engine.from_arrow(pa.Table.from_pylist(rows, schema=TIDIED["rtt"].schema))
    areas = areas_after(plan)
    values = indicator_values(WITHIN_18_WEEKS, CATALOGUE, Inputs(engine, {"rtt": rtt}), areas)
    return values, compare.comparisons(restate.comparable(values), WITHIN_18_WEEKS, CATALOGUE, areas)


def by_area(values: pd.DataFrame, area_type: str) -> dict[str, float]:
    rows = values[values["area_type"] == area_type]
    return dict(zip(rows["area"], rows["value"].round(6), strict=True))


def ranked_areas(comparisons: pd.DataFrame, area_type: str) -> int:
    national = comparisons[(comparisons["area_type"] == area_type) & (comparisons["benchmark"] == "national")]
    return int(national["ranked_areas"].max())


def test_two_boards_that_merged_have_one_value_of_their_own_and_one_rank_fewer(engine):
    """900 + 1,500 of 4,000 is 60 %, where the mean of 90 % and 50 % would be 70 %."""
    before, compared_before = values_after(AS_IT_IS, engine)
    after, compared_after = values_after(MERGER, engine)
    assert by_area(before, "icb") == {"QAA": 90, "QBB": 50, "QCC": 60}
    assert by_area(after, "icb") == {"QZZ": 60, "QCC": 60}
    assert by_area(before, "country") == by_area(after, "country") == {"ENG": 60}
    assert ranked_areas(compared_before, "icb") == 3
    assert ranked_areas(compared_after, "icb") == 2
    (merged,) = after[after["area"] == "QZZ"].to_dict("records")
    (england,) = after[after["area_type"] == "country"].to_dict("records")
    assert (merged["count"], merged["denominator"], merged["status"]) == (2400, 4000, "reported")
    assert england["lower_95"] > merged["lower_95"] > before.set_index("area").loc["QBB", "lower_95"]


def test_what_a_split_shared_out_is_shown_marked_and_never_compared(engine):
    """A quarter of 01C went to 01B: 1,500 + 300 of 3,000 + 500. Its own rate stays, on three quarters of its people."""
    values, compared = values_after(SPLIT, engine)
    rows = values[values["area_type"] == "sub_icb"].set_index("area")
    assert rows["status"].tolist() == ["reported"] * 3
    assert rows["estimated"].to_dict() == {"01A": False, "01B": True, "01C": True}
    assert rows.loc["01B", "count"] == 1800
    assert rows.loc["01B", "denominator"] == 3500
    assert rows.loc["01C", "value"] == pytest.approx(60)
    assert rows.loc["01B", "note"] == "estimated: 25% of what 01C was, shared out by people"
    verdicts = compared[(compared["area_type"] == "sub_icb") & (compared["benchmark"] == "national")]
    verdicts = verdicts.set_index("area")["significance"].to_dict()
    assert (verdicts["01B"], verdicts["01C"]) == ("not_compared", "not_compared")
    assert verdicts["01A"] == "better"
    country = values[values["area_type"] == "country"].iloc[0]
    assert (country["count"], country["denominator"], country["estimated"]) == (3600, 6000, False)


def test_totals_stay_whatever_the_areas(engine):
    for plan in (AS_IT_IS, MERGER, SPLIT):
        values, _ = values_after(plan, engine)
        for area_type in ("sub_icb", "icb", "region", "country"):
            rows = values[values["area_type"] == area_type]
            assert (rows["count"].sum(), rows["denominator"].sum()) == (3600, 6000)
