"""What areas could spare or gain: what ``careatlas opportunities`` and the API answer, and whom pages ask."""

from collections.abc import Sequence

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.methods.opportunity import RUNGS
from careatlas.present.queries import Row, area_named, known_indicator

COLUMNS = (
    "indicator", "area_type", "area", "name", "period_start", "period_end", "periods", "benchmark", "amount", "lower",
    "upper", "probability", "chance_only", "is_headline", "gbp", "gbp_lower", "gbp_upper", "gbp_source",
    "overlaps_with", "note",
)  # fmt: skip


def list_opportunities(
    release: Release,
    area: str | None = None,
    indicator: str | None = None,
    benchmarks: Sequence[str] = ("best_five",),
) -> list[Row]:
    """One row an indicator, area and benchmark: those that may be declared first, then the surest.

    Never add them up: those of overlapping indicators are the same people, and so are benchmarks."""
    where = {}
    if unknown := [each for each in benchmarks if each not in RUNGS]:
        raise NotKnownError("benchmark", f"{unknown[0]} is none.", f"Give one of {', '.join(RUNGS)}.")
    if indicator is not None:
        known_indicator(release, indicator)
        where["indicator"] = indicator
    if area is not None:
        where["area"] = area_named(release, area)
    if not where:
        raise NotKnownError("opportunities", "of what is not said.", "Give --area, or an indicator.")
    rows = [row for row in release.rows("opportunities", **where) if row["benchmark"] in benchmarks]
    if not rows:
        asked = ", ".join(where.values())
        raise NotKnownError(
            asked,
            "has no opportunities: they take an indicator in which high or low is better, an area with five peers "
            "like it, and ten events.",
            f"See who is like it: careatlas peers {where['area']}." if area else "See careatlas indicators.",
        )
    return [_told(release, row) for row in sorted(rows, key=_surest_first)]


def _surest_first(row: Row) -> tuple[bool, float, float, str, str]:
    return (
        not row["is_headline"],
        -(row["probability"] or 0.0),
        -row["amount"],
        row["indicator"],
        row["benchmark"],
    )


def _told(release: Release, row: Row) -> Row:
    name = release.areas.get(row["area"], {}).get("name")
    return {column: {**row, "name": name, "note": note(row)}[column] for column in COLUMNS}


def note(row: Row) -> str:
    """What may be said of one row."""
    if row["probability"] is None:
        return "one period: a size beside what chance alone gives, and no evidence of a gap"
    if row["is_headline"]:
        return "a gap beyond chance"
    return f"not sure enough to declare: probability {row['probability']:.2f}"
