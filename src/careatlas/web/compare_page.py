"""Two indicators of the same areas: a scatter plot with both intervals, the correlation, and every area in a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present import scatter
from careatlas.present.numbers import interval, value_or_status
from careatlas.present.theme import Spec
from careatlas.web import reading
from careatlas.web.choice import Choice, choose
from careatlas.web.current import current_release, source_line, source_of
from careatlas.web.indicator_page import form_of
from careatlas.web.pages import by_theme, crumb, lower_first, show
from careatlas.web.pictures import pictures
from careatlas.web.reading import Period, Row


@dataclass(frozen=True)
class Pair:
    """``x`` as chosen; ``y`` the other indicator at the same level, in ``y_period``."""

    x: Choice
    y: dict[str, Any]
    y_period: Period
    found: scatter.Pairs
    notices: list[str]

    def query(self, **changed: str) -> str:
        """The choice as the end of an address; only what is chosen is named."""
        asked = {"x": self.x.indicator["id"], "y": self.y["id"], "area_type": self.x.area_type}
        asked |= {"area": self.x.area_code, "period": self.x.period.code} | changed
        return "?" + urlencode({name: text for name, text in asked.items() if text})


def compare(request: HttpRequest) -> HttpResponse:
    """``/compare/?x=&y=&area_type=&area=&period=``: what is left out is chosen, and said."""
    release = current_release()
    x, y = _indicators(release, request.GET)
    pair = pair_of(release, x, y, request.GET)
    whole = reading.country(release)
    plural = lower_first(release.catalogue["area_types"][pair.x.area_type]["plural"])
    page = {
        "pair": pair,
        "x": pair.x.indicator,
        "y": pair.y,
        "choice": pair.x,
        "plural": plural,
        "crumbs": [crumb("Indicators", "/indicators/")],
        "form": form_of(release, pair.x)
        | {"levels": _levels_in_words(release, x, y), "themes": by_theme(release)},
        "sentence": scatter.in_words(scatter.correlations(pair.found)),
        "shares_denominator": _counts_among(pair.x.indicator) == _counts_among(pair.y) is not None,
        "figure": _figure(release, pair),
        "rows": _lines(release, pair, pair.found.both),
        "without": _lines(release, pair, pair.found.without),
        "sources": sorted({source_of(release, one) for one in (pair.x.indicator, pair.y)} - {""}),
        "whole": whole["name"],
    }
    return show(request, "compare.html", page)


def pair_of(release: Release, x: str, y: str, asked: Mapping[str, str]) -> Pair:
    """The two indicators at a level that both have, the second in the period nearest to the first's.

    Raises NotKnownError where they have no level in common.
    """
    common = levels_of_both(release, x, y)
    if not common:
        titles = [reading.indicator(release, one)["title"] for one in (x, y)]
        raise NotKnownError(
            f"{titles[0]} and {titles[1]}",
            "are not counted for the same kind of area.",
            "Choose two indicators of one level, such as two of sub-ICB locations.",
        )
    wanted = dict(asked.items())
    notices = []
    if wanted.get("area_type") not in common:
        if wanted.get("area_type"):
            plural = release.catalogue["area_types"][common[0]]["plural"]
            notices.append(f"Not both are counted at the level asked for: {lower_first(plural)} are shown.")
        wanted["area_type"] = common[0]
    choice = choose(release, x, wanted)
    rows = reading.values(release, y, choice.area_type)
    period = _nearest(reading.periods(rows), choice.period)
    found = scatter.paired(reading.in_period(choice.rows, choice.period), reading.in_period(rows, period))
    return Pair(choice, reading.indicator(release, y), period, found, notices + choice.notices)


def pair_asked(release: Release, asked: Mapping[str, str]) -> Pair:
    """The same for charts and downloads, where showing something else than asked would mislead."""
    pair = pair_of(release, asked.get("x", ""), asked.get("y", ""), asked)
    if pair.notices:
        raise NotKnownError("compare", pair.notices[0], "Choose again on the page.")
    return pair


def spec(release: Release, pair: Pair, width: int) -> Spec:
    whole = reading.country(release)
    national = tuple(
        next(iter(reading.in_period(reading.values(release, one["id"], "country"), period)), None)
        for one, period in ((pair.x.indicator, pair.x.period), (pair.y, pair.y_period))
    )
    titles = "; ".join(sorted({source_of(release, one) for one in (pair.x.indicator, pair.y)} - {""}))
    return scatter.scatter(
        pair.found,
        pair.x.indicator,
        pair.y,
        {code: area["name"] for code, area in release.areas.items()},
        national=national,
        country=whole["name"],
        source=(f"Source: {titles}. " if titles else "") + source_line(release, None),
        selected=pair.x.area_code or None,
        width=width,
    )


def csv_rows(release: Release, pair: Pair) -> list[Row]:
    """What the chart and its table show: both figures with limits, sizes, periods and status, one row an area."""
    return [
        {"area_type": pair.x.area_type, "area": area, "name": _name(release, area)}
        | {
            f"{axis}_{column}": row[column] if row else None
            for axis, row in (("x", x), ("y", y))
            for column in _COLUMNS
        }
        | {"drawn": (area, x, y) in pair.found.both}
        for area, x, y in [*pair.found.both, *pair.found.without]
    ]


def levels_of_both(release: Release, x: str, y: str) -> list[str]:
    """Levels at which both have figures, as the first lists them."""
    others = set(reading.area_types_of(release, y))
    return [level for level in reading.area_types_of(release, x) if level in others]


_COLUMNS = (
    "indicator",
    "period_start",
    "period_end",
    "count",
    "denominator",
    "value",
    "lower_95",
    "upper_95",
    "status",
)


def _indicators(release: Release, asked: Mapping[str, str]) -> tuple[str, str]:
    """Those asked for; else the first of all, and the first that shares a level with it."""
    known = [one["id"] for theme in by_theme(release) for one in theme["indicators"]]
    if not known:
        raise NotKnownError("This release", "has no figures.", "Build with the publishers' files.")
    x = asked.get("x") or known[0]
    others = [one for one in known if one != x and levels_of_both(release, x, one)]
    return x, asked.get("y") or (others or known)[0]


def _nearest(periods: list[Period], wanted: Period) -> Period:
    """The same period where there is one, else the one that ends nearest to it, the earlier of two."""
    return min(periods, key=lambda one: (one != wanted, abs(one.end - wanted.end), one.end, one.start))


def _counts_among(indicator: dict[str, Any]) -> tuple[str, str] | None:
    denominator = indicator.get("denominator")
    return (denominator["table"], denominator["measure"]) if denominator else None


def _levels_in_words(release: Release, x: str, y: str) -> list[dict[str, str]]:
    types = release.catalogue["area_types"]
    return [{"id": one, "title": types[one]["plural"]} for one in levels_of_both(release, x, y)]


def _lines(release: Release, pair: Pair, found: list[Any]) -> list[dict[str, Any]]:
    return sorted((_line(release, pair, *one) for one in found), key=lambda line: line["name"])


def _line(release: Release, pair: Pair, area: str, x: Row | None, y: Row | None) -> dict[str, Any]:
    return {
        "code": area,
        "name": _name(release, area),
        "chosen": area == pair.x.area_code,
        "address": pair.query(area=area),
        "x": _cell(x, pair.x.indicator),
        "y": _cell(y, pair.y),
    }


def _cell(row: Row | None, indicator: dict[str, Any]) -> dict[str, str]:
    if row is None:
        return {"value": "missing", "interval": "", "among": "", "note": ""}
    among = "" if row["denominator"] is None else f"{row['denominator']:,.0f}"
    return {
        "value": value_or_status(row, indicator),
        "interval": interval(row, indicator),
        "among": among,
        "note": row["note"] or "",
    }


def _name(release: Release, area: str) -> str:
    return release.areas[area]["name"] if area in release.areas else area


def _figure(release: Release, pair: Pair) -> dict[str, Any]:
    base = f"/charts/{release.id}/compare/scatter"
    return {
        "name": "scatter",
        "title": "",
        "alt": f"{pair.x.indicator['title']} and {pair.y['title']}. The table below has the same numbers.",
        **pictures(base, pair.query(), "desk"),
        "csv": f"/data/compare.csv{pair.query()}",
        "link": f"/compare/{pair.query()}",
    }
