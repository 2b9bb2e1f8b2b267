"""Discharges of the simulated country by acute trust: who left on each day, and who waited in each month and why.

Trusts differ by chance alone. Reasons wear the publisher's mixed dashes and no-break spaces.
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from careatlas.sources.simulated_country import files
from careatlas.sources.simulated_country.emergencies import catchments
from careatlas.sources.simulated_country.geography import Country
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.planting import plant, season, shock, stream
from careatlas.sources.simulated_country.truth import Truth, month_ends

DISCHARGED_PER_1000_A_DAY, DELAYED_PER_1000 = 0.7, 0.7  # the mean trust is as busy as England's mean trust
REASONS = {
    "Capacity \u2013 Care home place not yet found": 0.30,
    "Hospital process - Waiting for a doctor's review": 0.25,
    "Care transfer hub process\u2013 Waiting for referral": 0.25,
    "Interface\u00a0process \u2013 Care at home being arranged": 0.20,
}


def write_trust_discharges(
    into: Path, country: Country, people: People, months: list[date], seed: int, truth: Truth
) -> None:
    trusts = [country.trusts[place] for place in country.trusts_of_kind("acute")]
    codes = [trust.code for trust in trusts]
    thousands = catchments(country, people)[:, None]
    last_day = month_ends(months[-1])[1]
    days = [months[0] + timedelta(days) for days in range((last_day - months[0]).days + 1)]
    month_of_day = np.array([(day.year - months[0].year) * 12 + day.month - months[0].month for day in days])
    rng = stream(seed, "discharges of trusts")
    leaving = thousands * DISCHARGED_PER_1000_A_DAY * shock(months)[month_of_day]
    discharged = rng.poisson(leaving)
    waiting = thousands * DELAYED_PER_1000 * season(months, 0.07, 1)
    delayed = rng.poisson(waiting[:, :, None] * np.array(list(REASONS.values())))
    _write_days(into, codes, days, discharged)
    files.write_parquet(
        into / "england_delayed_discharge_reasons.parquet",
        {
            "nhs_trust22_name": _texts([trust.name for trust in trusts for _ in months for _ in REASONS]),
            "nhs_trust22_code": _texts([code for code in codes for _ in months for _ in REASONS]),
            "date": _texts([month.isoformat() for _ in codes for month in months for _ in REASONS]),
            "delay_reason": _texts([reason for _ in codes for _ in months for reason in REASONS]),
            "delay_count": pa.array(delayed.ravel().astype(float)),
        },
    )
    for position, month in enumerate(months):
        written = {
            "delayed": int(delayed[:, position].sum()),
            "discharged": int(discharged[:, month_of_day == position].sum()),
        }
        truth.total("trust_discharges", f"{month:%Y-%m}", written)
    truth.planted(plant("delayed_discharges_at_trusts", codes, months, seed, "chance", area_type="provider"))
    in_last = month_of_day == len(months) - 1
    truth.expect(
        "delayed_discharges_at_trusts",
        month_ends(months[-1]),
        codes,
        waiting[:, -1],
        leaving[:, in_last].sum(axis=1),
        100,
        "provider",
    )


def _write_days(into: Path, codes: list[str], days: list[date], discharged: np.ndarray) -> None:
    """Without the hour of leaving, which the publisher no longer gives."""
    unsplit = pa.nulls(discharged.size, pa.float64())
    files.write_parquet(
        into / "england_trust_discharged_patients.parquet",
        {
            "nhs_trust22_code": _texts([code for code in codes for _ in days]),
            "date": _texts([day.isoformat() for day in days] * len(codes)),
            "discharged_by_1700": unsplit,
            "discharged_between_1701_2359": unsplit,
            "discharged_total": pa.array(discharged.ravel().astype(float)),
        },
    )


def _texts(values: list[str]) -> pa.Array:
    return pa.array(values, pa.large_string())
