"""Waiting times as ``careatlas waits`` and the API answer them: one row an area or provider, nothing but what was
asked for."""

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.numbers import interval, number
from careatlas.present.periods import period_name, period_on_file
from careatlas.present.queries import Row, area_named
from careatlas.present.waiting_on_file import (
    COUNTRY,
    PROVIDER,
    TOTAL,
    USUAL_MONTHS,
    ends_on_file,
    in_a_row_in_words,
    levels_of,
    months_in_a_row,
    one_of,
    rows_of,
    specialties,
)
from careatlas.present.waiting_people import PEOPLE
from careatlas.present.waiting_window import PARTS
from careatlas.present.waiting_words import PARTS as PART_NAMES
from careatlas.present.waiting_words import median_text, rate_unit, specialty_name, wait_limits
from careatlas.present.waits import LONG_WAITS_WEEKS

ONE_DECIMAL, TWO_DECIMALS = ({"unit": "", "decimals": decimals} for decimals in (1, 2))


def list_waits(
    release: Release,
    area: str | None = None,
    specialty: str | None = None,
    part: str | None = None,
    area_type: str | None = None,
    months: int | None = None,
    period: str | None = None,
) -> list[Row]:
    """All areas of one type, or one area: pathways, rates by three counts of people with ranks, lengths of waits.

    The window is the ``months`` up to ``period``: by default the latest on file, and twelve of them or as many as
    follow one another. More months than do are refused, because the sum would be of another window.
    """
    specialty = _specialty(release, specialty or TOTAL)
    part = one_of(PARTS, part or "completed", "a part of the pathways")
    code = None if area is None else area_named(release, area)
    level = _level(release, code, area_type)
    ends = ends_on_file(release, specialty, part)
    on_file = [(end.replace(day=1), end) for end in ends]
    start, end = period_on_file(period, on_file) if period else on_file[0]
    run = months_in_a_row(ends, end)
    if months is not None and months > run and part != "incomplete":
        raise NotKnownError("months", f"{in_a_row_in_words(months, run)} {period_name(start, end)}.", "")
    asked = min(months or USUAL_MONTHS, run)
    rows = rows_of(release, specialty, part, level, asked, f"{end:%Y-%m}")
    kept = [row for row in rows if code in (None, row["area"])]
    if not kept:
        raise NotKnownError(
            code or level,
            f"has no {PART_NAMES[part].lower()} pathways on file in {specialty_name(specialty).lower()}.",
            "Choose another specialty or part.",
        )
    return kept


def _specialty(release: Release, wanted: str) -> str:
    known = specialties(release)
    if wanted not in known:
        raise NotKnownError(
            wanted,
            "is not a specialty of this release.",
            f"Known are {'; '.join(f'{one} {specialty_name(one)}' for one in known)}.",
        )
    return wanted


def _level(release: Release, code: str | None, wanted: str | None) -> str:
    """The level asked for, else the area's own, else the finest; a fault where an area is not of it."""
    levels = levels_of(release)
    own = release.areas[code]["area_type"] if code else levels[0]
    level = one_of([*levels, PROVIDER, COUNTRY], wanted or own, "a level of waiting times")
    if level != own and code:
        name = release.areas[code]["name"]
        raise NotKnownError(name, f"is of type {own}, not {level}.", "Leave the area type out.")
    return level


def waits_in_lines(rows: list[Row]) -> list[Row]:
    """The rows as a table shows them, in the words of the page; rates by the first count of people on file."""
    people = next((kind for kind in PEOPLE if any(row.get(f"people_{kind}") for row in rows)), None)
    return [_line(row, people) for row in rows]


def _line(row: Row, people: str | None) -> Row:
    rate = (
        {}
        if people is None
        else {f"per_1000_{people}": _with_limits(row, f"per_1000_{people}", TWO_DECIMALS)}
    )
    share = _with_limits(row, "share_within_18_weeks", ONE_DECIMAL)
    over = [row[f"over_{weeks}_weeks"] for weeks in LONG_WAITS_WEEKS]
    return {
        **{key: row[key] for key in ("specialty", "part", "area_type", "area", "name")},
        "specialty": specialty_name(row["specialty"]),
        "period": period_name(row["period_start"], row["period_end"]),
        "pathways": row["pathways"],
        **rate,
        "percent_within_18_weeks": share,
        **{f"{name}_weeks": _wait(row, name) for name in ("median", "centile_92")},
        f"over_{'_'.join(map(str, LONG_WAITS_WEEKS))}_weeks": _over(over, row["known_waits"]),
        "status": row["status"],
        "note": "\n".join(line for line in (row["note"], _unit(row, people)) if line),
    }


def _with_limits(row: Row, name: str, written: Row) -> str:
    limits = {"lower_95": row[f"{name}_lower"], "upper_95": row[f"{name}_upper"]}
    value = number(row[name], written)
    return f"{value} ({interval(limits, written)})" if value else ""


def _wait(row: Row, name: str) -> str:
    text, limits = median_text(row, name), wait_limits(row, name).partition(":")[0]  # "or more" tells enough
    return f"{text} ({limits})" if text and limits else text


def _over(over: list[float | None], known: float | None) -> str:
    if known is None:
        return ""
    return " / ".join("?" if each is None else f"{each:,.0f}" for each in over)


def _unit(row: Row, people: str | None) -> str:
    unit = "" if people is None else f"pathways {rate_unit(row['part'], people)}"
    open_from = row["open_from_weeks"]
    is_open = open_from is not None and open_from < max(LONG_WAITS_WEEKS)
    return "; ".join(
        filter(
            None, [unit, f"?: not published, the last week is open from {open_from} on" if is_open else ""]
        )
    )
