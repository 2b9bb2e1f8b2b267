"""Peers as a reader meets them: the computed ones with what is wrong with them, or a set of one's own."""

import json

import pytest
from click.testing import CliRunner

from careatlas.cli import main
from careatlas.errors import NotKnownError
from careatlas.present.peers import chosen_peers, peers_of
from tests.web_release import make_release


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("peers")


@pytest.fixture(scope="module")
def release(home):
    return make_release(home)


def test_peers_come_nearest_first_with_what_is_too_far_marked(release):
    rows = peers_of(release, "S20")
    assert [(row["peer"], row["rank"], row["good_match"]) for row in rows] == [
        ("S21", 1, True),
        ("S22", 2, True),
        ("S23", 3, False),
    ]
    assert [row["note"] for row in rows] == [None, None, "too unlike to be held beside it"]
    assert list(rows[0]) == [
        *("area", "name", "peer", "peer_name", "rank", "distance", "good_match", "inclusion_share", "note")
    ]


def test_only_good_matches_are_compared_with(release):
    assert chosen_peers(release, "S20") == ["S21", "S22"]


def test_a_set_of_ones_own_keeps_its_order_and_takes_names(release):
    by_name = release.areas["S05"]["name"]
    assert chosen_peers(release, "S20", ["S23", by_name, "s23"]) == ["S23", "S05"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["S20"], "S20: is the area itself"),
        (["B1"], "B1: is of another type .* than S20"),
        (["S99"], "S99: is no area's code or name"),
        ([], "the set is empty"),
    ],
)
def test_a_set_that_cannot_be_compared_with_is_refused(release, given, told):
    with pytest.raises(NotKnownError, match=told):
        chosen_peers(release, "S20", given)


def test_an_area_without_peers_says_why(release):
    with pytest.raises(
        NotKnownError, match=r"S05: has no similar areas: they are chosen by age, .* not all is known"
    ):
        peers_of(release, "S05")
    with pytest.raises(NotKnownError, match=r"B1: has no similar areas: they are worked out for .*sub_icb"):
        peers_of(release, "B1")


def test_the_command_prints_the_rows(home, release):
    printed = CliRunner().invoke(main, ["peers", "S20", "--json", "--release", str(home)])
    assert json.loads(printed.stdout) == peers_of(release, "S20")
    fault = CliRunner().invoke(main, ["peers", "B1", "--release", str(home)])
    assert (fault.exit_code, fault.stdout) == (2, "")
    assert fault.stderr.startswith("careatlas: B1: has no similar areas")


def test_most_real_areas_have_good_matches_and_an_unusual_one_has_none(real_release):
    wakefield = [row["peer_name"] for row in peers_of(real_release, "03R")]
    assert wakefield[0] == "Rotherham"
    alone = peers_of(real_release, "09D")  # Brighton and Hove: the fewest children of all, on a short coast
    assert not any(row["good_match"] for row in alone)
    assert {row["note"] for row in alone} == {"no good match: fewer than five areas are like it"}
    assert chosen_peers(real_release, "09D") == []
    rows = real_release.arrow("peers", area_type="sub_icb").to_pandas()
    assert rows.groupby("area")["good_match"].any().sum() == 105
