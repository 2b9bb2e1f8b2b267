"""A country with savings planted in it, and a ledger of it: what initiatives claim beside what was really saved.

42 boards, 36 activities by month of 20 to 5,000 events each: a season and a trend of their own, monthly errors of 4 %
of which .3 carries over, and chance. Of all pairs of board and activity the third that had the worst January to March
is where something began in April 2023, so that some of it comes back by itself. A quarter of these lose 0, 5, 10 and
20 % of their events each. Four initiatives claim on most pools; one of them claims what another saved too. One in four
harms quality by two standard deviations.
"""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from small_release import release_of

from careatlas.engine.release import Release
from careatlas.improve.delivery.ledger.claims import phased_as
from careatlas.improve.delivery.models import Claim, Figure, Initiative, Measure, Pool
from careatlas.improve.delivery.months import first_day, last_day, month_of
from careatlas.improve.people import organisations

BOARDS, ACTIVITIES, POOLS, INITIATIVES = 42, 36, 504, 2000
EFFECTS = (0.0, 0.05, 0.1, 0.2)
YEAR, BEFORE, AFTER = 2023, 60, 12
START = month_of(date(YEAR, 4, 1))
CARRIED_OVER, ERROR, SHOCK = 0.3, 0.04, 0.08
IN_THE_PANDEMIC = (
    month_of(date(2020, 3, 1)),
    month_of(date(2021, 3, 1)),
)  # the shock's months: the atlas knows them
UNKNOWN_SHOCK = (month_of(date(2021, 4, 1)), month_of(date(2022, 4, 1)))  # a year that nobody registered


class Planted(NamedTuple):
    """``saved`` and ``effect`` by pool, ``is_harmed`` by initiative."""

    release: Release
    saved_pence: dict[int, int]
    effect: dict[int, float]
    is_harmed: dict[int, bool]


def planted_ledger(home: Path, seed: int, shock: tuple[int, int] = IN_THE_PANDEMIC) -> Planted:
    rng = np.random.default_rng(seed)
    usual, deviation = _activity(rng, shock)
    spell = deviation[:, BEFORE - 3 : BEFORE].mean(axis=1)
    chosen = np.sort(np.argsort(-spell)[:POOLS])
    effect = rng.permutation(np.resize(EFFECTS, POOLS))
    seen = usual.copy()
    seen[chosen, BEFORE:] = rng.binomial(usual[chosen, BEFORE:], 1 - effect[:, None])
    release = _release(home, seen)
    organisations.take_from(release)
    pence = np.exp(rng.uniform(np.log(10_000), np.log(200_000), POOLS)).astype(int)
    pools = Pool.objects.bulk_create(
        Pool(area_id=_board(pair), programme="planned_care", cost_line=_activity_id(pair), year=YEAR,
             began_on=first_day(START), indicator=_activity_id(pair), unit_cost_pence=int(each))
        for pair, each in zip(chosen, pence, strict=True)
    )  # fmt: skip
    saved = (usual - seen)[chosen].sum(axis=1) * pence
    expected = 0.05 * usual[chosen, BEFORE:].sum(axis=1) * pence
    initiatives = _claims(rng, pools, saved, np.where(effect == 0, expected, saved))
    return Planted(
        release,
        {pool.pk: int(each) for pool, each in zip(pools, saved, strict=True)},
        {pool.pk: float(each) for pool, each in zip(pools, effect, strict=True)},
        _quality(rng, initiatives),
    )


def _activity(rng: np.random.Generator, shock: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Events ``[pair, month]``, and how far each month lies from its own season and trend."""
    pairs, month = BOARDS * ACTIVITIES, np.arange(BEFORE + AFTER)
    of_activity = np.arange(pairs) // BOARDS
    phase, height = (
        rng.uniform(0, 12, ACTIVITIES)[of_activity],
        rng.uniform(0.03, 0.12, ACTIVITIES)[of_activity],
    )
    season = height[:, None] * np.sin(2 * np.pi * (month + phase[:, None]) / 12)
    in_shock = (month + START - BEFORE >= shock[0]) & (month + START - BEFORE < shock[1])
    level = np.exp(rng.uniform(np.log(20), np.log(5000), (pairs, 1)))
    trend = rng.normal(0.001, 0.002, (pairs, 1)) * (month - BEFORE)
    expected = level * np.exp(season + trend + SHOCK * in_shock)
    error = _carried(rng, (pairs, BEFORE + AFTER)) * ERROR
    events = rng.poisson(expected * np.exp(error))
    return events, events / expected - 1


def _carried(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Of standard deviation 1, each month keeping a part of the last."""
    error = rng.standard_normal(shape)
    for month in range(1, shape[-1]):
        fresh = np.sqrt(1 - CARRIED_OVER**2) * error[..., month]
        error[..., month] = CARRIED_OVER * error[..., month - 1] + fresh
    return error


def _board(pair: int) -> str:
    return f"B{pair % BOARDS:02d}"


def _activity_id(pair: int) -> str:
    return f"activity_{pair // BOARDS:02d}"


def _release(home: Path, seen: np.ndarray) -> Release:
    areas = [{"code": "SIM", "name": "Simland", "area_type": "country"}]
    areas += [
        {"code": f"R{n}", "name": f"Region {n}", "area_type": "region", "parent_code": "SIM"}
        for n in range(7)
    ]
    areas += [
        {"code": _board(n), "name": f"Board {n}", "area_type": "icb", "parent_code": f"R{n % 7}"}
        for n in range(BOARDS)
    ]
    values = [
        {"indicator": _activity_id(pair), "area_type": "icb", "area": _board(pair), "sex": "persons",
         "age_band": "all", "status": "reported", "period_start": first_day(month), "period_end": last_day(month),
         "count": float(events), "value": float(events)}
        for pair, row in enumerate(seen) for month, events in enumerate(row, START - BEFORE)
    ]  # fmt: skip
    release = release_of(home, areas=areas, values=values)
    about = {"unit": "attendances", "numerator": {"table": "activity"}}
    release.catalogue["indicators"] |= {_activity_id(BOARDS * n): about for n in range(ACTIVITIES)}
    return release


def _claims(
    rng: np.random.Generator, pools: list[Pool], saved: np.ndarray, believed: np.ndarray
) -> list[Initiative]:
    """Who believes to have saved what, a fifth more or less than they did, and one of a pool what another did too."""
    drawn = np.resize(np.arange(len(pools)), INITIATIVES)
    initiatives = Initiative.objects.bulk_create(
        Initiative(organisation_id=pools[pool].area_id, title=f"Initiative {number}", status="running",
                   workstream=("planned_care", "back_office", "technology")[number % 3], starts_on=first_day(START))
        for number, pool in enumerate(drawn)
    )  # fmt: skip
    claims = []
    for place, pool in enumerate(pools):
        members = np.flatnonzero(drawn == place)
        own = rng.dirichlet(np.full(len(members), 4)) * believed[place]
        told = own * rng.uniform(0.8, 1.2, len(members))
        told[0] += own[1]
        for member, pence in zip(members, told.round(), strict=True):
            amount = max(int(pence), 1)
            claims.append(
                Claim(initiative=initiatives[member], pool=pool, timing="recurrent", form="cost avoided",
                      pence=amount, phasing=phased_as([1] * 12, amount))
            )  # fmt: skip
    Claim.objects.bulk_create(claims)
    return initiatives


def _quality(rng: np.random.Generator, initiatives: list[Initiative]) -> dict[int, bool]:
    """A measure each, by month, from three years before on."""
    is_harmed = rng.permutation(np.arange(len(initiatives)) % 4 == 0)
    value = 90 + _carried(rng, (len(initiatives), 36 + AFTER))
    value[is_harmed, 36:] -= 2
    measures = Measure.objects.bulk_create(
        Measure(initiative=one, kind="quality", title="Seen in time", better="higher") for one in initiatives
    )
    Figure.objects.bulk_create(
        (
            Figure(measure=measure, month=first_day(month), value=float(each))
            for measure, row in zip(measures, value, strict=True)
            for month, each in enumerate(row, START - 36)
        ),
        batch_size=5000,
    )
    return {one.pk: bool(each) for one, each in zip(initiatives, is_harmed, strict=True)}
