"""The charts of an indicator over time: a control chart of one area, and the ranks of a few."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from careatlas.engine.release import Release
from careatlas.present import bump_chart, spc_chart, spc_signals
from careatlas.present.standards import in_force
from careatlas.present.theme import Spec
from careatlas.web import reading
from careatlas.web.choice import Choice
from careatlas.web.current import source_line
from careatlas.web.reading import Row

MOST_PERIODS = 24  # ranks in more periods cannot be followed


def control_rows(release: Release, choice: Choice) -> list[Row]:
    """The control chart of the chosen area, or of the country; none with too few full returns."""
    place = choice.area or reading.country(release)
    return spc_signals.chart_points(release, choice.indicator["id"], place["code"])


def target_of(release: Release, choice: Choice, rows: list[Row]) -> dict[str, Any] | None:
    """The standard in force in the last period, the constitutional one before an interim one."""
    if not rows:
        return None
    level = choice.area_type if choice.area else "country"
    held = in_force(release.catalogue["targets"], choice.indicator, level, rows[-1]["period_end"])
    return held[0] if held else None


def spc_spec(release: Release, choice: Choice, width: int) -> Spec:
    rows = control_rows(release, choice)
    target = target_of(release, choice, rows)
    return spc_chart.spc_chart(
        rows,
        choice.indicator,
        (choice.area or reading.country(release))["name"],
        target=target["value"] if target else None,
        source=source_line(release, choice.indicator),
        selected=choice.area_code or None,
        width=width,
    )


def ranks(release: Release, choice: Choice) -> list[Row]:
    """All areas' comparisons with the country: the chosen period and those before it, of its length, 24 at most."""
    compared = reading.comparisons(release, choice.indicator["id"], choice.area_type)
    wanted = _months(choice.period)
    before = [one for one in choice.periods if _months(one) == wanted and one.end <= choice.period.end]
    kept = pa.array([one.end for one in before[:MOST_PERIODS]])
    rows = compared.filter(pc.is_in(compared["period_end"], kept)).to_pylist()
    return [row for row in rows if _months(reading.Period(row["period_start"], row["period_end"])) == wanted]


def ranks_spec(release: Release, choice: Choice, codes: list[str], width: int) -> Spec:
    return bump_chart.bump_chart(
        ranks(release, choice),
        choice.indicator,
        {code: release.areas[code]["name"] for code in codes},
        source=source_line(release, choice.indicator),
        selected=choice.area_code or None,
        width=width,
    )


def _months(period: reading.Period) -> int:
    """Its length: months are not charted among quarters."""
    return (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
