"""An indicator: one defined question with one answer per area and period, as data a clinician can read.

``content/indicators/<theme>/<id>.yaml``. The vocabulary is closed: a table, a measure of it, which rows
(``where``), a method by name. Never SQL and never code, so that a definition means the same on every engine.
"""

from datetime import date
from typing import Any, Literal

from pydantic import Field, computed_field

from careatlas.catalogue.definition import Definition
from careatlas.catalogue.target import Link

AGE_KEYS = ("age_from", "age_to")
OWN_FIGURES = "own_figures"  # the table that only readers' files and the simulated country fill
Word = str | int | bool
Polarity = Literal["higher_is_better", "lower_is_better", "neither"]
Event = Literal["patient", "attendance", "wait", "open_wait", "woman", "baby", "bed", "bed_day"]


class Counted(Definition):
    """What is summed: a measure of a tidied table, over the rows that ``where`` names.

    ``where`` gives a column one value, or a list of values that must all be on file in a period. In a table
    with an age column ``age_from`` and ``age_to`` (both inclusive) bound it.
    """

    table: str
    measure: str
    where: dict[str, Word | list[Word]] = Field(default_factory=dict)

    @property
    def equal_to(self) -> dict[str, list[Word]]:
        """Each column that must hold one of the listed values (one value is a list of one)."""
        return {
            column: wanted if isinstance(wanted, list) else [wanted]
            for column, wanted in self.where.items()
            if column not in AGE_KEYS
        }

    @property
    def age_from(self) -> int | None:
        return self.where.get("age_from")

    @property
    def age_to(self) -> int | None:
        return self.where.get("age_to")


class Denominator(Counted):
    """``edition``: a fixed edition of the table; without it, the latest edition not after the period."""

    edition: str | None = None


class Need(Definition):
    """A covariate of need and the way it should work: ``sign`` 1 where more of it should mean a higher value."""

    covariate: str
    sign: Literal[1, -1]


class UnitCost(Definition):
    """What one event more or less costs, and a ``bed`` for one day: only with a direction to be better in, and a
    published source."""

    gbp: float
    source: Link
    year: str


class Expected(Definition):
    """What a worked example must give for one area; only what is stated is checked. ``value: null``: no
    value.
    """

    area: str
    area_type: str | None = None
    period_end: date | None = None
    value: float | None
    lower_95: float | None = None
    upper_95: float | None = None
    count: float | None = None
    denominator: float | None = None
    status: Literal["reported", "zero", "missing", "incomplete", "hidden"] | None = None


class Example(Definition):
    """A few rows of tidied tables in, the answer worked by hand out. Run as a test."""

    name: str
    rows: dict[str, list[dict[str, Any]]]
    expect: list[Expected]


class Indicator(Definition):
    """``need``: what may justify a difference; empty for a standard owed to everyone. ``supply``: covariates.

    ``event``: what one in the numerator is, for amounts in people and in beds. ``wait``: one that ended in the
    period; ``open_wait``: one still open on its last day; ``bed``: one with a patient in it on the average day;
    ``bed_day``: every day of every patient.
    """

    id: str
    title: str
    short_title: str
    theme: str
    programme: str
    polarity: Polarity
    unit: str
    numerator: Counted
    denominator: Denominator | None = None
    method: str
    multiplier: float = 1
    area_types: list[str]
    period: Literal["month", "quarter", "year", "financial_year"] | None = None
    standard_population: str | None = None
    need: list[Need] = Field(default_factory=list)
    supply: list[str] = Field(default_factory=list)
    standard: list[str] = Field(default_factory=list)
    event: Event | None = None
    unit_cost: UnitCost | None = None
    decimals: int
    context: str
    reasons_for_variation: str
    options_for_action: str
    caveats: str
    resources: list[Link]
    author: str
    checked_by: str
    reviewed_on: date
    review_due: date
    examples: list[Example]

    @computed_field
    @property
    def is_own_figures_only(self) -> bool:
        """Whether no published file gives it: its figures are a reader's own, or simulated. A release keeps it too."""
        return self.numerator.table == OWN_FIGURES

    @property
    def counted(self) -> dict[str, Counted]:
        """The numerator and, where the method divides, the denominator."""
        both = {"numerator": self.numerator, "denominator": self.denominator}
        return {part: counted for part, counted in both.items() if counted is not None}
