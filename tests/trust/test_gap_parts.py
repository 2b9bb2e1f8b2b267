"""Parts of one area's distance on maps whose parts are known: do limits hold, and what is called unexplained."""

import numpy as np
import pytest
from simulated_maps import country, smooth_fields

from careatlas.methods.gap_parts import gap_parts, gap_parts_of_periods

AREAS, MAPS = 106, 40
SIGN = {"need": [1]}


def expected_events(rng):
    return np.exp(rng.uniform(np.log(20), np.log(5000), AREAS))


def without_difference(each, restless=0.0):
    """Twelve months of areas that differ in nothing that lasts; ``restless``, what comes and goes."""
    rng = np.random.default_rng([2027, each])
    expected = np.repeat(expected_events(rng)[:, None] / 12, 12, axis=1)
    observed = rng.poisson(expected * np.exp(restless * rng.standard_normal((AREAS, 12))))
    return observed, expected, country(AREAS, rng), {"need": rng.standard_normal(AREAS)}


def shares_of(verdicts):
    return {verdict: (verdicts == verdict).mean() for verdict in np.unique(verdicts)}


@pytest.mark.parametrize("periods", [1, 12])
def test_areas_that_differ_by_chance_alone_are_called_unexplained_in_at_most_5_percent(measured, periods):
    verdicts = []
    for each in range(MAPS):
        observed, expected, neighbours, blocks = without_difference(each)
        if periods == 1:
            given = observed.sum(axis=1), expected.sum(axis=1)
            found = gap_parts(*given, neighbours, blocks, SIGN, draws=500)
        else:
            found = gap_parts_of_periods(observed, expected, neighbours, blocks, SIGN, draws=500)
        verdicts.append(found.verdict)
    said = shares_of(np.array(verdicts))
    told = 1 - said.get("within_chance", 0) - said.get("comes_and_goes", 0)
    measured(f"gap parts: {periods} period(s) of chance alone, said to differ", f"{told:.2%}", "<= 5 %")
    assert told <= 0.05


def test_areas_that_come_and_go_are_not_called_unexplained(measured):
    verdicts = np.array(
        [
            gap_parts_of_periods(*without_difference(each, restless=0.15), SIGN, draws=500).verdict
            for each in range(MAPS)
        ]
    )
    said = shares_of(verdicts)
    told = 1 - said.get("within_chance", 0) - said.get("comes_and_goes", 0)
    measured(
        "gap parts: of areas that come and go, said to do so", f"{said['comes_and_goes']:.0%}", "printed"
    )
    measured("gap parts: of areas that come and go, said to differ lastingly", f"{told:.2%}", "<= 5 %")
    assert told <= 0.05


@pytest.mark.parametrize("sign", [1, -1])
def test_limits_of_need_and_of_what_is_unexplained_hold_the_truth(measured, sign):
    """Need moves areas by a tenth, with it or against it; place and the area's own part by .05 each."""
    held = {"need": [], "unexplained": []}
    verdicts, needs = [], []
    for each in range(MAPS):
        rng = np.random.default_rng([2028, each])
        neighbours, need = country(AREAS, rng), rng.standard_normal(AREAS)
        need = (need - need.mean()) / need.std()
        place = 0.05 * smooth_fields(neighbours, 1, rng)[0]
        own, expected = 0.05 * rng.standard_normal(AREAS), expected_events(rng)
        observed = rng.poisson(expected * np.exp(sign * 0.1 * need + place + own))
        found = gap_parts(observed, expected, neighbours, {"need": need}, SIGN, draws=500)
        weight = expected / expected.sum()
        truth = {"need": sign * 0.1 * need - np.log(weight @ np.exp(sign * 0.1 * need)), "unexplained": own}
        for name in held:
            at = found.component.index("against need" if (name, sign) == ("need", -1) else name)
            low, high = found.lower[:, at], found.upper[:, at]
            held[name].append((low <= 100 * np.expm1(truth[name])) & (100 * np.expm1(truth[name]) <= high))
        verdicts.append(found.verdict)
        needs.append(need)
    for name, each in held.items():
        measured(f"gap parts: sign {sign:+d}, limits of {name} hold it", f"{np.mean(each):.1%}", "90-99.5 %")
        assert 0.90 <= np.mean(each) <= 0.995
    in_line = np.mean(np.array(verdicts) == "in_line_with_need")
    low_where_need_is_high = np.mean(np.array(verdicts)[np.array(needs) > 1] == "against_need")
    measured(f"gap parts: sign {sign:+d}, areas in line with need", f"{in_line:.0%}", "0 against need")
    measured(f"gap parts: sign {sign:+d}, neediest against need", f"{low_where_need_is_high:.0%}", "printed")
    if sign == -1:
        assert in_line == 0
