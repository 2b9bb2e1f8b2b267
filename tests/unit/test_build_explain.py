"""Tables that explain: made from values, covariates and borders; what is incomplete is in none of them."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from careatlas.build.area_maps import area_maps, borders, with_islands_linked
from careatlas.build.explain import explanations
from careatlas.build.explained_rows import exact_shares
from careatlas.build.inequality import fifths, inequality
from careatlas.build.variation import variation
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.tables import RELEASE

CATALOGUE = load_catalogue()
AREAS = [f"A{n:02d}" for n in range(40)]
RNG = np.random.default_rng(1)
DEPRIVATION = np.linspace(10, 90, 40)
ELSEWHERE = RNG.permutation(40)  # supply, in an order of its own


def months(number):
    starts = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(number + 1)]
    return [
        (pd.Timestamp(start), pd.Timestamp(after - timedelta(days=1))) for start, after in pairwise(starts)
    ]


def rate_rows(indicator, counts, people=10_000.0, status=None):
    """``counts`` ``[month, area]`` of as many people in each area, as rows of the table ``values``."""
    rows = []
    for (start, end), month in zip(months(len(counts)), counts, strict=True):
        rate = month.sum() / (people * len(month))
        for area, count in zip(AREAS, month, strict=False):
            value = count / people
            rows.append(
                {
                    "indicator": indicator, "area_type": "sub_icb", "area": area, "period_start": start,
                    "period_end": end, "count": count, "denominator": people, "expected": people * rate,
                    "value": value, "lower_95": 0.9 * value, "upper_95": 1.1 * value,
                    "status": (status or {}).get(area, "reported"),
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=RELEASE["values"].column_names)


def covariate_rows(**by_area):
    year = {"period_start": pd.Timestamp("2019-01-01"), "period_end": pd.Timestamp("2019-12-31")}
    return pd.DataFrame(
        [
            {"covariate": name, "area_type": "sub_icb", "area": area, "value": value, **year}
            for name, values in by_area.items()
            for area, value in zip(AREAS, values, strict=False)
        ],
        columns=RELEASE["covariates"].column_names,
    )  # fmt: skip


def neighbour_rows(pairs, shares_border=True, nearness=None):
    both = [*pairs, *((other, one) for one, other in pairs)]
    rows = [
        {"area_type": "sub_icb", "area": one, "other_area": other, "shares_border": shares_border, "nearness": nearness}
        for one, other in both
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=RELEASE["neighbours"].column_names)


def people_rows(people=10_000.0, counted="registered", edition="2023_2024"):
    start = pd.Timestamp(f"{edition[:4]}-04-01")
    rows = [
        {
            "people_counted": counted,
            "edition": edition,
            "source": "need_weights",
            "area_type": "sub_icb",
            "area": area,
            "period_start": start,
            "people": of_area,
        }
        for area, of_area in zip(AREAS, np.broadcast_to(people, 40), strict=True)
    ]
    return pd.DataFrame(rows, columns=RELEASE["denominators"].column_names)


def found(**covariates):
    return {
        "covariates": covariate_rows(**covariates),
        "neighbours": neighbour_rows(list(pairwise(AREAS))),
        "denominators": people_rows(),
    }


def explained(values, tables):
    return explanations(values, CATALOGUE.indicators, CATALOGUE.covariates, tables)


def follows(pattern, size, number=1, events=4000.0):
    """Counts that rise with a pattern, by a natural logarithm's ``size`` for each standard deviation."""
    z = (pattern - pattern.mean()) / pattern.std()
    return RNG.poisson(events * np.exp(size * z), (number, 40)).astype(float)


def test_shares_sum_to_1_to_the_last_digit():
    for seed in range(200):
        share = np.random.default_rng(seed).dirichlet(np.ones(6))
        assert sum(exact_shares(share).tolist()) == 1
        np.testing.assert_allclose(exact_shares(share), share, atol=1e-11)


def test_opioids_that_follow_deprivation_are_need_and_the_shares_sum_to_1():
    tables = found(deprivation=DEPRIVATION, gp_payments=DEPRIVATION[ELSEWHERE])
    shares = explained(rate_rows("high_dose_opioids", follows(DEPRIVATION, 0.2)), tables)["shares"]
    by_name = shares.set_index("component")
    assert by_name.loc["need", "share"] > 0.9
    assert by_name["share"].sum() == 1
    assert by_name.loc["need", "lower"] < by_name.loc["need", "share"] < by_name.loc["need", "upper"]
    assert by_name.loc["chance", "note"] == "counting error only: cannot show persistence"


def test_opioids_that_fall_with_deprivation_go_against_need():
    tables = found(deprivation=DEPRIVATION, gp_payments=DEPRIVATION[ELSEWHERE])
    answer = explained(rate_rows("high_dose_opioids", follows(DEPRIVATION, -0.2)), tables)
    by_name = answer["shares"].set_index("component")
    assert by_name.loc["need", "share"] == 0
    assert by_name.loc["against_need", "share"] > 0.9
    verdict = answer["gaps"].query("component == 'all'").set_index("area")["verdict"]
    assert verdict["A39"] == "against_need"  # the most deprived, and lowest
    assert "in_line_with_need" not in set(verdict)


def weighted():
    """Counts that follow the weight of an area's people, with people and need of the edition 2023_2024."""
    weight = 1 + 0.3 * (DEPRIVATION - 50) / 80
    values = rate_rows("completed_pathways", RNG.poisson(4000 * weight)[None].astype(float))
    values["denominator"] *= weight
    values["expected"] = values["denominator"] * values["count"].sum() / values["denominator"].sum()
    tables = found(need_weighted_ratio=weight)
    tables["covariates"]["period_start"] = tables["denominators"]["period_start"]
    return weight, values, tables


def test_need_weighted_rates_start_from_people_and_the_weighting_is_need():
    """Counts follow the weighted people exactly: by them nothing differs, by people registered it is all need."""
    _, values, tables = weighted()
    shares = explained(values, tables)["shares"]
    by_name = shares[shares["covariates"] == "all"].set_index("component")
    assert by_name.loc["need", "share"] > 0.9
    without = shares[shares["covariates"] == "untainted"].set_index("component")
    assert "need" not in without.index
    assert without.loc["unexplained", "share"] + without.loc["spatial", "share"] > 0.9
    assert shares.groupby("covariates")["share"].sum().tolist() == [1, 1]


def test_people_and_need_are_of_the_edition_that_the_indicator_names():
    """completed_pathways names 2023_2024. A later edition has begun by January 2024, with the people and the need of
    each place turned about: it changes nothing."""
    weight, values, tables = weighted()
    alone = explained(values, tables)
    turned = covariate_rows(need_weighted_ratio=weight[::-1])
    later = people_rows(10_000 * weight[::-1] ** 3, edition="2023_2024").assign(
        edition="2024_2025", period_start=pd.Timestamp("2024-01-01")
    )
    for name, rows in (
        ("denominators", later),
        ("covariates", turned.assign(period_start=later["period_start"])),
    ):
        both = explained(values, tables | {name: pd.concat([tables[name], rows], ignore_index=True)})
        pd.testing.assert_frame_equal(both["shares"], alone["shares"])
        pd.testing.assert_frame_equal(both["gaps"], alone["gaps"])


def test_an_area_without_a_full_return_is_in_no_table():
    values = rate_rows(
        "high_dose_opioids", follows(DEPRIVATION, 0.2), status={"A05": "incomplete", "A06": "hidden"}
    )
    tables = found(deprivation=DEPRIVATION, gp_payments=DEPRIVATION[ELSEWHERE])
    assert not {"A05", "A06"} & set(explained(values, tables)["gaps"]["area"])
    assert set(variation(values, CATALOGUE.indicators, tables["neighbours"])["areas"]) == {38}


def test_below_thirty_areas_nothing_is_explained():
    values = rate_rows("high_dose_opioids", follows(DEPRIVATION, 0.2)).head(29)
    tables = found(deprivation=DEPRIVATION, gp_payments=DEPRIVATION[ELSEWHERE])
    assert [len(table) for table in explained(values, tables).values()] == [0, 0]


def test_a_covariate_known_of_too_few_areas_is_left_out_and_said_so():
    few = np.where(np.arange(40) < 20, DEPRIVATION[ELSEWHERE], np.nan)
    tables = found(deprivation=DEPRIVATION, gp_payments=few)
    answer = explained(rate_rows("high_dose_opioids", follows(DEPRIVATION, 0.2)), tables)
    by_name = answer["shares"].set_index("component")
    assert "supply" not in by_name.index
    assert "left out: " in by_name.loc["need", "note"]
    assert answer["gaps"]["area"].nunique() == 40


def test_from_the_twelfth_month_on_twelve_are_taken_together():
    counts = np.concatenate([follows(DEPRIVATION, 0.2, number=13, events=400.0)])
    tables = found(deprivation=DEPRIVATION, gp_payments=DEPRIVATION[ELSEWHERE])
    answer = explained(rate_rows("high_dose_opioids", counts), tables)
    for name in ("shares", "gaps"):
        periods = answer[name].drop_duplicates("period_end").sort_values("period_end")["periods"]
        assert periods.tolist() == [1] * 11 + [12] * 2
    last = answer["shares"][answer["shares"]["periods"] == 12]
    assert set(last["component"]) >= {"chance", "comes_and_goes", "need", "against_need", "unexplained"}
    assert last.groupby("period_end")["share"].sum().tolist() == [1, 1]


def test_twelve_months_with_a_break_among_them_are_not_taken_together():
    """Six months, a year without figures, thirteen months: only the last two end twelve that follow one another."""
    values = rate_rows("high_dose_opioids", follows(DEPRIVATION, 0.2, number=31, events=400.0))
    starts = [start for start, _ in months(31)]
    values = values[~values["period_start"].isin(starts[6:18])]
    tables = found(deprivation=DEPRIVATION, gp_payments=DEPRIVATION[ELSEWHERE])
    shares = explained(values, tables)["shares"]
    periods = shares.drop_duplicates("period_end").sort_values("period_end")["periods"]
    assert periods.tolist() == [1] * 6 + [1] * 11 + [12] * 2


def test_every_index_stands_beside_what_chance_alone_would_give():
    tables = found()
    calm, apart = (
        variation(rate_rows("high_dose_opioids", counts), CATALOGUE.indicators, tables["neighbours"]).set_index("index")
        for counts in (follows(DEPRIVATION, 0.0, events=100.0), follows(DEPRIVATION, 0.3, events=100.0))
    )  # fmt: skip
    assert set(calm.index) == {
        "fold", "fold_trimmed", "ratio_5_95", "weighted_cv", "scv", "eb_variance", "shrunk_fold", "moran_i",
    }  # fmt: skip
    assert calm.loc["fold", "chance_lower"] < calm.loc["fold", "value"] < calm.loc["fold", "chance_upper"]
    assert (apart["value"] > apart["chance_upper"]).all()
    assert (apart["p"] < 0.01).all()
    assert apart.loc["eb_variance", "lower"] < 0.09 < apart.loc["eb_variance", "upper"]  # .3 squared
    assert apart.loc["fold_trimmed", "note"] == "without the 1 highest and the 1 lowest"


def test_means_have_folds_and_no_chance():
    payments = rate_rows("gp_payment_per_patient", np.linspace(90, 180, 40)[None], people=1.0)
    rows = variation(payments, CATALOGUE.indicators, found()["neighbours"]).set_index("index")
    assert set(rows.index) == {"fold", "fold_trimmed", "ratio_5_95", "weighted_cv"}
    assert rows.loc["fold", "value"] == 2
    assert rows["chance"].isna().all()
    assert explained(payments, found())["shares"].empty


def test_an_island_is_linked_to_the_nearest_for_likeness_and_has_no_border():
    pairs = neighbour_rows(list(pairwise(AREAS[:39])))
    crossing = neighbour_rows([("A39", "A38")], shares_border=False, nearness=1)
    table = pd.concat([pairs, crossing], ignore_index=True)
    border = borders(table, "sub_icb", AREAS)
    linked, islands = with_islands_linked(border, table, "sub_icb", AREAS)
    assert (border[39].sum(), islands) == (0, ["A39"])
    assert (linked[39, 38], linked[38, 39], (linked != linked.T).sum()) == (1, 1, 0)
    assert borders(table, "provider", AREAS) is None


def test_fifths_hold_alike_many_people_and_the_first_is_the_most_deprived():
    people = np.where(np.arange(40) < 20, 1.0, 3.0)
    fifth = fifths(DEPRIVATION, people, np.ones(40, bool))
    assert fifth[39] == 0
    assert fifth[0] == 4
    assert [people[fifth == each].sum() for each in range(5)] == pytest.approx([16] * 5, abs=2)


def test_a_rate_that_halves_from_most_to_least_deprived_has_its_slope():
    """Straight from 2,000 in the least deprived to 4,000: the line's ends, less half a fifth at each."""
    counts = (2000 + 2000 * (DEPRIVATION - 10) / 80)[None]
    rows = inequality(
        rate_rows("high_dose_opioids", counts), CATALOGUE.indicators, CATALOGUE.covariates,
        covariate_rows(deprivation=DEPRIVATION), people_rows(),
    ).set_index("group")  # fmt: skip
    by_hand = [counts[0, 8 * each : 8 * each + 8].sum() / 80_000 for each in (4, 3, 2, 1, 0)]
    assert rows.loc["fifth_1":"fifth_5", "value"].tolist() == pytest.approx(by_hand)
    assert rows.loc["sii", "value"] == pytest.approx((by_hand[4] - by_hand[0]) * 5 / 4)
    assert rows.loc["sii", "upper_95"] < 0
    assert 0.4 < rows.loc["rii", "value"] < 0.55
    assert rows.loc["fifth_1", "count"] == counts[0, 32:].sum()


def test_fifths_hold_the_people_of_the_edition_in_force_in_the_period():
    """Forty places alike, 10 people each, are eight a fifth. In a later edition the most deprived has 100 of the 490:
    a fifth is 98, it is the first fifth by itself, and the middles of the others stand at 105, 115 ... 485: ten below
    196, nine below 294, ten below 392 and ten above. The month before that edition is as it was."""
    values = rate_rows("high_dose_opioids", np.full((2, 40), 500.0))
    before, after = months(2)
    later = people_rows(np.where(np.arange(40) == 39, 100.0, 10.0)).assign(
        edition="2024_2025", period_start=after[0]
    )
    rows = inequality(
        values, CATALOGUE.indicators, CATALOGUE.covariates, covariate_rows(deprivation=DEPRIVATION),
        pd.concat([people_rows(), later], ignore_index=True),
    )  # fmt: skip
    areas = rows[rows["group"].str.startswith("fifth")].groupby("period_end")["areas"].agg(list)
    assert areas[before[1]] == [8, 8, 8, 8, 8]
    assert areas[after[1]] == [1, 10, 9, 10, 10]


def test_a_fifth_without_an_event_has_no_slope_and_says_why():
    counts = np.where(np.arange(40) < 8, 0.0, 50.0)[None]
    rows = inequality(
        rate_rows("high_dose_opioids", counts), CATALOGUE.indicators, CATALOGUE.covariates,
        covariate_rows(deprivation=DEPRIVATION), people_rows(),
    ).set_index("group")  # fmt: skip
    assert rows.loc["fifth_5", "value"] == 0
    assert np.isnan(rows.loc["sii", "value"])
    assert "no slope" in rows.loc["sii", "note"]


def test_maps_hold_full_returns_only():
    values = rate_rows("high_dose_opioids", follows(DEPRIVATION, 0.0), status={"A03": "incomplete"})
    (maps,) = area_maps(values, CATALOGUE.indicators, 8)
    assert "A03" not in maps.areas
    assert len(maps.areas) == 39
