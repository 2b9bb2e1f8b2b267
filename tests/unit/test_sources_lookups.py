"""The three look-ups: practices, small areas and trusts."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import lsoa_lookup, practice_lookup, trust_lookup
from careatlas.sources.source import SourceFile

WAKEFIELD = {
    "REGION_ODS_CODE": "Y63",
    "REGION_ONS_CODE": "E40000012",
    "REGION_NAME": "North East and Yorkshire",
    "ICB_ODS_CODE": "QWO",
    "ICB_ONS_CODE": "E54000054",
    "ICB_NAME": "NHS West Yorkshire Integrated Care Board",
    "SUB_ICB_ODS_CODE": "03R",
    "SUB_ICB_ONS_CODE": "E38000190",
    "SUB_ICB_NAME": "NHS West Yorkshire ICB - 03R",
    "PRACTICE_CODE": "B87001",
}


@pytest.fixture
def engine():
    with connect() as engine:
        yield engine


def parquet(folder, name, rows):
    path = folder / name
    pq.write_table(pa.Table.from_pylist(rows), path)
    return SourceFile(path)


def rows_of(engine, tidied, table):
    return engine.to_arrow(tidied.tables[table], TIDIED[table].schema).to_pylist()


def test_an_area_is_listed_once_however_many_practices_it_has(engine, tmp_path):
    practices = [WAKEFIELD, WAKEFIELD | {"PRACTICE_CODE": "B87002"}]
    file = parquet(tmp_path, "structures_2022_2023.parquet", practices)
    assert practice_lookup.recognise(file)
    areas = rows_of(engine, practice_lookup.tidy(file, engine), "area_list")
    assert [(a["area_type"], a["code"], a["ons_code"], a["parent_code"], a["vintage"]) for a in areas] == [
        ("sub_icb", "03R", "E38000190", "QWO", 2022),
        ("icb", "QWO", "E54000054", "Y63", 2022),
        ("region", "Y63", "E40000012", None, 2022),
    ]


def test_boards_lose_the_words_around_their_name_and_sub_icbs_have_none(engine, tmp_path):
    file = parquet(tmp_path, "structures_2022_2023.parquet", [WAKEFIELD])
    areas = rows_of(engine, practice_lookup.tidy(file, engine), "area_list")
    assert [area["name"] for area in areas] == [None, "West Yorkshire", "North East and Yorkshire"]
    assert areas[0]["official_name"] == "NHS West Yorkshire ICB - 03R"


def test_a_practice_without_an_area_is_refused_and_counted(engine, tmp_path):
    practices = [WAKEFIELD, WAKEFIELD | {"SUB_ICB_ODS_CODE": " "}]
    tidied = practice_lookup.tidy(parquet(tmp_path, "structures_22-23.parquet", practices), engine)
    assert (tidied.rows_read, tidied.rows_kept, tidied.refusals[0].rows) == (2, 1, 1)


def test_a_practice_lookup_whose_year_cannot_be_known_is_refused(engine, tmp_path):
    file = parquet(tmp_path, "structures.parquet", [WAKEFIELD])
    with pytest.raises(SourceFileError, match=r"structures.parquet: .*which year.*structures_2022_2023"):
        practice_lookup.tidy(file, engine)


def test_a_practice_lookup_as_csv_reads_the_same(engine, tmp_path):
    path = tmp_path / "mapping_22-23.csv"
    path.write_text(",".join(WAKEFIELD) + "\n" + ",".join(WAKEFIELD.values()) + "\n", encoding="utf-8")
    assert practice_lookup.recognise(SourceFile(path))
    areas = rows_of(engine, practice_lookup.tidy(SourceFile(path), engine), "area_list")
    assert [area["code"] for area in areas] == ["03R", "QWO", "Y63"]


def small_area(number, sub_icb, council="Wakefield", year="22", ods="code_h"):
    return {
        "lsoa11_name": f"Somewhere {number}",
        "lsoa11_code": f"E0100000{number}",
        f"sicbl{year}_name": f"NHS West Yorkshire ICB - {sub_icb}",
        f"sicbl{year}_code": f"E38-{sub_icb}",
        f"sicbl{year}_{ods}": sub_icb,
        f"icb{year}_name": "NHS West Yorkshire Integrated Care Board",
        f"icb{year}_code": "E54000054",
        f"icb{year}_{ods}": "QWO",
        f"ltla{year}_name": council,
        f"ltla{year}_code": "E08000036",
    }


def test_a_councils_share_is_its_share_of_small_areas(engine, tmp_path):
    small_areas = [small_area(1, "03R"), small_area(2, "03R"), small_area(3, "03R"), small_area(4, "15F")]
    file = parquet(tmp_path, "lookup.parquet", small_areas)
    assert lsoa_lookup.recognise(file)
    assert rows_of(engine, lsoa_lookup.tidy(file, engine), "place_names") == [
        {"place": "Wakefield", "kind": "council", "area": "03R", "area_type": "sub_icb", "share": 0.75},
        {"place": "Wakefield", "kind": "council", "area": "15F", "area_type": "sub_icb", "share": 0.25},
    ]


def test_each_small_area_is_placed_in_its_sub_icb(engine, tmp_path):
    file = parquet(tmp_path, "lookup.parquet", [small_area(1, "03R"), small_area(2, "15F")])
    assert rows_of(engine, lsoa_lookup.tidy(file, engine), "small_areas") == [
        {"small_area": "E01000001", "sub_icb": "03R", "vintage": 2022},
        {"small_area": "E01000002", "sub_icb": "15F", "vintage": 2022},
    ]


def test_a_small_area_in_two_places_is_a_fault(engine, tmp_path):
    file = parquet(tmp_path, "lookup.parquet", [small_area(1, "03R"), small_area(1, "15F")])
    with pytest.raises(SourceFileError, match="2 rows say small_area E01000001, vintage 2022"):
        lsoa_lookup.tidy(file, engine)


def test_a_lookup_of_a_later_year_is_known_by_its_headings(engine, tmp_path):
    file = parquet(tmp_path, "lookup.parquet", [small_area(1, "03R", year="26", ods="code_nhs")])
    assert lsoa_lookup.recognise(file)
    areas = rows_of(engine, lsoa_lookup.tidy(file, engine), "area_list")
    assert [(area["code"], area["name"], area["vintage"]) for area in areas] == [
        ("03R", None, 2026),
        ("QWO", "West Yorkshire", 2026),
    ]


def trust(provider, board, share):
    return {"nhs_trust22_code": provider, "icb22_code": board, "proportion_trust_came_from_icb": share}


def test_a_trusts_boards_keep_their_shares(engine, tmp_path):
    file = parquet(
        tmp_path, "trusts.parquet", [trust("RXF", "E54000054", 0.9), trust("RXF", "E54000061", 0.1)]
    )
    assert trust_lookup.recognise(file)
    shares = rows_of(engine, trust_lookup.tidy(file, engine), "trust_boards")
    assert {(row["icb"], row["share"]) for row in shares} == {("E54000054", 0.9), ("E54000061", 0.1)}


def test_shares_that_do_not_sum_to_one_are_a_fault(engine, tmp_path):
    file = parquet(
        tmp_path, "trusts.parquet", [trust("RXF", "E54000054", 0.9), trust("RXF", "E54000061", 0.9)]
    )
    with pytest.raises(SourceFileError, match=r"trusts.parquet: the shares of trust RXF sum to 1.800"):
        trust_lookup.tidy(file, engine)


def test_the_same_trust_and_board_twice_is_a_fault(engine, tmp_path):
    file = parquet(tmp_path, "trusts.parquet", [trust("RXF", "E54000054", 0.5)] * 2)
    with pytest.raises(SourceFileError, match="2 rows say provider RXF, icb E54000054"):
        trust_lookup.tidy(file, engine)


def test_the_real_practice_lookup_holds_106_areas_42_boards_and_7_regions(engine, real_data):
    file = SourceFile(real_data / "lookups" / "practice_structures_2022_2023.parquet")
    areas = rows_of(engine, practice_lookup.tidy(file, engine), "area_list")
    found = {
        kind: {a["code"] for a in areas if a["area_type"] == kind} for kind in ("sub_icb", "icb", "region")
    }
    assert {kind: len(codes) for kind, codes in found.items()} == {"sub_icb": 106, "icb": 42, "region": 7}
    assert len(areas) == 155  # no area has two names, two ONS codes or two parents


def test_both_real_small_area_lookups_hold_the_106_areas(engine, real_data):
    found = {}
    for path in sorted((real_data / "lookups").glob("lookup_lsoa*.parquet")):
        areas = rows_of(engine, lsoa_lookup.tidy(SourceFile(path), engine), "area_list")
        found[areas[0]["vintage"]] = {a["code"]: a["ons_code"] for a in areas if a["area_type"] == "sub_icb"}
    assert {vintage: len(codes) for vintage, codes in found.items()} == {2022: 106, 2024: 106}
    assert found[2022].keys() == found[2024].keys()
    changed = {code for code in found[2022] if found[2022][code] != found[2024][code]}
    assert changed == {"92A", "70F"}  # data/README.md, 2d: these two alone got new ONS codes


def test_every_real_councils_shares_sum_to_one(engine, real_data):
    file = SourceFile(real_data / "lookups" / "lookup_lsoa11_sicbl22_icb22_ltla22.parquet")
    places = rows_of(engine, lsoa_lookup.tidy(file, engine), "place_names")
    sums = {}
    for place in places:
        sums[place["place"]] = sums.get(place["place"], 0) + place["share"]
    assert len(sums) == 309
    assert all(total == pytest.approx(1) for total in sums.values())


def test_the_real_trust_lookup_is_kept_whole(engine, real_data):
    tidied = trust_lookup.tidy(
        SourceFile(real_data / "lookups" / "lookup_nhs_trusts22_icb22.parquet"), engine
    )
    assert (tidied.rows_read, tidied.rows_kept) == (1321, 1321)


def test_keys_with_a_part_missing_are_repeated_too(engine, tmp_path):
    file = parquet(
        tmp_path, "trusts.parquet", [trust("RXF", None, 0.5), trust("RXF", None, 0.5), trust("RR8", "E1", 1)]
    )
    with pytest.raises(SourceFileError, match=r"2 rows say provider RXF, icb \(none\); there should be one"):
        trust_lookup.tidy(file, engine)
