"""What a pack says of an area rests on these: read once from a release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.area_priorities import area_by_priority
from careatlas.present.numbers import is_full_return
from careatlas.present.peers import chosen_peers
from careatlas.present.queries import Row, area_named


@dataclass(frozen=True)
class PackFacts:
    """One area of a release, by its ODS code."""

    release: Release
    code: str

    @classmethod
    def of(cls, release: Release, area: str) -> "PackFacts":
        """``area``: code or name. Refuses the country, which has nobody to be held beside."""
        code = area_named(release, area)
        if release.areas[code]["area_type"] == "country":
            raise NotKnownError(
                code, "is the whole country: a pack holds one area beside the others.", "Name an area in it."
            )
        return cls(release, code)

    @property
    def area(self) -> Row:
        return self.release.areas[self.code]

    @property
    def name(self) -> str:
        return self.area["name"]

    @property
    def source(self) -> str:
        """The line under a chart."""
        return f"Source: the publications named at the end. {self.made_by}"

    @property
    def made_by(self) -> str:
        """What a chart must say of itself wherever it is taken."""
        fictional = " Simulated country: no real figures." if self.release.manifest["simulated"] else ""
        return f"Care Atlas, release {self.release.id}.{fictional}"

    @property
    def indicators(self) -> Mapping[str, Row]:
        return self.release.catalogue["indicators"]

    @cached_property
    def country(self) -> Row:
        return next(area for area in self.release.areas.values() if area["area_type"] == "country")

    @cached_property
    def profile(self) -> list[Row]:
        """The latest figure of each indicator, first what is persistent, significant and large."""
        return area_by_priority(self.release, self.code)

    @cached_property
    def latest(self) -> dict[str, Row]:
        return {row["indicator"]: row for row in self.profile}

    @cached_property
    def counts(self) -> dict[str, list[tuple[date, float]]]:
        """By indicator, the last day and the area's own events of each full return, oldest first."""
        found: dict[str, list[tuple[date, float]]] = {}
        rows = self.release.of_area("values", self.code, sex="persons", age_band="all")
        for row in sorted(rows, key=lambda row: row["period_end"]):
            if is_full_return(row) and row["count"] is not None:
                found.setdefault(row["indicator"], []).append((row["period_end"], row["count"]))
        return found

    @cached_property
    def standards(self) -> list[Row]:
        """Latest comparisons with the standards in force."""
        return self._latest_beside("standard")

    @cached_property
    def national(self) -> list[Row]:
        """Latest comparisons with the country."""
        return self._latest_beside("national")

    def _latest_beside(self, benchmark: str) -> list[Row]:
        ends = {(row["indicator"], row["period_end"]) for row in self.profile}
        rows = self.release.of_area("comparisons", self.code, benchmark=benchmark)
        return [row for row in rows if (row["indicator"], row["period_end"]) in ends]

    @cached_property
    def lasting(self) -> dict[str, Row]:
        return {row["indicator"]: row for row in self.release.of_area("persistence", self.code)}

    @cached_property
    def peers(self) -> list[Row]:
        """All that are near, good matches or not."""
        rows = self.release.of_area("peers", self.code)
        return sorted(rows, key=lambda row: row["rank"])

    @cached_property
    def good_peers(self) -> Sequence[str]:
        return chosen_peers(self.release, self.code)

    @cached_property
    def opportunities(self) -> dict[str, dict[str, Row]]:
        """Indicator -> benchmark -> row."""
        found: dict[str, dict[str, Row]] = {}
        for row in self.release.of_area("opportunities", self.code):
            found.setdefault(row["indicator"], {})[row["benchmark"]] = row
        return found

    def series(self, indicator: str, code: str | None = None) -> list[Row]:
        """Full returns of all periods, oldest first; of another area where ``code`` is given."""
        rows = self.release.of_area(
            "values", code or self.code, indicator=indicator, sex="persons", age_band="all"
        )
        return sorted(
            (row for row in rows if is_full_return(row) and row["value"] is not None),
            key=lambda row: row["period_end"],
        )
