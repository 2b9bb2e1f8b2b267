"""A reader's figures as values with limits, beside what the release says of the country and of similar areas.

Each value is worked out by the indicator's own method from the row itself. An indicator that divides by another table
(people, say) has no value until it is published, and the row says so.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from careatlas.build.estimate import estimate
from careatlas.build.gather import Gathered
from careatlas.catalogue.indicator import OWN_FIGURES, Indicator
from careatlas.engine.release import Release
from careatlas.present.beside_peers import beside_peers
from careatlas.sources._own_rows import OwnRow

Row = dict[str, Any]
LIMITS = ("value", "lower_95", "upper_95")


def beside_the_country(
    release: Release, rows: Sequence[OwnRow], asked_for: Mapping[str, Sequence[Indicator]]
) -> list[Row]:
    """One row for each accepted row and indicator: its value and limits; ``replaces``, the value it takes the place of;
    the country's of the same period, else its latest; its peers' together in the same period."""
    indicators = {one.id: one for row in rows for one in asked_for[row.figure]}
    found = []
    for indicator in indicators.values():
        own = [row for row in rows if indicator in asked_for[row.figure]]
        on_file = _OnFile(release, indicator)
        found += [on_file.beside(value) for value in _values(own, indicator)]
    order = {row.number: place for place, row in enumerate(rows)}
    return sorted(found, key=lambda row: order[row["row"]])


def _values(rows: Sequence[OwnRow], indicator: Indicator) -> list[Row]:
    """The rows' own values, as rows of the table ``values`` with the number of the row of the file."""
    frame = pd.DataFrame(
        {
            "row": [row.number for row in rows],
            "area_type": [row.area_type for row in rows],
            "area": [row.area for row in rows],
            "period_start": [row.period[0] for row in rows],
            "period_end": [row.period[1] for row in rows],
            "count": pd.Series([row.count for row in rows], dtype=float),
            "denominator": pd.Series([row.denominator for row in rows], dtype=float),
            "status": [_status(row) for row in rows],
            "note": "",
        }
    )
    frame["sum_of_squares"], frame["observations"] = frame["count"] ** 2, 1.0
    needs = [side.table for side in indicator.counted.values() if side.table != OWN_FIGURES]
    if needs:
        frame = frame.assign(**dict.fromkeys(LIMITS), note=f"worked out with {needs[0]} when it is published")
    else:
        frame.loc[(frame["denominator"] == 0) & (frame["status"] == "zero"), ["status", "note"]] = (
            "missing",
            "nobody in the denominator",
        )
        frame = estimate(Gathered(frame, None), indicator, None)
    columns = ["row", "area_type", "area", "period_start", "period_end", "count", "denominator", *LIMITS]
    plain = frame[[*columns, "status", "note"]].astype(object)
    return [{"indicator": indicator.id} | row for row in plain.where(plain.notna(), None).to_dict("records")]


def _status(row: OwnRow) -> str:
    return "missing" if row.count is None else "zero" if row.count == 0 else "reported"


class _OnFile:
    """What the release says of one indicator."""

    def __init__(self, release: Release, indicator: Indicator) -> None:
        self.release, self.about = release, indicator.model_dump()
        self.values = {
            (row["area_type"], row["area"], row["period_start"], row["period_end"]): row
            for row in release.rows("values", indicator=indicator.id)
        }
        self.country = sorted(
            (row for key, row in self.values.items() if key[0] == "country" and row["value"] is not None),
            key=lambda row: row["period_end"],
        )
        self.peers: dict[str, list[str]] = {}
        for peer in release.rows("peers", ["area", "peer"]):
            self.peers.setdefault(peer["area"], []).append(peer["peer"])

    def beside(self, own: Row) -> Row:
        period = own["period_start"], own["period_end"]
        former = self.values.get((own["area_type"], own["area"], *period)) or {}
        country = self._country(period) or {}
        peers = [
            self.values[key]
            for peer in self.peers.get(own["area"], [])
            if (key := (own["area_type"], peer, *period)) in self.values
        ]
        together = beside_peers(own, peers, self.about) if own["value"] is not None else None
        return {
            **{key: own[key] for key in ("row", "indicator", "area_type", "area")},
            "name": self.release.areas.get(own["area"], {}).get("name"),
            **{
                key: value
                for key, value in own.items()
                if key not in ("row", "indicator", "area_type", "area")
            },
            "replaces": former.get("value"),
            "country_value": country.get("value"),
            "country_lower_95": country.get("lower_95"),
            "country_upper_95": country.get("upper_95"),
            "country_period_start": country.get("period_start"),
            "country_period_end": country.get("period_end"),
            "peers_value": together and together["value"],
            "peers": together and together["areas"],
        }

    def _country(self, period: tuple[Any, Any]) -> Row | None:
        same = [row for row in self.country if (row["period_start"], row["period_end"]) == period]
        return (same or self.country[-1:] or [None])[0]
