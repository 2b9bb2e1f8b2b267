"""The manual of the statistics: every method has a page, and every page says the same kinds of things."""

import html
import json
import re

import pytest
import web_release

from careatlas import methods
from careatlas.web import method_pages

STATISTICS = methods.statistics()
every_method = pytest.mark.parametrize("name", STATISTICS)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    release = web_release.make_release(tmp_path_factory.mktemp("home"))
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


def words_of(response):
    page = re.sub(r"<script.*?</script>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(page).split())


@every_method
def test_its_file_says_when_to_use_it_when_not_how_it_is_worked_out_and_whose_it_is(name):
    assert STATISTICS[name] in methods.CHAPTERS
    documented = method_pages.documented()[name]
    assert documented.first_line.endswith(".")
    assert [part for part in ("use", "not", "formula", "source") if not documented.paragraphs[part]] == []


@every_method
def test_its_page_prints_docstrings_examples_and_a_chart(name, client):
    response = client.get(f"/methods/{name}/")
    assert response.status_code == 200
    words = words_of(response)
    for heading in ("When to use it", "When not", "Formula", "See it move", "Worked examples", "Source"):
        assert heading in words
    for function in method_pages.documented()[name].functions:
        assert function["signature"][:40] in words


@every_method
@pytest.mark.parametrize("width", ["desk", "phone"])
def test_its_chart_is_served_for_the_browser(name, width, client):
    page = client.get(f"/methods/{name}/").content.decode()
    address = re.search(rf'data-spec{"" if width == "desk" else "-phone"}="([^"]+)"', page)[1]
    response = client.get(html.unescape(address))
    assert response.status_code == 200
    assert json.loads(response.content)["layer"]
    assert "immutable" in response["Cache-Control"]


def test_a_chart_is_a_picture_for_those_without_scripts(client):
    page = client.get("/methods/crude_rate/").content.decode()
    picture = client.get(html.unescape(re.search(r'<img src="([^"]+)"', page)[1]))
    assert picture["Content-Type"] == "image/svg+xml"
    assert picture.content.startswith(b"<svg")


def test_the_list_is_in_chapters_and_names_every_method(client):
    page = client.get("/methods/").content.decode()
    assert [name for name in STATISTICS if f'href="/methods/{name}/"' not in page] == []
    chapters = [chapter for chapter in methods.CHAPTERS if f"<h2>{chapter}</h2>" in page]
    assert chapters == list(dict.fromkeys(sorted(STATISTICS.values(), key=methods.CHAPTERS.index)))


@pytest.mark.parametrize(
    "address",
    ["/methods/nowhere/", "/charts/methods/000000000000/crude_rate.svg"],
)
def test_what_is_not_there_is_said_to_be_not_there(address, client):
    assert client.get(address).status_code == 404


def test_a_file_that_serves_the_others_has_a_page_too(client):
    assert "What every method usable in an indicator gives back" in words_of(client.get("/methods/estimate/"))


def test_papers_are_links_to_their_doi():
    linked = method_pages._with_links("Source: Dobson 1991, 10.1002/sim.4780100317; Byar.")
    assert 'href="https://doi.org/10.1002/sim.4780100317"' in linked
    assert "Byar." in linked
