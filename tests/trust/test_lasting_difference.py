"""How often a lasting difference, a trend or a step is declared where there is none, though months are alike."""

import numpy as np
import pytest

from careatlas.methods.change_point import change_point
from careatlas.methods.lasting_difference import lasting_difference

AREAS, MAPS = 106, 30


def swinging(rng, periods, correlation, level=0.0, swing=0.04, chance=0.001):
    noise = rng.standard_normal((AREAS, periods))
    for period in range(1, periods):
        fresh = np.sqrt(1 - correlation**2) * noise[:, period]
        noise[:, period] = correlation * noise[:, period - 1] + fresh
    score = level * rng.standard_normal((AREAS, 1)) + swing * noise
    return score + np.sqrt(chance) * rng.standard_normal(score.shape), np.full(score.shape, chance)


@pytest.mark.parametrize("periods", [6, 24])
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
def test_no_more_lasting_differences_are_declared_than_stated(periods, correlation, measured):
    rng = np.random.default_rng(20260101)
    found = [lasting_difference(*swinging(rng, periods, correlation)) for _ in range(MAPS)]
    of_level, of_trend = (
        np.mean(np.stack([getattr(f, name) for f in found]) < 0.05) for name in ("p", "trend_p")
    )
    what = f"{periods} periods, correlation {correlation}: declared at .05 though there is none"
    measured(f"lasting difference, {what}", f"{of_level:.1%}", "<= 6.5 %; 9 % of 6 periods")
    measured(f"trend, {what}", f"{of_trend:.1%}", "<= 6.5 %")
    assert of_level <= (0.09 if periods == 6 else 0.065)
    assert of_trend <= 0.065


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
def test_no_more_steps_are_declared_than_stated_and_most_falls_of_a_fifth_are(correlation, measured):
    rng = np.random.default_rng(20260102)
    none, found = [], {0.05: [], 0.1: [], 0.2: []}
    for _ in range(MAPS // 2):
        score, chance = swinging(rng, 24, correlation, level=0.1, chance=0.0005)
        none.append(change_point(score, chance).p)
        for number, (effect, listed) in enumerate(found.items()):
            for area in range(3 * number, 3 * number + 3):
                score[area, rng.integers(6, 19) :] += np.log(1 - effect)
            listed.append(slice(3 * number, 3 * number + 3))
        p = change_point(score, chance).p
        for listed in found.values():
            listed[-1] = p[listed[-1]] < 0.002
    none = np.stack(none)
    measured(
        f"step, correlation {correlation}: declared at .05 and .001 though there is none",
        f"{np.mean(none < 0.05):.1%}, {np.mean(none < 0.001):.2%}", "<= 6 %, .3 %",
    )  # fmt: skip
    power = {effect: np.mean(listed) for effect, listed in found.items()}
    told = ", ".join(f"{share:.0%} at {effect:.0%}" for effect, share in power.items())
    measured(f"step, correlation {correlation}: falls found at p < .002", told, ">= 80 % at 20 %")
    assert np.mean(none < 0.05) <= 0.06
    assert np.mean(none < 0.001) <= 0.003
    assert power[0.2] >= 0.8
