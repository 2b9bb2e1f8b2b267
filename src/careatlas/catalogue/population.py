"""Standard populations: fixed age weights for direct standardisation (``content/standards/populations``)."""

from careatlas.catalogue.definition import Definition
from careatlas.catalogue.target import Link


class AgeBand(Definition):
    """Ages ``age_from`` to ``age_to`` inclusive (null: no upper end) and the standard population's people
    in it.
    """

    age_from: int
    age_to: int | None
    people: int

    @property
    def label(self) -> str:
        return f"{self.age_from} and over" if self.age_to is None else f"{self.age_from} to {self.age_to}"


class StandardPopulation(Definition):
    """``by_sex``: whether events and residents are split by sex as well; each sex then takes the same
    weights.
    """

    id: str
    title: str
    by_sex: bool
    source: Link
    bands: list[AgeBand]
