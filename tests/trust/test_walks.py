"""Ten thousand walks through what people write, by whoever, to anywhere: nobody reads or changes what is not theirs."""

import random

import pytest
import walkers
import web_release

PARTS, WALKS, STEPS, SEED = 10, 1_000, 4, 20261123


@pytest.fixture
def world(tmp_path, db):
    release = web_release.make_release(tmp_path)
    with web_release.client_of(release.folder.parent.parent):
        yield walkers.World(release)


@pytest.mark.parametrize(
    "part",
    # groups of their own, so that several cores share them
    [pytest.param(part, marks=pytest.mark.xdist_group(f"walks {part}")) for part in range(PARTS)],
)
def test_ten_thousand_walks_cross_no_border(world, measured, part):
    lot, faults = random.Random(SEED + part), []
    walkers.MADE.clear()
    for number in range(WALKS):
        faults += [f"walk {number}: {fault}" for fault in walkers.walked(world, lot, STEPS)]
    changed, moves = walkers.MADE["changed"], walkers.MADE["get"] + walkers.MADE["post"]
    measured(
        f"{WALKS:,} random walks of {len(world.people)} people over {len(walkers.RULES)} addresses,"
        f" part {part + 1} of {PARTS}",
        f"{moves:,} moves, {changed:,} of which changed something, {len(faults)} crossed a border",
        "0 reads or writes across",
    )
    assert not faults, walkers.first_of(faults)
