"""Values as issued: read and never added up, the country's its own, what was withheld missing with its reason."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from careatlas.build.areas import Areas, Country
from careatlas.build.gather import Inputs
from careatlas.build.pipeline import indicator_values
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.tables import RELEASE, TIDIED
from careatlas.errors import DefinitionError

CATALOGUE = load_catalogue()
STROKE = CATALOGUE.indicators["mortality_stroke"]
PERIOD = {"period_start": pd.Timestamp("2015-01-01").date(), "period_end": pd.Timestamp("2017-12-31").date()}
ABOUT = {"cause": "stroke", "sex": "persons", "age": "all_ages"}
C1 = {
    "area_type": "local_authority",
    "area": "C1",
    "deaths": 100,
    "rate": 60.0,
    "lower_95": 50.0,
    "upper_95": 71.0,
}
ENGLAND = {
    "area_type": "country",
    "area": "E92000001",
    "deaths": 900,
    "rate": 55.0,
    "lower_95": 52.0,
    "upper_95": 58.0,
}


def values_of(*rows: dict) -> pd.DataFrame:
    councils = pd.DataFrame({"code": ["C1", "C2"], "name": ["C1", "C2"], "area_type": "local_authority"})
    table = councils.reindex(columns=RELEASE["areas"].column_names).astype(object)
    codes = {"local_authority": {"C1": "C1", "C2": "C2"}}
    changes = pd.DataFrame(columns=RELEASE["area_changes"].column_names)
    areas = Areas(table, codes, changes, pd.DataFrame(), Country("SIM", "Nowhere"))
    given = pa.Table.from_pylist([PERIOD | ABOUT | row for row in rows], schema=TIDIED["mortality"].schema)
    with connect() as engine:
        values = indicator_values(
            STROKE, CATALOGUE, Inputs(engine, {"mortality": engine.from_arrow(given)}), areas
        )
    return values.set_index("area")


def test_value_and_limits_are_the_published_ones_and_no_others_are_made():
    found = values_of(C1, ENGLAND).loc["C1"]
    assert (found["value"], found["lower_95"], found["upper_95"]) == (60, 50, 71)
    assert (found["count"], found["status"]) == (100, "reported")
    assert found[["denominator", "expected", "lower_998", "upper_998"]].isna().all()


def test_the_countrys_value_is_its_own_and_not_the_sum_of_its_areas():
    found = values_of(C1, ENGLAND).loc["SIM"]
    assert (found["area_type"], found["count"], found["value"]) == ("country", 900, 55)


def test_an_area_without_a_row_and_one_without_a_rate_are_missing_for_different_reasons():
    absent = values_of(C1, ENGLAND).loc["C2"]
    withheld = values_of(C1, ENGLAND, {"area_type": "local_authority", "area": "C2", "deaths": 5}).loc["C2"]
    assert (absent["status"], absent["note"]) == ("missing", "not in the publication")
    assert (withheld["status"], withheld["note"]) == ("missing", "the publisher withholds the value")
    assert withheld[["count", "value", "lower_95"]].isna().all()


def test_no_deaths_are_zero_and_not_missing():
    none = C1 | {"deaths": 0, "rate": 0.0, "lower_95": 0.0, "upper_95": 3.7}
    found = values_of(none, ENGLAND).loc["C1"]
    assert (found["status"], found["value"], found["upper_95"]) == ("zero", 0, 3.7)


def test_a_definition_that_means_several_rows_is_refused():
    with pytest.raises(DefinitionError, match="2 published values are meant for C1"):
        values_of(C1, C1 | {"rate": 61.0}, ENGLAND)


CAUSES = {
    "06A_076": "circulatory_disease",
    "10A_158": "stroke",
    "11B_075": "cancer",
    "24B_038": "chronic_obstructive_pulmonary_disease",
}


@pytest.mark.parametrize("cause", CAUSES)
def test_every_councils_rate_and_limits_stand_in_the_release_as_printed(cause, real_data, real_release):
    """Read from the file by pandas, without the source: 325 councils and England, one row of persons each."""
    printed = pd.read_csv(real_data / "mortality" / f"{cause}DR00++_D.csv")
    councils = printed["ORG_TYPE_DESCRIPTION"].str.startswith("LOCAL") | (printed["ORG_CODE"] == "ENG")
    printed = printed[councils & (printed["SEX_CODE"] == "P")].replace({"NEW_CODE": {"E92000001": "ENG"}})
    printed = printed.set_index(printed["NEW_CODE"].str[:9])[["DSR", "LOWER", "UPPER"]].sort_index()
    rows = real_release.arrow("values", indicator=f"mortality_{CAUSES[cause]}").to_pandas()
    found = rows.set_index("area")[["value", "lower_95", "upper_95"]].sort_index()
    assert len(found) == 326
    np.testing.assert_array_equal(found.to_numpy(), printed.to_numpy())
    assert list(found.index) == list(printed.index)


def test_real_councils_are_ranked_and_have_no_map(real_release):
    rows = {row["area"]: row for row in real_release.rows("values", indicator="mortality_cancer")}
    assert len(rows) == 326
    assert (rows["ENG"]["value"], rows["ENG"]["lower_95"], rows["ENG"]["upper_95"]) == (
        268.01,
        267.19,
        268.84,
    )
    ranked = real_release.rows("comparisons", indicator="mortality_cancer", benchmark="national")
    assert {row["ranked_areas"] for row in ranked} == {325}
    assert real_release.boundaries("local_authority") is None
