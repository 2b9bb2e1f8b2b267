"""What trusts of the simulated country could gain: none is declared where nothing was planted, and what is declared
where trusts truly differ is truly there."""

import json

import pandas as pd
import pytest

BEST = 5


@pytest.fixture(scope="module")
def truth(simulated_release) -> dict:
    return json.loads((simulated_release.folder.parent.parent / "country" / "truth.json").read_text())


@pytest.fixture(scope="module")
def found(simulated_release) -> pd.DataFrame:
    rows = simulated_release.arrow("opportunities", area_type="provider").to_pandas()
    return rows[rows["benchmark"] == "best_five"]


@pytest.fixture(scope="module")
def good_peers(simulated_release) -> pd.Series:
    peers = simulated_release.arrow("peers", area_type="provider").to_pandas()
    return peers[peers["good_match"].astype(bool)].groupby("area")["peer"].agg(list)


def test_trusts_have_opportunities_in_all_they_are_asked_to_be_better_in(simulated_release, found):
    indicators = simulated_release.catalogue["indicators"]
    with_values = set(simulated_release.arrow("values", area_type="provider").to_pandas()["indicator"])
    asked = {id for id in with_values if indicators[id]["polarity"] != "neither"}
    assert len(asked) >= 25
    assert asked == set(found["indicator"])


def test_no_trust_is_said_to_do_worse_where_only_chance_was_planted(truth, found):
    by_chance = found[found["indicator"].isin(truth["chance_only"])]
    assert len(by_chance) > 500
    assert by_chance["is_headline"].mean() <= 0.05


@pytest.mark.parametrize(
    "indicator", ["cancer_treatment_62_days", "diagnostic_waits_over_6_weeks", "theatre_time_used"]
)
def test_what_is_declared_where_trusts_differ_is_there(
    simulated_release, truth, found, good_peers, indicator
):
    planted = pd.Series(truth["indicators"][indicator]["relative_risk"])
    worse = 1 if simulated_release.catalogue["indicators"][indicator]["polarity"] == "lower_is_better" else -1
    rows = found[(found["indicator"] == indicator) & found["area"].isin(planted.index)].set_index("area")
    peers = good_peers.reindex(rows.index).map(
        lambda peers: [peer for peer in peers if peer in planted.index]
    )
    best = peers.map(lambda peers: (worse * planted[peers]).sort_values()[:BEST].mean())
    gap = worse * planted.reindex(rows.index) - best
    assert rows["is_headline"].sum() >= 10
    assert (gap[rows["is_headline"]] > 0).mean() >= 0.95
    large = gap > gap.median()
    assert rows.loc[large, "is_headline"].mean() > 2 * rows.loc[~large, "is_headline"].mean()
