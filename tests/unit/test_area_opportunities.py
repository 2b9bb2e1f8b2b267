"""An area's page tells its opportunities as its pack does: each with interval and chance, overlaps marked, no sums."""

import json
import re
from datetime import date
from types import SimpleNamespace

import pytest
import web_release

from careatlas.present.document import Grid, Paragraph, Picture
from careatlas.present.pack_facts import PackFacts
from careatlas.present.pack_look import where_to_look

MARCH = (date(2026, 3, 1), date(2026, 3, 31))
JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 28)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("opportunities"))


@pytest.fixture(scope="module")
def client(release):
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


def facts(**amounts):
    """Facts of an area with these amounts beside the best five of its peers, of 200 events each in the two periods they
    rest on: 390, and then 10."""
    rows = {
        id: {"indicator": id, "amount": amount, "lower": amount / 2, "upper": amount * 2, "probability": 0.99}
        | {"chance_only": 1.0, "is_headline": amount > 0, "gbp": None, "benchmark": "best_five"}
        | {"period_start": MARCH[0], "period_end": MARCH[1], "periods": 2, "overlaps_with": overlaps}
        for id, (amount, overlaps) in amounts.items()
    }
    indicators = {
        id: {"short_title": id.capitalize(), "polarity": "lower_is_better", "numerator": {"table": "rtt"}}
        for id in rows
    }
    return SimpleNamespace(
        code="S01",
        name="Birchcombe",
        opportunities={id: {"best_five": row} for id, row in rows.items()},
        indicators=indicators,
        counts={id: [(JANUARY, 9e9), (FEBRUARY, 390.0), (MARCH[1], 10.0)] for id in rows},
        made_by="Care Atlas.",
        release=SimpleNamespace(manifest={"sources": [{"title": "Waits", "tables": ["rtt"]}]}),
    )


def blocks(found, kind):
    return [block for block in found.blocks if isinstance(block, kind)]


def test_overlapping_opportunities_are_marked_in_both_tables_and_named():
    found = where_to_look(facts(long=(20.0, "longer"), longer=(10.0, "long"), other=(8.0, None)))
    for grid in blocks(found, Grid):
        assert [row[0] for row in grid.rows] == ["Long (overlaps)", "Longer (overlaps)", "Other"]
    said = blocks(found, Paragraph)[-1].text
    assert "Long may count the same people as Longer." in said
    assert "30" not in said  # 20 + 10 is nowhere added up


def test_an_overlap_with_one_that_is_not_shown_is_marked_too():
    """Nine are found and eight shown, the surest first and then the larger share: the ninth overlaps with the first."""
    amounts = {f"i{n}": (90.0 - n, "i8" if n == 0 else None) for n in range(9)}
    found = where_to_look(facts(**amounts))
    assert [row[0] for row in blocks(found, Grid)[0].rows][:2] == ["I0 (overlaps)", "I1"]
    assert "Shown are the surest 8 of 9." in blocks(found, Paragraph)[0].text


def test_where_nothing_is_to_be_gained_is_counted_and_not_drawn():
    found = where_to_look(facts(some=(20.0, None), nil=(0.0, None)))
    assert len(blocks(found, Grid)[0].rows) == 1
    assert "In 1 of 2 indicators most likely nothing is to be gained." in blocks(found, Paragraph)[0].text
    nothing = where_to_look(facts(nil=(0.0, None)))
    assert not blocks(nothing, Picture)
    assert "most likely nothing is to be gained in the one indicator" in blocks(nothing, Paragraph)[0].text


def test_shares_are_of_the_areas_own_events_and_the_chart_names_its_publication():
    """20 of 200 events a period are 10 %; of the low last period alone they would be 200 %."""
    picture = blocks(where_to_look(facts(some=(20.0, None))), Picture)[0]
    assert "Some 10%" in picture.alternative
    spec = picture.draw(720)
    assert "Some 10% (5% to 20%)" in spec["description"]
    assert "Source: Waits. Care Atlas." in json.dumps(spec)


def test_the_page_has_the_figures_of_the_pack(release, client):
    page = client.get("/areas/S20/").content.decode()
    for grid in blocks(where_to_look(PackFacts.of(release, "S20")), Grid):
        table = re.search(rf'<table id="{grid.id}">.*?</table>', page, re.DOTALL)[0]
        for row in grid.rows:
            assert [text for text in row if text not in table] == []
    assert f"<details><summary>{blocks(where_to_look(PackFacts.of(release, 'S20')), Grid)[1].caption}" in page


def test_the_chart_is_a_picture_of_its_own_with_its_link_and_files(client):
    page = client.get("/areas/S20/").content.decode()
    figure = re.search(r'<figure class="chart" id="opportunities".*?</figure>', page, re.DOTALL)[0]
    assert 'href="/areas/S20/#opportunities"' in figure
    kinds = {"svg": "image/svg+xml", "png": "image/png", "csv": "text/csv"}
    for ending, kind in kinds.items():
        address = re.search(rf'href="([^"]*\.{ending}[^"]*)"', figure)[1].replace("&amp;", "&")
        assert client.get(address)["Content-Type"].startswith(kind)


def test_the_page_leads_to_the_pack_before_anything_else(client):
    page = client.get("/areas/S20/").content.decode()
    assert page.index('href="/areas/S20/pack/"') < page.index("<h2")
    assert page.index('href="/areas/S20/pack.pdf"') < page.index("<h2")
    country = client.get(f"/areas/{web_release.COUNTRY}/").content.decode()
    assert "/pack" not in country
