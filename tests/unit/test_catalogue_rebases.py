"""A re-base is content that a named person stands for; a file without reason or person is refused."""

import shutil
from datetime import date

import pytest

from careatlas.catalogue.library import CONTENT, load_catalogue
from careatlas.errors import AtlasError

GOOD = """\
id: ward_opened
indicator: ae_four_hours
area: RXF
from: 2024-04-01
reason: Second assessment unit opened
person: A. Nalyst, head of information
"""


@pytest.fixture
def content(tmp_path):
    folder = tmp_path / "content"
    shutil.copytree(CONTENT, folder)
    (folder / "rebases").mkdir(exist_ok=True)
    return folder


def test_a_rebase_is_read_with_its_reason_and_person(content):
    (content / "rebases" / "ward_opened.yaml").write_text(GOOD)
    catalogue = load_catalogue(content)
    rebase = catalogue.rebases["ward_opened"]
    assert (rebase.area, rebase.first_day) == ("RXF", date(2024, 4, 1))
    assert catalogue.as_dict()["rebases"]["ward_opened"]["first_day"] == "2024-04-01"


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("person: A. Nalyst, head of information", "person: somebody", "Give name and role"),
        ("reason: Second assessment unit opened", "reason: changed", "Say what changed"),
        ("indicator: ae_four_hours", "indicator: four_hours", "Name a file in content/indicators"),
        ("from: 2024-04-01", "from: 2024-04-15", "first day of a period"),
        ("person: A. Nalyst, head of information\n", "", "person is missing"),
    ],
)
def test_a_rebase_that_nobody_stands_for_is_refused(content, right, wrong, told):
    (content / "rebases" / "ward_opened.yaml").write_text(GOOD.replace(right, wrong))
    with pytest.raises(AtlasError, match=told):
        load_catalogue(content)


def test_the_same_rebase_twice_is_refused(content):
    (content / "rebases" / "ward_opened.yaml").write_text(GOOD)
    (content / "rebases" / "again.yaml").write_text(GOOD.replace("id: ward_opened", "id: again"))
    with pytest.raises(AtlasError, match="says the same as"):
        load_catalogue(content)
