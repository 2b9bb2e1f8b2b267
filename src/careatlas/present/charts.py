"""Charts of one indicator, or of one area over its indicators, as Vega-Lite specifications.

All take rows with the columns of the release tables ``values`` and ``comparisons``, and an indicator's
catalogue entry. The three kinds of nothing are drawn differently everywhere: *zero* is an open mark on the
axis, *missing* is a gap or a grey word, *hidden* a cross with the word; an *incomplete* return is an outline
with a dagger.
"""

from collections.abc import Iterable, Mapping, Sequence

from careatlas.present import colour, marks
from careatlas.present.marks import Indicator, Point
from careatlas.present.numbers import HIDDEN_SIGN, INCOMPLETE_SIGN, is_full_return, number, value_or_status
from careatlas.present.periods import period_name
from careatlas.present.theme import DESK, PHONE, Row, Spec, chart

BAR_HEIGHT = 19
_COMPARED = {
    "better": "better",
    "worse": "worse",
    "higher": "higher",
    "lower": "lower",
    "similar": "cannot be told apart",
}


def ranked_bars(
    rows: Sequence[Row],
    indicator: Indicator,
    names: Mapping[str, str],
    *,
    national: Row | None = None,
    country: str = "England",
    comparisons: Iterable[Row] = (),
    source: str = "",
    selected: str | None = None,
    width: int = DESK,
) -> Spec:
    """Areas in order of value, 95 % intervals, the country's line: named bars, or thin dots when many."""
    against = {row["area"]: row["significance"] for row in comparisons if row["benchmark"] == "national"}
    ordered = sorted(rows, key=lambda row: (row.get("value") is None, -(row.get("value") or 0), row["area"]))
    points = [
        marks.area_point(row, indicator, names)
        | {"place": place, "compared": _COMPARED.get(against.get(row["area"], ""), "not compared")}
        for place, row in enumerate(ordered)
    ]
    few = len(points) <= marks.MOST_NAMED_BARS
    layers = marks.named_bars(points, indicator, width) if few else marks.thin_dots(points, indicator)
    if national is not None and national.get("value") is not None:
        layers += marks.country_line(
            national["value"], f"{country} {number(national['value'], indicator)}", upright=few
        )
    return chart(
        layers,
        title=_title(indicator),
        subtitle=[_unit_and_period(rows, indicator), _key(points, "bars" if few else "dots")],
        description=_ranked_description(points, indicator, rows, national, country),
        caption=source,
        width=width,
        height=max(60, BAR_HEIGHT * len(points)) if few else 320,
        selected=selected,
        caption_offset=30 if few else 20,
        caption_left=marks.name_room(points, width) if few else 34,
    )


def trend(
    rows: Sequence[Row],
    indicator: Indicator,
    name: str,
    *,
    national: Sequence[Row] = (),
    country: str = "England",
    source: str = "",
    width: int = DESK,
) -> Spec:
    """One area over time with its 95 % interval, beside the country. A missing period is a gap."""
    own = marks.points_over_time(rows, indicator, name)
    whole = marks.points_over_time(national, indicator, country)
    x, y = marks.time_axis([*own, *whole], width), marks.value_axis(indicator)
    layers = [
        *marks.interval_ribbon(own, x, y, colour.SELECTED),
        *marks.line_with_dots(
            whole, x, y, {"color": colour.NATIONAL, "strokeDash": [6, 4], "strokeWidth": 1.75}
        ),
        *marks.line_with_dots(own, x, y, {"color": colour.SELECTED, "strokeWidth": 2.5}),
        *marks.status_marks(own, x, y, "y"),
        *marks.end_labels(own, whole, name, country, x, y),
    ]
    return chart(
        layers,
        title=_title(indicator),
        subtitle=[
            _unit_and_span(rows, indicator),
            f"{name} with its 95% interval"
            + (f"; dashed: {country}. " if whole else ". ")
            + _key(own, "line"),
        ],
        description=_trend_description(own, name, country, indicator, rows),
        caption=source,
        width=width,
        height=260 if width > PHONE else 220,
        selected=rows[0]["area"] if rows else None,
        caption_offset=marks.time_caption_offset(x),
    )


def distribution_over_time(
    rows: Sequence[Row],
    indicator: Indicator,
    names: Mapping[str, str],
    *,
    source: str = "",
    selected: str | None = None,
    width: int = DESK,
) -> Spec:
    """How areas lie in each period: lowest, 5th, 25th, 50th, 75th, 95th percentile, highest; the chosen area
    a dot.

    Only full returns count (reported or zero).
    """
    import numpy as np

    boxes, dots = [], []
    for period in sorted({(row["period_end"], row["period_start"]) for row in rows}):
        here = [row for row in rows if (row["period_end"], row["period_start"]) == period]
        counted = [row["value"] for row in here if is_full_return(row) and row.get("value") is not None]
        if not counted:
            continue
        at = np.percentile(counted, [0, 5, 25, 50, 75, 95, 100]).tolist()
        box = dict(zip(("lowest", "p5", "p25", "p50", "p75", "p95", "highest"), at, strict=True))
        written = {f"{key}_text": number(value, indicator) for key, value in box.items()}
        end, start = period
        boxes.append(
            {
                **box,
                **written,
                "period": end.isoformat(),
                "period_name": period_name(start, end),
                "n": len(counted),
            }
        )
        dots += [marks.area_point(row, indicator, names) for row in here if row["area"] == selected]
    x, y = marks.time_axis(boxes, width), marks.value_axis(indicator)
    return chart(
        [*marks.boxes_over_time(boxes, x, y, width), *marks.chosen_dots(dots, x, y)] if boxes else [],
        title=_title(indicator),
        subtitle=[
            _unit_and_span(rows, indicator),
            "Line: lowest to highest. Thin bar: 5th to 95th percentile. Box: middle half, with the median."
            + (f" Dot: {names.get(selected, selected)}." if dots else ""),
        ],
        description=_distribution_description(boxes, indicator, names.get(selected or "", "")),
        caption=source,
        width=width,
        height=260 if width > PHONE else 220,
        selected=selected,
        caption_offset=marks.time_caption_offset(x),
    )


# --- words about a chart --------------------------------------------------------------------------------


def _title(indicator: Indicator) -> str:
    return indicator["title"]


def _unit_and_period(rows: Sequence[Row], indicator: Indicator) -> str:
    when = period_name(rows[0]["period_start"], rows[0]["period_end"]) if rows else "no figures"
    return f"{indicator['unit']}, {when}"


def _unit_and_span(rows: Sequence[Row], indicator: Indicator) -> str:
    if not rows:
        return f"{indicator['unit']}, no figures"
    first, last = (choose(rows, key=lambda row: row["period_end"]) for choose in (min, max))
    names = [period_name(row["period_start"], row["period_end"]) for row in (first, last)]
    return f"{indicator['unit']}, {names[0]}" + (f" to {names[1]}" if names[0] != names[1] else "")


def _key(points: list[Point], shape: str) -> str:
    """What the signs mean, for the statuses that occur."""
    found = {point["status"] for point in points}
    missing = {
        "bars": "the word alone: missing",
        "dots": "– at the right: missing",
        "line": "a gap: missing",
    }[shape]
    hidden = f"{HIDDEN_SIGN} at the right: hidden" if shape == "dots" else f"{HIDDEN_SIGN}: hidden"
    signs = {
        "zero": "open circle on the axis: zero",
        "missing": missing,
        "incomplete": f"outline, {INCOMPLETE_SIGN}: incomplete return",
        "hidden": hidden,
    }
    said = "; ".join(words for status, words in signs.items() if status in found)
    return said[:1].upper() + said[1:] + "." if said else ""


def _ranked_description(
    points: list[Point],
    indicator: Indicator,
    rows: Sequence[Row],
    national: Row | None,
    country: str,
) -> str:
    shown = [point for point in points if point["value"] is not None]
    said = f"{indicator['title']}, {_unit_and_period(rows, indicator)}: {len(points)} areas, highest first."
    if shown:
        first, last = shown[0], shown[-1]
        said += f" Highest {first['name']}, {first['text']}; lowest {last['name']}, {last['text']}."
    if national is not None:
        said += f" {country}: {value_or_status(national, indicator)}."
    without = [point for point in points if point["value"] is None]
    return said + (f" {len(without)} without a value." if without else "")


def _trend_description(
    own: list[Point], name: str, country: str, indicator: Indicator, rows: Sequence[Row]
) -> str:
    said = f"{indicator['title']}, {_unit_and_span(rows, indicator)}: {name} beside {country}."
    if own:
        said += f" {own[0]['period_name']}: {own[0]['text']}; {own[-1]['period_name']}: {own[-1]['text']}."
    gaps = sum(point["value"] is None for point in own)
    return said + (f" {gaps} periods without a value." if gaps else "")


def _distribution_description(boxes: list[Spec], indicator: Indicator, name: str) -> str:
    said = f"{indicator['title']}: the spread of areas in each of {len(boxes)} periods"
    said += f", with {name} marked." if name else "."
    if boxes:
        last = boxes[-1]
        said += (
            f" In {last['period_name']}, from {last['lowest_text']} to {last['highest_text']}, "
            f"the middle half between {last['p25_text']} and {last['p75_text']}."
        )
    return said
