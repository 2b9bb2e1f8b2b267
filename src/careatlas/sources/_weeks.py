"""Pathways by week waited, summed to commissioners and to providers: the ``rtt_weeks`` table.

A month of the full extract is 180,000 rows of 105 weeks, nine in ten of them zero. Nobody asks for the weeks of
one provider and one commissioner together, so they are summed here, once, while the file is read: 35,000 rows
remain, and a build never sees the rest. The sums are one product of sparse and dense matrices (0.1 s a month).
"""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csc_array, csr_array

from careatlas.engine.tables import TIDIED

PARTS = ["completed_admitted", "completed_non_admitted", "incomplete", "new_periods"]
ORDER = ["specialty", "part", "counted_by", "body"]  # a build reads one specialty at a time


def weeks_by_body(rows: pa.Table, start: date, end: date) -> pa.Table:
    """The month's rows of ``rtt_weeks`` from rows of one provider, commissioner, part and specialty each.

    ``rows``: provider, commissioner, part, specialty, pathways, ``weeks`` (as many counts in each row) and
    ``has_weeks``: whether any were published. A part of another part (with decision to admit) is left out, and
    so are providers that are not given.
    """
    if not len(rows):
        return TIDIED["rtt_weeks"].schema.empty_table()
    rows = rows.append_column("is_counted", pc.is_in(rows["part"], pa.array(PARTS)))
    table = pa.concat_tables(_summed(rows, counted_by) for counted_by in ("commissioner", "provider"))
    table = table.sort_by([(column, "ascending") for column in ORDER])
    for name, day in (("period_start", start), ("period_end", end)):
        table = table.append_column(name, pa.array([day] * len(table), pa.date32()))
    return table.select(TIDIED["rtt_weeks"].column_names).cast(TIDIED["rtt_weeks"].schema)


def _summed(rows: pa.Table, counted_by: str) -> pa.Table:
    """One row a body, part and specialty."""
    keys = [counted_by, "part", "specialty"]
    row, is_given = np.arange(len(rows)), pc.and_(rows["is_counted"], pc.is_valid(rows[counted_by]))
    numbered = rows.select([*keys, "pathways"]).append_column("row", pa.array(row)).filter(is_given)
    groups = numbered.group_by(keys).aggregate([("pathways", "sum"), ("row", "list")])
    members = groups["row_list"].combine_chunks()
    member = csr_array(
        (np.ones(len(numbered), np.int32), members.flatten().to_numpy(), members.offsets.to_numpy()),
        shape=(len(groups), len(rows)),
    )
    sums = _sums_by_week(member.tocsc(), rows["weeks"])
    has_weeks = (member @ rows["has_weeks"].to_numpy().astype(np.int32)) > 0
    columns = {
        "counted_by": pa.array([counted_by] * len(groups), pa.string()),
        "body": groups[counted_by],
        "part": groups["part"],
        "specialty": groups["specialty"],
        "pathways": groups["pathways_sum"],
        "weeks": as_lists(sums, np.where(has_weeks, sums.shape[1], -1)),
    }
    return pa.table(columns)


def _sums_by_week(member: csc_array, weeks: pa.ChunkedArray) -> np.ndarray:
    """Each group's sums by week, a piece of the rows at a time and without a copy of them."""
    sums, first = 0, 0
    for piece in weeks.chunks:
        if len(piece):
            counts = piece.flatten().to_numpy().reshape(len(piece), -1)
            sums = sums + member[:, first : first + len(piece)] @ counts
            first += len(piece)
    return sums


def as_lists(counts: np.ndarray, width: np.ndarray) -> pa.ListArray:
    """Rows of a matrix as lists: the first ``width`` of each, or null where that is -1."""
    kept = np.arange(counts.shape[1]) < width[:, None]
    offsets = np.concatenate([[0], np.cumsum(np.maximum(width, 0))]).astype(np.int32)
    values = pa.array(counts[kept].astype(np.int32))
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(width < 0))
