"""Registered changes of what an area counts: every fault is named, and a release keeps them."""

import shutil

import pytest

from careatlas.catalogue.library import CONTENT, load_catalogue
from careatlas.errors import AtlasError

GOOD = """\
changes:
- from: 2024-07-01
  area: RXF
  table: accident_emergency
  reason: A walk-in centre moved to another trust
  source: The trust's notice
"""


@pytest.fixture
def content(tmp_path):
    folder = tmp_path / "content"
    shutil.copytree(CONTENT, folder)
    return folder


def written(content, text):
    (content / "counting" / "changes.yaml").write_text(text)
    return load_catalogue(content)


def test_a_release_keeps_each_change_with_its_day_and_reason(content):
    assert written(content, GOOD).as_dict()["counting_changes"] == [
        {
            "first_day": "2024-07-01",
            "area": "RXF",
            "table": "accident_emergency",
            "reason": "A walk-in centre moved to another trust",
            "source": "The trust's notice",
        }
    ]


def test_without_the_file_nothing_has_changed(content):
    (content / "counting" / "changes.yaml").unlink()
    assert load_catalogue(content).as_dict()["counting_changes"] == []


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("2024-07-01", "2024-07-15", "RXF: from is 2024-07-15. Give the first day of a month."),
        ("table: accident_emergency", "table: accidents", 'RXF: table is "accidents". Name a table'),
        ("  area: RXF\n", "", "area is missing"),
        ("changes:\n", "changes:\n" + GOOD.removeprefix("changes:\n"), "RXF has two changes of 2024-07-01"),
    ],
)
def test_what_cannot_be_is_told_with_its_file(content, right, wrong, told):
    with pytest.raises(AtlasError) as fault:
        written(content, GOOD.replace(right, wrong, 1))
    assert "content/counting/changes.yaml" in str(fault.value)
    assert told in str(fault.value)
