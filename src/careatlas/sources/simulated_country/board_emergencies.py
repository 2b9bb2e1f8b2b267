"""A&E of the simulated country by board: the sums over its providers, with the waits that all of them knew.

The file by board has what the trusts that reported no waits would have reported: the publisher learnt it later.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from careatlas.sources.simulated_country import files
from careatlas.sources.simulated_country.geography import Country, Trust

ADMISSIONS, OTHER_ADMISSIONS = "Emergency admissions via A&E", "Other emergency admissions"
COLUMNS = {  # heading: what the headings by trust that are summed begin with
    "total_attendances": ("A&E attendances",),
    "attendances_over_4hours": ("Attendances over 4hrs",),
    "total_emergency_admissions": (ADMISSIONS, OTHER_ADMISSIONS),
    "emergency_admissions_over_4hours": ("Patients who have waited",),
}


def boards_of(country: Country, trusts: Sequence[Trust]) -> np.ndarray:
    """Position of each trust's board."""
    return country.board_index[[trust.seat for trust in trusts]]


def write_board_emergencies(
    into: Path,
    country: Country,
    trusts: Sequence[Trust],
    months: Sequence[date],
    tables: Sequence[Mapping[str, np.ndarray]],
) -> None:
    """``tables``: of each month, figures by trust under the headings of the file by trust."""
    board_of_trust = boards_of(country, trusts)
    known = np.unique(board_of_trust)
    sums = {
        heading: np.stack(
            [
                np.bincount(board_of_trust, _summed(table, begins), minlength=len(country.boards))[known]
                for table in tables
            ]
        )
        for heading, begins in COLUMNS.items()
    }
    shares = {
        "pct_attendance_over_4hours": sums["attendances_over_4hours"] / sums["total_attendances"],
        "pct_emergency_admissions_over_4hours": sums["emergency_admissions_over_4hours"]
        / sums["total_emergency_admissions"],
    }
    codes = [country.boards[place].ons_code for place in known]
    columns = {"icb22_code": pa.array(codes * len(months), pa.large_string())}
    columns |= {heading: pa.array(figures.ravel().astype(float)) for heading, figures in sums.items()}
    columns |= {heading: pa.array(figures.ravel().round(2)) for heading, figures in shares.items()}
    named = [f"{month:%B %Y}" for month in months for _ in codes]
    files.write_parquet(
        into / "england_icb_accidents_emergency.parquet",
        columns | {"date": pa.array(named, pa.large_string())},
    )


def _summed(table: Mapping[str, np.ndarray], begins: tuple[str, ...]) -> np.ndarray:
    return sum(figures for heading, figures in table.items() if heading.startswith(begins)).astype(float)
