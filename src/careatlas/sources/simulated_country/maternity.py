"""Maternity of the simulated country: two yearly files of what acute trusts recorded of women and babies.

Caesareans and smoking differ between trusts and nobody knows why; the rest differs by chance. Counts are rounded as the
publisher's are, and a few trusts hardly record smoking.
"""

from datetime import date
from pathlib import Path

import numpy as np

from careatlas.sources.simulated_country import files
from careatlas.sources.simulated_country.emergencies import catchments
from careatlas.sources.simulated_country.geography import Country
from careatlas.sources.simulated_country.people import People
from careatlas.sources.simulated_country.planting import plant, stream
from careatlas.sources.simulated_country.truth import Truth

YEARS = ("2023-24", "2024-25")
DELIVERIES_PER_1000, BABIES_PER_DELIVERY, TERM = 12.0, 1.015, 0.92
NOT_KNOWN = "Missing value / Value outside reporting parameters"
NOT_RECORDED, HARDLY_RECORDED = (
    0.02,
    0.45,
)  # of a trust's records; the second of smoking at trusts that hardly ask
TRUSTS_THAT_HARDLY_ASK = 4
QUESTIONS = {  # indicator: dimension, what is counted, the share, and the kinds it may be with the share of each
    "caesarean_births": (
        "DeliveryMethodBabyGroup",
        "Deliveries",
        0.36,
        {"Elective caesarean section": 0.44, "Emergency caesarean section": 0.56},
        {"Spontaneous": 0.83, "Instrumental": 0.16, "Other": 0.01},
    ),
    "antenatal_booking_by_ten_weeks": (
        "GestAgeFormalAntenatalBookingGroup",
        "Deliveries",
        0.64,
        {"0 to 70 days": 1.0},
        {"71 to 90 days": 0.68, "91 to 140 days": 0.22, "141+ days": 0.10},
    ),
    "smoking_at_booking": (
        "SmokingStatusGroupBooking",
        "Deliveries",
        0.12,
        {"Smoker": 1.0},
        {"Non-Smoker / Ex-Smoker": 1.0},
    ),
    "first_feed_breast_milk": (
        "BabyFirstFeedBreastMilkStatus",
        "Babies",
        0.72,
        {"Maternal or Donor Breast Milk": 1.0},
        {"Not Breast Milk": 1.0},
    ),
    "preterm_births": (
        "GestationLengthBirthGroup37",
        "Babies",
        0.08,
        {"<37 weeks": 1.0},
        {">=37 weeks": 1.0},
    ),
}
UNEXPLAINED = {
    "caesarean_births": 0.1,
    "smoking_at_booking": 0.15,
}  # between trusts, coefficient of variation
Counts = dict[tuple[str, str, str | None], np.ndarray]  # by dimension, what is counted, category: [trust]


def write_maternity(into: Path, country: Country, people: People, seed: int, truth: Truth) -> None:
    trusts = [country.trusts[place] for place in country.trusts_of_kind("acute")]
    codes = [trust.code for trust in trusts]
    levels = {indicator: _level(indicator, codes, seed, truth) for indicator in QUESTIONS}
    silent = _who_hardly_asks(codes, seed)
    truth.note("smoking_hardly_recorded", [codes[place] for place in silent])
    for position, year in enumerate(YEARS):
        rng = stream(seed, "maternity", year)
        expected = catchments(country, people) * DELIVERIES_PER_1000
        deliveries = rng.poisson(expected)
        babies = rng.binomial(deliveries, BABIES_PER_DELIVERY - 1) + deliveries
        counts: Counts = {
            ("TotalDeliveries", "Deliveries", None): deliveries,
            ("TotalBabies", "Babies", None): babies,
        }
        counts |= _answered(rng, "BirthweightTermGroup2500", babies, 0.03, ("Under 2500g", "2500g and over"))
        for indicator, (dimension, counted, share, kinds, other_kinds) in QUESTIONS.items():
            everyone = {"Deliveries": deliveries, "Babies": babies}[counted]
            not_known = np.full(len(codes), NOT_RECORDED)
            if indicator == "smoking_at_booking":
                not_known[silent] = HARDLY_RECORDED
            recorded = everyone - rng.binomial(everyone, not_known)
            planted = share * levels[indicator][:, position]
            those = rng.binomial(recorded, planted)
            key = (dimension, counted)
            counts |= {(*key, kind): split for kind, split in _split(rng, those, kinds).items()}
            counts |= {
                (*key, kind): split for kind, split in _split(rng, recorded - those, other_kinds).items()
            }
            counts[*key, NOT_KNOWN] = everyone - recorded
            truth.expect(
                indicator,
                (date(2023 + position, 4, 1), date(2024 + position, 3, 31)),
                codes,
                recorded * planted,
                recorded,
                100,
                "provider",
            )
        truth.total("maternity", year, {"deliveries": int(deliveries.sum()), "babies": int(babies.sum())})
        _write_year(into, country, counts, year)


def _level(indicator: str, codes: list[str], seed: int, truth: Truth) -> np.ndarray:
    """What multiplies the share [trust, year]."""
    years = [date(2024, 3, 1), date(2025, 3, 1)]
    varies_by = "unexplained" if indicator in UNEXPLAINED else "chance"
    spread = UNEXPLAINED.get(indicator, 0.0)
    return truth.planted(plant(indicator, codes, years, seed, varies_by, spread, area_type="provider")).level


def _who_hardly_asks(codes: list[str], seed: int) -> np.ndarray:
    return np.sort(stream(seed, "who hardly asks").permutation(len(codes))[:TRUSTS_THAT_HARDLY_ASK])


def _answered(
    rng: np.random.Generator, dimension: str, babies: np.ndarray, share: float, kinds: tuple[str, str]
) -> Counts:
    """A question put to every baby that no indicator asks: the file needs one by which to check its total."""
    term = rng.binomial(babies, TERM)
    light = rng.binomial(term, share)
    first, second = kinds
    key = (dimension, "Babies")
    return {(*key, first): light, (*key, second): term - light, (*key, NOT_KNOWN): babies - term}


def _split(rng: np.random.Generator, everyone: np.ndarray, kinds: dict[str, float]) -> dict[str, np.ndarray]:
    """Everyone shared out over the kinds; one kind draws nothing."""
    if len(kinds) == 1:
        return dict.fromkeys(kinds, everyone)
    shared = np.array([rng.multinomial(count, list(kinds.values())) for count in everyone])
    return dict(zip(kinds, shared.T, strict=True))


def _rounded(counts: np.ndarray) -> np.ndarray:
    """To the nearest 5; 1 to 7 are 5, and nobody is nobody."""
    return np.where((counts >= 1) & (counts <= 7), 5, 5 * np.round(counts / 5)).astype(int)


def _write_year(into: Path, country: Country, counts: Counts, year: str) -> None:
    """Country, then regions, then trusts, of each category."""
    trusts = [country.trusts[place] for place in country.trusts_of_kind("acute")]
    region_of = np.array([country.board_of(trust.seat).parent for trust in trusts])
    bodies = [
        ("National", "National", "ALL SUBMITTERS"),
        *(
            ("NHS England (Region)", each.code, f"{each.name} COMMISSIONING REGION".upper())
            for each in country.regions
        ),
        *(("Provider", each.code, each.name) for each in trusts),
    ]
    rows = []
    for (dimension, counted, category), of_trusts in counts.items():
        of_regions = np.bincount(region_of, weights=of_trusts, minlength=len(country.regions))
        values = _rounded(np.concatenate([[of_trusts.sum()], of_regions, of_trusts]))
        rows += [
            (year, dimension, *body, category, counted, int(value))
            for body, value in zip(bodies, values, strict=True)
        ]
    names = ("Period", "Dimension", "Org_Level", "Org_Code", "Org_Name", "Measure", "Count_Of", "Value")
    columns = dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True))
    files.write_bytes(into / f"hosp-epis-stat-mat-msdscsv-{year}.csv", files.csv_bytes(columns))
