"""Primary care trusts and the clinical commissioning groups that followed them on 1 April 2013.

A matrix: a row a trust, a column a group, in each cell the share of the trust's people as whole percents ("53%"). A
trust's percents sum to 99, 100 or 101, because each is rounded: they are scaled to 100, and the change says so. Use it
to restate what was counted by trust; a share below 100 % makes an estimate.
"""

import re
from datetime import date
from pathlib import Path

import pyarrow as pa

from careatlas.engine.connect import Engine
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources.source import DOWNLOAD_AGAIN, Source, SourceFile, Tidied

TRUST_HEADING, GROUP_CODE = "PCT_Code", r"\d\d[A-Z]"
GROUPS_BEGAN = date(2013, 4, 1)
ROUNDING_PERCENT = 0.5  # a cell may be this far from its share

SOURCE = Source(
    title="Primary care trusts to clinical commissioning groups",
    publisher="derived from NHS England's lists of practices; no publisher named",
    page="https://digital.nhs.uk/services/organisation-data-service",
    licence="none stated: for tests and examples only",
    tables=("stated_changes",),
)


def recognise(file: SourceFile) -> bool:
    first, *groups = file.header or ("",)
    named = [group for group in groups if group]
    return first == TRUST_HEADING and bool(named) and all(re.fullmatch(GROUP_CODE, group) for group in named)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    heading, *rows = file.first_rows(1_000_000)
    rows = [row for row in rows if any(row)]
    changes = [part for row in rows for part in _parts(file, heading, row)]
    if len({row[0] for row in rows}) < len(rows):
        raise SourceFileError(file, "a trust stands in two rows.", DOWNLOAD_AGAIN)
    table = pa.Table.from_pylist(changes, TIDIED["stated_changes"].schema)
    return Tidied(
        tables={"stated_changes": engine.from_arrow(table)}, rows_read=len(rows), rows_kept=len(rows)
    )


def _parts(file: SourceFile, heading: tuple[str, ...], row: tuple[str, ...]) -> list[dict[str, object]]:
    """The groups that a trust's people went to, with their shares."""
    trust = row[0]
    percents = {}
    for group, cell in zip(heading[1:], row[1:], strict=True):
        if not group and not cell:
            continue  # the file ends in columns with neither heading nor content
        percent = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)%", cell)
        if not group or not percent:
            raise SourceFileError(
                file,
                f'trust {trust}, group {group or "without a code"}: "{cell}" is no percentage.',
                DOWNLOAD_AGAIN,
            )
        if float(percent[1]) > 0:
            percents[group] = float(percent[1])
    total = sum(percents.values())
    if abs(total - 100) > max(len(percents) * ROUNDING_PERCENT, ROUNDING_PERCENT):
        raise SourceFileError(
            file,
            f"the shares of trust {trust} sum to {total:g} %, further from 100 than rounding.",
            DOWNLOAD_AGAIN,
        )
    scaled = "" if total == 100 else f"; its rounded shares sum to {total:g} % and are scaled to 100"
    return [
        {
            "old": trust,
            "new": group,
            "from": GROUPS_BEGAN,
            "weight": percent / total,
            "basis": f"{percent:g} % of the people of primary care trust {trust} came to {group}{scaled}",
            "exact": percent == 100,
        }
        for group, percent in percents.items()
    ]
