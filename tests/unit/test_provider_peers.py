"""Peers of providers: by kind and size, with none of a thing told from no return, and areas' own peers untouched."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from careatlas.build.areas import Country, build_areas
from careatlas.build.covariates import covariates
from careatlas.build.peers import peers
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.tables import TIDIED
from careatlas.present.peers import chosen_peers, peers_of

CATALOGUE = load_catalogue()
BY_KIND_AND_SIZE = {
    id: each
    for id, each in CATALOGUE.covariates.items()
    if each.area_types == ["provider"] and each.for_peers
}
TRUSTS = [f"T{number:02d}" for number in range(40)]
FIRM, BOARD = "F1", "B1"
JANUARY = {"period_start": date(2025, 1, 1), "period_end": date(2025, 1, 31)}
AUTUMN = {"period_start": date(2024, 7, 1), "period_end": date(2024, 9, 30)}
WINTER = {"period_start": date(2024, 10, 1), "period_end": date(2024, 12, 31)}


@pytest.fixture
def areas():
    listed = [
        {"code": code, "name": code, "area_type": "provider", "parent_code": BOARD}
        for code in [*TRUSTS, FIRM]
    ]
    listed += [{"code": BOARD, "name": BOARD, "area_type": "icb"}]
    listed = pd.DataFrame(listed, columns=TIDIED["area_list"].column_names).assign(vintage=2024)
    nothing = [pd.DataFrame(columns=TIDIED[name].column_names) for name in ("boundaries", "place_names")]
    return build_areas(listed, *nothing, CATALOGUE.area_types, [], Country("SIM", "Somewhere"), {})


def staff(trust, total=1000.0, doctors=100.0, area_type="provider"):
    groups = {"Total": total, "HCHS Doctors": doctors, "Midwives": 0.0}
    groups |= {"Ambulance staff": 0.0, "Support to ambulance staff": 0.0}
    return [
        {
            **JANUARY,
            "area_type": area_type,
            "area": trust,
            "staff_group": group,
            "full_time_equivalent": number,
        }
        for group, number in groups.items()
    ]


def beds(trust, sector, available, period=WINTER):
    return {**period, "provider": trust, "sector": sector, "available": available}


def attendances(trust, type_1):
    return {**JANUARY, "provider": trust, "attendances_type_1": type_1}


def rows_of(areas, declared=BY_KIND_AND_SIZE, **tables):
    def small(name):
        return pd.DataFrame(tables.get(name, []), columns=TIDIED[name].column_names)

    return covariates(declared, areas, CATALOGUE.area_types, small)


def values_of(rows, covariate):
    of_it = rows[rows["covariate"] == covariate]
    ends = pd.to_datetime(of_it["period_end"]).dt.date
    return dict(zip(zip(of_it["area"], ends, strict=True), of_it["value"], strict=True))


@pytest.fixture
def rows(areas):
    """T00 a hospital with an emergency department, T01 mental health, T02 ambulances. T03 had beds for mental health in
    autumn and said nothing in winter. The firm is on the return of beds and employs no NHS staff."""
    kept = [beds("T00", "general_and_acute", 300.0), beds("T01", "mental_illness", 90.0)]
    kept += [beds("T01", "learning_disabilities", 10.0), beds("T01", "general_and_acute", 100.0)]
    kept += [beds("T03", "mental_illness", 50.0, AUTUMN), beds(FIRM, "mental_illness", 40.0)]
    employed = [row for trust in TRUSTS[:4] for row in staff(trust)] + staff(BOARD, 9e4, area_type="icb")
    return rows_of(
        areas, workforce=employed, overnight_beds=kept, accident_emergency=[attendances("T00", 2000.0)]
    )


def test_kinds_of_bed_are_a_share_of_all_beds_and_none_is_nought(rows):
    share = values_of(rows, "provider_mental_health_beds")
    assert share["T00", WINTER["period_end"]] == 0  # sent a return, and none of these are in it
    assert share["T01", WINTER["period_end"]] == pytest.approx(50)  # (90 + 10) of 200
    assert share["T02", WINTER["period_end"]] == 0  # employs staff and was never on the return of beds


def test_who_sent_no_return_this_time_is_not_taken_to_have_none(rows):
    share = values_of(rows, "provider_mental_health_beds")
    assert share["T03", AUTUMN["period_end"]] == 100
    assert ("T03", WINTER["period_end"]) not in share


def test_a_firm_that_is_no_trust_is_not_described(rows):
    assert FIRM not in set(rows["area"])


def test_major_emergency_work_is_for_each_of_the_staff_and_none_without_a_department(rows):
    work = values_of(rows, "provider_major_emergency")
    assert work["T00", JANUARY["period_end"]] == pytest.approx(2)  # 2,000 attendances, 1,000 staff
    assert work["T02", JANUARY["period_end"]] == 0


def test_what_tells_trusts_apart_never_reaches_boards_or_the_country(rows):
    assert set(rows["covariate"]) == set(BY_KIND_AND_SIZE)
    assert set(rows["area_type"]) == {"provider"}


def test_trusts_of_one_kind_are_peers_and_one_that_fell_silent_keeps_its_kind(areas):
    """Twenty hospitals and twenty trusts for mental health, of equal sizes; the last sent no return in winter."""
    hospitals, others = TRUSTS[:20], TRUSTS[20:]
    size = {trust: 1000.0 + 100 * (number % 20) for number, trust in enumerate(TRUSTS)}
    doctors = {trust: 0.13 if trust in hospitals else 0.05 for trust in TRUSTS}
    employed = [row for trust in TRUSTS for row in staff(trust, size[trust], size[trust] * doctors[trust])]
    kept = [beds(trust, "general_and_acute", 300.0) for trust in hospitals]
    kept += [beds(trust, "mental_illness", 200.0) for trust in others[:-1]]
    kept += [beds(others[-1], "mental_illness", 200.0, AUTUMN)]
    seen = [attendances(trust, 1.5 * size[trust]) for trust in hospitals]
    rows = rows_of(areas, workforce=employed, overnight_beds=kept, accident_emergency=seen)
    found = peers(rows, BY_KIND_AND_SIZE, areas, CATALOGUE.area_types)
    assert set(found["area"]) == set(TRUSTS)
    for group in (hospitals, others):
        assert set(found.loc[found["area"].isin(group), "peer"]) <= set(group)
    nearest = found[found["area"] == "T10"].sort_values("rank")["peer"].head(2)
    assert set(nearest) == {"T09", "T11"}  # of its kind, those nearest in size


def test_what_is_known_of_trusts_moves_no_other_areas_peers():
    class Areas:
        def current(self, area_type):
            return {"sub_icb": [f"A{n:02d}" for n in range(40)], "provider": TRUSTS}.get(area_type, [])

    def told(area_type, codes, end, **columns):
        return pd.concat(
            pd.DataFrame({"covariate": id, "area_type": area_type, "area": codes, "period_start": pd.Timestamp(end),
                          "period_end": pd.Timestamp(end), "value": values})
            for id, values in columns.items()
        )  # fmt: skip

    draw = np.random.default_rng(3)
    of_areas = told("sub_icb", Areas().current("sub_icb"), "2022-06-30",
                    deprivation=draw.uniform(20, 80, 40), residents=draw.uniform(1e5, 1e6, 40))  # fmt: skip
    of_trusts = told(
        "provider", TRUSTS, "2025-02-28", **{id: draw.uniform(1, 9, 40) for id in BY_KIND_AND_SIZE}
    )
    alone = peers(of_areas, CATALOGUE.covariates, Areas(), CATALOGUE.area_types)
    beside = peers(pd.concat([of_areas, of_trusts]), CATALOGUE.covariates, Areas(), CATALOGUE.area_types)
    assert set(beside["area_type"]) == {"sub_icb", "provider"}
    of_sub_areas = beside[beside["area_type"] == "sub_icb"].reset_index(drop=True)
    pd.testing.assert_frame_equal(of_sub_areas, alone.reset_index(drop=True))


def test_real_trusts_are_like_trusts_of_their_own_kind(real_release):
    """Teaching and district hospitals, ambulances, mental health and specialists, as a manager would have them."""
    leeds = chosen_peers(real_release, "RR8")
    assert {"RX1", "RTD", "RHQ", "R0A"} <= set(leeds)  # Nottingham, Newcastle, Sheffield, Manchester
    assert {"RGP", "RFR", "RLQ"} <= set(
        chosen_peers(real_release, "RCF")
    )  # James Paget, Rotherham, Wye Valley
    ambulances = {"RRU", "RX6", "RX7", "RX8", "RX9", "RYA", "RYC", "RYD", "RYE", "RYF"}
    assert set(chosen_peers(real_release, "RX8")) == ambulances - {"RX8"}
    assert [row["good_match"] for row in peers_of(real_release, "RX8")] == [True] * 9 + [False]
    mental_health = set(chosen_peers(real_release, "RV5"))  # has sent no return of beds since 2015
    assert {"G6V2S", "RWK", "RVN"} <= mental_health  # North London, East London, Avon and Wiltshire
    assert {"RGM", "RBQ", "RAN"} <= set(
        chosen_peers(real_release, "RP6")
    )  # Papworth, Heart and Chest, Orthopaedic
    for alone in ("REP", "RP4", "RNK"):  # for women only, for children only, for talking treatments only
        assert chosen_peers(real_release, alone) == []
    assert real_release.arrow("peers", area_type="provider").to_pandas()["area"].nunique() > 200


@pytest.mark.parametrize("known", [0, 1, 5, 29])
def test_where_too_few_trusts_are_known_nobody_has_peers(areas, known):
    """Forty are listed, and the return of staff has been read of these only."""
    employed = [row for trust in TRUSTS[:known] for row in staff(trust)] or staff(BOARD, area_type="icb")
    rows = rows_of(areas, workforce=employed, overnight_beds=[beds("T00", "mental_illness", 1.0)])
    assert peers(rows, BY_KIND_AND_SIZE, areas, CATALOGUE.area_types).empty


def test_a_kind_of_ten_has_nine_good_matches_and_the_tenth_is_too_unlike():
    """Thirty trusts in a row and ten far from them, who are in a row of their own."""
    sizes = np.concatenate([np.arange(30.0), np.arange(10.0)])
    kind = np.repeat([0.0, 60.0], [30, 10])

    class Areas:
        def current(self, area_type):
            return TRUSTS if area_type == "provider" else []

    day = pd.Timestamp("2025-01-31")
    rows = pd.concat(
        pd.DataFrame({"covariate": id, "area_type": "provider", "area": TRUSTS, "period_start": day,
                      "period_end": day, "value": values})
        for id, values in {"provider_doctors": sizes, "provider_ambulance_staff": kind}.items()
    )  # fmt: skip
    found = peers(rows, BY_KIND_AND_SIZE, Areas(), CATALOGUE.area_types)
    of_the_ten = found[found["area"].isin(TRUSTS[30:])]
    assert not of_the_ten.loc[of_the_ten["rank"] == 10, "good_match"].any()
    nearest = of_the_ten[of_the_ten["rank"] <= 5]
    assert nearest["good_match"].all()
    assert set(nearest["peer"]) <= set(TRUSTS[30:])
    assert found.loc[found["area"] == "T15", "good_match"].sum() >= 5
