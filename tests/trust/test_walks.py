"""Ten thousand walks through what people write, by whoever, to anywhere: nobody reads or changes what is not theirs."""

import random

import pytest
import walkers
import web_release

WALKS, STEPS, SEED = 10_000, 4, 20261123


@pytest.fixture
def world(tmp_path, db):
    release = web_release.make_release(tmp_path)
    with web_release.client_of(release.folder.parent.parent):
        yield walkers.World(release)


def test_ten_thousand_walks_cross_no_border(world, measured):
    lot, faults = random.Random(SEED), []
    walkers.MADE.clear()
    for _ in range(WALKS):
        faults += walkers.walked(world, lot, STEPS)
    changed, moves = walkers.MADE["changed"], walkers.MADE["get"] + walkers.MADE["post"]
    measured(
        f"{WALKS:,} random walks of {len(world.people)} people over {len(walkers.RULES)} addresses",
        f"{moves:,} moves, {changed:,} of which changed something, {len(faults)} crossed a border",
        "0 reads or writes across",
    )
    assert not faults, "\n".join(faults[:50])
