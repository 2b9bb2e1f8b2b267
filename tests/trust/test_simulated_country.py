"""The exam: simulated countries go through files, sources and build, and what is found is held against the truth.

Seeds 1 to 5 served while the method was made; these twenty did not. Key: ``planted_truth``.
"""

import numpy as np
import pytest
from planted_truth import SEEDS

FEWEST_FOUND, MOST_FALSE = 0.9, 0.1
OF_WAITING = ("completed_pathways", "waiting_list", "within_18_weeks")  # what the merged areas report
CHANGES = ("improved", "worsened", "changed")
pytestmark = pytest.mark.timeout(7200)  # the first test builds twenty countries


@pytest.fixture(scope="module")
def exam(built_countries):
    return built_countries[0]


@pytest.fixture(scope="module")
def shares(built_countries):
    return built_countries[1]


def is_persistent(rows):
    return rows["verdict"].isin(["persistently_high", "persistently_low"])


def test_persistent_outliers_are_found_and_few_finds_are_false(exam, measured):
    judged = exam[exam["away"].notna()]
    finds = judged[is_persistent(judged)]
    false = np.sign(finds["deviation"]) * finds["away"] <= 0
    near = np.sign(finds["deviation"]) * finds["away"] < 0.01
    planted = judged[judged["outlier"].notna()]
    found = is_persistent(planted) & (np.sign(planted["deviation"]) == np.sign(planted["outlier"]))
    told = f"{len(finds)} finds, {len(SEEDS)} countries"
    measured(
        "persistent: on the wrong side or where nothing was planted",
        f"{false.mean():.1%} of {told}",
        "<= 10 %",
    )
    measured("persistent: those and all within 1 % of the country", f"{near.mean():.1%} of {told}", "<= 10 %")
    measured("persistent: planted outliers found", f"{found.mean():.1%} of {len(planted)}", ">= 90 %")
    for size, of_size in found.groupby(planted["outlier"].abs().round(2)):
        measured(
            f"persistent: planted {size:.0%} off, found", f"{of_size.mean():.1%} of {len(of_size)}", "printed"
        )
    assert near.mean() <= MOST_FALSE
    assert found.mean() >= FEWEST_FOUND


def test_indicators_that_vary_by_chance_alone_have_no_persistent_areas(exam, measured):
    by_chance = exam[exam["varies_by"] == "chance"]
    share = is_persistent(by_chance).mean()
    measured("persistent in chance-only indicators", f"{share:.2%} of {len(by_chance)} areas", "<= 5 %")
    assert share <= 0.05


def test_improvers_are_found_though_initiatives_start_after_bad_spells(exam, measured):
    """A change found is true where an initiative with an effect began and the change is in its direction."""
    finds = exam[exam["verdict"].isin(CHANGES)]
    is_true = np.sign(finds["change"]) * finds["initiative"].fillna(0) > 0
    started = exam[exam["initiative"].notna()]
    right = np.sign(started["change"]) * np.sign(started["initiative"]) >= 0
    found = started["verdict"].isin(("improved", "changed")) & right
    measured("changes found: false", f"{1 - is_true.mean():.1%} of {len(finds)}", "<= 10 %")
    shares = found.groupby(started["initiative"].abs().round(2)).agg(["mean", "size"])
    for size, (share, number) in shares.iterrows():
        target = ">= 80 %" if size == 0.2 else "printed"
        measured(
            f"initiatives of {size:.0%} after a bad spell, found", f"{share:.1%} of {number:.0f}", target
        )
    assert 1 - is_true.mean() <= MOST_FALSE
    assert shares.loc[0.2, "mean"] >= 0.8


def test_the_size_of_a_change_found_is_covered_by_its_limits(exam, measured):
    """Shares are planted on another scale (odds of waiting, say): only rates are held against their effect."""
    rates = exam["indicator"].isin(
        ["completed_pathways", "waiting_list", "fluoroquinolones", "delayed_discharges"]
    )
    finds = exam[
        rates & exam["verdict"].isin(("improved", "changed")) & (exam["initiative"].abs() >= 0.2 - 1e-9)
    ]
    truth = 100 * finds["initiative"]
    covered = ((finds["change_lower"] <= truth) & (truth <= finds["change_upper"])).mean()
    bias = (finds["change"] - truth).abs().mean()
    measured(
        "changes of 20 % found: limits hold the planted size", f"{covered:.1%} of {len(finds)}", ">= 80 %"
    )
    measured("changes of 20 % found: mean distance from it", f"{bias:.1f} points", "printed")
    assert covered >= 0.8


def test_shares_of_the_differences_are_within_their_limits(shares, measured):
    held = (shares["lower"] <= shares["truth"]) & (shares["truth"] <= shares["upper"])
    for kind, of_kind in held.groupby(shares["varies_by"]):
        measured(
            f"shares, {kind}: planted within limits", f"{of_kind.mean():.1%} of {len(of_kind)}", "printed"
        )
    for component, of_one in held.groupby(shares["component"]):
        bias = (shares["share"] - shares["truth"])[of_one.index].mean()
        measured(
            f"share of {component}: planted within limits, and bias in points",
            f"{of_one.mean():.1%} of {len(of_one)}, {100 * bias:+.1f}",
            ">= 85 %",
        )
        assert of_one.mean() >= 0.85
    measured("shares: planted within limits", f"{held.mean():.1%} of {len(held)}", ">= 90 %")
    assert held.mean() >= 0.9


def test_chance_alone_is_not_called_unexplained(shares, measured):
    by_chance = shares[(shares["varies_by"] == "chance") & (shares["component"] == "unexplained")]
    called = (by_chance["lower"] > 0).mean()
    measured(
        "chance-only indicators with something unexplained", f"{called:.1%} of {len(by_chance)}", "<= 5 %"
    )
    assert called <= 0.05


def test_the_merged_area_has_one_course_over_all_months(exam, measured):
    """Two areas report waiting times until they merge after eight months; nothing was done there. Only the last
    month may be lacking, in which submitters are absent."""
    merged = exam[exam["indicator"].isin(OF_WAITING) & (exam["area"] == "ZA23") & exam["initiative"].isna()]
    share = merged["verdict"].isin(CHANGES).mean()
    measured("merged areas called changed", f"{share:.1%} of {len(merged)}", "<= 5 %")
    assert len(merged) >= 2 * len(SEEDS)
    assert (merged["periods"] >= 23).all()
    assert share <= 0.05


def test_who_did_not_submit_or_changed_code_is_not_found_for_that(exam, measured):
    """The code of one area of talking therapies changes after a year; A&E trusts send no waits for nine months;
    in the last month submitters are absent. None may look like a change."""
    quiet = exam[
        ((exam["indicator"] == "talking_therapies_access") & (exam["area"] == "ZA41"))
        | ((exam["indicator"] == "ae_four_hours") & (exam["periods"] < 24) & exam["initiative"].isna())
    ]
    share = quiet["verdict"].isin(CHANGES).mean()
    measured(
        "areas that changed code or paused their return, called changed",
        f"{share:.1%} of {len(quiet)}",
        "<= 5 %",
    )
    assert len(quiet) >= len(SEEDS)
    assert share <= 0.05
