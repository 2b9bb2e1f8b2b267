"""Staff of the simulated country: the workbooks of the last three months, by region, board, organisation and group.

How many clinicians a trust has is fixed; how many support them is drawn, more in some trusts than in others. Full-time
equivalents add up, as the publisher's do; headcounts are a tenth higher. The columns of the first month stand in
another order, and staff of unknown group have another heading.
"""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import xlsxwriter

from careatlas.sources.simulated_country.emergencies import catchments
from careatlas.sources.simulated_country.geography import Country, Trust
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.planting import plant, stream
from careatlas.sources.simulated_country.population import NEED_EDITIONS
from careatlas.sources.simulated_country.truth import Truth, month_ends
from careatlas.sources.workforce import (
    CLINICIANS,
    DOCTORS,
    GROUPS,
    INFRASTRUCTURE,
    OLD_UNKNOWN,
    PARTS,
    SHEETS,
    SUPPORT,
    TOTAL,
    UNKNOWN,
)

MONTHS_PUBLISHED = 3
HEADS_PER_FULL_TIME = 1.1
REGISTERED_SHARE = 0.56  # of nurses, midwives and their support
PER_1000_PEOPLE = {  # full-time clinicians of an acute trust
    "Nurses & health visitors": 5.0,
    "Midwives": 0.4,
    "Ambulance staff": 0.1,
    "Scientific, therapeutic & technical staff": 2.0,
}
DOCTORS_PER_1000_PEOPLE = 2.0
OTHER_SUPPORT = {"Support to ambulance staff": 0.01, "Support to ST&T staff": 0.12}  # per clinician
INFRASTRUCTURE_PER_CLINICIAN = {
    "Central functions": 0.15,
    "Hotel, property & estates": 0.09,
    "Senior managers": 0.02,
    "Managers": 0.06,
}
OFFICE_STAFF, COMMUNITY_TRUST_THOUSANDS = 300.0, 60.0
COLUMNS = ["NHS England region code", "NHS England region name", "ICS code", "ICS name",
           "Organisation name", "Organisation code"]  # fmt: skip
Staff = dict[str, np.ndarray]  # full-time equivalents by group: [trust]


def write_workforce(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    places = [*country.trusts_of_kind("acute"), *country.trusts_of_kind("community")]
    trusts = [country.trusts[place] for place in places]
    codes = [trust.code for trust in trusts]
    size = np.append(
        catchments(country, people),
        np.full(len(country.trusts_of_kind("community")), COMMUNITY_TRUST_THOUSANDS),
    )
    published = months[-MONTHS_PUBLISHED:]
    registered = truth.planted(
        plant("registered_nursing_share", codes, published, seed, "unexplained", 0.05, area_type="provider")
    )
    clinicians = _clinicians(size)
    into.mkdir(parents=True, exist_ok=True)
    for position, month in enumerate(published):
        rng = stream(seed, "workforce", month)
        expected = _others_expected(clinicians, REGISTERED_SHARE * registered.level[:, position])
        staff = _all_groups(
            clinicians | {group: rng.poisson(mean).astype(float) for group, mean in expected.items()}
        )
        _write_month(into, country, trusts, staff, month, old=position == 0)
        truth.total("workforce", f"{month:%Y-%m}", {"trust_staff": round(float(staff[TOTAL].sum()), 2)})
    _expect(truth, country, people, months[-1], trusts, clinicians, expected)


def _clinicians(size: np.ndarray) -> Staff:
    """Their number is known: nobody is employed by chance."""
    grades = PARTS[DOCTORS]
    staff = {group: (size * rate).round(2) for group, rate in PER_1000_PEOPLE.items()}
    return staff | {grade: (size * DOCTORS_PER_1000_PEOPLE / len(grades)).round(2) for grade in grades}


def _others_expected(clinicians: Staff, registered_share: np.ndarray) -> Staff:
    nursing = clinicians["Nurses & health visitors"] + clinicians["Midwives"]
    everyone = sum(clinicians.values())
    rates = {**OTHER_SUPPORT, **INFRASTRUCTURE_PER_CLINICIAN}
    means = {group: everyone * rate for group, rate in rates.items()}
    means["Support to doctors, nurses & midwives"] = nursing * (1 - registered_share) / registered_share
    return means


def _all_groups(small: Staff) -> Staff:
    """The small groups with the large ones that they make."""
    staff = {**small, UNKNOWN: np.zeros_like(next(iter(small.values())))}
    for whole in (DOCTORS, CLINICIANS, SUPPORT, INFRASTRUCTURE, TOTAL):
        staff[whole] = sum(staff[part] for part in PARTS[whole])
    return staff


def _expect(
    truth: Truth,
    country: Country,
    people: People,
    month: date,
    trusts: list[Trust],
    clinicians: Staff,
    others: Staff,
) -> None:
    codes, period = [trust.code for trust in trusts], month_ends(month)
    staff = _all_groups(clinicians | others)
    nursing = staff["Nurses & health visitors"] + staff["Midwives"]
    managers = staff["Managers"] + staff["Senior managers"]
    for indicator, count, among in (
        (
            "registered_nursing_share",
            nursing,
            nursing + staff["Support to doctors, nurses & midwives"],
        ),
        ("clinical_support_ratio", staff[SUPPORT], staff[CLINICIANS]),
        ("managers_share", managers, staff[TOTAL]),
    ):
        truth.expect(indicator, period, codes, count, among, 100, "provider")
    region_of = [country.board_of(trust.seat).parent for trust in trusts]
    nurses = np.bincount(region_of, weights=staff["Nurses & health visitors"], minlength=len(country.regions))
    region_of_area = [country.board_of(place).parent for place in range(len(country.sub_areas))]
    weighted = np.bincount(region_of_area, weights=people.weighted_in_areas("Final WP"))
    truth.expect(
        "nurses_for_need",
        period,
        [region.code for region in country.regions],
        nurses,
        weighted * NEED_EDITIONS["2024_2025"],
        1000,
        "region",
    )


def _write_month(
    into: Path, country: Country, trusts: list[Trust], staff: Staff, month: date, old: bool
) -> None:
    path = into / f"NHS Workforce Statistics, {month:%B %Y} England and Organisation.xlsx"
    groups = [*GROUPS[:1], *reversed(GROUPS[1:])] if old else list(GROUPS)
    bodies = _bodies(country, trusts, staff)
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as workbook:
        workbook.set_properties({"created": datetime(2026, 3, 1)})
        workbook.add_worksheet("Title sheet").write(0, 0, f"Staff of {country.name}, which is invented.")
        workbook.add_worksheet("1. England")
        for measure, name in SHEETS.items():
            sheet = workbook.add_worksheet(name)
            sheet.write(0, 0, f"Staff by region, board, organisation and main staff group - {measure}")
            sheet.write_row(4, 0, [f"{month:%B %Y} monthly data", measure.replace("_", " ")])
            sheet.write_row(5, 0, [*COLUMNS, *(OLD_UNKNOWN if old and g == UNKNOWN else g for g in groups)])
            for number, (named, figures) in enumerate(bodies, start=7):
                sheet.write_row(number, 0, [*named, *(_written(figures[group], measure) for group in groups)])
            sheet.write(8 + len(bodies), 0, f"Source: {country.name}, an invented country")


def _written(full_time: float, measure: str) -> float:
    return (
        round(full_time, 5) if measure == "full_time_equivalent" else round(full_time * HEADS_PER_FULL_TIME)
    )


def _bodies(country: Country, trusts: list[Trust], staff: Staff) -> list[tuple[list[str], dict[str, float]]]:
    """England, then each region with its boards, each board with its organisations; the office is the first of them."""
    board_of = np.array([country.sub_areas[trust.seat].parent for trust in trusts])
    office = {group: 0.0 for group in GROUPS} | {"Central functions": OFFICE_STAFF}
    office |= {INFRASTRUCTURE: OFFICE_STAFF, TOTAL: OFFICE_STAFF}
    rows, national = [], dict.fromkeys(GROUPS, 0.0)
    for region_place, region in enumerate(country.regions):
        of_region, below = dict.fromkeys(GROUPS, 0.0), []
        for place, board in enumerate(country.boards):
            if board.parent != region_place:
                continue
            here = np.flatnonzero(board_of == place)
            of_board = {group: float(staff[group][here].sum()) + office[group] for group in GROUPS}
            below.append((["", "", board.code, board.name, "", ""], of_board))
            below.append((["", "", "", "", f"NHS {board.name} ICB", board.code], office))
            below += [
                (["", "", "", "", trusts[t].name, trusts[t].code], {g: float(staff[g][t]) for g in GROUPS})
                for t in here
            ]
            of_region = {group: of_region[group] + of_board[group] for group in GROUPS}
        rows += [([region.code, region.name, "", "", "", ""], of_region), *below]
        national = {group: national[group] + of_region[group] for group in GROUPS}
    return [(["", "England", "", "", "", ""], national), *rows]
