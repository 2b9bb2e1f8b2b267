"""The library as people use it: an example from its first word to what was measured where others did it too, by
keyboard alone; finding, taking away, following and asking, by mouse.
"""

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pikepdf
import pytest
from journey_server import Site
from journey_steps import become_live, choose, entered, follow, found_by_axe, tab_to, type_day, write
from playwright.sync_api import expect

from careatlas.engine.release import Release
from careatlas.improve.evidence.matching import needs
from careatlas.improve.evidence.matching.needs import Need
from careatlas.improve.evidence.measuring import effect
from careatlas.improve.evidence.measuring.effect import Effect

pytestmark = pytest.mark.journey
OWN_PASSWORD = "we rang them all in the evening"
TITLE = "Two lines on every antibiotic"
INDICATOR = "broad_spectrum_antibiotics"
WRITTEN = "A pharmacist asks for the reason, in two lines, whenever one is prescribed."
ANSWERS = {
    "The problem": {"What was the problem?": "One in ten was **broad-spectrum**."},
    "What was done": {"What was done?": "A pharmacist rang whoever prescribed one."},
    "What it cost": {"Cost to start, in pounds": "12,000"},
    "What it saved": {"How is the money realised?": "No money is saved."},
    "Effect on quality": {"What changed for patients?": "Nobody came back more often."},
    "Evidence": {"What is the evidence?": "The atlas's own figures."},
    "Doing it elsewhere": {"How is it done elsewhere?": "Six weeks, one pharmacist."},
}
GATES = ("Savings", "Quality", "Evidence", "Implementability")


@pytest.fixture
def site(library_site) -> Site:
    """The library is what is opened here."""
    return library_site


# From a draft to a measured result


class Told(NamedTuple):
    """What the author did and where it is wanted, as the release has it: the pages have to say the same."""

    area: str
    starts_on: date
    effect: Effect
    need: Need
    adopted: Effect


def test_from_the_first_word_to_a_measured_result_by_keyboard_alone(
    open_page, library_home, known, simulated_release
):
    told, names = what_is_told(simulated_release), simulated_release.areas
    author = joined(open_page, library_home, "Ann", names[told.area]["name"])
    number = written(author, names[told.area]["name"], told)
    assessed(open_page, number, known)
    published(open_page, known, told)
    adopter = joined(open_page, library_home, "Bea", names[told.need.area]["name"])
    matched(adopter, told, names)
    adopted(adopter, library_home, told, names)


def what_is_told(release: Release) -> Told:
    """An initiative of the simulated country that shows in its figures, and the area with the gap that is most like
    its place: there it is among the first to be shown."""
    truth = json.loads((release.folder.parent.parent / "country" / "truth.json").read_text(encoding="utf-8"))
    begun = [
        (one["area"], date.fromisoformat(one["start"]))
        for one in truth["initiatives"]
        if one["indicator"] == INDICATOR and one["effect"] == 0.2
    ]

    def measured(area: str, starts_on: date) -> Effect:
        return effect.measure(release, INDICATOR, area, starts_on, "lower", fixed_before=False)

    area, starts_on = next(one for one in begun if measured(*one).is_proven)
    like = [row["area"] for row in release.rows("peers", peer=area) if row["good_match"]]
    gaps = [need for need in needs.of_indicator(release, INDICATOR, "sub_icb") if need.area != area]
    need = next(iter([need for need in gaps if need.area in like] or gaps))
    return Told(area, starts_on, measured(area, starts_on), need, measured(need.area, starts_on))


def joined(open_page, home: Path, name: str, organisation: str) -> Any:
    """Register, open the letter, choose a password: in, with the role of an author."""
    page, email = open_page("/account/"), f"{name.lower()}@nhs.test"
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    follow(page, page.get_by_role("link", name="Register", exact=True))
    write(page, "Your name", name)
    write(page, "E-mail address at work", email)
    write(page, "Your organisation", organisation)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("a letter is on its way")
    page.goto(link_in_the_letter_to(home, email))
    assert found_by_axe(page) == []
    expect(page.get_by_label("Your name")).to_have_value(name)
    write(page, "Password", OWN_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_text(f"Author, {organisation}")).to_be_visible()
    return page


def link_in_the_letter_to(home: Path, email: str) -> str:
    letters = [path.read_text(encoding="utf-8") for path in (home / "authored" / "letters").iterdir()]
    (letter,) = [text for text in letters if f"To: {email}" in text]
    return re.search(r"/account/letter/[^/\s]+/", letter).group()


def written(page, place: str, told: Told) -> int:
    """Section by section; saved while typing, left, and found again; measured, fixed, handed in."""
    follow(page, page.get_by_role("link", name="My examples"))
    follow(page, page.get_by_role("link", name="Write a new example"))
    write(page, "Title", TITLE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    follow(page, page.get_by_role("link", name="What it is"))
    write(page, "Summary", WRITTEN)
    expect(page.locator("[data-saved]")).to_have_text(re.compile(r"^Saved \d\d:\d\d UTC$"))

    page.goto("/library/")  # without having pressed anything
    follow(page, page.get_by_role("link", name="My examples"))
    follow(page, page.get_by_role("link", name=TITLE))
    follow(page, page.get_by_role("link", name="What it is"))
    expect(page.get_by_label("Summary")).to_have_value(WRITTEN)
    choose(page, "Setting", "General practice")
    choose(page, "Programme", "Medicine")
    follow(page, page.get_by_role("button", name="Save and go on"))
    for section, answers in ANSWERS.items():
        expect(page.get_by_role("heading", level=1)).to_have_text(section)
        for question, answer in answers.items():
            write(page, question, answer)
        follow(page, page.get_by_role("button", name="Save and go on"))
    return handed_in(page, place, told)


def handed_in(page, place: str, told: Told) -> int:
    expect(page.get_by_role("heading", level=1)).to_have_text("Before and after")
    choose(page, "Indicator", "Broad-spectrum")
    choose(page, "Area", place)
    tab_to(page, page.get_by_label("Started on"))
    type_day(page, page.get_by_label("Started on"), told.starts_on)
    choose(page, "It should make the figure", "lower")
    follow(page, page.get_by_role("button", name="Save and draw"))
    drawn = page.get_by_role("region", name=re.compile(f"{place}$"))
    expect(drawn).to_contain_text(f"Proven as figures stand. {told.effect.reason}")
    become_live(page, 1)
    follow(page, page.get_by_role("button", name="Save and fix the measure"))
    expect(page.get_by_text("what came after was on file")).to_be_visible()

    follow(page, page.get_by_role("link", name="Overview and handing in"))
    follow(page, page.get_by_role("button", name="Hand it in"))
    expect(page.get_by_text("It is with the assessors")).to_be_visible()
    return int(re.search(r"/library/(\d+)/", page.url).group(1))


def assessed(open_page, number: int, known) -> None:
    """Two at once: neither sees anything of the other's before both are in."""
    one, two = taken(open_page, known["assessor.one"]), taken(open_page, known["assessor.two"])
    score(one, (4, 3, 3, 4), "The first")
    follow(one, one.get_by_role("button", name="Hand in"))
    expect(one.get_by_role("heading", name="What you handed in")).to_be_visible()
    score(two, (3, 3, 4, 4), "The second")
    follow(two, two.get_by_role("button", name="Save the draft"))
    expect(two.get_by_text("Saved. You can leave and come back.")).to_be_visible()
    one.reload()
    for page, mine, other in ((one, "The first", "The second"), (two, "The second", "The first")):
        said = page.locator("main").inner_text() + "".join(
            area.input_value() for area in page.get_by_role("textbox").all()
        )
        assert mine in said
        assert other not in said
    assert two.request.get(f"/library/assess/{number}/result/").status == 404

    follow(two, two.get_by_role("button", name="Hand in"))
    expect(two.get_by_role("heading", name="Round 1")).to_be_visible()
    one.reload()
    for page in (one, two):
        for words in ("The first on Savings", "The second on Savings"):
            expect(page.get_by_role("table", name="Scores from 0 to 4")).to_contain_text(words)
        expect(page.get_by_text("87.5 of 100: Highly recommended")).to_be_visible()


def taken(open_page, email: str) -> Any:
    page = entered(open_page, email)
    follow(page, page.get_by_role("link", name="Examples to assess"))
    follow(page, page.get_by_role("link", name=TITLE))
    follow(page, page.get_by_role("button", name="Assess this example"))
    return page


def score(page, points: tuple[int, ...], words: str) -> None:
    """Into each gate's choices by Tab, along them by arrow keys."""
    for gate, point in zip(GATES, points, strict=True):
        choices = page.get_by_role("group", name=gate, exact=True).get_by_role("radio")
        tab_to(page, choices.first)
        for _ in range(point):
            page.keyboard.press("ArrowDown")
        expect(choices.nth(point)).to_be_checked()
        write(page, f"Why this score for {gate}", f"{words} on {gate}.")


def published(open_page, known, told: Told) -> None:
    """What the atlas measures stands beside the scores, with its reason, before anybody decides."""
    page = entered(open_page, known["publisher"])
    follow(page, page.get_by_role("link", name="Examples to decide on"))
    follow(page, page.get_by_role("link", name=TITLE))
    verdict = page.get_by_role("region", name="What the atlas measures")
    expect(verdict).to_contain_text("Proven, measured in release")
    expect(verdict).to_contain_text(told.effect.reason)
    tab_to(page, page.get_by_role("radio", name=re.compile("^Publish")))
    page.keyboard.press("Space")
    follow(page, page.get_by_role("button", name="Decide"))
    expect(page.locator(".lead")).to_contain_text("Published")


def matched(page, told: Told, names: dict[str, Any]) -> None:
    """From the area's page to its gaps; the gap and what others did about it, each in words with its figures."""
    area = names[told.need.area]["name"]
    page.goto(f"/areas/{told.need.area}/")
    follow(page, page.get_by_role("link", name="Examples of what worked elsewhere"))
    gap = page.locator("section", has=page.locator(f"#gap-{INDICATOR}"))
    expect(gap).to_contain_text(f"{area} has been {told.need.deviation:.0f}% above")
    match = gap.get_by_role("listitem").filter(has_text=TITLE)
    low, middle, high = (-told.effect.upper, -told.effect.percent, -told.effect.lower)
    did = f"lowered the same figure by {middle:.0f}% (95% interval {low:.0f}% to {high:.0f}%), proven"
    expect(match).to_contain_text(f"{names[told.area]['name']} {did}")
    expect(match).to_contain_text("assessors rated it “highly recommended”.")
    follow(page, match.get_by_role("link", name=TITLE))
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


def adopted(page, home: Path, told: Told, names: dict[str, Any]) -> None:
    """Registered for a day that is past; measured as `careatlas library measure` does after each build."""
    area = names[told.need.area]["name"]
    follow(page, page.get_by_role("link", name="We are doing this"))
    expect(page.get_by_label("Which organisation?")).to_have_value(told.need.area)
    tab_to(page, page.get_by_label("From which day?"))
    type_day(page, page.get_by_label("From which day?"), told.starts_on)
    write(page, "What will you do differently?", "We ask by text message.")
    follow(page, page.get_by_role("button", name="Register it"))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{area} does “{TITLE}”")

    careatlas = str(Path(sys.executable).with_name("careatlas"))
    subprocess.run([careatlas, "library", "measure", "--release", str(home)], check=True, capture_output=True)
    page.reload()
    low, middle, high = (f"{limit:+.0f}%" if round(limit) else "0%" for limit in limits_of(told.adopted))
    expect(page.locator("main")).to_contain_text(f"a change of {middle} (95% interval {low} to {high})")
    expect(page.locator("main")).to_contain_text(told.adopted.reason)
    become_live(page, 1)
    follow(page, page.get_by_role("link", name="Who does it"))
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=area))
    expect(row).to_contain_text(f"{told.adopted.percent:+.1f}%".replace("-", "−"))
    expect(row).to_contain_text(told.adopted.reason)


def limits_of(found: Effect) -> tuple[float, float, float]:
    return found.lower, found.percent, found.upper


# Found, taken away, followed and asked about


def test_an_example_is_found_taken_away_followed_and_asked_about_by_mouse(
    open_page, session_of, known, tmp_path
):
    page = open_page("/library/", storage_state=session_of("plan.manager"))
    page.get_by_label("Words").fill(f"“{known['title']}”")
    page.get_by_text("Narrow it down").click()
    page.get_by_label("Measured by", exact=True).select_option(known["indicator"])
    page.locator("main").get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="1 example")).to_be_visible()
    page.get_by_role("link", name=known["title"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(known["title"])
    taken_away(page, known, tmp_path)

    page.get_by_role("button", name="Tell me when there is something new").click()
    expect(page.get_by_text("You follow this.")).to_be_visible()
    page.get_by_role("link", name="All of them, and ask").click()
    page.get_by_label("Your question in one line").fill("Did it last?")
    page.get_by_label("Your words").fill("Is it **still** done?")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Did it last?")

    owner = open_page("/account/", storage_state=session_of("owner"))
    owner.get_by_role("link", name="What is new").click()
    owner.get_by_role("link", name="Did it last?").click()
    expect(owner.get_by_text("Is it still done?")).to_be_visible()


def taken_away(page, known, folder: Path) -> None:
    with page.expect_download() as download:
        page.locator("main").get_by_role("link", name="CSV", exact=True).first.click()
    download.value.save_as(folder / "example.csv")
    rows = (folder / "example.csv").read_text(encoding="utf-8")
    assert known["title"] in rows
    answer = page.request.get(page.get_by_role("link", name="To print (PDF)").get_attribute("href"))
    (folder / "example.pdf").write_bytes(answer.body())
    with pikepdf.open(folder / "example.pdf") as opened:
        assert bool(opened.Root.MarkInfo.Marked)
