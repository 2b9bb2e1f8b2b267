"""How often the recent trend of Fingertips is called where there is none."""

import numpy as np

from careatlas.methods import trend
from careatlas.methods.area_trends import area_trends


def test_the_recent_trend_of_steady_values_is_seldom_one(measured):
    rng = np.random.default_rng(1)
    values = rng.standard_normal((200_000, 5))
    found = (trend.recent_trend(values, values - 1.96, values + 1.96).code != 3).mean()
    count = rng.binomial(2000, 0.1, (200_000, 5))
    proportions = (trend.recent_proportion_trend(count, np.full(count.shape, 2000)).code != 3).mean()
    measured("recent trend of steady values, proportions", f"{found:.4f}, {proportions:.4f}", "<= .002")
    limit = 0.002 + 3 * np.sqrt(0.002 / 200_000)
    assert found <= limit
    assert proportions <= limit


def test_the_recent_trend_of_a_nation_is_called_whatever_moves(measured):
    # years differ by 1 % for no reason; a nation counts three million of ten
    rng = np.random.default_rng(2)
    people = np.full((20_000, 5), 1e7)
    share = 0.3 * np.exp(0.01 * rng.standard_normal(people.shape))
    count = rng.binomial(people.astype(int), share).astype(float)
    code = trend.recent_proportion_trend(count, people).code
    ours = area_trends(count[:2000, None], people[:2000, None]).p
    called = np.isin(code, [1, 2]).mean()
    measured(
        "no trend, 10 million people, years 1 % apart: called by Fingertips' rule, by p < .05 of ours",
        f"{called:.3f}, {(ours < 0.05).mean():.3f}",
        "ours .05; theirs printed beside it",
    )
    assert called > 0.3
    assert abs((ours < 0.05).mean() - 0.05) <= 0.01 + 3 * np.sqrt(0.05 * 0.95 / 2000)
