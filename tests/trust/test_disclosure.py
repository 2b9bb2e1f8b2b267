"""Nothing small can be worked out: of tables with exact or rounded totals, of five releases, of rates."""

import time

import numpy as np
import pytest

from careatlas.methods import disclosure
from careatlas.methods.complementary_suppression import suppress_exact, suppress_rounded
from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.disclosure_audit import (
    audit,
    hidden_among,
    known_together,
    published_exactly,
    published_rounded,
    small_figures,
    table_sums,
)
from careatlas.methods.rate_inversion import rate_counts

SHAPES = [(3, 3), (4, 4), (10, 2), (6, 4), (2, 3, 2)]
KINDS = {"exact": (published_exactly, suppress_exact), "rounded": (published_rounded, suppress_rounded)}


def simulated_tables(shape, tables=16):
    """Counts of very different size, as areas by ages have them."""
    rng = np.random.default_rng(16)
    return rng.negative_binomial(1, 1 / 13, (tables, np.prod(shape))).astype(float)


# Promises D2 and D3
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_table_is_unsafe(measured, shape, kind):
    published, suppress = KINDS[kind]
    sums, figures, leaked, exposed, hidden, further, unsafe, refused = table_sums(*shape), 0, 0, 0, 0, 0, 0, 0
    seconds = 0.0
    for count in simulated_tables(shape):
        targets = small_figures(count, sums)
        shown = sums @ count if kind == "exact" else disclosure.ROUNDED_TO * np.rint(sums @ count / 5)
        small = disclosure.is_small(sums @ count)
        before = audit(published(sums, shown, small), targets)
        suppressed = suppress(count, sums)
        start = time.perf_counter()
        after = audit(
            published(sums, suppressed.count, suppressed.is_hidden, np.inf),
            np.concatenate([targets, small_figures(count, sums, is_hidden=suppressed.is_hidden)]),
        )
        seconds += time.perf_counter() - start
        figures += len(targets)
        leaked += (before.least == before.most).sum()
        exposed += (~before.is_safe).sum()
        unsafe += not after.is_safe.all()
        refused += suppressed.reason.startswith("refused")
        hidden += small.sum()
        further += suppressed.is_hidden.sum() - small.sum()
    name = f"{' x '.join(map(str, shape))} tables, {kind} totals"
    measured(
        f"{name}, small figures hidden only: recovered", f"{leaked / figures:.0%}, under four possible "
        f"{exposed / figures:.0%}", "printed"
    )  # fmt: skip
    measured(
        f"{name}, with complementary suppression", f"{unsafe} unsafe, {refused} refused of 16; "
        f"{further / hidden:.2f} more hidden for each small", "0 unsafe"
    )  # fmt: skip
    measured(f"{name}, audit", f"{1000 * seconds / figures:.0f} ms a cell", "<= 50 ms a cell, printed")
    assert unsafe == 0


# Promise D5
def test_five_releases_together_tell_nothing_small(measured):
    """Villages by sex; five releases show them by ever other areas, each knowing what is already out."""
    rng, recovered, further, tables = np.random.default_rng(17), 0, 0, 6
    for _ in range(tables):
        count, village = rng.negative_binomial(1, 1 / 12, 16).astype(float), np.arange(16) // 2
        known, refused = None, 0
        for release in range(5):
            area = rng.integers(0, 3 + release, 8)[village]  # boundaries are drawn anew each time
            by_area = (area == np.arange(3 + release)[:, None]).astype(float)
            men = np.arange(16) % 2 == 0
            sums = np.concatenate([by_area, by_area * men, np.ones((1, 16)), men[None] * 1.0])
            sums = np.unique(sums[sums.any(axis=1)], axis=0)
            suppressed = suppress_rounded(count, sums, known)
            refused += suppressed.reason.startswith("refused")
            new = published_rounded(sums, suppressed.count, suppressed.is_hidden, np.inf)
            known = known_together(known, new) if known else new
            further += (suppressed.is_hidden & ~disclosure.is_small(sums @ count)).sum()
        recovered += (
            ~audit(known, small_figures(count, known.sums, is_hidden=hidden_among(known))).is_safe
        ).sum()
    measured("five releases of overlapping areas by sex: recovered from all together", f"{recovered}", "0")
    measured("five releases: further figures hidden in each", f"{further / tables / 5:.1f}", "printed")
    assert recovered == 0


def test_what_the_rule_for_siblings_leaves_open(measured):
    """Areas of a board beside its total, each rounded: the rule that builds apply, and the gate after it."""
    rng, unsafe, boards = np.random.default_rng(18), 0, 300
    for _ in range(boards):
        count, sums = rng.negative_binomial(1, 1 / 21, 5).astype(float), table_sums(5)
        shown, is_hidden = disclosure.hide_small_siblings(count)
        total = disclosure.counted_total(count)
        facts = published_rounded(
            sums, np.append(shown, total.count), np.append(is_hidden, total.is_hidden), np.inf
        )
        unsafe += not audit(facts, small_figures(count, sums)).is_safe.all()
    measured(
        "boards of five areas, hide_small_siblings alone: fail the gate", f"{unsafe / boards:.1%}", "printed"
    )
    assert unsafe / boards <= 0.05


# Promise D1
def test_ten_thousand_tables_show_no_small_count():
    count = np.random.default_rng(19).poisson(9, (10_000, 12)).astype(float)
    for profile in disclosure.SMALLEST_HIDDEN:
        shown, is_hidden = disclosure.hide_small_siblings(count, profile)
        assert not ((shown > 0) & (shown < 8)).any()
        assert (is_hidden | (shown % 5 == 0)).all()
        assert is_hidden[disclosure.is_small(count, profile)].all()


# Promise D4
def test_rates_give_counts_back_unless_made_from_rounded_ones(measured):
    rng = np.random.default_rng(20)
    count, people = (
        rng.integers(8, 400, 5000).astype(float),
        np.exp(rng.uniform(np.log(2e4), np.log(1e6), 5000)),
    )
    people = np.rint(people)
    alone = rate_counts(crude_rate(count, people).value.round(1), people).number
    measured("crude rate to 1 decimal, up to 1m people: count known", f"{(alone == 1).mean():.1%}", "100 %")
    expected = count / np.exp(rng.normal(0, 0.15, 5000))
    for multiplier in (100, 1):
        value, lower, upper = (each.round(1) for each in crude_rate(count, expected, multiplier))
        number = rate_counts(value, expected, lower, upper, multiplier).number
        what = f"ratio x {multiplier} with limits to 1 decimal, 8 to 400 events"
        measured(
            what, f"count known {(number == 1).mean():.0%}, under five {(number < 5).mean():.0%}", "printed"
        )
    rounded = disclosure.hide_small(count).count
    safe = rate_counts(crude_rate(rounded, people).value.round(1), people, counted_in=5)
    measured("crude rate from counts rounded to five: safe", f"{safe.is_safe.mean():.1%}", "100 %")
    assert (alone == 1).all()
    assert safe.is_safe.all()
    assert ((safe.least <= count) & (count <= safe.most)).all()
