"""The account a build gives of itself: every file, every total, and the manifest."""

from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import careatlas
from careatlas.build import tidy
from careatlas.build.areas import Areas, Country
from careatlas.engine.table import Table
from careatlas.engine.tables import RELEASE, TIDIED
from careatlas.sources.source import all_sources


def files(reads: list[tidy.Read], editions: tidy.Editions) -> pd.DataFrame:
    """One row for every file of the data folder, read or not."""
    return pd.DataFrame([_file(read, editions) for read in reads], columns=RELEASE["files"].column_names)


def _file(read: tidy.Read, editions: tidy.Editions) -> dict[str, Any]:
    row: dict[str, Any] = {
        "file": read.file,
        "sha256": read.sha256,
        "bytes": read.bytes,
        "source": read.source,
    }
    if read.account is None:
        return {**row, "outcome": "not_read", "reason": read.reason}
    refusals = read.account["refusals"]
    why = editions.superseded.get(read.file)
    outcome = "read" if why is None else "duplicate" if why.startswith("the same bytes") else "superseded"
    covered = [table for table in read.account["tables"].values() if table["start"]]
    return {
        **row,
        "outcome": outcome,
        "reason": why,
        "period_start": min((table["start"] for table in covered), default=None),
        "period_end": max((table["end"] for table in covered), default=None),
        "rows_read": read.account["rows_read"],
        "rows_kept": read.account["rows_kept"],
        "rows_refused": sum(rows for _, rows, _ in refusals),
        "refusals": "; ".join(
            f"{rows:,} rows: {reason}" + (f" (first: {example})" if example else "")
            for reason, rows, example in refusals
            if rows
        )
        or None,
    }


def reconciliation(reads: list[tidy.Read], editions: tidy.Editions, areas: Areas) -> pd.DataFrame:
    """Each file's own totals beside the sums of its rows, in areas of the atlas and outside them."""
    rows = []
    for read in reads:
        if read.account is None or editions.superseded.get(read.file, "").startswith("the same bytes"):
            continue
        for total in read.account["totals"]:
            inside = _in_areas(read, total, areas)
            rows.append(
                {
                    "source": total["table"],
                    "file": read.file,
                    "period_start": total["period_start"],
                    "period_end": total["period_end"],
                    "total": total["total"],
                    "published": total["published"],
                    "counted": total["counted"],
                    "in_areas": inside,
                    "outside_areas": _rest(total["counted"], inside),
                }
            )
    return pd.DataFrame(rows, columns=RELEASE["reconciliation"].column_names)


def _rest(counted: float | None, inside: float | None) -> float | None:
    """What is left of a sum; nothing, where only the order of adding up differs."""
    if counted is None or inside is None:
        return None
    rest = counted - inside
    return 0.0 if abs(rest) < 1e-9 * abs(counted) else rest


def _in_areas(read: tidy.Read, total: dict[str, Any], areas: Areas) -> float | None:
    """The part of a total that lies in areas; None where the table names no area type (a total of levels, say)."""
    table = TIDIED[total["table"]]
    if not table.area_columns or "area_type" in table.column_names:
        return None
    area_type, column = next(iter(table.area_columns.items()))
    where = [(name, "==", _typed(table, name, wanted)) for name, wanted in total["where"].items()]
    path = read.folder / f"{total['table']}.parquet"
    rows = pq.read_table(path, columns=[column, total["measure"]], filters=where or None).to_pandas()
    sums = rows.groupby(column)[total["measure"]].sum()
    succession, codes = areas.succession(area_type), areas.spoken(area_type, sums.index.to_series())
    in_areas = codes.map({code: sum(succession.parts(code).values()) for code in codes.dropna().unique()})
    return float((sums * in_areas.fillna(0)).sum())


def _typed(table: Table, column: str, value: Any) -> Any:
    is_day = pa.types.is_date(table.schema.field(column).type)
    return date.fromisoformat(value) if is_day else value


def manifest(reads: list[tidy.Read], country: Country, simulated: bool) -> dict[str, Any]:
    """What a release says of where it comes from."""
    used = sorted({read.source for read in reads if read.source})
    described = {source: all_sources()[source].SOURCE for source in used}
    return {
        "simulated": simulated,
        "country_code": country.code,
        "country_name": country.name,
        "code_version": f"{careatlas.__version__}+{careatlas.code_hash()[:12]}",
        "sources": [
            {
                "id": source,
                "title": about.title,
                "publisher": about.publisher,
                "page": about.page,
                "licence": about.licence,
                "attribution": about.attribution,
                "tables": list(about.tables),
                "files": [
                    {"file": r.file, "sha256": r.sha256, "bytes": r.bytes}
                    for r in reads
                    if r.source == source
                ],
            }
            for source, about in described.items()
        ],
    }
