"""The simulated country: written in the publishers' layouts, as hard as it says, and never a real place."""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path

import duckdb
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from careatlas.engine.connect import connect
from careatlas.errors import AtlasError
from careatlas.sources.simulated_country import geography, people, planting, waiting_times, write_country
from careatlas.sources.simulated_country.truth import Truth
from careatlas.sources.source import SourceFile, all_sources, identify

LAST_MONTH, MONTHS = "2026-01", 24


@pytest.fixture(scope="module")
def country(tmp_path_factory) -> Path:
    """The demo's country with the demo's seed: data/ and truth.json."""
    into = tmp_path_factory.mktemp("country")
    write_country(into, seed=1)
    return into


@pytest.fixture(scope="module")
def truth(country) -> dict:
    return json.loads((country / "truth.json").read_text())


def data_files(country: Path) -> list[Path]:
    """All but the notice that it is simulated."""
    found = sorted(path for path in (country / "data").rglob("*") if path.is_file())
    return [path for path in found if path.name != "SIMULATED.json"]


def query(sql: str) -> list[tuple]:
    with duckdb.connect() as engine:
        return engine.sql(sql).fetchall()


@pytest.fixture(scope="module")
def extracts(country, tmp_path_factory) -> dict[str, str]:
    """Three months of the waiting times, unzipped, as SQL tables by month."""
    into = tmp_path_factory.mktemp("extracts")
    tables = {}
    for month, name in {"2024-02": "Feb24", "2025-12": "Dec25", LAST_MONTH: "Jan26"}.items():
        with zipfile.ZipFile(country / f"data/rtt/Full-CSV-data-file-{name}-ZIP.zip") as archive:
            member = archive.extract(archive.namelist()[0], into)
        tables[month] = f"read_csv('{member}', header=true, all_varchar=true)"
    return tables


def pathways(table: str, column: str, *parts: str) -> dict[str, int]:
    """Pathways by commissioner or provider from the rows of totals."""
    wanted = ", ".join(f"'{part}'" for part in parts)
    return dict(
        query(
            f"""select "{column}", sum("Total All"::int) from {table}
            where "Treatment Function Code" = 'C_999' and "RTT Part Type" in ({wanted}) group by 1"""
        )
    )


def bytes_by_name(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# --- the files


def test_equal_seeds_give_equal_bytes_and_other_seeds_others(tmp_path):
    for folder, seed in (("first", 5), ("again", 5), ("other", 6)):
        write_country(tmp_path / folder, seed=seed, months=2)
    first, again, other = (bytes_by_name(tmp_path / folder) for folder in ("first", "again", "other"))
    assert first == again
    assert first.keys() == other.keys()
    same_whatever_the_seed = {name for name in first if first[name] == other[name]}
    assert same_whatever_the_seed == {
        "data/places/Integrated_Care_Boards_April_2023_EN_BSC.geo.json",
        "data/places/NHS_England_Regions_January_2024_EN_BSC.geo.json",
        "data/places/NHS_SubICB_April_2023_EN_BSC.geo.json",
        "data/places/practice_structures_2024_2025.parquet",
    }


def test_every_file_is_known_to_the_sources_of_the_real_files(country):
    found = Counter(identify(SourceFile(path)) for path in data_files(country))
    assert found == {
        "rtt_waiting_times": MONTHS,
        "accident_emergency": MONTHS,
        "accident_emergency_boards": 1,
        "mortality": 4,
        "prescribing_measures": 11,
        "boundaries": 3,
        "need_weights": 2,
        "gp_payments": 2,
        "lsoa_lookup": 2,
        "deprivation": 1,
        "delayed_discharges": 4,
        "ons_population": 1,
        "fingertips": 1,
        "talking_therapies": 1,
        "practice_lookup": 1,
        "trust_lookup": 1,
        "rtt_submitters": 1,
        "hospital_episodes": 1,
        "cancer_waits": 5,
        "community_waits": MONTHS,
        "own_figures": 1,
        "maternity": 2,
        "workforce": 3,
        "diagnostic_waits": MONTHS,
        "overnight_beds": 7,
        "situation_report_beds": 1,
    }


def test_a_file_of_each_source_is_tidied_and_only_what_was_meant_is_refused(country):
    by_source = {identify(SourceFile(path)): SourceFile(path) for path in data_files(country)}
    refused = {}
    with connect() as engine:
        for source, file in by_source.items():
            tidied = all_sources()[source].tidy(file, engine)
            refused[source] = sum(refusal.rows for refusal in tidied.refusals)
            for total in (each for each in tidied.totals if each.exact and each.published is not None):
                rows = tidied.tables[total.table]
                for name, value in total.where.items():
                    rows = rows.filter(rows[name] == value)
                counted = engine.to_arrow(rows.aggregate(sum=rows[total.measure].sum()))["sum"][0].as_py()
                assert counted == pytest.approx(total.published, rel=1e-9), (source, total)
    meant = {
        "community_waits": 7,
        "accident_emergency": 1,
        "fingertips": 4 * 10,
        "prescribing_measures": 6 * MONTHS,
    }
    meant |= {"diagnostic_waits": 1, "overnight_beds": 1}  # the country's own row
    meant |= {"workforce": 2 * 3}  # on two sheets empty rows beside England's and the source below
    assert {source: rows for source, rows in refused.items() if rows} == meant


def test_the_data_folder_says_that_it_is_simulated_and_not_what_was_planted(country):
    notice = json.loads((country / "data/SIMULATED.json").read_text())
    assert notice == {"simulated": True, "country_name": "Ostmarrow", "seed": 1}
    assert not list((country / "data").rglob("truth*"))


def test_layouts_are_the_publishers_own(country, real_data):
    """The first row of each text file is, word for word, the first row of the publisher's file."""
    pairs = {
        "rtt/Full-CSV-data-file-Jan26-ZIP.zip": "rtt/Full-CSV-data-file-Jan26-ZIP-4M-WL5BiP.zip",
        "ae/Monthly-AE-March-2025.csv": "ae/Monthly-AE-March-2025.csv",
        "need_weights/2023_2024.csv": "need_weights/2023_2024.csv",
        "activity/smok_qof_prev.csv": "fingertips/smok_qof_prev.csv",
        "activity/ccg_data_saba.csv.gz": "prescribing/ccg_data_saba.csv.gz",
        "places/practice_structures_2024_2025.parquet": "lookups/practice_structures_2022_2023.parquet",
        "places/lookup_lsoa21_icb24.parquet": "lookups/lookup_lsoa21_icb24.parquet",
        "activity/england_icb_criteria_to_reside.parquet": "discharge/england_icb_criteria_to_reside.parquet",
        "activity/england_delayed_discharge_reasons.parquet": "discharge/england_delayed_discharge_reasons.parquet",
        "activity/england_trust_discharged_patients.parquet": "discharge/england_trust_discharged_patients.parquet",
        "rtt/england_rtt_trust.parquet": "rtt/england_rtt_trust.parquet",
        "beds/england_critical_general_acute_beds.parquet": "beds/england_critical_general_acute_beds.parquet",
        "maternity/hosp-epis-stat-mat-msdscsv-2024-25.csv": "maternity/hosp-epis-stat-mat-msdscsv-2022-23.csv",
    }
    for ours, theirs in pairs.items():
        assert SourceFile(country / "data" / ours).header == SourceFile(real_data / theirs).header, ours


def test_a_number_of_months_that_makes_no_sense_is_refused(tmp_path):
    with pytest.raises(AtlasError, match="0 is not between 1 and 120"):
        write_country(tmp_path, months=0)


def test_the_months_may_end_earlier(tmp_path):
    write_country(tmp_path, months=2, last_month=(2023, 11))
    named = sorted(path.name for path in (tmp_path / "data" / "rtt").glob("*.zip"))
    assert named == ["Full-CSV-data-file-Nov23-ZIP.zip", "Full-CSV-data-file-Oct23-ZIP.zip"]
    with pytest.raises(AtlasError, match="has no month 1 to 12"):
        write_country(tmp_path, last_month=(2023, 13))


# --- the places


def test_the_structure_is_englands():
    found = geography.found_country(10)
    assert [len(level) for level in (found.regions, found.boards, found.sub_areas)] == [7, 42, 106]
    assert len(found.trusts) == 140
    assert {board.parent for board in found.boards} == set(range(7))
    assert {area.parent for area in found.sub_areas} == set(range(42))


def test_neighbours_share_their_edges_and_levels_nest():
    found = geography.found_country(10)
    outlines = geography.outlines(found)
    for level in outlines.values():
        assert shapely.coverage_is_valid(level)
    areas = {level: sum(outline.area for outline in shapes) for level, shapes in outlines.items()}
    assert areas["icb"] == pytest.approx(areas["sub_icb"])
    assert areas["region"] == pytest.approx(areas["sub_icb"])
    assert all(shape.geom_type == "Polygon" for shape in outlines["sub_icb"])


def test_the_country_lies_in_the_open_atlantic(country):
    features = json.loads(
        (country / "data/places/NHS_England_Regions_January_2024_EN_BSC.geo.json").read_text()
    )["features"]
    west, south, east, north = shapely.total_bounds([shape(feature["geometry"]) for feature in features])
    assert -30 < west < east < -15
    assert 48 < south < north < 58


def names_of(found: geography.Country) -> list[str]:
    levels = (
        *found.regions,
        *found.boards,
        *found.sub_areas,
        *found.trusts,
        *found.councils,
        *found.practices,
    )
    return [found.name, *(place.name for place in levels)]


ORDINARY_WORDS = {
    *("and", "the", "north", "south", "vale", "of", "coast", "greater", "isles", "marches"),
    *("hospitals", "nhs", "trust", "community", "foundation", "clinic", "surgery"),
}


def test_no_name_is_a_real_one(real_data):
    """Every invented word against every word of real councils, small areas, boards, trusts and practices."""
    lookups = real_data / "lookups"
    real = query(
        f"""select lsoa11_name from '{lookups}/lookup_lsoa11_sicbl22_icb22_ltla22.parquet'
        union select ltla22_name from '{lookups}/lookup_lsoa11_sicbl22_icb22_ltla22.parquet'
        union select PRACTICE_NAME from '{lookups}/practice_structures_2022_2023.parquet'
        union select PCN_NAME from '{lookups}/practice_structures_2022_2023.parquet'
        union select ICB_NAME from '{lookups}/practice_structures_2022_2023.parquet'
        union select nhs_trust22_name from '{real_data}/rtt/england_rtt_trust.parquet'"""
    )
    real_words = {word for (name,) in real for word in re.findall(r"[a-z]+", name.lower())}
    assert "wakefield" in real_words
    ours = {
        word for name in names_of(geography.found_country(60)) for word in re.findall(r"[a-z]+", name.lower())
    }
    invented = {word for word in ours - ORDINARY_WORDS if len(word) > 3}
    assert len(invented) > 300
    assert not invented & real_words


def test_no_code_is_a_real_one(real_data):
    lookups = real_data / "lookups"
    real = query(
        f"""select lsoa11_code from '{lookups}/lookup_lsoa11_sicbl22_icb22_ltla22.parquet'
        union select sicbl22_code_h from '{lookups}/lookup_lsoa11_sicbl22_icb22_ltla22.parquet'
        union select ICB_ODS_CODE from '{lookups}/practice_structures_2022_2023.parquet'
        union select PRACTICE_CODE from '{lookups}/practice_structures_2022_2023.parquet'
        union select nhs_trust22_code from '{real_data}/rtt/england_rtt_trust.parquet'"""
    )
    found = geography.found_country(60)
    ours = {place.code for place in (*found.regions, *found.boards, *found.sub_areas, *found.trusts)}
    ours |= {practice.code for practice in found.practices}
    assert not ours & {code for (code,) in real}
    assert all(code.startswith("Z") for code in ours)


# --- what was planted


def test_national_totals_are_the_sums_of_the_rows_written(country, truth, extracts):
    written, data = truth["national_totals"], country / "data"
    parts = {"Part_1A": "completed_admitted", "Part_1B": "completed_non_admitted", "Part_2": "incomplete"}
    for month, table in extracts.items():
        for code, part in parts.items():
            by_commissioner = pathways(table, "Commissioner Org Code", code)
            in_areas = sum(count for area, count in by_commissioner.items() if area.startswith("ZA"))
            assert sum(by_commissioner.values()) == written["rtt"][month]["all_commissioners"][part]
            assert in_areas == written["rtt"][month]["in_areas"][part]
    (saba,) = query(
        f"select sum(numerator), sum(denominator) from '{data}/activity/ccg_data_saba.csv.gz' "
        "where month = '2026-01-01'"
    )
    assert list(saba) == written["prescribing"]["saba 2026-01"]
    episodes = f"'{data}/hospital/hospital_episodes.parquet'"
    assert query(f"select count(*), count(*) filter (emergency) from {episodes}") == [
        (written["hospital_episodes"]["admissions"], written["hospital_episodes"]["emergency"])
    ]
    (payments,) = query(
        f"""select round(sum("Total NHS Payments to General Practice"::decimal(15, 2)), 2)
        from read_csv('{data}/gp_payments/24-25.csv', header=true, all_varchar=true)"""
    )
    assert float(payments[0]) == written["gp_payments"]["24-25"]["payments"]
    emergencies = list(csv.DictReader(io.StringIO((data / "ae/Monthly-AE-January-2026.csv").read_text())))
    seen = [name for name in emergencies[0] if name.startswith("A&E attendances")]
    total = emergencies.pop()
    assert total["Org Code"].upper() == "TOTAL"
    counted = sum(int(row[name]) for row in emergencies for name in seen)
    assert counted == sum(int(total[name]) for name in seen)
    assert counted == written["accident_emergency"][LAST_MONTH]["attendances"]


def squared_errors(expected: dict[str, float], counted: dict[str, int], but_not: set[str]) -> np.ndarray:
    areas = [area for area in expected if area not in but_not]
    mean = np.array([expected[area] for area in areas])
    return (np.array([counted[area] for area in areas]) - mean) ** 2 / mean


@pytest.mark.parametrize(
    ("indicator", "measure"),
    [
        ("broad_spectrum_antibiotics", "broad_spectrum"),
        ("short_acting_beta_agonists", "saba"),
        ("long_courses_for_urinary_infection", "uti_antibiotics_3_day"),
        ("fluoroquinolones", "fluoroquinolones_list"),
        ("high_dose_opioids", "opioidper1000"),
    ],
)
def test_counts_are_a_poisson_draw_of_the_planted_level(country, truth, indicator, measure):
    counted = dict(
        query(
            f"select code, numerator::int from '{country}/data/activity/ccg_data_{measure}.csv.gz' "
            "where month = '2026-01-01'"
        )
    )
    errors = squared_errors(truth["indicators"][indicator]["expected_count"], counted, set())
    assert 0.7 < errors.mean() < 1.4  # 106 squared normal errors: 1 +/- .14 (one standard deviation)
    assert errors.max() < 4.5**2


def test_pathways_are_a_poisson_draw_of_the_planted_level_where_everyone_reported(truth, extracts):
    table, poor = extracts[LAST_MONTH], [truth["absent_provider"], *truth["partial_submitters"]]
    touched = {area for reporter in poor for area in reporter["share_of_areas"]}
    for indicator, parts in {
        "completed_pathways": ("Part_1A", "Part_1B"),
        "new_pathways": ("Part_3",),
        "waiting_list": ("Part_2",),
    }.items():
        counted = pathways(table, "Commissioner Org Code", *parts)
        errors = squared_errors(truth["indicators"][indicator]["expected_count"], counted, touched)
        assert 0.6 < errors.mean() < 1.5, indicator


def test_areas_differ_as_much_as_was_fixed_and_by_chance_alone_where_it_says_so(truth):
    for indicator, planted in truth["indicators"].items():
        if "relative_risk" not in planted:
            continue
        risks = np.array(list(planted["relative_risk"].values()))
        if planted["varies_by"] == "chance":
            assert indicator in truth["chance_only"]
            assert (risks == 1).all()
        else:
            assert 0.05 <= planted["between_area_cv"] <= 0.2
            assert 0.04 < risks.std() / risks.mean() < 0.26


def test_what_is_planted_as_need_can_be_followed_in_a_published_file(country, truth):
    """Mean rank of an area's small areas by the published index, beside what was planted: 1 is most deprived."""
    mean_rank = dict(
        query(
            f"""select sicbl24_code_nhs, avg(IMD_rank)
            from '{country}/data/deprivation/imd2019_lsoa11.parquet'
            join '{country}/data/places/lookup_lsoa21_icb24.parquet' on lsoa11_code = lsoa21_code group by 1"""
        )
    )
    follows = {"by_need": 1, "against_need": -1}
    for kind, sign in follows.items():
        for indicator in truth[kind]:
            risks = truth["indicators"][indicator]["relative_risk"]
            pairs = np.array([(np.log(risk), -mean_rank[area]) for area, risk in risks.items()])
            assert sign * np.corrcoef(pairs.T)[0, 1] > 0.98, indicator


def test_events_of_a_month_lie_between_20_and_5000_in_every_area(country, truth, extracts):
    cells = list(pathways(extracts["2025-12"], "Commissioner Org Code", "Part_1A", "Part_1B").items())
    for measure in ("broad_spectrum", "fluoroquinolones_list", "opioidper1000", "saba"):
        cells += query(
            f"select code, numerator from '{country}/data/activity/ccg_data_{measure}.csv.gz' "
            "where denominator > 0"
        )
    assert all(20 <= count <= 5000 for area, count in cells if area.startswith("ZA"))


def test_what_lasts_is_what_is_expected_less_what_comes_and_goes(truth):
    told = {id: each for id, each in truth["indicators"].items() if "lasting_value" in each}
    assert {"within_18_weeks", "fluoroquinolones", "smoking_prevalence"} <= set(told)
    for id, each in told.items():
        lasting = each["lasting_value"]
        assert lasting["period_ends"][-1] == each["period"][1]
        last = {area: values[-1] for area, values in lasting["areas"].items()}
        apart = np.log([each["expected_value"][area] / value for area, value in last.items()])
        # Waits' noise is in their length. Of a share of 61 % within 18 weeks and shape 1.34, the log moves by
        # 1.34 x -ln(.39) x .39 / .61 = .8 of it.
        noise = 0.0 if each["varies_by"] == "chance" else 0.04 * (0.8 if id == "within_18_weeks" else 1)
        assert apart.std() == pytest.approx(noise, abs=0.25 * noise + 1e-6), id


def test_noise_carries_over_to_the_next_month_with_correlation_a_third():
    areas = [f"area {number}" for number in range(400)]
    planted = planting.plant(
        "any", areas, planting.month_list(120), seed=3, varies_by="unexplained", between_area_cv=0.1
    )
    following = np.corrcoef(planted.noise[:, :-1].ravel(), planted.noise[:, 1:].ravel())[0, 1]
    assert following == pytest.approx(0.30, abs=0.02)
    assert planted.noise.std() == pytest.approx(0.04, abs=0.001)


def test_there_is_a_shock_year_and_a_season(truth, country):
    totals = {
        month: int(figure["attendances"])
        for month, figure in truth["national_totals"]["accident_emergency"].items()
    }
    assert totals["2024-05"] / totals["2025-05"] == pytest.approx(truth["shock_year"]["activity"], abs=0.02)
    assert totals["2025-07"] > 1.05 * totals["2026-01"]


def test_outliers_and_initiatives_have_every_size_of_effect(truth):
    for indicator in ("completed_pathways", "broad_spectrum_antibiotics", "ae_four_hours"):
        outliers = [entry for entry in truth["persistent_outliers"] if entry["indicator"] == indicator]
        assert sorted(entry["effect"] for entry in outliers) == [-0.2, -0.1, -0.05, 0.05, 0.1, 0.2]
        risks = truth["indicators"][indicator]["relative_risk"]
        assert all(risks[entry["area"]] == pytest.approx(1 + entry["effect"]) for entry in outliers)
        initiatives = [entry for entry in truth["initiatives"] if entry["indicator"] == indicator]
        assert (
            sorted(entry["effect"] for entry in initiatives) == [0.0] * 3 + [0.05] * 3 + [0.1] * 3 + [0.2] * 3
        )
        assert not {entry["area"] for entry in initiatives} & {entry["area"] for entry in outliers}


def test_initiatives_start_after_a_bad_spell_that_can_be_seen_in_the_files(country, truth):
    shares: dict[str, dict[str, float]] = {}
    for month, area, share in query(
        f"select month::varchar, code, numerator / denominator from "
        f"'{country}/data/activity/ccg_data_broad_spectrum.csv.gz' where denominator > 0"
    ):
        shares.setdefault(area, {})[month] = share
    worse_by, better_by = [], {}
    for entry in truth["initiatives"]:
        if entry["indicator"] == "broad_spectrum_antibiotics":
            own = shares[entry["area"]]
            spell = np.mean([own[month] for month in entry["bad_spell"]])
            before = np.mean([own[m] for m in own if m < entry["start"] and m not in entry["bad_spell"]])
            after = np.mean([own[m] for m in own if m >= entry["start"]])
            worse_by.append(spell / before)
            better_by.setdefault(entry["effect"], []).append(after / spell)
    assert np.mean(worse_by) > 1.02
    assert np.mean(better_by[0.0]) < 0.99  # nothing was done, and it got better: regression to the mean
    assert np.mean(better_by[0.2]) == pytest.approx(0.8 / np.mean(worse_by), abs=0.06)


def test_one_trust_is_absent_in_the_last_month_and_in_no_other(country, truth, extracts):
    absent = truth["absent_provider"]["provider"]
    reporting = {month: pathways(table, "Provider Org Code", "Part_1B") for month, table in extracts.items()}
    assert {month: absent in trusts for month, trusts in reporting.items()} == {
        "2024-02": True,
        "2025-12": True,
        LAST_MONTH: False,
    }
    assert set(reporting["2025-12"]) - set(reporting[LAST_MONTH]) == {absent}
    history = query(
        f"""select count(*), max(date) from '{country}/data/rtt/england_rtt_trust.parquet'
        where nhs_trust22_code = '{absent}'"""
    )
    assert history == [(MONTHS - 1, "2025-12-01")]


def test_the_absent_trust_carries_the_share_of_areas_that_the_truth_says(truth, extracts):
    by_provider = query(
        f"""select "Commissioner Org Code", "Provider Org Code", sum("Total All"::int)
        from {extracts["2025-12"]}
        where "Treatment Function Code" = 'C_999' and "RTT Part Type" = 'Part_2' group by 1, 2"""
    )
    whole, carried = Counter(), Counter()
    for area, provider, count in by_provider:
        whole[area] += count
        carried[area] += count * (provider == truth["absent_provider"]["provider"])
    for area, share in truth["absent_provider"]["share_of_areas"].items():
        assert carried[area] / whole[area] == pytest.approx(share, abs=0.02)
    assert max(truth["absent_provider"]["share_of_areas"].values()) > 0.5


def test_two_trusts_alone_report_in_part(truth, extracts):
    def partial(month: str) -> set[str]:
        table = extracts[month]
        completed = pathways(table, "Provider Org Code", "Part_1A", "Part_1B")
        new, waiting = (pathways(table, "Provider Org Code", part) for part in ("Part_3", "Part_2"))
        return {trust for trust in new if completed[trust] / new[trust] < 0.5 and waiting[trust] > 20_000}

    assert partial(LAST_MONTH) == {entry["provider"] for entry in truth["partial_submitters"]}
    assert partial("2025-12") == set()


@pytest.mark.parametrize("seed", range(2, 8))
def test_whatever_the_seed_the_partial_reporters_have_long_lists_elsewhere_than_the_absent_one(seed):
    found, months = geography.found_country(10), planting.month_list(MONTHS)
    settled = people.settle(found, seed)
    flows = waiting_times._flows(found, seed, 5, full_size=False)
    expected = waiting_times._expected(found, settled, months, seed, Truth(seed, found.name, months))
    absent, partial = waiting_times._poor_reporters(found, flows, expected)
    waiting = waiting_times._by_provider(flows, expected.pathways["incomplete"][:, -1], len(found.trusts))
    assert all(waiting[trust] > 21_000 for trust in partial)
    shares = [waiting_times._shares_of(flows, trust) for trust in (absent, *partial)]
    assert shares[0].max() > 0.5
    assert not ((shares[0] > 0.05) & ((shares[1] > 0.05) | (shares[2] > 0.05))).any()


def test_totals_of_a_provider_are_the_sum_of_its_specialties(extracts):
    wrong = query(
        f"""with sums as (
            select "Provider Org Code", "Commissioner Org Code", "RTT Part Type",
                sum("Total All"::int) filter ("Treatment Function Code" = 'C_999') total,
                sum("Total All"::int) filter ("Treatment Function Code" <> 'C_999') specialties
            from {extracts[LAST_MONTH]} group by all)
        select count(*) from sums where total is distinct from specialties"""
    )
    assert wrong == [(0,)]


def test_four_hour_waits_are_unreported_at_first_by_trusts_that_see_thousands(country, truth):
    def row(month: str, provider: str) -> dict[str, int]:
        text = (country / f"data/ae/Monthly-AE-{month}.csv").read_text(encoding="utf-8-sig")
        found = next(row for row in csv.DictReader(io.StringIO(text)) if row["Org Code"] == provider)
        over = sum(int(value) for name, value in found.items() if name.startswith("Attendances over 4hrs"))
        return {"major": int(found["A&E attendances Type 1"]), "over": over}

    assert len(truth["not_reporting_four_hours"]) == 4
    for entry in truth["not_reporting_four_hours"]:
        assert entry["months"][-1] == "2024-10"
        silent = row("October-2024", entry["provider"])
        assert silent["major"] > 1000
        assert silent["over"] == 0
        assert row("November-2024", entry["provider"])["over"] > 100


def test_one_code_changed_and_the_look_ups_lead_both_codes_to_one_area(country, truth):
    change, data = truth["code_change"], country / "data"
    worn = query(
        f"""select date, sicbl22_code from '{data}/activity/england_sicb_iapt.parquet'
        where sicbl22_code in ('{change["old_ons_code"]}', '{change["new_ons_code"]}') group by all"""
    )
    assert Counter(code for _, code in worn) == {change["old_ons_code"]: 12, change["new_ons_code"]: 12}
    assert ("January 2025", change["old_ons_code"]) in worn
    assert ("February 2025", change["new_ons_code"]) in worn
    old = query(
        f"""select distinct sicbl22_code_h from '{data}/places/lookup_lsoa11_sicbl22_icb22_ltla22.parquet'
        where sicbl22_code = '{change["old_ons_code"]}'"""
    )
    new = query(
        f"""select distinct sicbl24_code_nhs from '{data}/places/lookup_lsoa21_icb24.parquet'
        where sicbl24_code = '{change["new_ons_code"]}'"""
    )
    assert old == new == [(change["area"],)]


def test_the_old_area_has_a_high_crude_rate_and_an_average_standardised_one(truth):
    planted, old = truth["indicators"]["emergency_admissions"], truth["old_area"]["area"]
    crude, standardised = planted["expected_crude_rate"], planted["expected_value"]
    assert crude[old] > 1.2 * np.mean(list(crude.values()))
    assert standardised[old] == pytest.approx(np.mean(list(standardised.values())), rel=0.08)


def test_frail_people_are_admitted_again(country):
    episodes = f"'{country}/data/hospital/hospital_episodes.parquet'"
    (old,) = query(f"select count(*) / count(distinct person) from {episodes} where emergency and age >= 80")
    (young,) = query(f"select count(*) / count(distinct person) from {episodes} where emergency and age < 40")
    assert old[0] > 1.3
    assert young[0] < 1.12
    assert query(f"select count(*) from {episodes} where discharge_date < admission_date") == [(0,)]
    assert 150_000 < query(f"select count(*) from {episodes}")[0][0] < 250_000


def test_one_infection_is_coded_otherwise_from_april_2025(country, truth):
    recoding = truth["recoding"]
    found = dict(
        query(
            f"""select admission_date >= '{recoding["from"]}',
                count(*) filter (diagnosis = '{recoding["new"]}') / count(*)
            from '{country}/data/hospital/hospital_episodes.parquet'
            where diagnosis in ('{recoding["old"]}', '{recoding["new"]}') group by 1"""
        )
    )
    assert found[False] == 0
    assert found[True] == pytest.approx(recoding["share"], abs=0.03)


def test_need_and_payments_add_up(truth):
    for edition in truth["national_totals"]["need_weights"].values():
        registered = edition["pop 2022/23"]
        assert all(total == pytest.approx(registered, abs=0.01) for total in edition.values())
