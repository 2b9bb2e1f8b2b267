"""How often chance alone lights an icon: the figures printed under a table of icons."""

import numpy as np
import pytest

from careatlas.methods.spc import xmr
from careatlas.present.spc_signals import FALSE_CHARTS, FALSE_ICONS


@pytest.mark.parametrize("points", FALSE_CHARTS)
def test_stable_series_light_icons_as_often_as_is_printed(points, measured):
    chart = xmr(np.random.default_rng(points).standard_normal((40_000, points)))
    icon, anywhere = chart.is_special[:, -1].mean(), chart.is_special.any(axis=1).mean()
    measured(f"stable series of {points} points: last point special", f"{icon:.1%}", f"<= {FALSE_ICONS:.0%}")
    measured(f"stable series of {points} points: any point", f"{anywhere:.0%}", f"{FALSE_CHARTS[points]:.0%}")
    assert 0.01 <= icon <= FALSE_ICONS
    assert anywhere == pytest.approx(FALSE_CHARTS[points], abs=0.01)
