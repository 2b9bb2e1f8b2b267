"""Starting files: a new indicator, source or method, in its place, with what it must hold said in comments."""

import re
from pathlib import Path

import careatlas
from careatlas.catalogue.library import CONTENT, new_indicator
from careatlas.errors import DefinitionError

PACKAGE = Path(careatlas.__file__).parent
ID = re.compile(r"[a-z][a-z0-9_]*")

SOURCE = '''"""What it is: the publication, its publisher, what one row is, and its traps."""

from datetime import date
from pathlib import Path

from careatlas.engine.connect import Engine, explaining
from careatlas.sources import download
from careatlas.sources.source import Layout, Source, SourceFile, Tidied

TEXT = ("Period", "Org Code")
NUMERIC = ("Count",)

SOURCE = Source(
    title="The publication's title",
    publisher="Its publisher",
    page="https://www.england.nhs.uk/statistics/",  # the page that lists its files
    licence="Open Government Licence v3.0",
    tables=("{name}",),  # declare each in engine/tidied_tables.py
    layouts=(Layout(columns=(*TEXT, *NUMERIC)),),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "csv" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    """Every row kept, or refused with a reason; missing is null, never zero."""
    with explaining(file):
        rows = engine.read_csv(file.path, TEXT, NUMERIC)
        read = engine.to_arrow(rows.aggregate(read=rows.count())).to_pylist()[0]["read"]
    return Tidied(tables={{"{name}": rows}}, rows_read=read, rows_kept=read)
'''

METHOD = '''"""What it answers, in one plain sentence.

Use it when ...

Not when ...; what to use instead.

Formula::

    value = multiplier x count / denominator

Source: authors year, journal, DOI.
"""

import numpy as np
from numpy.typing import ArrayLike

from careatlas.methods.estimate import Estimate, as_counts, divide
from careatlas.methods.intervals import count_limits

CHAPTER = "Rates"  # where in the manual: one of careatlas.methods.CHAPTERS


def {name}(count: ArrayLike, denominator: ArrayLike, multiplier: float = 1.0, confidence: float = 0.95) -> Estimate:
    """The value with its limits, ``[..., area]``; NaN is missing and stays so.

    Say here what it refuses, and cite the paper.

    >>> float({name}([5], [10]).value[0])
    0.5
    """
    count, denominator = as_counts("count", count), as_counts("denominator", denominator)
    lower, upper = count_limits(np.where(np.isnan(denominator), np.nan, count), confidence)
    return Estimate(*(multiplier * divide(each, denominator) for each in (count, lower, upper)))
'''


def start(kind: str, name: str, theme: str) -> Path:
    """Write the starting file of an indicator, source or method; never over one that is there."""
    if not ID.fullmatch(name):
        raise DefinitionError(
            name, "is not an id.", "Use small letters, digits and underscores, a letter first."
        )
    if kind == "indicator":
        return new_indicator(name, theme, CONTENT)
    folder, text = {"source": ("sources", SOURCE), "method": ("methods", METHOD)}[kind]
    path = PACKAGE / folder / f"{name}.py"
    if path.exists():
        raise DefinitionError(path.name, "is there already.", "Choose another id, or edit that file.")
    path.write_text(text.format(name=name), encoding="utf-8")
    return path
