"""Diagnostic waits of the simulated country: the monthly workbook, a row a provider and test, totals beside tests.

The share that waits six weeks or more is planted: outliers, and trusts that did something about it. Every acute trust
does every test written here; the publisher's other tests are left out, for no indicator asks for them by themselves.
"""

from datetime import date
from pathlib import Path

import numpy as np

from careatlas.sources.simulated_country.emergencies import catchments
from careatlas.sources.simulated_country.geography import Country, Trust
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.planting import plant, season, shock, stream
from careatlas.sources.simulated_country.truth import Truth, month_ends
from careatlas.sources.simulated_country.workbooks import write_workbook

# Number and name as published: people waiting per 1,000, so that the mean trust's list is as long as England's mean
# trust's, and the share of them who wait six weeks or more.
TESTS = {
    (1, "Magnetic Resonance Imaging"): (14.0, 0.16),
    (2, "Computed Tomography"): (8.0, 0.10),
    (6, "Audiology - Audiology Assessments"): (6.0, 0.30),
    (7, "Cardiology - Echocardiography"): (6.0, 0.26),
    (12, "Colonoscopy"): (3.2, 0.24),
    (13, "Flexi Sigmoidoscopy"): (1.1, 0.24),
    (15, "Gastroscopy"): (3.2, 0.22),
}
OF_SIX_WEEKS_THIRTEEN = 0.36  # of those who wait six weeks or more, the share who wait thirteen
INDICATORS = {  # which tests each adds up
    "endoscopy_waits_over_6_weeks": (12, 13, 15),
    "scan_waits_over_6_weeks": (1, 2),
    "echocardiography_waits_over_6_weeks": (7,),
    "hearing_test_waits_over_6_weeks": (6,),
}
WEEKS = ["0 <01 weeks", *(f"{week:02} <{week + 1:02} weeks" for week in range(1, 13)), "13+ weeks"]
NAMED = ["Regional Team Code", "Regional Team Name", "Provider Code", "Provider Name"]
SUMMED = [
    "Total Waiting List",
    "Number waiting 6+ Weeks",
    "Number waiting 13+ Weeks",
    "Percentage waiting 6+ weeks",
]
DONE = [
    "Planned tests / procedures",
    "Unscheduled tests / procedures",
    "Waiting list tests / procedures (excluding planned)",
]
HEADINGS = ["", *NAMED, "Diagnostic ID", "Diagnostic Test Name", *SUMMED, *WEEKS, "", *DONE]


def write_diagnostic_waits(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    trusts = [country.trusts[place] for place in country.trusts_of_kind("acute")]
    codes = [trust.code for trust in trusts]
    planted = truth.planted(
        plant("diagnostic_waits_over_6_weeks", codes, months, seed, "unexplained", 0.12, area_type="provider")
    )
    per_1000, usual_share = np.array(list(TESTS.values())).T
    waiting = catchments(country, people)[:, None] * per_1000
    for position, month in enumerate(months):
        expected = waiting * shock(months)[position]
        level = planted.level[:, position] * season(months, 0.05, 1)[position]
        share = np.minimum(usual_share * level[:, None], 0.8)
        drawn = _draw(stream(seed, "diagnostic waits", month), expected, share)
        _write_month(into, country, trusts, month, drawn)
        waits = {"waiting": int(drawn.sum()), "over_6_weeks": int(drawn[..., 6:].sum())}
        truth.total("diagnostic_waits", f"{month:%Y-%m}", waits)
        if month == months[-1]:
            _expect(truth, month, codes, drawn.sum(axis=2), share)


def _draw(rng: np.random.Generator, expected: np.ndarray, share: np.ndarray) -> np.ndarray:
    """People waiting [trust, test, week]: weeks within six, within thirteen, and longer."""
    people = rng.poisson(expected)
    of_six = rng.binomial(people, share)
    of_thirteen = rng.binomial(of_six, OF_SIX_WEEKS_THIRTEEN)
    soon = rng.multinomial(people - of_six, np.full(6, 1 / 6))
    later = rng.multinomial(of_six - of_thirteen, np.full(7, 1 / 7))
    return np.concatenate([soon, later, of_thirteen[..., None]], axis=2)


def _expect(truth: Truth, month: date, codes: list[str], waiting: np.ndarray, share: np.ndarray) -> None:
    """What would wait so long but for chance, among those who do wait."""
    numbers = [number for number, _name in TESTS]
    asked = {
        "diagnostic_waits_over_6_weeks": numbers,
        "diagnostic_waits_over_13_weeks": numbers,
        **INDICATORS,
    }
    for indicator, tests in asked.items():
        places = [numbers.index(number) for number in tests]
        of_six = OF_SIX_WEEKS_THIRTEEN if "13" in indicator else 1.0
        people = waiting[:, places]
        truth.expect(
            indicator,
            month_ends(month),
            codes,
            (people * share[:, places]).sum(axis=1) * of_six,
            people.sum(axis=1),
            100,
            "provider",
        )


def _write_month(into: Path, country: Country, trusts: list[Trust], month: date, weeks: np.ndarray) -> None:
    notes = [
        ["Notes"],
        [],
        ["The following organisation did not submit Diagnostics (DM01) data this month:"],
        [],
        ["Code", "Name"],
    ]
    write_workbook(
        into / f"Monthly-Diagnostics-Web-File-Provider-{month:%B-%Y}.xlsx",
        {"Provider by Test": _lines(country, trusts, month, weeks), "Notes": notes},
    )


def _lines(country: Country, trusts: list[Trust], month: date, weeks: np.ndarray) -> list[list]:
    tests = [*TESTS, (16, "Total")]
    waiting = weeks.sum(axis=2)
    done = np.stack(
        [waiting // 6, waiting // 3, waiting], axis=2
    )  # planned, unscheduled, about as many as wait
    weeks, done = (np.concatenate([each, each.sum(axis=1, keepdims=True)], axis=1) for each in (weeks, done))
    rows = []
    for place, trust in enumerate(trusts):
        region = country.region_of(trust.seat)
        named = ["", region.code, f"{region.name} Commissioning Region", trust.code, trust.name]
        rows += [
            [*named, *test, *_figures(weeks[place, at], done[place, at])] for at, test in enumerate(tests)
        ]
    everyone = ["", "", "", "", "Total", "", "", *_figures(weeks[:, -1].sum(axis=0), done[:, -1].sum(axis=0))]
    return [*_head(month), HEADINGS, everyone, [], *rows]


def _head(month: date) -> list[list[str]]:
    """The lines above the table, as the publisher has them."""
    return [
        [],
        ["", "Title:", "Monthly Diagnostics"],
        ["", "Summary:", "Waiting times and activity for Diagnostic tests and procedures"],
        [],
        ["", "Period:", f"{month:%B %Y}"],
        ["", "Source:", "DM01, invented"],
        ["", "Basis:", "Provider"],
        ["", "Status:", "Published"],
        [],
        ["", "Provider level data"],
    ]


def _figures(weeks: np.ndarray, done: np.ndarray) -> list[float | str]:
    """Totals, share, weeks, and the tests done in the month."""
    waiting, six, thirteen = int(weeks.sum()), int(weeks[6:].sum()), int(weeks[13])
    share = six / waiting if waiting else 0.0
    return [waiting, six, thirteen, share, *weeks.tolist(), "", *done.tolist()]
