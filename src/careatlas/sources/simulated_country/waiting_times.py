"""Referral-to-treatment waiting times of the simulated country: who treats whom, how many, after how long.

In the last month one trust does not report at all and two report only part of what they completed, as happens
in real months. The history of reporting trusts shows who was to be expected. The file's layout is in
`waiting_times_file.py`.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from careatlas.sources.simulated_country import files, places, planting
from careatlas.sources.simulated_country.geography import Country
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.planting import plant, stream
from careatlas.sources.simulated_country.truth import Truth, month_ends
from careatlas.sources.simulated_country.waiting_times_file import (
    COMPLETED,
    MORE_SPECIALTIES,
    PARTS,
    SPECIALTIES,
    WEEKS,
    Flows,
    Labels,
    Reported,
    write_extract,
)

PER_1000 = {"completed": 24.4, "new_periods": 27.9, "incomplete": 112.0}
ADMITTED_SHARE, DECISION_TO_ADMIT_SHARE, UNKNOWN_START_SHARE = 0.195, 0.165, 0.0015
# Waits follow a Weibull distribution (scale in weeks, shape): about 60 % wait under 18 weeks, 2 % over 52.
WAITS = {
    "completed_admitted": (17.0, 1.1),
    "completed_non_admitted": (12.5, 1.1),
    "incomplete": (18.8, 1.34),
    "incomplete_with_decision_to_admit": (22.0, 1.34),
}
HOME_SHARE, INDEPENDENT_SHARE, HUB_SHARE = 0.68, 0.08, 0.02
DEPENDENCE = 0.05  # a smaller share of an area's pathways can be absent and nobody is misled
PARTIAL_REPORTING = 0.42  # what is left of the completed pathways of a trust that reports in part


@dataclass(frozen=True)
class Expected:
    """Expected pathways [commissioner, month] by part, and the scale of waits [commissioner, month]."""

    pathways: dict[str, np.ndarray]
    wait_scale: np.ndarray


def write_waiting_times(
    into: Path,
    country: Country,
    people: People,
    months: list[date],
    seed: int,
    truth: Truth,
    full_size: bool,
) -> None:
    specialties = MORE_SPECIALTIES if full_size else SPECIALTIES
    flows = _flows(country, seed, len(specialties), full_size)
    expected = _expected(country, people, months, seed, truth)
    silent, partial = _poor_reporters(country, flows, expected)
    labels = Labels.of(country, list(specialties.items()))
    in_areas = flows.commissioner < len(country.sub_areas)
    before = _before_the_merger(flows, labels, months)

    def write_month(position: int) -> tuple[dict, np.ndarray]:
        month, is_last = months[position], position == len(months) - 1
        reported = _draw(stream(seed, "rtt", month), flows, expected, position)
        if is_last:
            _report_in_part(reported, flows, partial)
        present = (flows.provider != silent) | (not is_last)
        merged = month >= places.MERGED_FROM
        write_extract(into, month, labels, flows if merged else before, reported, present)
        totals = {
            name: {part: int(reported.pathways(part)[rows].sum()) for part in PARTS}
            for name, rows in (("all_commissioners", present), ("in_areas", present & in_areas))
        }
        over_18 = reported.waits["incomplete"][:, 18:].sum(axis=1) * present
        return totals, np.bincount(flows.provider, weights=over_18, minlength=len(country.trusts))

    with ThreadPoolExecutor(1 if full_size else 2) as pool:  # a full-size month takes some 400 MB
        written = list(pool.map(write_month, range(len(months))))
    for month, (totals, _) in zip(months, written, strict=True):
        truth.total("rtt", f"{month:%Y-%m}", totals)
    _write_history(into, country, flows, months, [over_18 for _, over_18 in written], silent)
    _tell(truth, country, flows, expected, months, silent, partial)


def _flows(country: Country, seed: int, specialties: int, full_size: bool) -> Flows:
    """Each area's people go mostly to its nearest acute trust, then to the next ones, some to an independent.

    Care commissioned for a whole region goes to one of its trusts: its commissioner is not an area.
    """
    rng = stream(seed, "flows")
    acute, independent = country.trusts_of_kind("acute"), country.trusts_of_kind("independent")
    apart = country.distances_km[:, [country.trusts[trust].seat for trust in acute]]
    apart_independent = country.distances_km[:, [country.trusts[trust].seat for trust in independent]]
    others, clinics, every_specialty = (21, 16, specialties) if full_size else (1, 1, 2)
    entries: list[tuple[int, int, int, float]] = []
    for area in range(len(country.sub_areas)):
        nearest = np.argsort(apart[area], kind="stable")
        has_clinic = full_size or rng.random() < 0.6
        for_clinics = INDEPENDENT_SHARE if has_clinic else 0.0
        home = HOME_SHARE + rng.uniform(-0.08, 0.08)
        next_shares = 0.5 ** np.arange(others)
        trusts = {acute[nearest[0]]: home}
        rest = (1 - home - for_clinics) * next_shares / next_shares.sum()
        trusts |= {acute[nearest[place + 1]]: share for place, share in enumerate(rest)}
        for trust, share in trusts.items():
            mix = rng.dirichlet(np.full(specialties, 30.0))
            entries += [(area, trust, specialty, share * part) for specialty, part in enumerate(mix)]
        if has_clinic:
            for place in np.argsort(apart_independent[area], kind="stable")[:clinics]:
                share = for_clinics / clinics / every_specialty
                entries += [
                    (area, independent[place], specialty, share) for specialty in range(every_specialty)
                ]
    for region in range(len(country.regions)):
        seat = next(
            trust
            for trust in acute
            if country.region_of(country.trusts[trust].seat) is country.regions[region]
        )
        hub = len(country.sub_areas) + region
        entries += [(hub, seat, specialty, 1 / specialties) for specialty in range(specialties)]
    commissioner, provider, specialty, share = zip(*entries, strict=True)
    return Flows(np.array(commissioner), np.array(provider), np.array(specialty), np.array(share))


def _before_the_merger(flows: Flows, labels: Labels, months: list[date]) -> Flows:
    """The same flows while the merged sub-area was two: one the people of its main trust, the other all others.
    Where no month is after the merger it is not shown."""
    if months[-1] < places.MERGED_FROM:
        return flows
    within = flows.commissioner == places.MERGED_SUB_AREA
    main_trust = np.bincount(flows.provider[within], weights=flows.share[within]).argmax()
    north, south = (
        labels.commissioner["Commissioner Org Code"].index(code) for code, _, _ in places.PARTS_OF_IT
    )
    part = np.where(flows.provider == main_trust, north, south)
    return replace(flows, commissioner=np.where(within, part, flows.commissioner))


def _expected(country: Country, people: People, months: list[date], seed: int, truth: Truth) -> Expected:
    codes = [area.code for area in country.sub_areas]
    completed = truth.planted(
        plant("completed_pathways", codes, months, seed, "unexplained", 0.12, worse_is_higher=False)
    )
    listed = truth.planted(plant("waiting_list", codes, months, seed, "unexplained", 0.15))
    waits = truth.planted(
        plant("within_18_weeks", codes, months, seed, "unexplained", 0.06, acts_on="length of waits")
    )
    need_weighted = people.weighted_in_areas("G&A WP") / 1000
    ups_and_downs = planting.season(months, 0.04, 10) * planting.shock(months)
    done = need_weighted[:, None] * PER_1000["completed"] * completed.level * ups_and_downs
    rng = stream(seed, "rtt expected")
    admitted_share = ADMITTED_SHARE * np.exp(0.08 * rng.standard_normal((len(codes), 1)))
    started = (
        done
        * PER_1000["new_periods"]
        / PER_1000["completed"]
        * np.exp(0.02 * rng.standard_normal(done.shape))
    )
    growth = np.linspace(0.97, 1.0, len(months))
    waiting = need_weighted[:, None] * PER_1000["incomplete"] * listed.level * growth
    to_admit = waiting * DECISION_TO_ADMIT_SHARE * np.exp(0.1 * rng.standard_normal((len(codes), 1)))
    of_areas = {
        "completed_admitted": done * admitted_share,
        "completed_non_admitted": done * (1 - admitted_share),
        "incomplete": waiting,
        "incomplete_with_decision_to_admit": to_admit,
        "new_periods": started,
    }
    region_of_area = np.array([country.boards[board].parent for board in country.board_index])
    with_hubs = {
        part: np.vstack([figures, _regional(figures, region_of_area, len(country.regions)) * HUB_SHARE])
        for part, figures in of_areas.items()
    }
    wait_scale = np.vstack([waits.level, np.ones((len(country.regions), len(months)))])
    _expect(truth, codes, of_areas, waits.level, people, months)
    ends = [month_ends(month)[1] for month in months]
    truth.lasting(
        "completed_pathways", ends, codes, PER_1000["completed"] * completed.lasting * ups_and_downs
    )
    truth.lasting("waiting_list", ends, codes, PER_1000["incomplete"] * listed.lasting * growth)
    truth.lasting("within_18_weeks", ends, codes, 100 * _within(18, "incomplete", waits.lasting))
    return Expected(with_hubs, wait_scale)


def _regional(figures: np.ndarray, region_of_area: np.ndarray, regions: int) -> np.ndarray:
    return np.stack([figures[region_of_area == region].sum(axis=0) for region in range(regions)])


def _expect(
    truth: Truth,
    codes: list[str],
    of_areas: dict[str, np.ndarray],
    wait_level: np.ndarray,
    people: People,
    months: list[date],
) -> None:
    last = {part: figures[:, -1] for part, figures in of_areas.items()}
    period, weighted = month_ends(months[-1]), people.weighted_in_areas("G&A WP")
    done = last["completed_admitted"] + last["completed_non_admitted"]
    for indicator, count in {
        "completed_pathways": done,
        "completed_admitted_pathways": last["completed_admitted"],
        "completed_non_admitted_pathways": last["completed_non_admitted"],
        "new_pathways": last["new_periods"],
        "waiting_list": last["incomplete"],
    }.items():
        truth.expect(indicator, period, codes, count, weighted, 1000)
    within = last["incomplete"] * _within(18, "incomplete", wait_level[:, -1])
    truth.expect("within_18_weeks", period, codes, within, last["incomplete"], 100)
    beyond = last["incomplete"] * (1 - _within(52, "incomplete", wait_level[:, -1]))
    truth.expect("over_52_weeks", period, codes, beyond, last["incomplete"], 100)


def _within(weeks: float, part: str, wait_scale: np.ndarray) -> np.ndarray:
    scale, shape = WAITS[part]
    return 1 - np.exp(-((weeks / (scale * wait_scale)) ** shape))


def _poor_reporters(country: Country, flows: Flows, expected: Expected) -> tuple[int, tuple[int, int]]:
    """The trust that is silent in the last month, and the two with the longest lists, which report in part.

    No area depends on two of them, so that each fault can be seen by itself.
    """
    waiting = _by_provider(flows, expected.pathways["incomplete"][:, -1], len(country.trusts))
    longest_first = sorted(country.trusts_of_kind("acute"), key=lambda trust: -waiting[trust])
    areas = {trust: set(np.flatnonzero(_shares_of(flows, trust) > DEPENDENCE)) for trust in longest_first}
    first = longest_first[0]
    second = next(trust for trust in longest_first if not areas[trust] & areas[first])
    apart = [trust for trust in longest_first if not areas[trust] & (areas[first] | areas[second])]
    return apart[len(apart) // 3], (first, second)


def _shares_of(flows: Flows, trust: int) -> np.ndarray:
    """The trust's share of each commissioner's pathways."""
    return np.bincount(flows.commissioner, weights=flows.share * (flows.provider == trust))


def _by_provider(flows: Flows, of_commissioners: np.ndarray, trusts: int) -> np.ndarray:
    return np.bincount(
        flows.provider, weights=of_commissioners[flows.commissioner] * flows.share, minlength=trusts
    )


def _draw(rng: np.random.Generator, flows: Flows, expected: Expected, position: int) -> Reported:
    """One month's pathways by part, flow and week waited; a sum of Poisson numbers is a Poisson number."""
    reported = Reported(waits={}, without_week={})
    wait_scale = expected.wait_scale[:, position]
    for part, pathways in expected.pathways.items():
        mean = pathways[flows.commissioner, position] * flows.share
        unknown_start = UNKNOWN_START_SHARE if part in COMPLETED else 0.0
        if part == "new_periods":
            reported.without_week[part] = rng.poisson(mean)
            continue
        by_week = _shares_by_week(part, wait_scale)
        if (
            part == "incomplete_with_decision_to_admit"
        ):  # some of the incomplete, more of those who wait longer
            chosen = pathways[:, position] / expected.pathways["incomplete"][:, position]
            chosen = chosen[:, None] * by_week / np.maximum(_shares_by_week("incomplete", wait_scale), 1e-9)
            waits = rng.binomial(reported.waits["incomplete"], np.minimum(chosen, 1)[flows.commissioner])
        else:
            waits = rng.poisson((1 - unknown_start) * mean[:, None] * by_week[flows.commissioner])
        reported.waits[part] = waits.astype(np.int32)
        if part in COMPLETED:
            reported.without_week[part] = rng.poisson(mean * unknown_start)
    return reported


def _shares_by_week(part: str, wait_scale: np.ndarray) -> np.ndarray:
    """The share of pathways [commissioner, week] by week waited; the last week holds all longer waits."""
    upper = np.stack([_within(week, part, wait_scale) for week in range(1, WEEKS)], axis=1)
    edges = np.concatenate([np.zeros((len(upper), 1)), upper, np.ones((len(upper), 1))], axis=1)
    return np.diff(edges, axis=1)


def _report_in_part(reported: Reported, flows: Flows, partial: tuple[int, int]) -> None:
    rows = np.isin(flows.provider, partial)
    for part in COMPLETED:
        for figures in (reported.waits[part], reported.without_week[part]):
            figures[rows] = np.floor(figures[rows] * PARTIAL_REPORTING + 0.5).astype(figures.dtype)


def _write_history(
    into: Path,
    country: Country,
    flows: Flows,
    months: list[date],
    over_18_by_month: list[np.ndarray],
    silent: int,
) -> None:
    """Which trusts reported in each month, with how many waiting over 18 weeks (treatment: Total)."""
    reporting = np.unique(flows.provider).tolist()
    rows = [
        (country.trusts[trust].code, country.trusts[trust].name, month, over_18[trust])
        for month, over_18 in zip(months, over_18_by_month, strict=True)
        for trust in reporting
        if not (month == months[-1] and trust == silent)
    ]
    files.write_parquet(
        into / "england_rtt_trust.parquet",
        {
            "nhs_trust22_code": [row[0] for row in rows],
            "nhs_trust22_name": [row[1] for row in rows],
            "date": [row[2].isoformat() for row in rows],
            "year": [float(row[2].year) for row in rows],
            "month": [f"{row[2]:%b}" for row in rows],
            "treatment": ["Total"] * len(rows),
            "waits_over_18_weeks": [float(row[3]) for row in rows],
            "waits_over_52_weeks": [float(round(row[3] * 0.05)) for row in rows],
        },
    )


def _tell(
    truth: Truth,
    country: Country,
    flows: Flows,
    expected: Expected,
    months: list[date],
    silent: int,
    partial: tuple[int, int],
) -> None:
    def shares(trust: int) -> dict[str, float]:
        """The trust's share of each area's pathways: 1 % and more."""
        carried = _shares_of(flows, trust)
        return {
            area.code: round(float(carried[place]), 4)
            for place, area in enumerate(country.sub_areas)
            if carried[place] > 0.01
        }

    def told(trust: int) -> dict:
        return {
            "provider": country.trusts[trust].code,
            "name": country.trusts[trust].name,
            "month": f"{months[-1]:%Y-%m}",
            "share_of_areas": shares(trust),
        }

    truth.note(
        "merger",
        {
            "source": "rtt",
            "new": country.sub_areas[places.MERGED_SUB_AREA].code,
            "old": [code for code, _, _ in places.PARTS_OF_IT],
            "from": places.MERGED_FROM.isoformat(),
        },
    )
    truth.note("absent_provider", told(silent) | {"months_present": len(months) - 1})
    waiting = _by_provider(flows, expected.pathways["incomplete"][:, -1], len(country.trusts))
    truth.note(
        "partial_submitters",
        [
            told(trust) | {"reported": PARTIAL_REPORTING, "expected_waiting": round(waiting[trust])}
            for trust in partial
        ],
    )
