"""Why areas differ, and why one does, as rows: what `careatlas explain` and the API answer."""

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.concentration import as_component, parts_of_gap
from careatlas.present.explanation_words import VERDICTS
from careatlas.present.periods import period_code
from careatlas.present.persistence import lasting_of, lasting_rows
from careatlas.present.queries import Row, area_named, level_of, period_of
from careatlas.present.standing_out_words import COUNTING_ONLY, footing_of_one_period, is_worked_out

SHARE_KEYS = ("indicator", "area_type", "period_start", "period_end", "periods", "covariates")
SHARE_COLUMNS = (*SHARE_KEYS, "component", "share", "lower", "upper", "note")
GAP_KEYS = ("indicator", "area_type", "area", "name", "period_start", "period_end", "periods")
PART_COLUMNS = ("part", "part_name", "observed", "expected", "share_of_gap", "parts", "parts_for_half")
GAP_COLUMNS = (*GAP_KEYS, "component", "percent", "lower", "upper", "verdict", "note", *PART_COLUMNS)


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
    has_lasting = any(map(is_worked_out, lasting_rows(release, indicator, where["area_type"])))
    return [_ordered({**row, "note": share_note(row, has_lasting)}, SHARE_COLUMNS) for row in rows]


def share_note(row: Row, has_lasting: bool) -> str | None:
    """The note of a row of ``shares``; where other periods say how lasting differences are, it does not deny it."""
    said = row["note"] or ""
    return said.replace(COUNTING_ONLY, footing_of_one_period(has_lasting)) or None


def explain_gap(
    release: Release, indicator: str, area: str, period: str | None = None, area_type: str | None = None
) -> list[Row]:
    """What one area's distance from the country is made of, in percent; the components multiply to all of it. Then
    the few parts that make half of it in that period: smaller areas, specialties, providers. They add up."""
    code = area_named(release, area)
    own_type = release.areas[code]["area_type"]
    where: Row = {"indicator": indicator, "area_type": level_of(release, indicator, area_type or own_type)}
    start, where["period_end"] = period_of(release, where, period)
    rows = release.rows("gaps", area=code, **where)
    parts = parts_of_gap(release, area=code, **where)
    if not rows and not parts:
        raise NotKnownError(
            f"{code}, {period_code(start, where['period_end'])}",
            f"has no explained gap for {indicator}.",
            f"See its return: careatlas show {indicator} --area {code}.",
        )
    name = release.areas[code]["name"]
    has_lasting = is_worked_out(lasting_of(release, indicator, where["area_type"], code))
    no_part = dict.fromkeys(PART_COLUMNS)
    told = [{**row, **no_part, "name": name, "note": _gap_note(row, has_lasting)} for row in rows]
    told += [{**row, **as_component(row), "name": name} for row in parts]
    return [_ordered(row, GAP_COLUMNS) for row in told]


def _gap_note(row: Row, has_lasting: bool) -> str | None:
    if row["component"] == "all":
        return VERDICTS[row["verdict"]]
    if row["component"] == "chance":
        together = f"with what comes and goes in {row['periods']} periods"
        return footing_of_one_period(has_lasting) if row["periods"] == 1 else together
    is_against = row["component"] == "against_need" and row["percent"] != 0
    return "goes against need: possible inequity" if is_against else None


def _ordered(row: Row, columns: tuple[str, ...]) -> Row:
    return {column: row[column] for column in columns}
