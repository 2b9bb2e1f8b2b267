"""Business as usual on an indicator's page over time: the form, the sentences, the chart, its table and CSV."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present import usual_chart
from careatlas.present.business_as_usual import history, list_usual, sides
from careatlas.present.theme import Spec
from careatlas.web import downloads
from careatlas.web.choice import Choice, choose_exactly
from careatlas.web.current import current_release, source_line
from careatlas.web.pictures import pictures
from careatlas.web.reading import Row

ASKED = ("start", "target", "of")


def section(release: Release, choice: Choice, asked: Mapping[str, str]) -> dict[str, Any]:
    """What was asked for; where it cannot be answered, the form again with what is wrong and nothing lost."""
    shown = {name: asked.get(name, "").strip() for name in ASKED}
    page = {"asked": shown, "sides": sides_of(choice.indicator), "of": shown["of"] or "count"}
    if not shown["start"]:
        return page
    try:
        rows = usual_rows(release, choice, asked)
        before = history(
            release, choice.indicator["id"], choice.area_code or None, shown["start"], page["of"]
        )
    except NotKnownError as fault:
        return page | {"fault": str(fault)}
    return page | told(before, rows, choice.indicator) | {"figure": _figure(release, choice, shown)}


def told(before: list[Row], rows: list[Row], indicator: Row) -> dict[str, Any]:
    """What `_usual.html` says, but for its figure."""
    points = usual_chart.usual_points(before, rows)
    return {
        "sentences": usual_chart.in_words(rows),
        "counted": usual_chart.side_in_words(indicator, rows[0]["of"]),
        "points": list(reversed(points[len(before) :])),
        "has_target": rows[0]["target_percent"] is not None,
    }


def usual_rows(release: Release, choice: Choice, asked: Mapping[str, str]) -> list[Row]:
    """The rows of the command and of the API for what the page's address asks."""
    return list_usual(
        release,
        choice.indicator["id"],
        choice.area_code or None,
        asked.get("start", "").strip(),
        _target(asked.get("target", "")),
        asked.get("of", "").strip() or "count",
    )


def spec(release: Release, choice: Choice, asked: Mapping[str, str], width: int) -> Spec:
    rows = usual_rows(release, choice, asked)
    before = history(
        release, choice.indicator["id"], choice.area_code or None, asked["start"].strip(), rows[0]["of"]
    )
    return usual_chart.usual_chart(
        before,
        rows,
        choice.indicator,
        source=source_line(release, choice.indicator),
        selected=choice.area_code or None,
        width=width,
    )


def csv_file(request: HttpRequest, indicator: str) -> HttpResponse:
    """``/data/<indicator>/business-as-usual.csv?area_type=&area=&start=&target=&of=``"""
    release = current_release()
    rows = usual_rows(release, choose_exactly(release, indicator, request.GET), request.GET)
    return downloads.of_rows(rows, "business-as-usual", request)


def sides_of(indicator: dict[str, Any]) -> list[dict[str, str]]:
    return [{"id": side, "title": usual_chart.side_in_words(indicator, side)} for side in sides(indicator)]


def query(choice: Choice, asked: Mapping[str, str]) -> str:
    """The choice and what was asked of business as usual, as the end of an address."""
    return choice.query() + "&" + urlencode({name: asked[name] for name in ASKED if asked.get(name)})


def _target(text: str) -> float | None:
    """A number as people write it: -10, -10%, or with a proper minus sign."""
    written = text.strip().removesuffix("%").strip().replace("\N{MINUS SIGN}", "-")
    if not written:
        return None
    try:
        return float(written)
    except ValueError:
        raise NotKnownError(
            "target", f'"{text}" is not a number.', "Give percent of business as usual: -10 is a tenth fewer."
        ) from None


def _figure(release: Release, choice: Choice, shown: Mapping[str, str]) -> dict[str, Any]:
    asked = query(choice, shown)
    return {
        "name": "usual",
        "title": "",
        "alt": f"Business as usual: {choice.indicator['title']}. The table below has the same numbers.",
        **pictures(f"/charts/{release.id}/{choice.indicator['id']}/usual", asked, "desk"),
        "csv": f"/data/{choice.indicator['id']}/business-as-usual.csv{asked}",
        "link": f"/indicators/{choice.indicator['id']}/over-time/{asked}",
    }
