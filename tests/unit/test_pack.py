"""A pack says what the release says, as a page and as a PDF that screen readers can follow."""

import io
import json
import re
from datetime import date

import pikepdf
import pytest
import web_release
from click.testing import CliRunner

from careatlas.cli import main
from careatlas.errors import NotKnownError
from careatlas.present.document import Document, Grid, Paragraph, Picture, Points, Section
from careatlas.present.opportunity_chart import opportunity_chart
from careatlas.present.opportunity_words import amount_in_words, figure, money_in_words
from careatlas.present.pack import pack
from careatlas.present.pack_over_time import year_on_year
from careatlas.present.quadrant import quadrant_chart, spend_and_outcome, standard_score
from careatlas.present.typeset import to_pdf


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("packs"))


@pytest.fixture(scope="module")
def client(release):
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


def blocks_of(document, id):
    return next(section.blocks for section in document.sections if section.id == id)


def grid_of(document, id, caption=""):
    return next(
        block
        for block in blocks_of(document, id)
        if isinstance(block, Grid) and block.caption.startswith(caption)
    )


def test_a_pack_asks_the_questions_of_a_meeting_in_order(release):
    assert [section.id for section in pack(release, "S20").sections] == [
        "front", "alike", "look", "spend", "growth", "pathway-planned", "lasts", "ask", "examples", "sources",
    ]  # fmt: skip


def test_what_to_decide_is_the_opportunity_that_may_be_declared(release):
    (decisions,) = [block for block in blocks_of(pack(release, "S20"), "front") if isinstance(block, Points)]
    assert "5 to 15 fewer a month beside the best five" in decisions.items[0]


def test_an_opportunity_stands_with_interval_chance_and_probability(release):
    (row,) = grid_of(pack(release, "S20"), "look", "Opportunities").rows
    assert row[1:] == ("10 fewer a month", "5 to 15", "1", "0.99", "no unit cost", "yes")
    (rungs,) = grid_of(pack(release, "S20"), "look", "The ladder").rows
    assert rungs[1:] == ("0 (0 to 0)", "4 (2 to 6)", "10 (5 to 15)", "12 (6 to 18)", "16 (8 to 24)")


def test_an_area_without_opportunities_says_what_they_take(release):
    (said,) = blocks_of(pack(release, "S05"), "look")
    assert said.text.startswith("No opportunities are worked out")


def test_a_pathway_says_what_is_on_file_and_what_is_not(release):
    steps = [row[0] for row in grid_of(pack(release, "S20"), "pathway-planned").rows]
    assert steps == ["Primary care", "Activity", "Outcome"]
    assert grid_of(pack(release, "S20"), "pathway-planned").rows[-1][1] == "nothing on file for this area"
    assert blocks_of(pack(release, "S20"), "pathway-planned")[-1].text.endswith("How patients fare.")


def test_the_country_has_no_pack(release):
    with pytest.raises(NotKnownError, match="is the whole country"):
        pack(release, web_release.COUNTRY)


def test_growth_takes_two_whole_years():
    """12 months of 100 and the 12 before of 80: 1,200 beside 960."""
    months = [(date(2024 + n // 12, n % 12 + 1, 1), date(2024 + n // 12, n % 12 + 1, 28)) for n in range(24)]
    months = [(start, (date(start.year + start.month // 12, start.month % 12 + 1, 1))) for start, _ in months]
    series = [
        {
            "period_start": start,
            "period_end": date.fromordinal(after.toordinal() - 1),
            "count": 80.0 + 20 * (n >= 12),
        }
        for n, (start, after) in enumerate(months)
    ]
    assert year_on_year(series) == {
        "before": 960.0, "after": 1200.0, "compared": "12 months to December 2025 with the 12 before",
    }  # fmt: skip
    assert year_on_year(series[1:]) is None
    assert year_on_year([]) is None


def test_spend_and_outcome_are_told_by_unit_and_direction():
    """Spend is what is in pounds; an outcome that is better when lower counts the other way round."""
    indicators = {
        "spend": {"programme": "heart", "unit": "£ per head", "polarity": "neither"},
        "deaths": {"programme": "heart", "unit": "per 100,000", "polarity": "lower_is_better"},
        "seen": {"programme": "heart", "unit": "%", "polarity": "higher_is_better"},
        "people": {"programme": "none", "unit": "%", "polarity": "higher_is_better"},
    }
    (heart,) = spend_and_outcome({"spend": 1.5, "deaths": -2.0, "seen": 1.0, "people": 3.0}, indicators)
    assert heart == {"programme": "heart", "spend": 1.5, "outcome": 1.5, "outcomes": 2}


def test_a_standard_score_is_of_full_returns():
    """1 to 11 have a mean of 6 and a standard deviation of root 11; who made no full return is not among them."""
    rows = [{"area": str(n), "value": float(n), "status": "reported"} for n in range(1, 12)]
    rows.append({"area": "late", "value": 99.0, "status": "incomplete"})
    assert standard_score(rows, "11") == pytest.approx(5 / 11**0.5)
    assert standard_score(rows, "late") is None
    assert standard_score(rows[:5], "1") is None


def test_figures_have_two_digits_and_pounds_a_range_with_its_period_and_source():
    assert [figure(amount) for amount in (1284.0, 97.6, 4.61, 0.0)] == ["1,300", "98", "4.6", "0"]
    month = dict(zip(("period_start", "period_end"), web_release.months()[-1], strict=True))
    row = {"gbp": 1e5, "gbp_lower": 51_234.0, "gbp_upper": 149_876.0, "gbp_source": "Unit costs, 2024/25"}
    assert money_in_words(row | month) == "£51,000 to £150,000 a month (Unit costs, 2024/25)"
    more = {"lower": 5.0, "upper": 15.0, **month}
    assert amount_in_words(more, {"polarity": "higher_is_better"}) == "5 to 15 more a month"


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("patient", "5 to 15 fewer a month"),
        ("open_wait", "5 to 15 fewer at the end of a month"),
        ("bed", "5 to 15 fewer on the average day"),
        ("bed_day", "5 to 15 fewer a month"),
    ],
)
def test_a_level_is_not_told_as_if_so_many_came_each_month(event, said):
    row = {"lower": 5.0, "upper": 15.0, "period_start": date(2026, 3, 1), "period_end": date(2026, 3, 31)}
    assert amount_in_words(row, {"polarity": "lower_is_better", "event": event}) == said


def test_charts_draw_every_row_they_are_given():
    points = [
        {"name": "Heart", "spend": 1.0, "outcome": -1.0},
        {"name": "Mind", "spend": 0.0, "outcome": 2.0},
    ]
    assert quadrant_chart(points, title="T")["description"].count("spend") == 2
    row = {"name": "A", "percent": 4.0, "lower": 1.0, "upper": 8.0, "chance": 0.5, "is_headline": True}
    assert "A 4% (1% to 8%)" in opportunity_chart([row], title="T")["description"]


# --- the PDF, opened by another program ---------------------------------------------------------------------


def tagged(pdf: bytes):
    return pikepdf.open(io.BytesIO(pdf))


def elements(node, found=None):
    """Every element of the structure tree, as kind and element."""
    found = [] if found is None else found
    children = node.get("/K", [])
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            found.append((str(child["/S"]), child))
            elements(child, found)
    return found


def test_the_pdf_is_tagged_has_a_language_a_title_and_words_for_every_picture(release):
    with tagged(to_pdf(pack(release, "S20"))) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.Root.Lang).startswith("en")
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        with pdf.open_metadata() as about:
            assert about["pdfuaid:part"] == "1"
            assert "where to look" in about["dc:title"]
        tree = elements(pdf.Root.StructTreeRoot)
    kinds = [kind for kind, _ in tree]
    assert kinds.count("/H1") == 1 or kinds.count("/Title") == 1 or "/H1" in kinds
    assert kinds.count("/Table") >= 4
    assert kinds.count("/TH") > 10
    pictures = [element for kind, element in tree if kind == "/Figure" and "/Alt" in element]
    shown = [block for section in pack(release, "S20").sections for block in section.blocks]
    assert len(pictures) == sum(isinstance(block, Picture) for block in shown)
    assert all(len(str(element["/Alt"])) > 20 for element in pictures)


def test_text_is_never_taken_for_a_command_of_the_typesetter():
    hostile = '#import "x.typ" $a_b$ *b* \\ @ref <label> `raw` [x] = heading'
    blocks = (Paragraph(hostile), Points((hostile,)), Grid(hostile, (hostile,), ((hostile,),)))
    pdf = to_pdf(Document(hostile, hostile, hostile, (Section("one", hostile, blocks),)))
    with tagged(pdf) as opened:
        assert len(opened.pages) >= 1


# --- page, address, command ---------------------------------------------------------------------------------


def test_the_page_has_every_section_and_table_of_the_document(release, client):
    page = client.get("/areas/S20/pack/").content.decode()
    for section in pack(release, "S20").sections:
        assert f'id="{section.id}"' in page
        for block in section.blocks:
            if isinstance(block, Grid):
                assert block.caption.replace("'", "&#x27;") in page
    chart = re.search(r'data-spec="([^"]+)"', page).group(1).replace("&amp;", "&")
    spec = json.loads(client.get(chart).content)
    assert "beside the best five" in spec["description"]


def test_the_pdf_has_an_address_and_is_named_after_the_area(client):
    answer = client.get("/areas/S20/pack.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert 'filename="care-atlas-pack-S20.pdf"' in answer["Content-Disposition"]
    assert answer.content.startswith(b"%PDF")
    assert client.get(f"/areas/{web_release.COUNTRY}/pack.pdf").status_code == 404


def test_the_command_writes_packs_by_code_or_name_and_refuses_before_writing(release, tmp_path):
    home = str(release.folder.parent.parent)
    name = release.areas["S20"]["name"]
    written = CliRunner().invoke(main, ["pack", name, "--out", str(tmp_path / "a"), "--release", home])
    assert written.output.strip().endswith("pack-S20.pdf")
    refused = CliRunner().invoke(
        main, ["pack", "S20", "nowhere", "--out", str(tmp_path / "b"), "--release", home]
    )
    assert refused.exit_code == 2
    assert not (tmp_path / "b").exists()
    unsaid = CliRunner().invoke(main, ["pack", "--release", home])
    assert unsaid.exit_code == 2
    assert "--all" in unsaid.output
