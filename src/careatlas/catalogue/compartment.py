"""A compartment of a provider's work, such as urgent care or beds: which indicators show it, and what is not on file.

``content/compartments/<id>.yaml``. An indicator stands in one compartment at most, so that no outlier is told twice;
one that stands in none is shown after all others.
"""

from collections.abc import Collection, Iterator, Mapping

from pydantic import Field

from careatlas.catalogue.definition import Definition
from careatlas.catalogue.indicator import Indicator

PROVIDER = "provider"


class Compartment(Definition):
    """``order``: the place on a provider's page. ``not_on_file``: what else belongs here, and how to get it in."""

    id: str
    title: str
    order: int
    indicators: list[str] = Field(default_factory=list)
    not_on_file: str = ""


def faults_in(
    compartments: Mapping[str, Compartment], indicators: Mapping[str, Indicator], on_file: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    """Compartment, what is wrong, what to do. ``on_file``: names of all indicators' files, readable or not."""
    holder: dict[str, str] = {}
    for compartment in compartments.values():
        for id in compartment.indicators:
            if id not in on_file:
                yield compartment.id, f"names {id}, which is no indicator.", "See content/indicators."
            elif id in indicators and PROVIDER not in indicators[id].area_types:
                yield compartment.id, f"{id} is not of providers.", "Name indicators with area type provider."
            if id in holder:
                yield compartment.id, f"{id} stands in {holder[id]} too.", "Keep it in one of them."
            holder[id] = compartment.id
        if not compartment.indicators and not compartment.not_on_file:
            yield compartment.id, "is empty.", "Say in not_on_file what is missing."
    places = [compartment.order for compartment in compartments.values()]
    for compartment in compartments.values():
        if places.count(compartment.order) > 1:
            yield compartment.id, f"order {compartment.order} is another's too.", "Give each its own place."
