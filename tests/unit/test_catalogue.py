"""Content files are read once, and what is wrong is said in one go, with a place and a remedy."""

import json
import shutil
from datetime import date

import pytest
import yaml

from careatlas.catalogue.area import AreaType, base_type
from careatlas.catalogue.checks import usable_methods
from careatlas.catalogue.library import CONTENT, load_catalogue, new_indicator
from careatlas.errors import AtlasError, DefinitionError, ManyFaults

PATHWAYS = "indicators/waiting/completed_pathways.yaml"


@pytest.fixture
def content(tmp_path):
    """A copy of the atlas's content with two indicators, to spoil at will."""
    folder = tmp_path / "content"
    of_all_indicators = ("pathways", "compartments", "collections")
    shutil.copytree(CONTENT, folder, ignore=shutil.ignore_patterns("hexagons", "pages", *of_all_indicators))
    for path in (folder / "indicators").glob("*/*.yaml"):
        if path.stem not in ("completed_pathways", "emergency_admissions"):
            path.unlink()
    return folder


def spoil(content, file, found, put):
    path = content / file
    text = path.read_text(encoding="utf-8")
    assert found in text
    path.write_text(text.replace(found, put), encoding="utf-8")


def fault_of(content):
    with pytest.raises(DefinitionError) as fault:
        load_catalogue(content)
    return str(fault.value)


def test_the_atlas_own_content_is_sound():
    catalogue = load_catalogue()
    assert "completed_pathways" in catalogue.indicators
    assert [name for name in catalogue.area_types if catalogue.area_types[name].rolls_up_from is None] == [
        *("country", "local_authority", "provider", "sub_icb")
    ]


@pytest.mark.parametrize(
    ("found", "put", "told"),
    [
        ("method: need_weighted_rate", "method: need_weihted_rate", 'Did you mean "need_weighted_rate"?'),
        ("polarity: neither", "polarity: higher", "It is one of higher_is_better, lower_is_better, neither"),
        ("programme: planned_care", "programme: plannd_care", 'Did you mean "planned_care"?'),
        (
            "numerator: {table: rtt,",
            "numerator: {table: rrt,",
            'numerator: table is "rrt". Did you mean "rtt"?',
        ),
        ("measure: pathways,", "measure: pathway,", 'Did you mean "pathways"?'),
        ("specialty: total}}", "speciality: total}}", 'Did you mean "specialty"?'),
        ("specialty: total}}", "specialty: 100}}", "(quotes make text)"),
        ("specialty: total}}", "specialty: total, age_from: 75}}", "table rtt has no age"),
        ("[sub_icb, icb, region]", "[sub_icb, icb, regoin]", 'Did you mean "region"?'),
        (
            "[sub_icb, icb, region]",
            "[provider]",
            "provider cannot be counted from the denominator's table need_weights",
        ),
        ("[sub_icb, icb, region]", "[country]", "the country is always counted"),
        ("multiplier: 1000", "multiplier: 0", "multiplier is 0. Give a number above 0."),
        ("multiplier: 1000", "multplier: 1000", 'multplier is not a field. Did you mean "multiplier"?'),
        ("decimals: 1\n", "", "decimals is missing"),
        ("decimals: 1\n", "decimals: 1\nperiod: month\n", "table rtt keeps its own periods"),
        ("decimals: 1\n", "decimals: 1\nstandard: [rtt_18_week]\n", 'Did you mean "rtt_18_weeks"?'),
        ("decimals: 1\n", "decimals: 1\nstandard_population: european_2013\n", "uses no standard_population"),
        ("decimals: 1\n", "decimals: 1\ndecimals: 2\n", '"decimals" stands twice'),
        ("theme: waiting", "theme: wating", "The folder is its theme"),
        (
            "id: completed_pathways",
            "id: pathways_completed",
            'A file\'s name is its id: make it "completed_pathways"',
        ),
        ("review_due: 2027-11-30", "review_due: 2020-01-01", "not after reviewed_on"),
        ("need: mental_health", "ned: mental_health", 'column is "ned". Did you mean "need"?'),
        ("title: Referral", "title: [Referral", "line "),
    ],
)
def test_a_wrong_word_names_the_file_the_field_and_the_remedy(content, found, put, told):
    spoil(content, PATHWAYS, found, put)
    fault = fault_of(content)
    assert fault.startswith(f"content/{PATHWAYS}: ")
    assert told in fault


def test_a_change_of_areas_that_cannot_be_names_its_file(content):
    spoil(
        content, "areas/changes.yaml", "into: {01Y: 0.8633, 15M: 0.1367}", "into: {01Y: 0.8633, 15M: 0.2367}"
    )
    assert fault_of(content).startswith("content/areas/changes.yaml: the shares of 01Y sum to 1.1000")


def test_money_needs_a_direction(content):
    cost = "unit_cost: {gbp: 120, source: {title: Tariff, url: 'https://example.org'}, year: 2024/25}\n"
    spoil(content, PATHWAYS, "decimals: 1\n", "decimals: 1\n" + cost)
    assert "unit_cost is given without a direction" in fault_of(content)


def test_a_rate_needs_a_denominator(content):
    path = content / PATHWAYS
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("denominator:")), encoding="utf-8")
    assert "divides, and there is no denominator" in fault_of(content)


def test_standardising_needs_ages_and_a_standard_population(content):
    spoil(content, "indicators/hospital/emergency_admissions.yaml", "european_2013", "european_2003")
    assert 'Did you mean "european_2013"?' in fault_of(content)


def test_a_table_of_days_needs_a_period(content):
    spoil(content, "indicators/hospital/emergency_admissions.yaml", "period: year\n", "")
    assert "table hospital_episodes holds days" in fault_of(content)


NEEDED = '{table: need_weights, measure: weighted_population, where: {need: general_and_acute}, edition: "2023_2024"}'
PARTS = "{part: [completed_admitted, completed_non_admitted], specialty: total}"
COUNTED = f"{{table: rtt, measure: pathways, where: {PARTS}}}"


def test_both_sides_rest_on_the_same_areas(content):
    """Patients of sub-areas above discharges of boards: an area missing in one would stay in the other."""
    spoil(content, PATHWAYS, NEEDED, "{table: discharges, measure: discharged}")
    spoil(content, PATHWAYS, "[sub_icb, icb, region]", "[icb]")
    assert "rests on sub_icb above and icb below" in fault_of(content)


def test_people_may_be_counted_by_smaller_areas_than_events(content):
    """Discharges of boards among the people of their parts: a board one of whose parts is missing has no value."""
    spoil(content, PATHWAYS, COUNTED, "{table: board_accident_emergency, measure: attendances}")
    spoil(content, PATHWAYS, "[sub_icb, icb, region]", "[icb, region]")
    assert load_catalogue(content).indicators["completed_pathways"].area_types == ["icb", "region"]


def test_published_values_stand_at_their_own_levels_in_their_own_tables(content):
    spoil(content, PATHWAYS, "method: need_weighted_rate", "method: published")
    with pytest.raises(ManyFaults) as told:
        load_catalogue(content)
    for fault in (
        "table rtt holds no published values",
        "published values of rtt cannot be summed to region",
        "method published takes no denominator",
    ):
        assert fault in str(told.value)


def test_every_fault_in_every_file_is_told_at_once(content):
    spoil(content, PATHWAYS, "method: need_weighted_rate", "method: rate_of_need")
    spoil(content, PATHWAYS, "multiplier: 1000", "multiplier: -1")
    spoil(content, "standards/targets/rtt_18_weeks.yaml", "direction: at_least", "direction: above")
    with pytest.raises(ManyFaults) as told:
        load_catalogue(content)
    assert len(told.value.faults) == 4  # the target has two entries
    assert {fault.where for fault in told.value.faults} == {
        f"content/{PATHWAYS}",
        "content/standards/targets/rtt_18_weeks.yaml",
    }


def test_a_file_that_cannot_be_read_is_one_fault_and_not_also_a_missing_one(content):
    spoil(content, "programmes/planned_care.yaml", "family:", "famly:")
    spoil(content, "areas/sub_icb.yaml", "ranked: true", "ranked: perhaps")
    with pytest.raises(ManyFaults) as told:
        load_catalogue(content)
    assert [fault.where for fault in told.value.faults] == [
        "content/areas/sub_icb.yaml",
        "content/programmes/planned_care.yaml",
    ]


def test_text_in_another_encoding_is_refused(content):
    path = content / PATHWAYS
    path.write_bytes(path.read_bytes() + "# caf\xe9\n".encode("latin-1"))
    assert "not UTF-8" in fault_of(content)


def test_a_folder_without_content_is_refused(tmp_path):
    assert "there is no folder indicators here" in fault_of(tmp_path)


def test_an_area_type_of_ones_own_needs_only_its_file(content):
    alliance = {
        "id": "alliance", "title": "Cancer alliance", "plural": "Cancer alliances", "parent": None,
        "rolls_up_from": "icb", "ranked": True, "boundaries": False, "order": 6,
        "members": {"CA1": {"name": "West Yorkshire and Harrogate", "of": ["QWO", "QOQ"]}},
    }  # fmt: skip
    (content / "areas" / "alliance.yaml").write_text(yaml.safe_dump(alliance), encoding="utf-8")
    spoil(content, PATHWAYS, "[sub_icb, icb, region]", "[sub_icb, alliance]")
    catalogue = load_catalogue(content)
    assert catalogue.area_types["alliance"].members["CA1"].of == ["QWO", "QOQ"]
    assert base_type("alliance", catalogue.area_types, {"sub_icb": "commissioner"}) == "sub_icb"


def test_an_area_may_be_in_one_group_only(content):
    text = (
        "id: pair\ntitle: Pair\nplural: Pairs\nparent: null\nrolls_up_from: icb\nranked: true\n"
        "boundaries: false\norder: 9\nmembers:\n  A: {name: A, of: [QWO]}\n  B: {name: B, of: [QWO]}\n"
    )
    (content / "areas" / "pair.yaml").write_text(text, encoding="utf-8")
    assert "QWO is in A and in B" in fault_of(content)


def test_area_types_that_sum_each_other_are_refused(content):
    spoil(content, "areas/sub_icb.yaml", "rolls_up_from: null", "rolls_up_from: region")
    with pytest.raises(AtlasError) as told:
        load_catalogue(content)
    assert "rolls_up_from leads back to sub_icb itself" in str(told.value)


def test_a_circle_of_types_has_no_base():
    def circular(id, below):
        return AreaType(
            id=id,
            title=id,
            plural=id,
            parent=None,
            rolls_up_from=below,
            ranked=True,
            boundaries=False,
            order=1,
        )

    types = {"one": circular("one", "two"), "two": circular("two", "one")}
    assert base_type("one", types, {"sub_icb": "area"}) is None


def test_bands_of_a_standard_population_leave_no_age_out(content):
    spoil(
        content,
        "standards/populations/european_2013.yaml",
        "age_from: 85, age_to: 89",
        "age_from: 86, age_to: 89",
    )
    assert "band 86 to 89 does not start at 85" in fault_of(content)


def test_the_oldest_are_in_the_last_band(content):
    spoil(content, "standards/populations/european_2013.yaml", "age_to: null", "age_to: 94")
    assert "the oldest are lost" in fault_of(content)


def test_the_european_standard_population_of_2013():
    """19 bands that add up to 100,000: Eurostat's report of 2013."""
    bands = load_catalogue().standard_populations["european_2013"].bands
    assert len(bands) == 19
    assert sum(band.people for band in bands) == 100_000
    assert [band.label for band in bands][-2:] == ["85 to 89", "90 and over"]


def test_a_figure_meets_the_standard_of_its_own_period():
    """92 % has stood since 2012; 65 % is England's ambition for the planning year to March 2026."""
    target = load_catalogue().targets["rtt_18_weeks"]

    def in_force(area_type, day):
        return [(entry.value, entry.kind) for entry in target.in_force(area_type, day)]

    assert in_force("country", date(2026, 1, 31)) == [(92, "constitutional"), (65, "interim_ambition")]
    assert in_force("sub_icb", date(2026, 1, 31)) == [(92, "constitutional")]
    assert in_force("country", date(2024, 12, 31)) == [(92, "constitutional")]
    assert in_force("country", date(2011, 12, 31)) == []


def test_the_programmes_are_the_published_ones():
    programmes = load_catalogue().programmes.values()
    numbers = sorted(programme.number for programme in programmes if programme.number is not None)
    published = [p for p in programmes if p.kind == "workstream" and "National Audit Office" in p.source]
    assert numbers == list(range(1, 24))
    assert len(published) == 14
    assert {programme.family for programme in published} == {
        *("commissioning_and_pathways", "provider_efficiency", "system_enablers")
    }


def test_only_methods_that_estimate_may_be_named():
    methods = usable_methods()
    assert methods["crude_rate"] == ("count", "denominator", "multiplier", "confidence")
    assert "funnel" not in methods
    assert "estimate" not in methods


def test_what_a_release_keeps_is_json_without_examples_and_real_names():
    kept = load_catalogue().as_dict()
    assert json.loads(json.dumps(kept)) == kept
    assert "examples" not in kept["indicators"]["completed_pathways"]
    assert "aliases" not in kept
    assert kept["themes"]["urgent_care"] == {"title": "Urgent care"}


def test_well_known_names_lead_to_areas_that_exist(real_data):
    import csv
    import io
    import zipfile

    codes = {"sub_icb": set(), "icb": set(), "region": set(), "provider": set()}
    with (real_data / "need_weights" / "2023_2024.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            codes["sub_icb"].add(row["CCG21"])
            codes["icb"].add(row["ICS22"])
            codes["region"].add(row["R22"])
    archive = zipfile.ZipFile(next((real_data / "rtt").glob("Full-CSV*.zip")))
    with archive, archive.open(archive.namelist()[0]) as raw:
        rows = csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig"))
        codes["provider"] = {row[3] for row in rows} | {"RHQ"}  # Sheffield Teaching Hospitals sent no return
    aliases = load_catalogue().aliases
    assert len(aliases) >= 150
    assert [alias for alias in aliases if alias.area not in codes[alias.area_type]] == []


@pytest.mark.parametrize(
    ("name", "area"),
    [("Grimsby", "03H"), ("York", "03Q"), ("Pontefract", "03R"), ("Jimmy's", "RR8"), ("Glossop", "15M")],
)
def test_a_name_leads_to_its_area(name, area):
    assert [alias.area for alias in load_catalogue().aliases if alias.name == name] == [area]


def test_no_name_leads_two_ways():
    aliases = load_catalogue().aliases
    names = [(alias.name.lower(), alias.area_type) for alias in aliases]
    assert sorted(names) == sorted(set(names))


def test_a_new_indicator_says_what_is_still_to_be_filled_in(content):
    path = new_indicator("hip_fractures", "trauma", content)
    assert path == content / "indicators" / "trauma" / "hip_fractures.yaml"
    with pytest.raises(ManyFaults) as told:
        load_catalogue(content)
    assert {fault.where for fault in told.value.faults} == {"content/indicators/trauma/hip_fractures.yaml"}
    assert "title is empty" in str(told.value)


def test_a_new_indicator_is_sound_once_filled_in(content):
    path = new_indicator("people_registered", "population", content)
    filled = yaml.safe_load(path.read_text(encoding="utf-8"))
    counted = {"table": "need_weights", "measure": "weighted_population", "where": {"need": "registered"}}
    texts = (
        "title",
        "short_title",
        "unit",
        "context",
        "reasons_for_variation",
        "options_for_action",
        "caveats",
    )
    filled |= dict.fromkeys(texts, "in words")
    filled |= {
        "programme": "primary_care_commissioning",
        "numerator": counted,
        "denominator": counted,
        "resources": [{"title": "A page", "url": "https://example.org"}],
        "author": "A",
        "checked_by": "B",
        "reviewed_on": date(2026, 1, 31),
        "review_due": date(2027, 1, 31),
        "examples": [{"name": "one", "rows": {}, "expect": [{"area": "A1", "value": 1000}]}],
    }
    path.write_text(yaml.safe_dump(filled), encoding="utf-8")
    assert load_catalogue(content).indicators["people_registered"].theme == "population"


@pytest.mark.parametrize(
    ("id", "theme", "told"),
    [
        ("Hip fractures", "trauma", "Use small letters"),
        ("hip_fractures", "../trauma", "Use small letters"),
        ("completed_pathways", "waiting", "is there already"),
    ],
)
def test_a_new_indicator_takes_no_odd_or_taken_name(content, id, theme, told):
    with pytest.raises(DefinitionError, match=told):
        new_indicator(id, theme, content)
