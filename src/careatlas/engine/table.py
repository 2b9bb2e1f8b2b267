"""How a table of the atlas is declared: its columns, their units, and what one row is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

TEXT, WHOLE, NUMBER, DAY, TRUTH = pa.string(), pa.int64(), pa.float64(), pa.date32(), pa.bool_()


@dataclass(frozen=True)
class Column:
    name: str
    type: pa.DataType
    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """One table's declaration.

    ``key`` columns identify a row: a repeated key is a damaged file. ``measures`` are the columns that may be
    summed. ``area_columns`` says which column holds the code of each area type. ``edition`` columns say what one
    file is an edition of: of two files with equal edition values, the later one supersedes.
    ``later_rows_supersede``: not whole files do but rows, of two with the same key the one of the later file.
    A table of events or of days carries ``day`` instead of period_start and period_end; its rows are grouped into
    an indicator's periods when counted. ``person`` marks record-level tables: repeat events of one person are not
    independent. ``areas_of_the_period``: rows name areas as they were then; else as they are in the file's own edition.
    ``published`` names the columns of a value and its 95 % limits that the publisher worked out: such a table is read
    by the method of that name. ``restricted`` tables pass disclosure control before anything derived from them is
    published.
    """

    name: str
    one_row_is: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    area_columns: Mapping[str, str] = field(default_factory=dict)
    edition: tuple[str, ...] = ("period_end",)
    day: str | None = None
    age: str | None = None
    person: str | None = None
    areas_of_the_period: bool = False
    published: tuple[str, str, str] | None = None
    restricted: bool = False
    later_rows_supersede: bool = False

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, column.type) for column in self.columns])


PERIOD = (
    Column("period_start", DAY, "first day the figure covers"),
    Column("period_end", DAY, "last day the figure covers"),
)
KEYS = (
    Column("indicator", TEXT, "the indicator's id"),
    Column("area_type", TEXT, "the area type's id"),
    Column("area", TEXT, "ODS code of the area; ENG for the whole country"),
    *PERIOD,
)
