"""The manual of the statistics: every method has a page, and every page says the same kinds of things."""

import html
import json
import re

import numpy as np
import pytest
import web_release

from careatlas import methods
from careatlas.catalogue.library import load_method_guide
from careatlas.catalogue.method_docstrings import documented
from careatlas.catalogue.method_guide import answer
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
def test_its_page_prints_docstrings_examples_and_a_chart(name, client):
    response = client.get(f"/methods/{name}/")
    assert response.status_code == 200
    words = words_of(response)
    headings = ("Functions", "When to use it", "When not", "Formula", "Try it", "Worked examples", "Source")
    assert [heading for heading in headings if heading not in words] == []
    functions = documented()[name].functions
    page = response.content.decode()
    for function in functions:
        assert f"import careatlas as ca {function.call[:60]}" in words
        assert f'href="#{function.name}"' in page
        assert f'id="{function.name}"' in page
    assert words.count(" Gives ") >= len(functions)


@pytest.mark.parametrize(
    ("name", "number", "code", "given"),
    [
        (
            "crude_rate",
            0,
            "import careatlas as ca\n\n"
            "answer = ca.methods.crude_rate(count=[12], denominator=[4000], multiplier=1000)",
            [("answer.value", "[3.0]"), ("answer.lower", "[1.5484]"), ("answer.upper", "[5.2407]")],
        ),
        (
            "attribution",
            0,
            "import careatlas as ca\n\n"
            "answer = ca.methods.attribution.split_proportionally(\n"
            "    claim=[60, 90],\n    pool=[0, 0],\n    available=[100],\n)",
            [("answer", "[40.0, 60.0]")],
        ),
    ],
)
def test_an_example_is_a_call_and_its_answer(name, number, code, given):
    shown = method_pages.example_of(documented()[name], load_method_guide(name).examples[number])
    assert shown["code"] == code
    assert [(one["name"], one["text"]) for one in shown["answer"]] == given


@every_method
def test_its_examples_run_as_they_are_printed_and_give_what_the_specification_tests(name):
    method, guide = documented()[name], load_method_guide(name)
    for example in guide.examples:
        shown, run = method_pages.example_of(method, example), {}
        exec(shown["code"], run)
        tested = answer(name, example.call, example.given)
        for field, one in zip(example.expect, shown["answer"], strict=True):
            np.testing.assert_array_equal(eval(one["name"], run), tested[field])


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


def test_only_pages_of_figures_say_that_they_are_of_the_release(client):
    said = "Everything on this page is from this release."
    addresses = ("/indicators/", "/methods/", "/methods/crude_rate/", "/pages/about/", "/nowhere/")
    assert [one for one in addresses if said in words_of(client.get(one))] == ["/indicators/"]


def test_the_table_under_a_chart_has_words_for_codes_and_numbers_where_only_ticks_are_labelled(client):
    called = client.get("/methods/significance/").content.decode()
    assert "<td>54 %</td><td>100.0</td><td>similar</td>" in called
    assert "<td>54 %</td><td>1000.0</td><td>better</td>" in called  # limits 46.9 and 53.1
    assert "<td>1.0</td>" in client.get("/methods/ranking/").content.decode()
