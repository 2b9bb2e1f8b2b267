"""The extra pathways that reach a target by a month, with everything that the answer rests on."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present.periods import parse_period, period_name
from careatlas.present.waiting_words import ORDERS
from careatlas.present.waits import STANDARD_WEEKS, extra_pathways
from careatlas.web import reading
from careatlas.web.reading import Row
from careatlas.web.waiting_choice import WaitsChoice

USUAL_TARGET, USUAL_ORDER = 92.0, "as_now"
MONTHS_AHEAD = (3, 6, 12, 18, 24, 36, 48, 60)
MOST_PERCENT = 50
EMPTY = 0.02  # of the list: beyond this a promise is kept by having nobody wait


def section(
    release: Release, choice: WaitsChoice, asked: Mapping[str, str], place: Row | None = None
) -> dict[str, Any]:
    """The form, and the answer where one was asked for. ``place``: a provider instead of the chosen area."""
    ahead = [_month_after(choice.end, n) for n in MONTHS_AHEAD]
    target = _number(asked, "target", USUAL_TARGET, 1, 99)
    arrivals = _number(asked, "arrivals", 0.0, -MOST_PERCENT, MOST_PERCENT)
    order = asked.get("treated") or USUAL_ORDER
    if order not in ORDERS:
        raise NotKnownError(order, "is not an order of treatment.", f"Orders: {', '.join(ORDERS)}.")
    by = asked.get("by", "")
    last = parse_period(by)[1] if by else None
    where = place or choice.area or reading.country(release)
    return {
        "name": where["name"],
        "target": f"{target:g}",
        "arrivals": f"{arrivals:g}",
        "by": by or f"{ahead[2]:%Y-%m}",
        "months": [{"code": f"{end:%Y-%m}", "name": period_name(end.replace(day=1), end)} for end in ahead],
        "orders": ORDERS,
        "treated": order,
        "from": period_name(choice.end.replace(day=1), choice.end),
        "answer": _answer(release, choice, where, target, arrivals, order, last) if last else None,
    }


def _answer(
    release: Release, choice: WaitsChoice, where: Row, target: float, arrivals: float, order: str, last: date
) -> dict[str, Any]:
    weeks = round((last - choice.end).days / 7)
    if not 1 <= weeks <= 53 * 5:
        raise NotKnownError(
            f"{last:%Y-%m}", "is not within five years after the window.", "Choose one of the months offered."
        )
    asked = {
        "target": target / 100, "by_weeks": weeks, "arrivals_percent": arrivals,
        "months": choice.months, "period": choice.period,
    }  # fmt: skip
    try:
        by_order = {
            one: extra_pathways(
                release, choice.specialty, where["area_type"], where["code"], order=one, **asked
            )
            for one in ORDERS
        }
    except NotKnownError as fault:
        return {"said": f"This cannot be worked out: {fault.found}"}
    rows = {
        one: found[0] for one, found in by_order.items() if found and found[0]["share_without"] is not None
    }
    if order not in rows:
        return {"said": f"{where['name']} has no full return to work this out from."}
    return {
        "said": _said(rows[order], where["name"], weeks, target, last),
        "assumptions": _assumptions(rows[order], choice),
        "orders": [_line(ORDERS[one], row, one == order) for one, row in rows.items()],
    }


def _line(order: str, row: Row, is_chosen: bool) -> dict[str, Any]:
    extra = row["extra_per_week"]
    return {
        "order": order,
        "chosen": is_chosen,
        "extra": "no number is enough" if extra is None else f"{extra:,.0f}",
        "share_without": f"{row['share_without']:.1%}",
        "waiting": "" if row["waiting"] is None else f"{row['waiting']:,.0f}",
        "waiting_without": f"{row['waiting_without']:,.0f}",
    }


def _said(row: Row, name: str, weeks: int, target: float, last: date) -> str:
    goal = f"{target:g}% of its list within {STANDARD_WEEKS} weeks by the end of {last:%B %Y}"
    without = f"{row['share_without']:.1%}"
    if row["extra_per_week"] is None:
        return f"In this order of treatment no number of extra pathways brings {name} to {goal}."
    if row["extra_per_week"] < 0.5:
        return f"{name} would reach {goal} without extra pathways: the share would be {without}."
    extra, total = row["extra_per_week"], row["extra_per_week"] * weeks
    empties = " Only an empty list keeps the promise in this order." if _is_emptied(row) else ""
    return (
        f"{name} would need {extra:,.0f} more completed pathways a week than now, {total:,.0f} over {weeks} weeks, "
        f"to have {goal}. Without them the share would be {without}.{empties}"
    )


def _is_emptied(row: Row) -> bool:
    return row["waiting"] < EMPTY * row["waiting_now"]


def _assumptions(row: Row, choice: WaitsChoice) -> list[str]:
    flows = (
        f"{row['waiting_now']:,.0f} wait at the end of {choice.end:%B %Y}; each week {row['new_per_week']:,.0f} join, "
        f"{row['completed_per_week']:,.0f} are completed and {row['removed_per_week']:,.0f} leave untreated"
    )
    return [flows, *row["assumptions"].split("; ")]


def _number(asked: Mapping[str, str], name: str, usual: float, least: float, most: float) -> float:
    text = asked.get(name) or f"{usual}"
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise NotKnownError(
            name, f'"{text}" is not a number from {least:g} to {most:g}.', "Give one in per cent."
        )
    return number


def _month_after(end: date, months: int) -> date:
    """The last day of the month so many months later."""
    n = end.year * 12 + end.month + months  # the month after that one
    return date(n // 12, n % 12 + 1, 1) - timedelta(days=1)
