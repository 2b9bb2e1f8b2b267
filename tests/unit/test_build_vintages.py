"""Of what look-ups say of an area over the years, the latest word counts, however its name is written."""

from pathlib import Path

import pandas as pd

from careatlas.build import tidy
from careatlas.build.areas import Country, build_areas
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.tables import TIDIED


def test_a_later_look_up_that_shouts_still_says_the_parent_and_the_ons_code():
    """Only the name is taken from the look-up that writes it as people do."""
    rows = [
        ("92A", "Surrey Heartlands", "sub_icb", "QXU", "E38000246", 2022),
        ("92A", "SURREY HEARTLANDS", "sub_icb", "QNX", "E38000264", 2023),
        ("QXU", "Surrey", "icb", None, None, 2023),
        ("QNX", "Sussex", "icb", None, None, 2023),
    ]
    columns = ["code", "name", "area_type", "parent_code", "ons_code", "vintage"]
    listed = pd.DataFrame(rows, columns=columns).assign(official_name=None)
    nothing = [pd.DataFrame(columns=TIDIED[name].column_names) for name in ("boundaries", "place_names")]
    types = load_catalogue().area_types
    areas = build_areas(listed, *nothing, types, [], Country("ENG", "England"), {})
    found = areas.table.set_index("code").loc["92A"]
    assert (found["name"], found["ons_code"], found["parent_code"]) == (
        "Surrey Heartlands",
        "E38000264",
        "QNX",
    )


def test_outlines_of_an_older_year_do_not_take_the_place_of_the_latest_by_their_files_name():
    """Both are kept, and the latest vintage is drawn: by name, July 2022 sorts after April 2023."""

    def outlines(name: str, vintage: int) -> tidy.Read:
        tables = {"boundaries": {"editions": [["icb", vintage]], "start": None, "end": None}}
        account = {"file_name": name, "source": "boundaries", "published": None, "tables": tables}
        return tidy.Read(name, f"sha of {name}", 1, "boundaries", None, Path(name), account)

    given = [outlines("Boards_April_2023.json", 2023), outlines("Boards_July_2022.json", 2022)]
    assert TIDIED["boundaries"].edition == ("area_type", "vintage")
    assert tidy.latest_editions(given).superseded == {}
