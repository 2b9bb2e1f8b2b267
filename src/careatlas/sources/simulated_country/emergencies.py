"""A&E of the simulated country: the monthly CSV, a row a provider and a last row of totals.

In the first months some trusts do not report four-hour waits and carry 0 over four hours beside thousands of
attendances, as the real field-test trusts did.
"""

from datetime import date
from pathlib import Path

import numpy as np

from careatlas.sources.simulated_country import files
from careatlas.sources.simulated_country.board_emergencies import boards_of, write_board_emergencies
from careatlas.sources.simulated_country.geography import Country, Trust
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.planting import plant, season, shock, stream
from careatlas.sources.simulated_country.truth import Truth, month_ends

TYPE_1_PER_1000, OTHER_PER_1000, OVER_FOUR_HOURS = 25.0, 13.0, 0.34
TRUSTS_NOT_REPORTING_WAITS, MONTHS_NOT_REPORTED = 4, 9
TOTAL_SPELT = ("TOTAL", "Total", "TOTAl")
ATTENDANCES = "A&E attendances {}"
OVER_4 = "Attendances over 4hrs {}"
KINDS = ("Type 1", "Type 2", "{}", "Booked Appointments Type 1", "Booked Appointments Type 2",
         "Booked Appointments Other Department")  # fmt: skip


def write_accident_emergency(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    acute, community = country.trusts_of_kind("acute"), country.trusts_of_kind("community")
    reporting = [country.trusts[place] for place in (*acute, *community)]
    codes = [trust.code for trust in reporting]
    major, minor = _attendances(country, people, months, seed, len(acute), len(community))
    silent = _busiest(major, TRUSTS_NOT_REPORTING_WAITS)
    breaches = truth.planted(
        plant(
            "ae_four_hours",
            codes[: len(acute)],
            months,
            seed,
            "unexplained",
            0.12,
            area_type="provider",
            ordinary=tuple(codes[place] for place in silent),
            acts_on="share over four hours in type 1 departments",
        )
    )
    over_share = np.minimum(OVER_FOUR_HOURS * breaches.level * season(months, 0.08, 1), 0.9)
    by_board = []
    for position, month in enumerate(months):
        rng = stream(seed, "accident and emergency", month)
        table = _month_of_emergencies(rng, major[:, position], minor[:, position], over_share[:, position])
        by_board.append({heading: figures.copy() for heading, figures in table.items()})
        if position < MONTHS_NOT_REPORTED:
            for name in table:
                if name.startswith("Attendances over 4hrs"):
                    table[name][silent] = 0
        _write_month_of_emergencies(into, country, reporting, table, month, position)
        timed = ~np.isin(np.arange(len(reporting)), silent if position < MONTHS_NOT_REPORTED else [])
        _total_emergencies(truth, month, table, timed)
    write_board_emergencies(into, country, reporting, months, by_board)
    _expect_by_board(
        truth, country, people, reporting, months[-1], (major[:, -1], minor[:, -1], over_share[:, -1])
    )
    last = major[: len(acute), -1]
    other = minor[: len(acute), -1]
    over = last * over_share[:, -1] + other * 0.03
    period = month_ends(months[-1])
    truth.expect(
        "ae_four_hours", period, codes[: len(acute)], last + other - over, last + other, 100, "provider"
    )
    truth.note(
        "not_reporting_four_hours",
        [
            {"provider": codes[place], "months": [f"{month:%Y-%m}" for month in months[:MONTHS_NOT_REPORTED]]}
            for place in silent
        ],
    )


def _expect_by_board(
    truth: Truth,
    country: Country,
    people: People,
    reporting: list[Trust],
    month: date,
    means: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """``means``: expected type 1 and other attendances by trust, and the share over four hours of the acute ones."""
    major, minor, over_share = means
    over = minor * 0.03
    over[: len(over_share)] += major[: len(over_share)] * over_share
    board_of_trust = boards_of(country, reporting)
    known = np.unique(board_of_trust)
    codes = [country.boards[place].code for place in known]
    residents = np.bincount(country.board_index, people.residents.sum(axis=(1, 2)))[known]
    attending = np.bincount(board_of_trust, major + minor)[known]
    late = np.bincount(board_of_trust, over)[known]
    period = month_ends(month)
    truth.expect("ae_attendances_at_boards", period, codes, attending, residents, 1000, "icb")
    truth.expect("ae_four_hours_at_boards", period, codes, attending - late, attending, 100, "icb")


def catchments(country: Country, people: People) -> np.ndarray:
    """Thousands of people of each acute trust: people go to the nearest."""
    seats = np.array([country.trusts[place].seat for place in country.trusts_of_kind("acute")])
    nearest = country.distances_km[:, seats].argmin(axis=1)
    return np.bincount(nearest, weights=people.residents.sum(axis=(1, 2)) / 1000, minlength=len(seats))


def _attendances(
    country: Country, people: People, months: list[date], seed: int, acute: int, community: int
) -> tuple[np.ndarray, np.ndarray]:
    """Expected type 1 and other attendances [trust, month]."""
    residents = people.residents.sum(axis=(1, 2)) / 1000
    catchment = catchments(country, people)
    rng = stream(seed, "attendances")
    monthly = season(months, 0.05, 7) * shock(months)
    major = np.zeros((acute + community, len(months)))
    major[:acute] = catchment[:, None] * TYPE_1_PER_1000 * monthly
    minor = np.empty_like(major)
    minor[:acute] = catchment[:, None] * OTHER_PER_1000 * monthly * 0.7
    minor[acute:] = (
        residents.sum() * OTHER_PER_1000 * 0.3 / community * rng.uniform(0.6, 1.4, (community, 1)) * monthly
    )
    return major, minor


def _busiest(major: np.ndarray, how_many: int) -> list[int]:
    """Trusts in the upper middle by size: all have well over 1,000 type 1 attendances."""
    order = np.argsort(-major.min(axis=1), kind="stable")
    return sorted(order[4 : 4 + how_many].tolist())


def _month_of_emergencies(
    rng: np.random.Generator, major: np.ndarray, minor: np.ndarray, over_share: np.ndarray
) -> dict[str, np.ndarray]:
    kinds = [kind.format("Other A&E Department") for kind in KINDS]
    over_kinds = [kind.format("Other Department") for kind in KINDS]
    everyone = np.zeros(len(major))
    share = np.concatenate([over_share, np.zeros(len(major) - len(over_share))])
    means = [major * 0.98, minor * 0.06, minor * 0.91, major * 0.02, everyone, minor * 0.03]
    shares = [share, 0.03, 0.03, share, 0.0, 0.03]
    seen = [rng.poisson(mean) for mean in means]
    late = [rng.binomial(count, part) for count, part in zip(seen, shares, strict=True)]
    admitted = rng.binomial(seen[0], 0.28)
    waited = rng.binomial(admitted, 0.22)
    table = {ATTENDANCES.format(kind): count for kind, count in zip(kinds, seen, strict=True)}
    table |= {OVER_4.format(kind): count for kind, count in zip(over_kinds, late, strict=True)}
    very_late = rng.binomial(waited, 0.3)
    return table | {
        "Patients who have waited 4-12 hs from DTA to admission": waited - very_late,
        "Patients who have waited 12+ hrs from DTA to admission": very_late,
        "Emergency admissions via A&E - Type 1": admitted,
        "Emergency admissions via A&E - Type 2": rng.binomial(seen[1], 0.02),
        "Emergency admissions via A&E - Other A&E department": rng.binomial(seen[2], 0.005),
        "Other emergency admissions": rng.poisson(major * 0.09),
    }


def _write_month_of_emergencies(
    into: Path,
    country: Country,
    reporting: list[Trust],
    table: dict[str, np.ndarray],
    month: date,
    position: int,
) -> None:
    total = TOTAL_SPELT[position % len(TOTAL_SPELT)]
    regions = [f"NHS ENGLAND {country.region_of(trust.seat).name} ".upper() for trust in reporting]
    columns = {
        "Period": [f"MSitAE-{month:%B-%Y}".upper().replace("MSITAE", "MSitAE")] * len(reporting) + [total],
        "Org Code": [*(trust.code for trust in reporting), total],
        "Parent Org": [*regions, total],
        "Org name": [*(trust.name for trust in reporting), total],
    }
    columns |= {name: np.append(values, values.sum()) for name, values in table.items()}
    content = files.csv_bytes(columns, windows_lines=True, byte_order_mark=position % 12 == 5)
    files.write_bytes(into / f"Monthly-AE-{month:%B-%Y}.csv", content)


def _total_emergencies(truth: Truth, month: date, table: dict[str, np.ndarray], timed: np.ndarray) -> None:
    seen = sum(values for name, values in table.items() if name.startswith("A&E attendances"))
    over = sum(values for name, values in table.items() if name.startswith("Attendances over"))
    truth.total(
        "accident_emergency",
        f"{month:%Y-%m}",
        {
            "attendances": int(seen.sum()),
            "attendances_timed": int(seen[timed].sum()),
            "within_four_hours": int((seen - over)[timed].sum()),
        },
    )
