"""The simulated country: a whole health service that does not exist, in the publishers' own layouts.

Use it as the demo, and as the exam: ``write_country`` writes a data folder that goes through the same sources
as real files, and beside it ``truth.json``, the account of what was planted. Names, codes and outlines are
always the same; what happens is decided by the seed, and equal seeds give equal bytes. Not a source itself,
and never a statement about a real place.
"""

from collections.abc import Callable
from pathlib import Path

from careatlas.errors import AtlasError
from careatlas.sources.simulated_country import files
from careatlas.sources.simulated_country.activity import write_activity
from careatlas.sources.simulated_country.beds import write_beds
from careatlas.sources.simulated_country.cancer import write_cancer_waits
from careatlas.sources.simulated_country.community import write_community_waits
from careatlas.sources.simulated_country.deaths import write_mortality
from careatlas.sources.simulated_country.diagnostics import write_diagnostic_waits
from careatlas.sources.simulated_country.emergencies import write_accident_emergency
from careatlas.sources.simulated_country.geography import Country, found_country
from careatlas.sources.simulated_country.hospital import write_hospital_episodes
from careatlas.sources.simulated_country.maternity import write_maternity
from careatlas.sources.simulated_country.neighbourhoods import write_deprivation
from careatlas.sources.simulated_country.own_figures import write_own_figures
from careatlas.sources.simulated_country.people import settle
from careatlas.sources.simulated_country.places import write_places
from careatlas.sources.simulated_country.planting import LAST_MONTH, month_list
from careatlas.sources.simulated_country.population import write_need_weights, write_payments, write_residents
from careatlas.sources.simulated_country.trust_discharges import write_trust_discharges
from careatlas.sources.simulated_country.truth import Truth
from careatlas.sources.simulated_country.waiting_times import write_waiting_times
from careatlas.sources.simulated_country.workforce import write_workforce

__all__ = ["write_country"]

MOST_MONTHS = 120
PRACTICES_PER_SUB_AREA, PRACTICES_PER_SUB_AREA_FULL_SIZE = 10, 60


def print_nothing(_: str) -> None:
    """What to say where nobody listens."""


def write_country(
    into: Path,
    seed: int = 1,
    months: int = 24,
    full_size: bool = False,
    say: Callable[[str], None] = print_nothing,
    last_month: tuple[int, int] = LAST_MONTH,
) -> Path:
    """Write ``into/data`` and ``into/truth.json``; give the data folder.

    ``months`` end with ``last_month`` (year, month), which makes the monthly files older; look-ups, populations and
    need weights are the same in any year. ``full_size`` has about as many rows as the real files; what is planted,
    and how hard it is to find, does not depend on it.
    """
    if not 1 <= months <= MOST_MONTHS:
        raise AtlasError(
            "months", f"{months} is not between 1 and {MOST_MONTHS}.", "24 is what the demo has."
        )
    if not 1 <= last_month[1] <= 12:
        raise AtlasError(
            "last_month", f"{last_month} has no month 1 to 12.", "Give (2023, 11) for November 2023."
        )
    data = Path(into) / "data"
    country = found_country(PRACTICES_PER_SUB_AREA_FULL_SIZE if full_size else PRACTICES_PER_SUB_AREA)
    people, calendar = settle(country, seed), month_list(months, last_month)
    truth = Truth(seed, country.name, calendar)
    say(
        f"{country.name}, an invented country: {len(country.sub_areas)} sub-areas, "
        f"{len(country.trusts)} providers, {months} months"
    )
    write_places(data / "places", country, people, seed)
    write_deprivation(data / "deprivation", country, people, seed, truth)
    write_residents(data / "population", country, people, seed, truth)
    write_need_weights(data / "need_weights", country, people, truth)
    write_payments(data, country, people, seed, truth)
    say("waiting times")
    write_waiting_times(data / "rtt", country, people, calendar, seed, truth, full_size)
    say("emergencies, prescribing, talking therapies, discharges, smoking")
    write_accident_emergency(data / "ae", country, people, calendar, seed, truth)
    write_activity(data / "activity", country, people, calendar, seed, truth)
    write_trust_discharges(data / "activity", country, people, calendar, seed, truth)
    say("cancer and community waits")
    write_cancer_waits(data / "cancer", country, people, calendar, seed, truth)
    write_community_waits(data / "community", country, people, calendar, seed, truth)
    say("diagnostic waits and beds")
    write_diagnostic_waits(data / "diagnostics", country, people, calendar, seed, truth)
    write_beds(data / "beds", country, people, calendar, seed, truth)
    say("births, deaths and staff")
    write_mortality(data / "mortality", country, people, calendar, seed, truth)
    write_maternity(data / "maternity", country, people, seed, truth)
    write_workforce(data / "workforce", country, people, calendar, seed, truth)
    say("figures that only readers have")
    write_own_figures(data / "own", country, people, calendar, seed, truth)
    say("hospital admissions")
    write_hospital_episodes(data / "hospital", country, people, calendar, seed, truth, full_size)
    _write_notice(data, country, seed)
    truth.write(Path(into) / "truth.json")
    return data


def _write_notice(data: Path, country: Country, seed: int) -> None:
    """Say in the folder itself that all this is invented."""
    files.write_json(data / "SIMULATED.json", {"simulated": True, "country_name": country.name, "seed": seed})
