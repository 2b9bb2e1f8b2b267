"""An indicator's worked example, run through the same steps as a build."""

from typing import Any

import pandas as pd
import pyarrow as pa

from careatlas.build.areas import Areas, Country
from careatlas.build.gather import Inputs
from careatlas.build.pipeline import indicator_values
from careatlas.catalogue.indicator import Example, Indicator
from careatlas.catalogue.library import Catalogue
from careatlas.engine.connect import Engine
from careatlas.engine.tables import RELEASE, TIDIED


def work_example(
    indicator: Indicator, example: Example, catalogue: Catalogue, engine: Engine
) -> list[dict[str, Any]]:
    """Rows of the ``values`` table that the example's few rows give. Every code in them is an area of its type."""
    tables = {name: engine.from_arrow(_as_declared(name, rows)) for name, rows in example.rows.items()}
    values = indicator_values(indicator, catalogue, Inputs(engine, tables), _areas_in(example, indicator))
    return values.astype(object).where(values.notna(), None).to_dict("records")


def _as_declared(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    """The example's rows in the table's own columns and types; what it leaves out is missing."""
    unknown = sorted({column for row in rows for column in row} - set(TIDIED[table].column_names))
    if unknown:
        raise KeyError(f"{table} has no column {', '.join(unknown)}")
    return pa.Table.from_pylist(rows, schema=TIDIED[table].schema)


def _areas_in(example: Example, indicator: Indicator) -> Areas:
    """The areas that the example's rows name, at each type its tables count; ``area_list`` gives parents."""
    listed = ("code", "name", "area_type", "parent_code")
    rows = [{column: row.get(column) for column in listed} for row in example.rows.get("area_list", [])]
    for table, given in example.rows.items():
        for area_type, column in TIDIED[table].area_columns.items():
            codes = {
                row[column]
                for row in given
                if row.get(column) is not None and row.get("area_type", area_type) == area_type
            }
            rows += [{"code": code, "name": code, "area_type": area_type} for code in codes]
    frame = pd.DataFrame(rows, columns=RELEASE["areas"].column_names).drop_duplicates(["code", "area_type"])
    codes = {str(t): {code: code for code in of["code"]} for t, of in frame.groupby("area_type")}
    changes = pd.DataFrame(columns=RELEASE["area_changes"].column_names)
    return Areas(frame, codes, changes, pd.DataFrame(), Country("ENG", "England"))
