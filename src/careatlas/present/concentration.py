"""The few parts that make half of one area's gap, as rows: for pages, `careatlas explain` and the API."""

from careatlas.engine.release import Release
from careatlas.present.concentration_words import MIX, MIX_IN_WORDS
from careatlas.present.queries import Row
from careatlas.present.waiting_words import specialty_name

PLURALS = {"smaller_area": "smaller areas", "specialty": "specialties", "provider": "providers"}


def parts_of_gap(release: Release, **where: object) -> list[Row]:
    """Rows of the table with ``part_name``, kind by kind and by place. ``where``: indicator, area_type, area,
    period_end."""
    rows = sorted(release.rows("concentration", **where), key=lambda row: (row["kind"], row["place"]))
    return [{**row, "part_name": part_name(release, row)} for row in rows]


def part_name(release: Release, row: Row) -> str:
    if row["kind"] == "specialty":
        return MIX_IN_WORDS if row["part"] == MIX else specialty_name(row["part"])
    return release.areas.get(row["part"], {}).get("name") or row["part"]


def as_component(row: Row) -> Row:
    """A part as a row of what makes the gap: how far it alone moves its area from the country, in percent. The
    first of each kind notes how many are enough for half."""
    limits = {"percent": "excess", "lower": "excess_lower", "upper": "excess_upper"}
    return {
        "component": row["kind"],
        "periods": 1,
        "verdict": None,
        "note": _enough_for_half(row) if row["place"] == 1 else None,
        **{name: _percent(row[column], row["area_expected"]) for name, column in limits.items()},
    }


def _enough_for_half(row: Row) -> str:
    gap = row["area_observed"] - row["area_expected"]
    told = (
        f"{row['parts_for_half']} of {row['parts']} {PLURALS[row['kind']]} are enough for half of the gap of "
        f"{gap:+,.0f} ({_percent(gap, row['area_expected']):+.1f}%) at the country's rate"
    )
    return "\n".join(filter(None, (told, row["note"])))


def _percent(excess: float | None, expected: float) -> float | None:
    return None if excess is None else 100 * excess / expected
