"""The population pyramid: who lives in an area by age and sex, beside the country as an outline.

Bars are shares of the area's people, not numbers, so that a town and a country can be laid over each other. They
are the publisher's estimates, for which it prints no limits.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from careatlas.present import colour, marks
from careatlas.present.theme import DESK, PHONE, Row, Spec, chart

SIDES = {"male": -1, "female": 1}  # men to the left, as pyramids have it
WORDS = {"male": "Men and boys", "female": "Women and girls"}
PAINT = {"male": "#5e7f9b", "female": "#2c70b0"}
BAND_HEIGHT = 17


def bands(rows: Sequence[Row], national: Sequence[Row] = ()) -> list[dict[str, Any]]:
    """One row an age band, youngest first: people of each sex, their share of all, the country's share.

    ``rows`` and ``national``: rows of the ``population`` table, of one area and the country in one period.
    """
    own, whole = _by_band(rows), _by_band(national)
    total, of_country = sum(own.values()), sum(whole.values())
    return [
        {"age_band": band}
        | {sex: own.get((band, sex), 0.0) for sex in SIDES}
        | {f"{sex}_share": own.get((band, sex), 0.0) / total for sex in SIDES}
        | {
            f"{sex}_country": whole.get((band, sex), 0.0) / of_country if of_country else None
            for sex in SIDES
        }
        for band in sorted({band for band, _ in own})
    ]


def pyramid(
    rows: Sequence[Row],
    name: str,
    *,
    national: Sequence[Row] = (),
    country: str = "England",
    source: str = "",
    width: int = DESK,
) -> Spec:
    """Residents by sex and five-year band, oldest at the top; the line is the country's share."""
    found = bands(rows, national)
    points = [_point(band, sex, country) for band in reversed(found) for sex in SIDES]
    when = f", mid-{rows[0]['period_end'].year}" if rows else ""
    people = sum(band[sex] for band in found for sex in SIDES)
    room = 88
    return chart(
        _layers(points, [band["age_band"] for band in reversed(found)], width) if points else [],
        title=f"{name}: people by age and sex",
        subtitle=[
            f"Share of {people:,.0f} residents{when}. Left: men and boys; right: women and girls.",
            f"Line: {country}." if national else "",
        ],
        description=_description(found, name, people, when),
        caption=source,
        width=width,
        plot_width=min(width, 560) - room - 20,
        height=max(60, BAND_HEIGHT * len(found)),
        selected=rows[0]["area"] if rows else None,
        caption_offset=34,
        caption_left=room,
    )


def in_words(found: Sequence[Mapping[str, Any]], name: str, country: str) -> str:
    """The old and the young beside the country, in a sentence."""
    if not found:
        return ""
    parts = []
    for words, wanted in (("75 and over", lambda band: band >= "75"), ("under 15", lambda band: band < "15")):
        own = sum(band[f"{sex}_share"] for band in found if wanted(band["age_band"]) for sex in SIDES)
        whole = [band[f"{sex}_country"] for band in found if wanted(band["age_band"]) for sex in SIDES]
        against = f" ({country} {sum(whole):.1%})" if None not in whole else ""
        parts.append(f"{own:.1%} are {words}{against}")
    people = sum(band[sex] for band in found for sex in SIDES)
    return f"Of {people:,.0f} residents of {name}, {' and '.join(parts)}."


def band_name(band: str) -> str:
    """As it is said: ``05-09`` -> ``5 to 9``.

    >>> band_name("00-04"), band_name("90+")
    ('0 to 4', '90 and over')
    """
    first, _, last = band.partition("-")
    return f"{int(first)} to {int(last)}" if last else f"{band.removesuffix('+')} and over"


def _by_band(rows: Sequence[Row]) -> dict[tuple[str, str], float]:
    return {(row["age_band"], row["sex"]): row["people"] for row in rows}


def _point(band: Mapping[str, Any], sex: str, country: str) -> dict[str, Any]:
    share, whole = band[f"{sex}_share"], band[f"{sex}_country"]
    return {
        "age_band": band["age_band"],
        "age": band_name(band["age_band"]),
        "sex": sex,
        "who": WORDS[sex],
        "at": SIDES[sex] * share,
        "country_at": None if whole is None else SIDES[sex] * whole,
        "people": f"{band[sex]:,.0f}",
        "share": f"{share:.1%}",
        "country_share": "not known" if whole is None else f"{whole:.1%}",
    }


def _layers(points: list[dict[str, Any]], order: list[str], width: int) -> list[Spec]:
    y = {
        "field": "age_band",
        "type": "nominal",
        "sort": order,
        "scale": {"domain": order, "padding": 0.12},
        "axis": {
            "title": None,
            "ticks": False,
            "domain": False,
            "labelOverlap": False if width > PHONE else "parity",
            "minExtent": 88,
            "labelExpr": marks.lookup({band: band_name(band) for band in order}),
        },
    }
    edge = 1.06 * max(abs(at) for point in points for at in (point["at"], point["country_at"] or 0))
    x = {
        "type": "quantitative",
        "scale": {"domain": [-edge, edge], "nice": False},
        "axis": {"title": None, "labelExpr": "format(abs(datum.value), '.0%')", "tickCount": 7},
    }
    tooltip = [
        {"field": "who", "title": "Who"},
        {"field": "age", "title": "Age"},
        {"field": "people", "title": "People"},
        {"field": "share", "title": "Share of all"},
        {"field": "country_share", "title": "In the country"},
    ]
    paint = {
        "field": "sex",
        "type": "nominal",
        "scale": {"domain": list(PAINT), "range": list(PAINT.values())},
        "legend": None,
    }
    bars = {
        "data": {"values": points},
        "mark": {"type": "bar"},
        "encoding": {"y": y, "x": {**x, "field": "at"}, "fill": paint, "tooltip": tooltip},
    }
    known = [point for point in points if point["country_at"] is not None]
    line = {
        "data": {"values": known},
        "mark": {
            "type": "tick",
            "orient": "vertical",
            "thickness": 2,
            "size": BAND_HEIGHT,
            "color": colour.INK,
        },
        "encoding": {"y": y, "x": {**x, "field": "country_at"}, "tooltip": tooltip},
    }
    middle = {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": colour.PAPER, "strokeWidth": 1.5},
        "encoding": {"x": {**x, "datum": 0}},
    }
    return [bars, *([line] if known else []), middle]


def _description(found: list[dict[str, Any]], name: str, people: float, when: str) -> str:
    said = f"Population pyramid of {name}{when}: {people:,.0f} residents."
    if found:
        largest = max(found, key=lambda band: band["male_share"] + band["female_share"])
        share = largest["male_share"] + largest["female_share"]
        said += f" The largest band is {band_name(largest['age_band'])}, {share:.1%} of all."
    return said
