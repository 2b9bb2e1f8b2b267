"""Small data folders in a publisher's layout, for tests of whole builds: a few trusts, figures worked by hand."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from careatlas.engine.tables import RELEASE
from careatlas.sources.accident_emergency import ATTENDANCES, NUMERIC, OVER_FOUR_HOURS, TEXT

TYPE_1, OVER_TYPE_1 = ATTENDANCES[0], OVER_FOUR_HOURS[0]
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


def write_ae_month(
    folder: Path, month: date, trusts: Mapping[str, tuple[int, int]], name: str | None = None
) -> Path:
    """A month of A&E: attendances and, of those, over four hours, by trust; the publisher's total row last."""
    folder.mkdir(parents=True, exist_ok=True)
    total = tuple(sum(figures) for figures in zip(*trusts.values(), strict=True))
    rows = [",".join((*TEXT, *NUMERIC))]
    for code, (attendances, over) in {**trusts, "TOTAL": total}.items():
        figures = dict.fromkeys(NUMERIC, 0) | {TYPE_1: attendances, OVER_TYPE_1: over}
        named = (f"MSitAE-{month:%B-%Y}".upper(), code, "NHS ENGLAND LONDON", f"Trust {code}")
        rows.append(",".join([*named, *(str(figures[column]) for column in NUMERIC)]))
    path = folder / (name or f"{month:%B-%Y}-CSV.csv")
    path.write_text("\n".join(rows) + "\n")
    return path


def first_months(count: int) -> list[date]:
    """First days of months from January 2025 on."""
    return [date(2025 + n // 12, n % 12 + 1, 1) for n in range(count)]


def no_changes() -> pd.DataFrame:
    """The table ``area_changes`` of a country whose areas were always the same."""
    return pd.DataFrame(columns=RELEASE["area_changes"].column_names)
