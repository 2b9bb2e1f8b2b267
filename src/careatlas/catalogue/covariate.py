"""A covariate: what is known of an area's people or services that may explain why it differs.

``content/covariates/<id>.yaml``. A covariate is a sum, or a ratio of two sums, in the closed vocabulary of
indicators; a larger area's value is made of the sums of its parts, never of their values. Indicators name
covariates under ``need`` (with the sign that need would give) and ``supply``.
"""

from typing import Literal

from careatlas.catalogue.area import AreaType, base_type
from careatlas.catalogue.definition import Definition
from careatlas.catalogue.indicator import Counted
from careatlas.catalogue.target import Link
from careatlas.engine.tables import TIDIED

SMALL_AREA, SMALL_AREAS_LIE_IN = "small_area", "sub_icb"


class Covariate(Definition):
    """``kind``: *need* (may justify more care), *supply* (what care there is), or *setting* (what kind of place
    it is, which is neither: for peers only). ``scale``: how it enters a model; the table holds it as it is.

    ``measured_by_providers``: the providers whose care is compared also made the diagnoses it rests on, so
    that it carries supply; explanations are given without it, too. ``for_peers``: similar areas are chosen by it.

    ``area_types``: the only types it is known for; null: every type that its tables reach. ``none_unless_named``: the
    table that lists everyone of that type; whom it lists and a side's table never names has none of what is counted,
    and that is 0. Without it, who is not named is not known.
    """

    id: str
    title: str
    short_title: str
    kind: Literal["need", "supply", "setting"]
    unit: str
    numerator: Counted
    denominator: Counted | None = None
    multiplier: float = 1
    scale: Literal["plain", "log"] = "plain"
    measured_by_providers: bool = False
    for_peers: bool = False
    area_types: list[str] | None = None
    none_unless_named: str | None = None
    decimals: int
    note: str
    source: list[Link]

    @property
    def counted(self) -> dict[str, Counted]:
        """The numerator and, where it is a ratio, the denominator."""
        both = {"numerator": self.numerator, "denominator": self.denominator}
        return {part: counted for part, counted in both.items() if counted is not None}


def area_columns(counted: Counted) -> dict[str, str]:
    """The area types that a table counts, and the column of each; what is by small area is placed by look-up."""
    columns = dict(TIDIED[counted.table].area_columns) if counted.table in TIDIED else {}
    if SMALL_AREA in columns:
        columns[SMALL_AREAS_LIE_IN] = columns.pop(SMALL_AREA)
    return columns


def counted_base(covariate: Covariate, area_type: str, area_types: dict[str, AreaType]) -> str | None:
    """The type, itself or one below, that every side's table counts; None where there is none, or it is not for it."""
    if covariate.area_types is not None and area_type not in covariate.area_types:
        return None
    sides = [area_columns(counted) for counted in covariate.counted.values()]
    shared = {name: column for name, column in sides[0].items() if all(name in side for side in sides)}
    return base_type(area_type, area_types, shared)
