"""The table of similar areas: nearest first, with what is too far marked and what is not known left out."""

import numpy as np
import pandas as pd

from careatlas.build.peers import FEWEST_AREAS, peers
from careatlas.catalogue.library import load_catalogue

CATALOGUE = load_catalogue()
CODES = [f"A{number:02d}" for number in range(40)]


class _Areas:
    def __init__(self, codes=CODES):
        self.codes = codes

    def current(self, area_type):
        return self.codes if area_type == "sub_icb" else []


def rows_of(**columns):
    day = pd.Timestamp("2022-06-30")
    return pd.concat(
        pd.DataFrame({"covariate": id, "area_type": "sub_icb", "area": CODES, "period_start": day,
                      "period_end": day, "value": values})
        for id, values in columns.items()
    )  # fmt: skip


def table(covariates, areas=None):
    declared = {id: CATALOGUE.covariates[id] for id in ("deprivation", "residents", "gp_payments")}
    return peers(covariates, declared, areas or _Areas(), {"sub_icb": CATALOGUE.area_types["sub_icb"]})


def of(rows, area):
    return rows[rows["area"] == area].sort_values("rank")


def test_areas_in_a_row_have_the_ten_beside_them_and_sizes_count_by_doubling():
    """Deprivation 1, 2, 3 ... and residents doubling from area to area: both are the same row, evenly spaced."""
    found = table(rows_of(deprivation=np.arange(40.0), residents=1000 * 2.0 ** np.arange(40)))
    middle = of(found, "A20")
    assert set(middle["peer"]) == {f"A{n}" for n in (15, 16, 17, 18, 19, 21, 22, 23, 24, 25)}
    assert list(middle["rank"]) == list(range(1, 11))
    # One step is 1 / standard deviation of 0 ... 39 = 1 / sqrt((40^2 - 1) / 12) = 0.0866 in both covariates.
    assert np.isclose(middle["distance"].iloc[0], 0.0866, atol=5e-5)
    assert middle["good_match"].all()


def test_supply_does_not_choose_peers():
    people = {"deprivation": np.arange(40.0), "residents": np.full(40, 1000.0)}
    money = np.random.default_rng(1).uniform(100, 200, 40)
    assert table(rows_of(**people)).equals(table(rows_of(**people, gp_payments=money)))


def test_an_area_unlike_all_others_has_its_nearest_but_no_good_match():
    found = table(rows_of(deprivation=[*np.arange(39.0), 500.0], residents=[*np.full(39, 1000.0), 9e6]))
    assert len(of(found, "A39")) == 10
    assert not of(found, "A39")["good_match"].any()
    assert of(found, "A10")["good_match"].all()


def test_an_area_with_a_covariate_not_known_has_no_peers_and_is_nobodys():
    deprivation = np.arange(40.0)
    deprivation[20] = np.nan
    found = table(rows_of(deprivation=deprivation, residents=np.full(40, 1000.0)))
    assert "A20" not in set(found["area"]) | set(found["peer"])
    assert set(found["area"]) == set(CODES) - {"A20"}


def test_too_few_areas_or_covariates_choose_nobody():
    both = rows_of(deprivation=np.arange(40.0), residents=np.full(40, 1000.0))
    assert table(both, _Areas(CODES[: FEWEST_AREAS - 1])).empty
    assert table(rows_of(deprivation=np.arange(40.0))).empty
