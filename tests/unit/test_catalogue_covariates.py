"""Covariates, and the need and supply of indicators: need never excuses inequity, nothing is adjusted twice."""

import shutil

import pytest

from careatlas.catalogue.library import CONTENT, load_catalogue
from careatlas.errors import AtlasError

PATHWAYS = "indicators/waiting/completed_pathways.yaml"
ADMISSIONS = "indicators/hospital/emergency_admissions.yaml"
BEDS = "covariates/provider_mental_health_beds.yaml"
DEPRIVATION, PAYMENTS = "covariates/deprivation.yaml", "covariates/gp_payments.yaml"
OWED_TO_EVERYONE = [
    *("within_18_weeks", "over_52_weeks", "ae_four_hours", "ae_long_waits_for_admission"),
    *("discharges_by_five", "talking_therapies_completion"),
]


@pytest.fixture
def content(tmp_path):
    """A copy of the atlas's content with two indicators, to spoil at will."""
    folder = tmp_path / "content"
    shutil.copytree(CONTENT, folder, ignore=shutil.ignore_patterns("hexagons", "pages", "methods"))
    for path in (folder / "indicators").glob("*/*.yaml"):
        if path.stem not in ("completed_pathways", "emergency_admissions"):
            path.unlink()
    return folder


def fault_of(content, file, found, put):
    text = (content / file).read_text(encoding="utf-8")
    assert found in text
    (content / file).write_text(text.replace(found, put), encoding="utf-8")
    with pytest.raises(AtlasError, match=f"content/{file}: ") as fault:
        load_catalogue(content)
    return str(fault.value)


@pytest.mark.parametrize("indicator", OWED_TO_EVERYONE)
def test_a_standard_owed_to_everyone_has_no_need(indicator):
    assert load_catalogue().indicators[indicator].need == []


def test_peers_are_chosen_by_people_and_place_and_never_by_care():
    chosen = [covariate for covariate in load_catalogue().covariates.values() if covariate.for_peers]
    of_areas = {covariate.id for covariate in chosen if covariate.area_types is None}
    assert of_areas == {"deprivation", "aged_75_and_over", "aged_under_15", "population_density", "residents"}
    of_trusts = [covariate for covariate in chosen if covariate.area_types == ["provider"]]
    assert {covariate.id for covariate in of_trusts} == {
        "provider_size", "provider_doctors", "provider_midwives", "provider_ambulance_staff",
        "provider_mental_health_beds", "provider_major_emergency",
    }  # fmt: skip
    assert {covariate.kind for covariate in of_trusts} == {"setting"}


def test_no_peers_are_chosen_by_a_measure_that_says_how_well_a_trust_does():
    """What indicators with a direction count is never what peers are chosen by."""
    catalogue = load_catalogue()
    results = {
        (side.table, side.measure)
        for indicator in catalogue.indicators.values()
        if indicator.polarity != "neither"
        for side in indicator.counted.values()
    }
    chosen = {
        (side.table, side.measure)
        for covariate in catalogue.covariates.values()
        if covariate.for_peers and covariate.area_types == ["provider"]
        for side in covariate.counted.values()
    }
    assert chosen
    assert not chosen & results


@pytest.mark.parametrize(
    ("file", "found", "put", "told"),
    [
        (ADMISSIONS, "covariate: deprivation,", "covariate: depravation,", 'Did you mean "deprivation"?'),
        (ADMISSIONS, "sign: 1", "sign: 2", "need.0.sign"),
        (ADMISSIONS, "sign: 1}]", "sign: 1}, {covariate: deprivation, sign: 1}]", "deprivation stands twice"),
        (ADMISSIONS, "covariate: deprivation,", "covariate: gp_payments,", "is a covariate of supply"),
        (
            ADMISSIONS,
            "supply: [gp_payments]",
            "supply: [deprivation]",
            "supply: deprivation is a covariate of need",
        ),
        (ADMISSIONS, "covariate: deprivation,", "covariate: aged_75_and_over,", "standardised by age"),
        (PATHWAYS, "covariate: need_weighted_ratio,", "covariate: deprivation,", "inside the weights"),
        (
            PATHWAYS,
            "need_weighted_ratio, sign: 1}]",
            "need_weighted_ratio, sign: 1}, {covariate: smoking, sign: 1}]",
            "2 covariates beside a need-weighted denominator",
        ),
        (DEPRIVATION, "kind: need", "kind: ned", 'Did you mean "need"?'),
        (DEPRIVATION, "measure: percentile", "measure: rank", "numerator: measure is"),
        (DEPRIVATION, "decimals: 1", "decimals: 9", "decimals is 9"),
        (DEPRIVATION, "for_peers: true", "multiplier: -1", "multiplier is -1"),
        (DEPRIVATION, '"https://', '"ftp://', "Give the public https address"),
        (PAYMENTS, "decimals: 0", "decimals: 0\nfor_peers: true", "what providers supply or measure"),
        (
            PAYMENTS,
            "{table: gp_payments, measure: registered_patients}",
            "{table: population, measure: people}",
            "table population keeps periods of its own",
        ),
        (
            PAYMENTS,
            "{table: gp_payments, measure: payments}",
            "{table: discharges, measure: discharged}",
            "table discharges holds days or persons",
        ),
        (
            PAYMENTS,
            "{table: gp_payments, measure: payments}",
            "{table: accident_emergency, measure: attendances}",
            "no area type can be counted from accident_emergency and gp_payments",
        ),
        (BEDS, "area_types: [provider]", "area_types: [provder]", 'Did you mean "provider"?'),
        (BEDS, "area_types: [provider]\n", "", "none_unless_named is given without area_types"),
        (BEDS, "none_unless_named: workforce", "none_unless_named: workfrce", 'Did you mean "workforce"?'),
        (
            BEDS,
            "none_unless_named: workforce",
            "none_unless_named: population",
            "population does not list provider",
        ),
        (BEDS, "denominator: {table: overnight_beds, measure: available}\n", "", "without a denominator"),
    ],
)
def test_a_wrong_covariate_names_the_file_and_the_remedy(content, file, found, put, told):
    assert told in fault_of(content, file, found, put)


def test_a_covariate_of_sub_areas_explains_no_trust(content):
    path = content / PATHWAYS
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    without = [line for line in lines if not line.startswith("denominator:")]
    path.write_text("".join(without), encoding="utf-8")
    told = fault_of(content, PATHWAYS, "[sub_icb, icb, region]", "[provider]")
    assert "need: need_weighted_ratio is not known for provider" in told
