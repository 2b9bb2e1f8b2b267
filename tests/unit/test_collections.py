"""Collections name indicators that exist, each once and under a category of spending; pages count what is on file."""

import json
import re

import pytest
import web_release
from click.testing import CliRunner

from careatlas.catalogue.collection import Collection, Part, faults_in
from careatlas.catalogue.library import load_catalogue
from careatlas.cli import main
from careatlas.present.collections import extent, list_collection


@pytest.fixture(scope="module")
def catalogue():
    return load_catalogue()


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("collections"))


@pytest.fixture(scope="module")
def client(release):
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


SOUND = Collection(
    id="few",
    title="A few",
    what_it_is="Chosen for a test.",
    parts=[
        Part(category="cancers_and_tumours", indicators=["mortality_cancer"]),
        Part(category="none", indicators=["waiting_list"]),
    ],
)


def faults_of(catalogue, *parts):
    few = SOUND.model_copy(update={"parts": [Part(category=name, indicators=ids) for name, ids in parts]})
    known = (catalogue.indicators, catalogue.programmes)
    return [what for _, what, _ in faults_in({"few": few}, *known, *known)]


def test_a_sound_collection_has_no_faults(catalogue):
    assert faults_of(catalogue, *((part.category, part.indicators) for part in SOUND.parts)) == []


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([("none", ["waiting_lst"])], "names waiting_lst, which is no indicator."),
        ([("none", ["waiting_list", "waiting_list"])], "waiting_list stands twice."),
        ([("none", ["waiting_list"]), ("none", ["new_pathways"])], "category none stands twice."),
        ([("cancer", ["waiting_list"])], "category cancer is not known."),
        ([("planned_care", ["waiting_list"])], "planned_care is a workstream, no category of spending."),
        ([("none", [])], "category none is empty."),
        (
            [("none", ["mortality_cancer"])],
            "mortality_cancer stands under none, and its own programme is cancers_and_tumours.",
        ),
    ],
)
def test_each_fault_is_told(catalogue, parts, told):
    assert faults_of(catalogue, *parts) == [told]


def test_the_two_collections_share_nothing_and_own_figures_are_in_the_second(catalogue):
    atlas, own = (set(catalogue.collections[id].indicators) for id in ("atlas", "own_figures"))
    assert own == {id for id, one in catalogue.indicators.items() if one.is_own_figures_only}
    assert not atlas & own


def test_the_command_lists_a_collection_in_its_order_with_its_categories(release):
    home = str(release.folder.parent.parent)
    asked = ["indicators", "--collection", "atlas", "--json", "--release", home]
    rows = json.loads(CliRunner().invoke(main, asked).output)
    assert [(row["indicator"], row["category"]) for row in rows] == [
        ("completed", "planned_care"), ("antibiotics", "none"), ("four_hours", "none"),
    ]  # fmt: skip
    unknown = CliRunner().invoke(main, ["indicators", "--collection", "atlsa", "--release", home])
    assert unknown.exit_code == 2
    assert "Did you mean atlas?" in unknown.output


def test_the_api_gives_the_same_indicators_in_the_same_order(release, client):
    rows = client.get("/api/v1/indicators?collection=atlas").json()
    assert [row["id"] for row in rows] == [row["indicator"] for row in list_collection(release, "atlas")]
    assert client.get("/api/v1/indicators?collection=none").status_code == 404


def test_what_a_collection_holds_is_counted_from_the_release(release):
    """Completed pathways at three levels, antibiotics at one of these, four hours at trusts; one source is named."""
    held = extent(release, list_collection(release, "atlas"))
    assert (held.indicators, held.with_values) == (3, 3)
    assert held.levels == ["icb", "provider", "region", "sub_icb"]
    assert held.publications == ["Waiting times"]


def test_the_page_says_what_stands_out_beyond_chance(client):
    page = client.get("/collections/atlas/").content.decode()
    assert "3 indicators, all of them with figures in this release" in page
    row = re.search(r'<tr><th scope="row"><a href="/indicators/antibiotics/">.*?</tr>', page, re.DOTALL)[0]
    # 31 sub-areas reported 60 - n of 1,000, the country 4.5 %: nobody is beyond 99.8 % limits of those counts
    assert re.search(r"\d+ of 31 sub-areas", row)
    assert "March 2026" in row


def test_a_figure_that_nobody_has_loaded_says_how_to_load_it(client):
    assert client.get("/collections/nothing/").status_code == 404
    page = client.get("/indicators/").content.decode()
    assert '<a href="/collections/atlas/">The atlas collection</a>' in page
