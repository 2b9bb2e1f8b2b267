"""How often a change is declared where none was made, and how often one is missed.

Panels of 40 areas by month on the log scale: levels of their own, a shared season, errors that last from one
month to the next, and sampling error. The changed area is picked at random, after its worst three months, or
for the worst year.
"""

import numpy as np
import pytest

from careatlas.methods.improvement import adjusted_difference, difference_in_differences
from careatlas.methods.synthetic_control import synthetic_control

AREAS, BEFORE, AFTER = 40, 24, 12
PANELS = 1000


def panels(seed, number, level=0.15, before=BEFORE, lasting=0.5, sampling=0.04):
    rng = np.random.default_rng(seed)
    months = before + AFTER
    error = rng.normal(0, 0.05, (number, AREAS, months))
    for month in range(1, months):
        error[..., month] = lasting * error[..., month - 1] + np.sqrt(1 - lasting**2) * error[..., month]
    course = 0.1 * np.sin(2 * np.pi * np.arange(months) / 12)
    return rng.normal(0, level, (number, AREAS, 1)) + course + error + rng.normal(0, sampling, error.shape)


def picked(value, how, before=BEFORE):
    """Which area began something, in each panel."""
    mean = value[..., :before].mean(axis=-1)
    if how == "after its worst spell":
        spell = value[..., before - 3 : before].mean(axis=-1) - mean
        chosen = (spell - spell.mean(axis=-1, keepdims=True)).argmax(axis=-1)
    elif how == "for its worst year":
        chosen = mean.argmax(axis=-1)
    else:
        chosen = np.zeros(len(value), dtype=int)
    return np.arange(AREAS) == chosen[:, None]


def within_noise(share, nominal, number=PANELS):
    return share <= nominal + 3 * np.sqrt(nominal * (1 - nominal) / number)


@pytest.mark.parametrize("how", ["at random", "after its worst spell", "for its worst year"])
def test_a_change_is_declared_no_more_often_than_stated_where_there_is_none(how, measured):
    value = panels(1, PANELS)
    is_changed = picked(value, how)
    synthetic = synthetic_control(value, is_changed, BEFORE)
    shares = {
        "synthetic control": np.mean(synthetic.p[is_changed] <= 0.05),
        "adjusted difference": np.mean(adjusted_difference(value, is_changed, ~is_changed, BEFORE).p <= 0.05),
    }
    if how == "at random":
        plain = difference_in_differences(value, is_changed, ~is_changed, BEFORE)
        shares["difference in differences"] = np.mean(plain.p <= 0.05)
        inside = (synthetic.lower[is_changed] <= 0) & (synthetic.upper[is_changed] >= 0)
        measured("synthetic control: 95 % limits hold the truth", f"{inside.mean():.1%}", ">= 95 %")
        assert within_noise(1 - inside.mean(), 0.05)
    for method, share in shares.items():
        measured(
            f"{method}, area picked {how}: declared at .05 though nothing changed", f"{share:.1%}", "<= 5 %"
        )
        assert within_noise(share, 0.05), method


def test_what_comes_back_by_itself_is_credited_unless_allowed_for(measured):
    """A year before and one after, where lasting differences between areas are as small as passing ones."""
    value = panels(2, PANELS, level=0.03, before=12, sampling=0.1)
    is_changed = picked(value, "for its worst year", before=12)
    without = np.mean(difference_in_differences(value, is_changed, ~is_changed, 12).p <= 0.05)
    with_it = np.mean(adjusted_difference(value, is_changed, ~is_changed, 12).p <= 0.05)
    what = "area picked for its worst year, declared improved though nothing changed"
    measured(f"{what}: no allowance for regression to the mean", f"{without:.1%}", "> 10 %, the warning")
    measured(f"{what}: with it (adjusted_difference)", f"{with_it:.1%}", "<= 5 %")
    assert without > 0.1
    assert within_noise(with_it, 0.05)


def test_how_often_falls_of_a_tenth_and_a_fifth_are_found(measured):
    value = panels(3, 400)
    is_changed = picked(value, "at random")
    found = {}
    for fall in (0.1, 0.2):
        changed = value.copy()
        changed[is_changed, BEFORE:] += np.log(1 - fall)
        found["synthetic control", fall] = np.mean(
            synthetic_control(changed, is_changed, BEFORE).p[is_changed] <= 0.05
        )
        for method in (difference_in_differences, adjusted_difference):
            found[method.__name__, fall] = np.mean(method(changed, is_changed, ~is_changed, BEFORE).p <= 0.05)
    for (method, fall), share in found.items():
        measured(f"{method}: a fall of {fall:.0%} found at .05", f"{share:.0%}", ">= 80 % at 20 %")
    assert all(share >= 0.8 for (_, fall), share in found.items() if fall == 0.2)


def test_false_discoveries_over_screened_areas_keep_to_their_share(measured):
    """All 40 areas screened, ten of which fell by a fifth; the rest may serve one another as peers."""
    from scipy.stats import false_discovery_control

    value = panels(4, 300)
    fell = np.arange(AREAS) < 10
    value[:, fell, BEFORE:] += np.log(0.8)
    is_changed = np.eye(AREAS, dtype=bool)
    is_peer = ~is_changed & ~fell
    shares, powers = [], []
    for panel in value:
        q = false_discovery_control(difference_in_differences(panel, is_changed, is_peer, BEFORE).p)
        declared = q <= 0.1
        shares.append((declared & ~fell).sum() / max(declared.sum(), 1))
        powers.append(declared[fell].mean())
    error = np.std(shares) / np.sqrt(len(shares))
    measured(
        "areas screened at a false discovery rate of .1: false among declared",
        f"{np.mean(shares):.1%}",
        "<= 10 %",
    )
    measured("areas screened: of those that fell by 20 %, declared", f"{np.mean(powers):.0%}", ">= 80 %")
    assert np.mean(shares) <= 0.1 + 3 * error
    assert np.mean(powers) >= 0.8
