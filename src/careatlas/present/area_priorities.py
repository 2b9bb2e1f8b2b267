"""One area's indicators in the order to look at them: what ``careatlas area`` answers."""

from careatlas.engine.release import Release
from careatlas.present.queries import Row, area_named, area_profile
from careatlas.present.standing_out import priorities

LASTING = ("deviation", "next_deviation")


def area_by_priority(release: Release, code: str, period: str | None = None) -> list[Row]:
    """The area's profile with what its distance from the country is, and whether and how far it lasts.

    ``priority`` is persistent x significant x size in percent (``standing_out``); 0 for what cannot stand out.
    ``verdict`` is that of ``gaps`` for the same period, ``persistence`` that of the table over all periods; None where
    none is on file.
    """
    rows = area_profile(release, code, period)
    area = area_named(release, code)
    ends = {(row["indicator"], row["period_end"]) for row in rows}
    against = {
        row["indicator"]: row
        for row in release.rows("comparisons", area=area, benchmark="national")
        if (row["indicator"], row["period_end"]) in ends
    }
    lasting = {row["indicator"]: row for row in release.rows("persistence", area=area)}
    verdicts = {
        (row["indicator"], row["period_end"]): row["verdict"]
        for row in release.rows("gaps", area=area, component="all")
    }
    weighed = priorities(rows, against, lasting, release.catalogue["indicators"])
    told = [
        row
        | {"priority": weighed.get(row["indicator"], 0.0)}
        | {"verdict": verdicts.get((row["indicator"], row["period_end"]))}
        | {"persistence": (lasting.get(row["indicator"]) or {}).get("verdict")}
        | {name: (lasting.get(row["indicator"]) or {}).get(name) for name in LASTING}
        for row in rows
    ]
    return sorted(told, key=lambda row: (-row["priority"], row["indicator"]))
