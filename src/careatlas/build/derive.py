"""Tables worked out from the values: with whom to compare, what explains the differences, how lasting they are."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from careatlas.build.areas import Areas
from careatlas.build.concentration import concentrations
from careatlas.build.covariates import covariates
from careatlas.build.denominators import denominators
from careatlas.build.explain import explanations
from careatlas.build.gather import Inputs
from careatlas.build.inequality import inequality
from careatlas.build.neighbours import neighbours, people_by_area
from careatlas.build.opportunities import opportunities
from careatlas.build.peers import peers
from careatlas.build.persist import persistence
from careatlas.build.population import population_by_band
from careatlas.build.variation import variation
from careatlas.catalogue.library import Catalogue


@dataclass(frozen=True)
class Known:
    """What a build knows once its values stand. ``inputs``: what they were counted from. ``small`` gives a tidied
    table whole, empty where no file does."""

    values: pd.DataFrame
    comparisons: pd.DataFrame
    areas: Areas
    catalogue: Catalogue
    inputs: Inputs
    small: Callable[[str], pd.DataFrame]


def derived_tables(known: Known, say: Callable[[str], None]) -> dict[str, pd.DataFrame]:
    """Release tables by name, in the order in which they rest on each other."""
    found: dict[str, pd.DataFrame] = {}
    found["covariates"] = covariates(
        known.catalogue.covariates, known.areas, known.catalogue.area_types, known.small
    )
    found["peers"] = peers(
        found["covariates"], known.catalogue.covariates, known.areas, known.catalogue.area_types
    )
    found["denominators"] = denominators(known.areas, known.catalogue.area_types, known.small)
    found["population"] = population_by_band(
        known.small("population"), known.areas, known.catalogue.area_types
    )
    people = people_by_area(known.small("population"), known.small("need_weights"), known.areas)
    found["neighbours"] = neighbours(
        known.areas, known.catalogue.area_types, known.small("boundaries"), people
    )
    found["persistence"] = persistence(known.values, known.catalogue, found["peers"], say)
    indicators, declared = known.catalogue.indicators, known.catalogue.covariates
    say("explaining the differences")
    found["variation"] = variation(known.values, indicators, found["neighbours"])
    found |= explanations(known.values, indicators, declared, found)
    found["inequality"] = inequality(
        known.values, indicators, declared, found["covariates"], found["denominators"]
    )
    found["concentration"] = concentrations(
        known.values, known.comparisons, found["gaps"], known.catalogue, known.areas, known.inputs
    )
    found["opportunities"] = opportunities(known.values, indicators, found["peers"])
    return found
