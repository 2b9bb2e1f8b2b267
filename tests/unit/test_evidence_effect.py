"""What an example did: proven, or proposed with the reason. Thirty-two areas of a small country over two years."""

import json
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest
from small_release import release_of

from careatlas.engine.release import open_release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence.measuring import effect, in_turn, on_offer
from careatlas.improve.evidence.measuring.effect import Effect, measure
from careatlas.improve.evidence.measuring.fixed import is_fixed_before, known_until
from careatlas.improve.evidence.models import Adoption

AREAS, MONTHS, BEGAN = 32, 24, 12
OWN, PEOPLE, START = "S05", 400_000, date(2025, 1, 1)
INDICATOR, SHARE = "antibiotics", "four_hours"


def first_days():
    return [date(2024 + month // 12, month % 12 + 1, 1) for month in range(MONTHS + 1)]


def level_of(seed=1, noise=0.03):
    """Areas that differ by a tenth, and months that come and go."""
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(0, 0.1, AREAS)[:, None] + rng.normal(0, noise, (AREAS, MONTHS)))
    level[5] /= level[5].mean()  # the area asked about is an ordinary one
    return level


def values_of(indicator, level, rate, multiplier, statuses=None, estimated=()):
    days, rows = first_days(), []
    count = np.random.default_rng(2).binomial(PEOPLE, np.minimum(rate * level, 1))
    for month in range(MONTHS):
        period = {"period_start": days[month], "period_end": days[month + 1] - timedelta(days=1)}
        share = count[:, month].sum() / (PEOPLE * AREAS)
        about = {"indicator": indicator, **period, "sex": "persons", "age_band": "all"}
        rows.append(
            about | {"area_type": "country", "area": "SIM", "value": multiplier * share, "status": "reported"}
        )
        for number in range(AREAS):
            area = f"S{number:02d}"
            rows.append(
                about | {
                    "area_type": "sub_icb", "area": area, "count": float(count[number, month]),
                    "denominator": float(PEOPLE), "expected": PEOPLE * share,
                    "value": multiplier * count[number, month] / PEOPLE,
                    "status": (statuses or {}).get((area, month), "reported"), "estimated": (area, month) in estimated,
                }
            )  # fmt: skip
    return rows


def release_with(home, level, indicator=INDICATOR, rate=0.01, multiplier=100, found=(), more=(), **given):
    tables = {name: given.pop(name) for name in ("area_changes", "rebases") if name in given}
    changed, steady = {"change_p": 1e-6, "change_q": 0.001}, {"change_p": 0.5, "change_q": 0.9}
    lasting = [
        {"indicator": id, "area_type": "sub_icb", "area": f"S{n:02d}"}
        | (changed if (id, n) in found else steady)
        for id in {indicator, *(id for id, *_ in more)}
        for n in range(AREAS)
    ]
    values = values_of(indicator, level, rate, multiplier, **given)
    for each in more:
        values += values_of(*each)
    return release_of(home, values=values, persistence=lasting, **tables)


def lowered(by, level=None):
    level = level_of() if level is None else level
    level[5, BEGAN:] *= 1 - by
    return level


def asked(release, direction="lower", fixed_before=True, area=OWN, day=START, indicator=INDICATOR):
    return measure(release, indicator, area, day, direction, fixed_before=fixed_before)


def test_a_fall_of_a_fifth_that_was_fixed_beforehand_is_proven_and_its_limits_hold_it(tmp_path):
    found = asked(release_with(tmp_path, lowered(0.2)))
    assert (found.verdict, found.is_proven, found.tested, found.looks) == ("proven", True, "registered", 1)
    assert found.lower < -20 < found.upper < 0
    assert found.percent == pytest.approx(-20, abs=3)
    assert found.size == pytest.approx(-found.percent)
    assert (found.periods_before, found.periods_after, found.months) == (12, 12, 1)
    assert (found.first_period, found.last_period) == (date(2024, 1, 1), date(2025, 12, 31))
    assert len(found.controls) == 31
    assert OWN not in found.controls
    assert "lower than it would have been" in found.reason


def test_where_nothing_happened_it_is_proposed_and_says_that_it_may_be_chance(tmp_path):
    found = asked(release_with(tmp_path, level_of()))
    assert found.verdict == "proposed"
    assert found.lower < 0 < found.upper
    assert "may as well be chance" in found.reason


def test_the_other_direction_is_not_proven(tmp_path):
    """Broad-spectrum antibiotics should be fewer: more of them is no improvement, however sure."""
    found = asked(release_with(tmp_path, lowered(-0.2)), direction="higher")
    assert found.lower > 0
    assert found.verdict == "proposed"
    assert found.reason == "A higher figure of this indicator is no improvement."


def test_what_comes_back_by_itself_is_taken_off(tmp_path):
    """Three months a fifth too high, then as ever: by the crude means it fell by 5 %, and nothing happened."""
    level = level_of(noise=0.005)
    level[5, BEGAN - 3 : BEGAN] *= 1.2
    found = asked(release_with(tmp_path, level))
    assert found.verdict == "proposed"
    assert found.regression_percent == pytest.approx(
        -4.7, abs=1
    )  # a quarter of the year before was a fifth too high
    assert found.percent == pytest.approx(0, abs=2)


def test_what_all_areas_did_is_not_the_areas_own(tmp_path):
    level = level_of()
    level[:, BEGAN:] *= 0.8
    assert asked(release_with(tmp_path, level)).verdict == "proposed"


def test_a_best_that_others_have_as_well_is_not_proven_unless_it_was_fixed(tmp_path):
    """Two of 31 other areas fell by more at one time or another: a fall as large is too easily chosen."""
    level = lowered(0.08, level_of(noise=0.015))
    level[10, 8:], level[11, 15:] = 0.9 * level[10, 8:], 0.9 * level[11, 15:]
    release = release_with(tmp_path, level)
    assert asked(release).verdict == "proven"
    chosen = asked(release, fixed_before=False)
    assert (chosen.verdict, chosen.tested, chosen.placebos) == ("proposed", "placebo", 31)
    assert chosen.p > 0.05
    assert chosen.looks == MONTHS - 11  # starts with six months on either side
    assert "was not fixed beforehand" in chosen.reason


def test_a_best_beyond_all_others_is_proven_though_it_was_chosen(tmp_path):
    chosen = asked(release_with(tmp_path, lowered(0.2)), fixed_before=False)
    assert chosen.verdict == "proven"
    assert chosen.p == pytest.approx(1 / 32)  # itself among 31 placebos
    assert "none of 31 other areas" in chosen.reason


def test_an_area_in_which_the_atlas_found_a_change_is_no_placebo_for_it(tmp_path):
    level = lowered(0.15)
    level[10:13, BEGAN:] *= 0.7
    spoilt = asked(release_with(tmp_path / "a", level), fixed_before=False)
    told = asked(
        release_with(tmp_path / "b", level, found={(INDICATOR, n) for n in range(10, 13)}), fixed_before=False
    )
    assert (spoilt.verdict, told.verdict) == ("proposed", "proven")
    assert told.placebos == 28


def test_the_more_there_is_to_choose_from_the_more_a_best_must_be(tmp_path):
    """Another indicator gives every placebo a second chance."""
    level, other = lowered(0.1), level_of(seed=9)
    alone = asked(release_with(tmp_path / "a", level), fixed_before=False)
    beside = asked(release_with(tmp_path / "b", level, more=[(SHARE, other, 0.9, 100)]), fixed_before=False)
    assert beside.looks == 2 * alone.looks
    assert beside.p >= alone.p


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2024, 4, 1), "It has 3 months of complete figures before it began, and needs 6."),
        (date(2025, 9, 1), "It has 4 months of complete figures since it began, and needs 6."),
        (date(2027, 1, 1), "It has 0 months of complete figures since it began, and needs 6."),
        (date(2023, 1, 1), "It has 0 months of complete figures before it began, and needs 6."),
    ],
)
def test_too_short_a_time_on_either_side_is_said(tmp_path, day, told):
    found = asked(release_with(tmp_path, lowered(0.2)), day=day)
    assert (found.verdict, found.percent, found.reason) == ("proposed", None, told)


def test_a_start_within_a_month_counts_from_the_next(tmp_path):
    release = release_with(tmp_path, lowered(0.2))
    assert asked(release, day=date(2024, 12, 9)).percent == asked(release).percent


def test_incomplete_months_since_the_start_are_no_choice_of_good_ones(tmp_path):
    holes = {(OWN, month): "incomplete" for month in range(BEGAN, BEGAN + 4)}
    found = asked(release_with(tmp_path, lowered(0.2), statuses=holes))
    assert found.verdict == "proposed"
    assert found.reason == "Its figures are missing or incomplete in 4 of 12 months since it began."
    assert [point.actual for point in found.series[BEGAN : BEGAN + 4]] == [None] * 4


def test_boundaries_that_changed_inside_stand_in_the_way(tmp_path):
    change = {
        "old": "S99",
        "new": OWN,
        "from": date(2024, 9, 1),
        "weight": 0.4,
        "basis": "lookups",
        "exact": False,
    }
    moved = asked(release_with(tmp_path / "a", lowered(0.2), area_changes=[change]))
    assert moved.reason == "Its boundaries changed in September 2024, inside the time looked at."
    exact = asked(release_with(tmp_path / "b", lowered(0.2), area_changes=[change | {"exact": True}]))
    assert exact.verdict == "proven"
    shared_out = asked(release_with(tmp_path / "c", lowered(0.2), estimated={(OWN, 2)}))
    assert "can only be estimated" in shared_out.reason


def test_counting_that_changed_inside_stands_in_the_way(tmp_path):
    rebase = {
        "id": "ward", "indicator": INDICATOR, "area": OWN, "first_day": "2025-01-01",
        "reason": "Day cases are counted from here on.", "person": "A. Person, analyst",
    }  # fmt: skip
    found = asked(release_with(tmp_path, lowered(0.2), rebases={"ward": rebase}))
    assert found.reason == (
        "Its figures changed for another reason in January 2025: Day cases are counted from here on."
    )


def test_an_area_unlike_all_others_has_no_controls(tmp_path):
    level = lowered(0.2)
    level[5] *= 3
    found = asked(release_with(tmp_path, level))
    assert found.verdict == "proposed"
    assert found.reason.startswith("There are no suitable controls: before it began its level lay outside")


def test_an_area_that_swings_far_more_than_others_has_no_controls(tmp_path):
    level = lowered(0.3)
    level[5] *= np.exp(0.2 * (-1.0) ** np.arange(MONTHS))
    found = asked(release_with(tmp_path, level))
    assert found.verdict == "proposed"
    assert "times as far as those of other areas" in found.reason


def test_an_area_that_was_already_on_its_way_is_not_proven(tmp_path):
    level = level_of(noise=0.01)
    level[5] *= np.exp(-0.02 * np.arange(MONTHS))
    found = asked(release_with(tmp_path, level))
    assert found.upper < 0
    assert found.reason == "It was already getting lower before it began, faster than other areas."


def test_too_few_other_areas_prove_nothing(tmp_path):
    silent = {(f"S{number:02d}", month): "missing" for number in range(14, AREAS) for month in range(MONTHS)}
    found = asked(release_with(tmp_path, lowered(0.2), statuses=silent))
    assert (found.verdict, found.percent) == ("proposed", None)
    assert found.reason.startswith("There are no suitable controls: fewer than 19 areas")


def test_an_indicator_without_periods_at_this_kind_of_area_is_said(tmp_path):
    found = asked(release_with(tmp_path, lowered(0.2)), area="T01")
    assert found.reason == "The atlas has too few periods of this indicator for areas of this kind."
    with pytest.raises(NotKnownError, match="XX1"):
        asked(open_release(tmp_path), area="XX1")
    with pytest.raises(NotKnownError, match="nothing"):
        asked(open_release(tmp_path), indicator="nothing")


def test_a_share_above_a_half_is_sized_by_those_who_have_it_not(tmp_path):
    """From 90 % to 95 %: 5.6 % more who are seen in time, half as many who are not."""
    level = np.exp(np.random.default_rng(4).normal(0, 0.01, (AREAS, 1))) * np.ones((AREAS, MONTHS))
    level[5] = 1.0
    level[5, BEGAN:] = 0.95 / 0.9
    release = release_with(tmp_path, level, indicator=SHARE, rate=0.9, multiplier=100)
    found = asked(release, direction="higher", indicator=SHARE)
    assert found.verdict == "proven"
    assert found.percent == pytest.approx(5.6, abs=0.5)
    assert found.size == pytest.approx(50, abs=4)
    after = found.series[-1]
    assert after.actual == pytest.approx(95, abs=0.5)
    assert after.lower < 90 < after.upper < after.actual


def test_the_chart_shows_what_would_have_come_otherwise_from_the_start_on(tmp_path):
    found = asked(release_with(tmp_path, lowered(0.2)))
    before, after = found.series[:BEGAN], found.series[BEGAN:]
    assert all(point.counterfactual is None for point in before)
    assert all(point.lower < point.counterfactual < point.upper for point in after)
    away = np.mean([point.actual / point.counterfactual for point in after])
    assert 100 * (away - 1) == pytest.approx(found.percent, abs=1)
    rows = found.as_rows()
    assert list(rows[0])[:5] == ["indicator", "area", "starts_on", "direction", "release"]
    assert len(rows) == MONTHS


def test_it_is_kept_as_json_and_comes_back_the_same(tmp_path):
    found = asked(release_with(tmp_path, lowered(0.2)), fixed_before=False)
    assert Effect.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_what_is_on_offer_has_six_months_on_either_side(tmp_path):
    release = release_with(tmp_path, level_of(), statuses={(OWN, MONTHS - 1): "missing"})
    days = effect.dates_on_offer(release, INDICATOR, OWN)
    assert (days[0], days[-1]) == (date(2024, 7, 1), date(2025, 6, 1))  # December is missing
    assert effect.indicators_on_offer(release, OWN) == [INDICATOR]
    assert effect.indicators_on_offer(release, "T01") == []


def test_known_is_all_that_there_is_a_figure_for_part_of_a_month_too(tmp_path):
    release = release_with(tmp_path, level_of(), statuses={(OWN, MONTHS - 1): "incomplete"})
    assert known_until(release, INDICATOR, OWN) == date(2025, 12, 31)
    assert known_until(release, INDICATOR, "T01") is None


@pytest.mark.parametrize(
    ("fixed_on", "known_until", "is_before"),
    [
        (date(2025, 3, 20), date(2025, 2, 28), True),
        (date(2025, 4, 1), date(2025, 3, 31), True),  # on the very day
        (date(2025, 4, 2), date(2025, 3, 31), False),  # owners know their own figures before the atlas does
        (date(2025, 4, 1), date(2025, 4, 30), False),
        (date(2025, 4, 1), None, False),
        (None, date(2025, 3, 31), False),
    ],
)
def test_fixed_beforehand_is_what_nobody_could_know_yet(fixed_on, known_until, is_before):
    stamp = datetime.combine(fixed_on, time(23, 59), UTC) if fixed_on else None
    told = Adoption(starts_on=date(2025, 4, 1), fixed_at=stamp, known_until=known_until)
    assert is_fixed_before(told) is is_before


def test_an_areas_effect_is_its_distance_from_a_line_through_the_others_by_hand():
    """Twenty controls that stay where they are, one that falls by 1: with no chance between them nothing is shared,
    and their line is change = 0."""
    level = np.append(np.linspace(-1, 1, 20), 0.0)
    score = np.repeat(level[:, None], 12, axis=1)
    score[20, 6:] -= 1
    others = np.arange(21) < 20
    found = in_turn.every_area_in_turn(score, np.full(score.shape, 0.06), 6, others, spell=3, fewest=6)
    assert found.effect[20] == pytest.approx(-1)
    assert found.effect[:20] == pytest.approx(np.zeros(20))
    # Chance of a mean of six and of a mean of three, and of a line through twenty such at its middle.
    assert found.error[20] == pytest.approx(np.sqrt((0.06 / 6 + 0.06 / 3) * (1 + 1 / 20)))
    assert found.freedom == 18
    assert on_offer.signed_best(found.z, ("lower",))[20] == pytest.approx(-found.z[20])
