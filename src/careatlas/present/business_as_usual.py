"""What would have been counted at an area from a month on, had the years before gone on, beside what was.

Use it to ask of any count by month how far it lies from business as usual since something began, and whether a stated
target, such as 10 % fewer than business as usual, is met: only where the whole 95 % interval says so. Not to say that
what began did it: the answer is what the area as a whole did, whoever did it, and peers are shown beside it, because
what moved everywhere was no one's work. The method is `methods.counterfactual`; which months may be a guide is in
`usual_history`.
"""

import numpy as np

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.methods.counterfactual import BusinessAsUsual, business_as_usual
from careatlas.methods.estimate import Numbers
from careatlas.methods.peers import FEWEST
from careatlas.present.peers import chosen_peers
from careatlas.present.queries import Row, area_named, known_indicator
from careatlas.present.usual_history import Comparison, Months, changes_of, comparison, months_of, start_asked

COUNTED = ("count", "denominator")
NO_ACTIVITY = ("population", "need_weights")
MET, NOT_MET, CANNOT_TELL = "met", "not met", "cannot tell yet"
COLUMNS = (
    "indicator", "area_type", "area", "name", "of", "start", "period_start", "period_end", "actual",
    "usual", "usual_lower_95", "usual_upper_95",
    "actual_so_far", "usual_so_far", "usual_so_far_lower_95", "usual_so_far_upper_95",
    "difference_so_far", "difference_so_far_lower_95", "difference_so_far_upper_95",
    "change_percent", "change_percent_lower_95", "change_percent_upper_95",
    "peers", "peers_change_percent", "peers_change_percent_lower_95", "peers_change_percent_upper_95",
    "target_percent", "verdict", "months_before", "note",
)  # fmt: skip


def list_usual(
    release: Release,
    indicator: str,
    area: str | None,
    start: str,
    target: float | None = None,
    of: str = "count",
) -> list[Row]:
    """A row a month from ``start`` on: what was counted, business as usual, and both summed so far.

    ``area`` None is the whole country. ``target``: percent of business as usual, -10 is a tenth fewer. ``of``: the
    ``count`` of an indicator, or its ``denominator``: those among whom it is counted. Where there is not enough
    history, the rows carry what was counted and ``note`` says what is missing.
    """
    about = known_indicator(release, indicator)
    code = area_named(release, area) if area else _country(release)
    _refuse(about, of, target)
    months = months_of(release, indicator, code, of)
    at = start_asked(months, start)
    compared = comparison(months, at, changes_of(release, about, code, of))
    keys = {
        "indicator": indicator,
        "area_type": release.areas[code]["area_type"],
        "area": code,
        "name": release.areas[code]["name"],
        "of": of,
    }
    rows = beside_usual(months, at, compared, target)
    if not compared.reason:
        _add_peers(rows, _peers_together(release, about, code, of, months, at, compared), compared)
    return [row | keys for row in rows]


def beside_usual(months: Months, start: int, compared: Comparison, target: float | None) -> list[Row]:
    """The same of any count by month: nobody's peers beside it, and what names place and indicator left empty."""
    rows = _actual(months, start)
    if not compared.reason:
        _add_usual(rows, compared)
    note = "\n".join([line for line in (compared.reason, *compared.notes) if line]) or None
    keys = {
        "start": months.day(start),
        "target_percent": target,
        "months_before": compared.known_before,
        "note": note,
    }
    told = (keys | row for row in rows)
    return [
        {column: row.get(column) for column in COLUMNS} | {"verdict": _verdict(row, target)} for row in told
    ]


def sides(about: Row) -> list[str]:
    """What of an indicator may have a business as usual: residents are no activity."""
    side = about.get("denominator")
    return [COUNTED[0]] if side is None or side["table"] in NO_ACTIVITY else list(COUNTED)


def history(release: Release, indicator: str, area: str | None, start: str, of: str = "count") -> list[Row]:
    """The months before ``start`` that are on file; ``is_guide``: business as usual rests on it."""
    about = known_indicator(release, indicator)
    code = area_named(release, area) if area else _country(release)
    months = months_of(release, indicator, code, of)
    at = start_asked(months, start)
    compared = comparison(months, at, changes_of(release, about, code, of))
    return months_before(months, at, compared)


def months_before(months: Months, start: int, compared: Comparison) -> list[Row]:
    """The same of any count by month."""
    is_guide = np.isfinite(np.concatenate([np.full(compared.begin, np.nan), compared.count]))
    return [
        {**_month(months, place), "is_guide": bool(is_guide[place]) and not compared.reason}
        for place in range(start)
    ]


def last_compared(rows: list[Row]) -> Row | None:
    """The last month up to which something can be said."""
    return next((row for row in reversed(rows) if row["change_percent"] is not None), None)


def _country(release: Release) -> str:
    return next(code for code, area in release.areas.items() if area["area_type"] == "country")


def _refuse(about: Row, of: str, target: float | None) -> None:
    known = sides(about)
    if of not in known:
        raise NotKnownError("of", f'"{of}" is not counted by month here.', f"Give one of {', '.join(known)}.")
    if target is not None and not -100 < target <= 1000:
        raise NotKnownError(
            "target",
            f"{target:g} is not a percentage of business as usual.",
            "Give more than -100: -10 is a tenth fewer, 5 is a twentieth more.",
        )


def _actual(months: Months, start: int) -> list[Row]:
    return [_month(months, at) for at in range(start, len(months.count))]


def _month(months: Months, at: int) -> Row:
    start, end = months.days(at)
    return {"period_start": start, "period_end": end, "actual": _number(months.count[at])}


def _summed_month_by_month(count: Numbers, start: int) -> BusinessAsUsual:
    """The saving of each month so far: one series a month, in which later months are not known yet.

    All are given the same futures, so that sums agree from month to month."""
    after = len(count) - start
    series = np.tile(count, (after, 1))
    for row in range(after):
        series[row, start + row + 1 :] = np.nan
    return business_as_usual(series, start)


def _add_usual(rows: list[Row], compared: Comparison) -> None:
    """Sums take a month that is not known out of both sides."""
    found, actual = _summed_month_by_month(compared.count, compared.start), compared.count[compared.start :]
    so_far = np.nancumsum(actual)
    usual = {
        "": found.saving + so_far,
        "_lower_95": found.saving_lower + so_far,
        "_upper_95": found.saving_upper + so_far,
    }
    difference = {"": -found.saving, "_lower_95": -found.saving_upper, "_upper_95": -found.saving_lower}
    for at, row in enumerate(rows[: len(actual)]):
        row["usual"], row["usual_lower_95"], row["usual_upper_95"] = (
            _number(each[-1, at]) for each in (found.value, found.lower, found.upper)
        )
        if np.isnan(found.saving[at]):
            continue
        row["actual_so_far"] = _number(so_far[at])
        row |= {f"usual_so_far{end}": _number(each[at]) for end, each in usual.items()}
        row |= {f"difference_so_far{end}": _number(each[at]) for end, each in difference.items()}
        row |= _change("change_percent", found, so_far, at)


def _change(name: str, found: BusinessAsUsual, so_far: Numbers, at: int) -> Row:
    """In percent of business as usual, which is above zero in every future: limits change places."""
    ends = {"": found.saving, "_lower_95": found.saving_upper, "_upper_95": found.saving_lower}
    return {
        f"{name}{end}": _number(100 * (so_far[at] / (saving[at] + so_far[at]) - 1))
        for end, saving in ends.items()
    }


def _add_peers(rows: list[Row], together: tuple[Numbers, int] | None, compared: Comparison) -> None:
    if together is None:
        return
    count, number = together
    found, so_far = _summed_month_by_month(count, compared.start), np.nancumsum(count[compared.start :])
    for at, row in enumerate(rows[: len(so_far)]):
        if row.get("change_percent") is not None:
            row |= {"peers": number, **_change("peers_change_percent", found, so_far, at)}


def _peers_together(
    release: Release, about: Row, code: str, of: str, months: Months, start: int, compared: Comparison
) -> tuple[Numbers, int] | None:
    """The sum of its good matches with figures in every month compared and no change of counting of their own; None
    with fewer than five: sums of one or two are no company."""
    kept = []
    for peer in chosen_peers(release, code):
        try:
            theirs = months_of(release, about["id"], peer, of)
        except NotKnownError:
            continue
        own = comparison(theirs, theirs.position(months.day(start)), changes_of(release, about, peer, of))
        shift = compared.begin + months.first - theirs.first - own.begin
        count = own.count[shift : shift + len(compared.count)] if shift >= 0 else own.count[:0]
        if len(count) == len(compared.count) and not own.reason and _has_all(count, compared.count):
            kept.append(np.where(np.isnan(compared.count), np.nan, count))
    return (np.sum(kept, axis=0), len(kept)) if len(kept) >= FEWEST else None


def _has_all(count: Numbers, wanted: Numbers) -> bool:
    return bool(np.isfinite(count[np.isfinite(wanted)]).all())


def _verdict(row: Row, target: float | None) -> str | None:
    """Met only where the whole interval lies at or beyond the target. A target of 0 or below is a ceiling."""
    lower, upper = row.get("change_percent_lower_95"), row.get("change_percent_upper_95")
    if target is None or lower is None or upper is None:
        return None
    reached, missed = (upper <= target, lower > target) if target <= 0 else (lower >= target, upper < target)
    return MET if reached else NOT_MET if missed else CANNOT_TELL


def _number(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
