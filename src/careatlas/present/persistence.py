"""How lasting differences are: what ``careatlas persistence`` and the API answer, and whom pages ask.

One row an area over all its periods on file, from the table ``persistence``, in the words that pages print.
"""

import functools

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.explanation_words import CHANGED, persistence_in_words
from careatlas.present.numbers import is_full_return
from careatlas.present.periods import period_name
from careatlas.present.queries import Row, area_named, level_of
from careatlas.present.standing_out_words import COUNTING_ONLY, is_worked_out, lasting_in_brief

VERDICTS = (*CHANGED, "persistently_high", "persistently_low", "none")
PERSISTENCE_COLUMNS = (
    "indicator", "area_type", "area", "name", "period_start", "period_end", "verdict", "periods", "deviation",
    "deviation_lower", "deviation_upper", "q", "permanent_share", "permanent_lower", "permanent_upper",
    "next_deviation", "share_outlying", "longest_run", "trend", "change_start", "change", "change_lower",
    "change_upper", "change_p", "change_q", "words",
)  # fmt: skip


@functools.lru_cache(maxsize=512)
def lasting_rows(release: Release, indicator: str, area_type: str) -> tuple[Row, ...]:
    """Rows of ``persistence`` of one indicator at one level; none where too few periods are on file."""
    return tuple(release.rows("persistence", indicator=indicator, area_type=area_type))


def lasting_of(release: Release, indicator: str, area_type: str, area: str) -> Row | None:
    rows = lasting_rows(release, indicator, area_type)
    return next((row for row in rows if row["area"] == area), None)


def list_persistence(
    release: Release, indicator: str, area: str | None = None, area_type: str | None = None
) -> list[Row]:
    """How lasting each area's distance from the country is, and whether it changed: those with a verdict first,
    the farthest first."""
    code = None if area is None else area_named(release, area)
    own_type = None if code is None else release.areas[code]["area_type"]
    level = level_of(release, indicator, area_type or own_type)
    rows = lasting_rows(release, indicator, level)
    if not rows:
        raise _too_few(release, indicator, level)
    rows = [row for row in rows if code in (None, row["area"])]
    if not rows:
        raise NotKnownError(
            f"{code}, {indicator}",
            f"has no figures over time for areas of type {level}.",
            f"See its returns: careatlas show {indicator} --area {code}.",
        )
    country = next(row["name"] for row in release.areas.values() if row["area_type"] == "country")
    return [_told(release, row, country) for row in sorted(rows, key=_farthest_first)]


def persistence_in_lines(rows: list[Row]) -> list[Row]:
    """The rows as a table shows them: what all share is said once below, and of one area all that pages say."""
    left_out = ("permanent_", "period_", "words")
    kept = [column for column in PERSISTENCE_COLUMNS if not column.startswith(left_out)]
    return [
        {column: row[column] for column in kept}
        | {"verdict": row["verdict"] if is_worked_out(row) else None}  # none would say that it does not last
        | {"period": period_name(row["period_start"], row["period_end"]), "note": _note(row, len(rows))}
        for row in rows
    ]


def _told(release: Release, row: Row, country: str) -> Row:
    name = release.areas.get(row["area"], {}).get("name")
    said = persistence_in_words(row, name or row["area"], country)
    words = said or [lasting_in_brief(row, row["periods"], 0.0, country)]
    return {column: {**row, "name": name, "words": " ".join(words)}[column] for column in PERSISTENCE_COLUMNS}


def _note(row: Row, rows: int) -> str:
    share = "the permanent share of the variance between areas is {permanent_share:.2f}"
    if row["permanent_lower"] is not None:
        share += " (95 % interval {permanent_lower:.2f} to {permanent_upper:.2f})"
    said = [] if row["permanent_share"] is None else [share.format(**row)]
    own = [row["words"].replace(". ", ".\n")] if rows == 1 or not is_worked_out(row) else []
    return "\n".join(own + said)


def _farthest_first(row: Row) -> tuple[int, bool, float, str]:
    return VERDICTS.index(row["verdict"]), row["deviation"] is None, -abs(row["deviation"] or 0), row["area"]


def _too_few(release: Release, indicator: str, level: str) -> NotKnownError:
    rows = release.rows("values", ["period_end", "status", "value"], indicator=indicator, area_type=level)
    periods = len({row["period_end"] for row in rows if is_full_return(row) and row["value"] is not None})
    on_file = f"has {periods} period{'s' if periods != 1 else ''} on file for areas of type {level}"
    why = COUNTING_ONLY if periods == 1 else "too few, or too uneven, to show persistence"
    return NotKnownError(
        indicator, f"{on_file}: {why}.", "It takes four of one length, three areas with full returns."
    )
