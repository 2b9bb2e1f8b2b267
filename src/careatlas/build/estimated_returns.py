"""Returns that a publisher put in for a provider that sent none: in the country's sum, and incomplete by themselves.

An estimate says what was expected of a provider, not what it did: it is neither ranked nor compared.
"""

from collections.abc import Mapping

import ibis
import pandas as pd

from careatlas.build.areas import Areas
from careatlas.build.count import run
from careatlas.catalogue.indicator import Indicator
from careatlas.engine.connect import Engine
from careatlas.engine.tables import RELEASE

TABLE = "estimated_returns"
TABLES_WITH_ESTIMATES = ("overnight_beds",)


def doubted(
    engine: Engine, tables: Mapping[str, ibis.Table], indicator: Indicator, area_type: str, areas: Areas
) -> pd.DataFrame | None:
    """What an indicator of a table with estimates must heed: area, period_end, flag and note. None: nothing on file."""
    if TABLE not in tables or area_type != "provider":
        return None
    found = run(engine, tables[TABLE])
    found = found[found["table"] == indicator.numerator.table]
    flagged = found.assign(
        area=areas.spoken(area_type, found["provider"]), flag="incomplete", note=_told(found)
    )
    return flagged.dropna(subset=["area"])[["area", "period_end", "flag", "note"]]


def examine_estimated_returns(engine: Engine, tables: Mapping[str, ibis.Table], areas: Areas) -> pd.DataFrame:
    """Rows of the release's ``completeness`` table."""
    columns = RELEASE["completeness"].column_names
    if TABLE not in tables:
        return pd.DataFrame(columns=columns)
    found = run(engine, tables[TABLE])
    return found.assign(
        source=found["table"],
        submitter=found["provider"],
        submitter_type="provider",
        submitter_name=[areas.name(code) for code in found["provider"]],
        status="estimated",
        evidence=_told(found),
    )[columns]


def _told(found: pd.DataFrame) -> pd.Series:
    return "it sent no return: the publisher put in " + found["how"]
