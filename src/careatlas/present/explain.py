"""Why areas differ, and why one does, as rows: what `careatlas explain` and the API answer."""

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.explanation_words import VERDICTS
from careatlas.present.periods import period_code
from careatlas.present.queries import Row, area_named, level_of, period_of

SHARE_KEYS = ("indicator", "area_type", "period_start", "period_end", "periods", "covariates")
GAP_KEYS = ("indicator", "area_type", "area", "name", "period_start", "period_end", "periods")
COUNTING_ONLY = "counting error only: cannot show persistence"


def explain_spread(
    release: Release, indicator: str, period: str | None = None, area_type: str | None = None
) -> list[Row]:
    """What the variance between areas comes from. The shares sum to 1, with all covariates and again without
    those that the providers compared measure themselves."""
    where: Row = {"indicator": indicator, "area_type": level_of(release, indicator, area_type)}
    start, where["period_end"] = period_of(release, where, period)
    rows = release.rows("shares", **where)
    if not rows:
        raise NotKnownError(
            f"{indicator}, {period_code(start, where['period_end'])}",
            f"is not explained for areas of type {where['area_type']}.",
            "It takes 30 areas with outlines and full returns, and a value that rests on counts.",
        )
    return [_ordered(row, SHARE_KEYS, ("component", "share", "lower", "upper", "note")) for row in rows]


def explain_gap(
    release: Release, indicator: str, area: str, period: str | None = None, area_type: str | None = None
) -> list[Row]:
    """What one area's distance from the country is made of, in percent; the parts multiply to all of it."""
    code = area_named(release, area)
    own_type = release.areas[code]["area_type"]
    where: Row = {"indicator": indicator, "area_type": level_of(release, indicator, area_type or own_type)}
    start, where["period_end"] = period_of(release, where, period)
    rows = release.rows("gaps", area=code, **where)
    if not rows:
        raise NotKnownError(
            f"{code}, {period_code(start, where['period_end'])}",
            f"has no explained gap for {indicator}.",
            f"See its return: careatlas show {indicator} --area {code}.",
        )
    columns = ("component", "percent", "lower", "upper", "verdict", "note")
    name = release.areas[code]["name"]
    return [_ordered({**row, "name": name, "note": _gap_note(row)}, GAP_KEYS, columns) for row in rows]


def _gap_note(row: Row) -> str | None:
    if row["component"] == "all":
        return VERDICTS[row["verdict"]]
    if row["component"] == "chance":
        return (
            COUNTING_ONLY if row["periods"] == 1 else f"with what comes and goes in {row['periods']} periods"
        )
    is_against = row["component"] == "against_need" and row["percent"] != 0
    return "goes against need: possible inequity" if is_against else None


def _ordered(row: Row, keys: tuple[str, ...], columns: tuple[str, ...]) -> Row:
    return {column: row[column] for column in (*keys, *columns)}
