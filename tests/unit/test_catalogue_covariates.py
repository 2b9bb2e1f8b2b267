"""Covariates, and the need and supply of indicators: need never excuses inequity, nothing is adjusted twice."""

import shutil

import pytest

from careatlas.catalogue.library import CONTENT, load_catalogue
from careatlas.errors import AtlasError

PATHWAYS = "indicators/waiting/completed_pathways.yaml"
ADMISSIONS = "indicators/hospital/emergency_admissions.yaml"
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
    chosen = {id for id, covariate in load_catalogue().covariates.items() if covariate.for_peers}
    assert chosen == {"deprivation", "aged_75_and_over", "aged_under_15", "population_density", "residents"}


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
