"""Who like us had this and got better."""

from datetime import date

import pytest
from small_release import monthly, release_of

from careatlas.errors import NotKnownError
from careatlas.present.learn import got_better

CHANGE = date(2025, 1, 1)


def history(area, before, after):
    return monthly("four_hours", "provider", area, [before] * 12 + [after] * 12)


def changed(area, verdict, change, lower, upper):
    return {
        "indicator": "four_hours", "area_type": "provider", "area": area, "verdict": verdict, "deviation": -12.0,
        "change_start": CHANGE, "change": change, "change_lower": lower, "change_upper": upper,
        "change_p": 0.001, "change_q": 0.01,
    }  # fmt: skip


def asked(home, persistence, peers=(), area="T00"):
    values = [
        *monthly("four_hours", "country", "SIM", [75.0] * 24),
        *history("T00", 66.0, 66.0),
        *history("T01", 60.0, 72.0),
        *history("T02", 90.0, 99.0),
    ]
    release = release_of(home, values=values, persistence=persistence, peers=list(peers))
    return got_better(release, "four_hours", area)


OWN = {**changed("T00", "none", None, None, None), "change_start": None}


def test_an_area_that_was_worse_and_improved_is_named_with_its_effect(tmp_path):
    (row,) = asked(tmp_path, [OWN, changed("T01", "improved", 20.0, 12.0, 28.0)])
    assert (row["area"], row["name"]) == ("T01", "Birchcombe Infirmary")
    assert row["before"] == pytest.approx(100 * (60 / 75 - 1))
    assert (row["change"], row["change_lower"], row["change_upper"]) == (20.0, 12.0, 28.0)
    assert (row["own_deviation"], row["is_peer"]) == (-12.0, False)


def test_one_that_was_good_before_did_not_have_the_problem(tmp_path):
    assert asked(tmp_path, [OWN, changed("T02", "improved", 10.0, 5.0, 15.0)]) == []


def test_one_that_got_worse_or_only_persists_is_not_named(tmp_path):
    assert asked(tmp_path, [OWN, changed("T01", "worsened", -20.0, -28.0, -12.0)]) == []


def test_peers_stand_before_larger_changes_elsewhere(tmp_path):
    peer = {"area_type": "provider", "area": "T00", "peer": "T01", "rank": 2, "good_match": True}
    elsewhere = changed("T02", "improved", 30.0, 25.0, 35.0)
    values = [
        *monthly("four_hours", "country", "SIM", [75.0] * 24),
        *history("T01", 60.0, 72.0),
        *history("T02", 50.0, 65.0),
    ]
    rows = [OWN, changed("T01", "improved", 20.0, 12.0, 28.0), elsewhere]
    found = got_better(
        release_of(tmp_path, values=values, persistence=rows, peers=[peer]), "four_hours", "T00"
    )
    assert [(row["area"], row["peer_rank"]) for row in found] == [("T01", 2), ("T02", None)]


def test_where_an_area_stood_before_leaves_estimates_out(tmp_path):
    """60 of 75 in eleven months; a twelfth, at 15, is partly estimated: 60 / 75 - 1 = -20 %, and not -25 %."""
    own = history("T01", 60.0, 72.0)
    own[0] |= {"value": 15.0, "estimated": True}
    values = [*monthly("four_hours", "country", "SIM", [75.0] * 24), *own]
    rows = [OWN, changed("T01", "improved", 20.0, 12.0, 28.0)]
    (row,) = got_better(release_of(tmp_path, values=values, persistence=rows), "four_hours", "T00")
    assert row["before"] == pytest.approx(-20)


@pytest.mark.parametrize("own_set", [None, []])
def test_one_of_the_ten_that_is_no_good_match_is_not_among_the_peers(tmp_path, own_set):
    release = release_of(
        tmp_path,
        values=[*monthly("four_hours", "country", "SIM", [75.0] * 24), *history("T01", 60.0, 72.0)],
        persistence=[OWN, changed("T01", "improved", 20.0, 12.0, 28.0)],
        peers=[{"area_type": "provider", "area": "T00", "peer": "T01", "rank": 1, "good_match": False}],
    )
    (row,) = got_better(release, "four_hours", "T00", own_set=own_set)
    assert (row["is_peer"], row["peer_rank"], row["good_match"]) == (False, 1, False)
    (row,) = got_better(release, "four_hours", "T00", own_set=["T01"])
    assert row["is_peer"]


def test_without_a_direction_nothing_is_better(tmp_path):
    with pytest.raises(NotKnownError, match="no better direction"):
        got_better(release_of(tmp_path), "completed", "S05")
