"""Business as usual drawn and said: months before, the band of what would have come, what came, and the target.

Takes the rows of `business_as_usual.list_usual` and of its `history`. A month that was left out of business as usual is
a hollow dot; a month without a full return is a gap.
"""

from collections.abc import Sequence
from typing import Any

from careatlas.present import colour, marks
from careatlas.present.business_as_usual import CANNOT_TELL, MET, NOT_MET, last_compared
from careatlas.present.marks import Indicator
from careatlas.present.periods import period_name
from careatlas.present.theme import DESK, PHONE, Row, Spec, chart

SIDE = {"count": "what is counted", "denominator": "those it is counted among"}
WHY = {
    MET: "the whole 95% interval reaches it",
    NOT_MET: "the whole 95% interval falls short of it",
    CANNOT_TELL: "the 95% interval lies on both sides of it",
}
_WHOLE_NUMBERS = {"unit": "", "decimals": 0}


def usual_points(history: Sequence[Row], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """All months in order of time, with figures in words; ``run`` parts what stands between gaps."""
    points, gaps = [], 0
    for row in [*history, *rows]:
        gaps += row["actual"] is None
        usual, target = row.get("usual"), row.get("target_percent")
        points.append(
            {
                "period": row["period_end"].isoformat(),
                "period_name": period_name(row["period_start"], row["period_end"]),
                "run": gaps,
                "actual": row["actual"],
                "usual": usual,
                "lower": row.get("usual_lower_95"),
                "upper": row.get("usual_upper_95"),
                "target": None if usual is None or target is None else usual * (1 + target / 100),
                "is_guide": row.get("is_guide", True),
                "actual_text": whole(row["actual"]),
                "usual_text": between(row, "usual"),
                "so_far_text": between(row, "usual_so_far"),
                "actual_so_far_text": whole(row.get("actual_so_far")),
                "difference_text": between(row, "difference_so_far"),
                "change_text": _percents(row, "change_percent"),
                "verdict": row.get("verdict") or "",
            }
        )
    return points


def usual_chart(
    history: Sequence[Row],
    rows: Sequence[Row],
    indicator: Indicator,
    *,
    source: str = "",
    selected: str | None = None,
    width: int = DESK,
) -> Spec:
    points = usual_points(history, rows)
    x, y = marks.time_axis(points, width), marks.value_axis(_WHOLE_NUMBERS)
    first = rows[0]
    after = [point for point in points if point["usual"] is not None]
    return chart(
        [*_band(after, x, y), *_actual(points, x, y), *_start(points, len(history), x, width > PHONE)],
        title=f"{first['name']}: business as usual of {_subject(indicator, first['of'])}",
        subtitle=[
            f"By month: {side_in_words(indicator, first['of'])}",
            _key(after, any(not point["is_guide"] for point in points)),
        ],
        description=f"{first['name']}: {indicator['title']} by month, {SIDE[first['of']]}. "
        + " ".join(in_words(rows)),
        caption=source,
        width=width,
        height=280 if width > PHONE else 230,
        selected=selected,
        caption_offset=marks.time_caption_offset(x),
        caption_left=34,
    )


def in_words(rows: Sequence[Row]) -> list[str]:
    """What came beside business as usual, the target, the peers, and what to know of it: a sentence or two each."""
    notes = (rows[0]["note"] or "").split("\n") if rows else []
    notes = [line for line in notes if line]
    last = last_compared(list(rows))
    if last is None:
        return notes
    when = _span(rows[0], last)
    said = [
        f"{when}: {whole(last['actual_so_far'])} counted; business as usual would have been "
        f"{between(last, 'usual_so_far')}: {_percents(last, 'change_percent')}; 95% limits in brackets.",
        *_target_in_words(last),
        *_peers_in_words(last),
        f"It rests on {last['months_before']} known months before, and shows what came about in the area as a whole, "
        "not who or what brought it about.",
    ]
    return said + notes


def side_in_words(indicator: Indicator, of: str) -> str:
    """``attendances (those it is counted among)``: the measure that is summed, and which side it is."""
    side = indicator["numerator" if of == "count" else "denominator"] or {}
    measure = side.get("measure")
    return f"{measure.replace('_', ' ')} ({SIDE[of]})" if isinstance(measure, str) else SIDE[of]


def _subject(indicator: Indicator, of: str) -> str:
    """An indicator is named for what it counts, not for those it is counted among."""
    title = indicator["short_title"]
    return title if of == "count" else f"{side_in_words(indicator, of)} of {title}"


def in_lines(rows: Sequence[Row]) -> list[Row]:
    """What a table of a terminal has room for, with what is said of all rows as their note."""
    said = "\n".join(in_words(rows))
    return [
        {
            "area": row["area"],
            "name": row["name"],
            "month": period_name(row["period_start"], row["period_end"]),
            "counted": whole(row["actual"]),
            "business_as_usual": between(row, "usual"),
            "so_far": whole(row["actual_so_far"]),
            "business_as_usual_so_far": between(row, "usual_so_far"),
            "change_so_far": _percents(row, "change_percent"),
            "target": row["verdict"] or "",
            "note": said,
        }
        for row in rows
    ]


def whole(number: float | None) -> str:
    """``22,899``; empty where there is none."""
    return "" if number is None else f"{number:,.0f}"


def between(row: Row, name: str) -> str:
    """``22,899 (19,082 to 26,542)``: the figure with its 95 % limits; empty where there is none."""
    if row.get(name) is None:
        return ""
    return f"{whole(row[name])} ({whole(row[f'{name}_lower_95'])} to {whole(row[f'{name}_upper_95'])})"


def percent_in_words(percent: float) -> str:
    """``5.3% fewer``, ``1% more``, ``no change``."""
    size = f"{abs(percent):.1f}".removesuffix(".0")
    return "no change" if size == "0" else f"{size}% {'more' if percent > 0 else 'fewer'}"


def _percents(row: Row, name: str) -> str:
    if row.get(name) is None:
        return ""
    low, high = (percent_in_words(row[f"{name}_{end}_95"]) for end in ("lower", "upper"))
    return f"{percent_in_words(row[name])} ({low} to {high})"


def _target_in_words(last: Row) -> list[str]:
    if last["target_percent"] is None:
        return []
    return [
        f"Target, {target_in_words(last['target_percent'])}: {last['verdict']}; {WHY[last['verdict']]}. "
        "It is judged anew each month, on all months so far."
    ]


def target_in_words(percent: float) -> str:
    """``10% fewer than business as usual``."""
    said = percent_in_words(percent)
    return "no more than business as usual" if said == "no change" else f"{said} than business as usual"


def _peers_in_words(last: Row) -> list[str]:
    if last["peers"] is None:
        return ["Too few areas like it have figures of the same months to say whether others moved too."]
    return [
        f"{last['peers']} areas like it, together: {_percents(last, 'peers_change_percent')} than their own."
    ]


def _span(first: Row, last: Row) -> str:
    names = [period_name(row["period_start"], row["period_end"]) for row in (first, last)]
    return names[0] if names[0] == names[1] else f"{names[0]} to {names[1]}"


def _key(after: list[dict[str, Any]], has_left_out: bool) -> str:
    said = "Grey band and dashes: business as usual with its 95% limits. " if after else ""
    said += "Dotted: the target. " if after and after[0]["target"] is not None else ""
    return said + ("Hollow: months that are no guide." if has_left_out else "")


def _band(after: list[dict[str, Any]], x: Spec, y: Spec) -> list[Spec]:
    if not after:
        return []
    data = {"data": {"values": after}}
    limits = {"x": x, "y": {**y, "field": "lower"}, "y2": {"field": "upper"}}
    dashes = {"type": "line", "color": colour.INK, "strokeWidth": 1.5, "strokeDash": [6, 4]}
    dots = {"type": "line", "color": colour.NATIONAL, "strokeWidth": 2, "strokeDash": [2, 3]}
    layers = [
        {**data, "mark": {"type": "area", "color": colour.MUTED, "opacity": 0.22}, "encoding": limits},
        {**data, "mark": dashes, "encoding": {"x": x, "y": {**y, "field": "usual"}}},
    ]
    if after[0]["target"] is not None:
        layers.append({**data, "mark": dots, "encoding": {"x": x, "y": {**y, "field": "target"}}})
    return layers


def _actual(points: list[dict[str, Any]], x: Spec, y: Spec) -> list[Spec]:
    shown = [point for point in points if point["actual"] is not None]
    place = {"x": x, "y": {**y, "field": "actual"}}
    tooltip = [
        {"field": "period_name", "title": "Month"},
        {"field": "actual_text", "title": "Counted"},
        {"field": "usual_text", "title": "Business as usual"},
        {"field": "change_text", "title": "So far"},
    ]
    fill = {"condition": {"test": "datum.is_guide", "value": colour.SELECTED}, "value": colour.PAPER}
    line = {"type": "line", "color": colour.SELECTED, "strokeWidth": 1.5}
    dot = {"type": "point", "opacity": 1, "stroke": colour.SELECTED, "strokeWidth": 1.5, "size": 30}
    return [
        {"data": {"values": shown}, "mark": line, "encoding": {**place, "detail": {"field": "run"}}},
        {"data": {"values": shown}, "mark": dot, "encoding": {**place, "fill": fill, "tooltip": tooltip}},
    ]


def _start(points: list[dict[str, Any]], at: int, x: Spec, is_named: bool) -> list[Spec]:
    place = {"data": {"values": [{"period": points[at]["period"]}]}, "encoding": {"x": x}}
    is_late = at > len(points) / 2
    words = {"type": "text", "align": "right" if is_late else "left", "dx": -6 if is_late else 6}
    words |= {"text": f"Start: {points[at]['period_name']}", "baseline": "bottom", "y": -2}
    rule = {"type": "rule", "color": colour.INK, "strokeWidth": 1.5}
    return [{**place, "mark": rule}, *(marks.with_halo(words, place) if is_named else [])]
