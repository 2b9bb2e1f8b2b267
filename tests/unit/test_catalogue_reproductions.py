"""Published claims are content: what a claim must state, and what is refused."""

import shutil

import pytest

from careatlas.catalogue.library import CONTENT, load_catalogue
from careatlas.errors import AtlasError

GOOD = """\
id: a_report
title: Completed pathways, January 2022
publisher: A publisher
published: "2022"
source: {title: A report, url: "https://example.org/"}
first_month: 2022-01-01
last_month: 2022-01-31
claims:
  - {id: first, kind: rank, area: A1, rank: 1, words: A1 was first}
  - {id: low, kind: lowest_fifth, area: A2, words: A2 was among the lowest}
  - {id: all, kind: total, total: 1000, words: A thousand}
"""


@pytest.fixture
def content(tmp_path):
    folder = tmp_path / "content"
    shutil.copytree(CONTENT, folder)
    return folder


def test_claims_reach_the_release_s_catalogue(content):
    (content / "reproductions" / "a_report.yaml").write_text(GOOD)
    kept = load_catalogue(content).as_dict()["reproductions"]["a_report"]
    assert (kept["first_month"], kept["claims"][0]["rank"]) == ("2022-01-01", 1)
    assert kept["claims"][2] == {
        "id": "all", "kind": "total", "words": "A thousand", "area": None, "rank": None, "total": 1000.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("area: A1, rank: 1", "rank: 1", "claim first: a claim of kind rank has no area"),
        ("area: A1, rank: 1", "area: A1", "claim first: a claim of kind rank has no rank"),
        ("rank: 1", "rank: 0", "Ranks begin at 1"),
        ("area: A2,", "area: A2, rank: 3,", "claim low: a claim of kind lowest_fifth has no use for rank"),
        ("total: 1000, ", "", "claim all: a claim of kind total has no total"),
        ("kind: total, total: 1000", "kind: total, area: A1, total: 1000", "has no use for area"),
        ("id: low", "id: first", 'two claims have the id "first"'),
        ("words: A1 was first", 'words: ""', "claim first: words is empty"),
        ("first_month: 2022-01-01", "first_month: 2022-01-02", "Give the first day of its first month"),
        ("last_month: 2022-01-31", "last_month: 2021-12-31", "is before first_month"),
        ("kind: rank", "kind: best", "It is one of rank, lowest_fifth, total"),
    ],
)
def test_a_claim_that_says_too_little_or_too_much_is_refused(content, right, wrong, told):
    (content / "reproductions" / "a_report.yaml").write_text(GOOD.replace(right, wrong, 1))
    with pytest.raises(AtlasError, match=told):
        load_catalogue(content)


def test_a_comparison_without_claims_is_refused(content):
    (content / "reproductions" / "a_report.yaml").write_text(GOOD.split("claims:")[0] + "claims: []\n")
    with pytest.raises(AtlasError, match="claims is empty"):
        load_catalogue(content)
