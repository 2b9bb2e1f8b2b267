"""Community waiting lists of the simulated country: a workbook a month, all levels in one column.

Boards differ, and some improve, in the share of adults who wait over 18 weeks; in all else by chance alone. In the
last months one trust sends nothing, which only Table 1 tells. Boards in which no trust stands have an organisation
that no other file names.
"""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from careatlas.sources.simulated_country.geography import Country
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.planting import month_list, plant, stream
from careatlas.sources.simulated_country.truth import Truth, month_ends
from careatlas.sources.simulated_country.workbooks import write_workbook

LATEST_MONTHS_SILENT = 3
SERVICES = {
    "adults": {"Audiology": 0.2, "Musculoskeletal service": 0.5, "Podiatry and podiatric surgery": 0.3},
    "children": {"Community paediatric service": 0.6, "Therapy interventions: Speech and language": 0.4},
}
PREFIXES = {"adults": "(A)", "children": "(CYP)"}
FOR_THE_COUNTRY_ALONE = {"adults": "Adult safeguarding", "children": "Looked after children teams"}
NOT_IN_ACUTE_TRUSTS = "Podiatry and podiatric surgery"
WAITING_PER_1000 = {"adults": 17.0, "children": 21.0}
OVER_18_WEEKS, OVER_52_WEEKS = {"adults": 0.15, "children": 0.50}, {"adults": 0.013, "children": 0.18}
UNDER_18_WEEKS = np.array([0.10, 0.12, 0.18, 0.42, 0.18])  # of those: 0-1, 1-2, 2-4, 4-12, 12-18 weeks
OVER_104_OF_OVER_52 = 0.2
FEWEST_TO_TELL_A_LEVEL = 100  # a board: with fewer, 42 boards cannot show their mean to two per cent
TABLES = {
    "Table 4a": "Number waiting 0-1 weeks (0-7 days)",
    "Table 4b": "Number waiting >1-2 weeks (8-14 days)",
    "Table 4c": "Number waiting >2-4 weeks (15-28 days)",
    "Table 4d": "Number waiting >4-12 weeks (29-84 days)",
    "Table 4e": "Number waiting >12-18 weeks (85-126 days)",
    "Table 4f": "Number waiting >18-52 weeks (127-364 days)",
    "Table 4g": "Number waiting >52-104 weeks (365-728 days)",
    "Table 4h": "Number waiting over 104 weeks (over 2 years)",
}
IDENTITY = ["Organisation Type", "Organisation Code", "Organisation Name"]


class Provider(NamedTuple):
    code: str
    name: str
    is_acute: bool
    board: int


def write_community_waits(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    providers = _providers(country)
    silent = _silent_provider(providers)
    residents = _residents(country, people)
    over_18 = _planted_shares(country, months, seed, truth, residents)
    for place, month in enumerate(months):
        weeks = {
            group: _draw(
                stream(seed, "community waits", group, month),
                providers,
                group,
                residents[group],
                over_18[group][:, place],
            )
            for group in SERVICES
        }
        is_silent = place >= len(months) - LATEST_MONTHS_SILENT
        if is_silent:
            for drawn in weeks.values():
                drawn[silent] = 0
        counted = int(sum(drawn.sum() for drawn in weeks.values()))
        alone = stream(seed, "services for the country alone", month).poisson(900, len(SERVICES)).tolist()
        _write_month(into, country, providers, month, weeks, alone, silent if is_silent else None)
        truth.total(
            "community_waits", f"{month:%Y-%m}", {"by_area": counted, "country": counted + sum(alone)}
        )
    told = [f"{month:%Y-%m}" for month in months[-LATEST_MONTHS_SILENT:]]
    board = country.boards[providers[silent].board].code
    truth.note(
        "silent_community_provider", {"provider": providers[silent].code, "board": board, "months": told}
    )


def _providers(country: Country) -> list[Provider]:
    """Acute and community trusts by their board, and an organisation for each board that has none."""
    places = [*country.trusts_of_kind("acute"), *country.trusts_of_kind("community")]
    trusts = [country.trusts[place] for place in places]
    found = [
        Provider(trust.code, trust.name, trust.kind == "acute", int(country.board_index[trust.seat]))
        for trust in trusts
    ]
    lacking = sorted(set(range(len(country.boards))) - {provider.board for provider in found})
    named = [
        Provider(f"ZC{number:04d}", f"{country.boards[board].name} CARE CIC".upper(), False, board)
        for number, board in enumerate(lacking, 1)
    ]
    return found + named


def _silent_provider(providers: list[Provider]) -> int:
    """The last of the board that has most: its board goes on with the rest."""
    boards = [provider.board for provider in providers]
    fullest = max(sorted(set(boards)), key=boards.count)
    return max(place for place, board in enumerate(boards) if board == fullest)


def _residents(country: Country, people: People) -> dict[str, np.ndarray]:
    by_age = people.residents.sum(axis=1)
    ages = {"adults": slice(18, None), "children": slice(0, 18)}
    return {
        group: np.bincount(country.board_index, weights=by_age[:, years].sum(axis=1))
        for group, years in ages.items()
    }


def _planted_shares(
    country: Country, months: list[date], seed: int, truth: Truth, residents: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The share [board, month] over 18 weeks of each age group, and what was planted told to the truth."""
    boards, period = [board.code for board in country.boards], month_ends(months[-1])
    shares = {}
    for group, of_board in residents.items():
        waiting = of_board / 1000 * WAITING_PER_1000[group]
        kind, cv = ("unexplained", 0.12) if group == "adults" else ("chance", 0.0)
        over_18 = f"community_over_18_weeks_{group}"
        planted = truth.planted(plant(over_18, boards, months, seed, kind, cv, area_type="icb"))
        shares[group] = OVER_18_WEEKS[group] * planted.level
        truth.expect(over_18, period, boards, waiting * shares[group][:, -1], waiting, 100, "icb")
        chance = {
            f"community_waiting_{group}": (waiting, of_board, 1000),
            f"community_over_52_weeks_{group}": (waiting * OVER_52_WEEKS[group], waiting, 100),
        }
        for indicator, (count, among, multiplier) in chance.items():
            truth.planted(plant(indicator, boards, months, seed, "chance", area_type="icb"))
            if count.mean() > FEWEST_TO_TELL_A_LEVEL:
                truth.expect(indicator, period, boards, count, among, multiplier, "icb")
    return shares


def _draw(
    rng: np.random.Generator,
    providers: list[Provider],
    group: str,
    residents: np.ndarray,
    over_18: np.ndarray,
) -> np.ndarray:
    """People waiting [provider, service, weeks]: a Poisson number a board, shared out among providers and services."""
    boards = np.array([provider.board for provider in providers])
    part = np.array(
        [[_runs(provider, name) * share for name, share in SERVICES[group].items()] for provider in providers]
    )
    part = part / np.bincount(boards, weights=part.sum(axis=1))[boards][:, None]
    mean = residents[boards][:, None] / 1000 * WAITING_PER_1000[group] * part
    over_52 = OVER_52_WEEKS[group]
    weeks = np.concatenate(
        [
            np.outer(1 - over_18, UNDER_18_WEEKS),
            (over_18 - over_52)[:, None],
            np.tile([over_52 * (1 - OVER_104_OF_OVER_52), over_52 * OVER_104_OF_OVER_52], (len(over_18), 1)),
        ],
        axis=1,
    )
    return rng.poisson(mean[:, :, None] * weeks[boards][:, None, :])


def _runs(provider: Provider, service: str) -> bool:
    return not (provider.is_acute and service == NOT_IN_ACUTE_TRUSTS)


def _write_month(
    into: Path,
    country: Country,
    providers: list[Provider],
    month: date,
    weeks: dict[str, np.ndarray],
    alone: list[int],
    silent: int | None,
) -> None:
    blank = np.array(
        [
            [place == silent or not _runs(provider, name) for group in SERVICES for name in SERVICES[group]]
            for place, provider in enumerate(providers)
        ]
    )
    drawn = np.concatenate(list(weeks.values()), axis=1)
    named = f"by service, {month:%B %Y}"
    sheets = {
        "Cover page": [
            ["Title:", "Community Health Services Waiting Times"],
            ["Summary:", f"This workbook describes {country.name}, which is invented."],
            ["Basis:", "Provider"],
            ["Revised:", "-"],
        ],
        "Table 1": _table_of_silence(country, providers, month, silent),
        "Table 3": [
            [f"National overview of waiting list metrics {named}"],
            [None, "Total waiting list"],
            [country.name, int(drawn.sum()) + sum(alone)],
        ],
        "Table 4": _table(country, providers, f"Total waiting list {named}", drawn.sum(axis=2), blank, alone),
    }
    for place, (name, title) in enumerate(TABLES.items()):
        sheets[name] = _table(country, providers, f"{title} {named}", drawn[:, :, place], blank, [None, None])
    write_workbook(into / f"Community-health-services-waiting-lists-{month:%Y-%m-%B}.xlsx", sheets)


def _table(
    country: Country,
    providers: list[Provider],
    title: str,
    people: np.ndarray,
    blank: np.ndarray,
    alone: list[int | None],
) -> list[list[object]]:
    """A sheet by service: the country, regions, boards, providers. ``alone``: of services of the country only."""
    boards = np.array([provider.board for provider in providers])
    regions = np.array([country.boards[board].parent for board in boards])
    services = [f"{PREFIXES[group]} {name}" for group in SERVICES for name in SERVICES[group]]
    national_only = [f"{PREFIXES[group]} {name}" for group, name in FOR_THE_COUNTRY_ALONE.items()]

    def row(kind: str, code: str | None, name: str, chosen: np.ndarray) -> list[object]:
        sums, nobody = people[chosen].sum(axis=0).tolist(), blank[chosen].all(axis=0).tolist()
        counts = [None if absent else each for each, absent in zip(sums, nobody, strict=True)]
        return [kind, code, name, *counts, *(alone if kind == "National" else [None] * len(alone))]

    everybody = np.ones(len(providers), dtype=bool)
    return [
        [title],
        ["Blanks indicate no organisation submitted for the service line."],
        [*IDENTITY, *services, *national_only],
        row("National", None, country.name, everybody),
        *(
            row("Region", area.code, area.name.upper(), regions == n)
            for n, area in enumerate(country.regions)
        ),
        *(row("ICB", area.code, area.name.upper(), boards == n) for n, area in enumerate(country.boards)),
        *(
            row("Provider", provider.code, provider.name, np.arange(len(providers)) == n)
            for n, provider in enumerate(providers)
            if not blank[n].all()
        ),
    ]


def _table_of_silence(
    country: Country, providers: list[Provider], month: date, silent: int | None
) -> list[list[object]]:
    """Organisations that sent nothing, in the months of the financial year so far."""
    since_april = month_list((month.month - 4) % 12 + 1, (month.year, month.month))
    board = None if silent is None else providers[silent].board
    rows = [
        ["ICB", area.name, *([0] * (len(since_april) - 1)), int(place == board)]
        for place, area in enumerate(country.boards)
    ]
    return [
        [f"Number of organisations of {len(providers)} in scope that did not submit data"],
        ["Organisation Type", "Organisation Name", *(f"{each:%b-%y}" for each in since_april)],
        [None, country.name, *([0] * (len(since_april) - 1)), int(silent is not None)],
        *rows,
    ]
