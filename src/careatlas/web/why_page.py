"""Why places differ: what the spread of an indicator comes from, and what one area's difference comes from."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from careatlas.engine.release import Release
from careatlas.present import explanation_words as words
from careatlas.present.numbers import interval, is_full_return, value_or_status
from careatlas.present.persistence import lasting_of, lasting_rows
from careatlas.present.standing_out_words import is_worked_out, q_in_words
from careatlas.web import reading, why_figures, why_parts
from careatlas.web.choice import Choice, choose
from careatlas.web.current import current_release, source_of
from careatlas.web.indicator_page import form_of
from careatlas.web.pages import crumb, lower_first, show
from careatlas.web.reading import Row
from careatlas.web.template_words import heading

FIFTHS = {
    "fifth_1": "Most deprived fifth of areas",
    "fifth_2": "Second fifth",
    "fifth_3": "Third fifth",
    "fifth_4": "Fourth fifth",
    "fifth_5": "Least deprived fifth of areas",
    "sii": "Slope index: least less most deprived",
    "rii": "Relative index: least over most deprived",
}


def why(request: HttpRequest, indicator: str) -> HttpResponse:
    release = current_release()
    choice = choose(release, indicator, request.GET)
    whole = reading.country(release)
    plural = lower_first(release.catalogue["area_types"][choice.area_type]["plural"])
    page = {
        "indicator": choice.indicator,
        "choice": choice,
        "plural": plural,
        "name": (choice.area or whole)["name"],
        "notices": choice.notices,
        "crumbs": [
            crumb("Indicators", "/indicators/"),
            crumb(heading(choice.indicator["theme"]), f"/indicators/#{choice.indicator['theme']}"),
            crumb(choice.indicator["title"], f"/indicators/{indicator}/{choice.query()}"),
        ],
        "form": form_of(release, choice),
        "source": source_of(release, choice.indicator),
        "spread": _spread(release, choice, plural),
        "variation": _variation(release, choice),
        "inequality": _inequality(release, choice),
        "own": _own(release, choice, whole) if choice.area else None,
    }
    return show(request, "why.html", page)


def _spread(release: Release, choice: Choice, plural: str) -> dict[str, Any]:
    rows = why_figures.shares_of(release, choice)
    has_lasting = any(map(is_worked_out, lasting_rows(release, choice.indicator["id"], choice.area_type)))
    return {
        "sentences": [
            *words.spread_explained(rows, plural, has_lasting=has_lasting),
            words.without_tainted(rows),
        ],
        "figure": why_figures.figure(release, choice, "shares") if rows else None,
        "span": why_figures.span(rows, choice),
        "rows": [
            {
                "covariates": row["covariates"],
                "name": words.COMPONENTS[row["component"]],
                "share": words.share_text(row["share"]),
                "interval": f"{words.share_text(row['lower'])} to {words.share_text(row['upper'])}",
                "note": row["note"] or "",
            }
            for row in rows
            if row["share"] is not None
        ],
    }


def _variation(release: Release, choice: Choice) -> dict[str, Any]:
    rows = why_figures.of_choice(release, choice, "variation")
    return {
        "sentence": words.variation_in_words(rows),
        "rows": [
            {
                "name": words.INDICES.get(row["index"], heading(row["index"])),
                "areas": row["areas"],
                "value": _index(row["value"]),
                "interval": _between(row["lower"], row["upper"]),
                "chance": _index(row["chance"]),
                "chance_range": _between(row["chance_lower"], row["chance_upper"]),
                "p": "" if row["p"] is None else q_in_words(row["p"]),
                "note": row["note"] or "",
            }
            for row in rows
        ],
    }


def _inequality(release: Release, choice: Choice) -> dict[str, Any]:
    rows = why_figures.of_choice(release, choice, "inequality")
    has_values = any(row["value"] is not None for row in rows)
    return {
        "sentence": words.inequality_in_words(rows, choice.indicator),
        "figure": why_figures.figure(release, choice, "fifths") if has_values else None,
        "rows": [
            {
                "name": FIFTHS[row["group"]],
                "areas": row["areas"],
                "value": _index(row["value"]) if row["group"] == "rii" else _value(row, choice),
                "interval": _between(row["lower_95"], row["upper_95"])
                if row["group"] == "rii"
                else interval(row, choice.indicator),
                "count": row["count"],
                "denominator": row["denominator"],
                "note": row["note"] or "",
            }
            for row in sorted(rows, key=lambda row: list(FIFTHS).index(row["group"]))
        ],
    }


def _own(release: Release, choice: Choice, whole: Row) -> dict[str, Any]:
    gaps = why_figures.gap_of(release, choice)
    name = choice.area["name"]
    row = lasting_of(release, choice.indicator["id"], choice.area_type, choice.area_code)
    verdict = next((gap["verdict"] for gap in gaps if gap["component"] == "all"), None)
    return {
        "parts": why_parts.parts_of_gap(release, choice, verdict),
        "sentences": [words.NOT_BROKEN_DOWN]
        if not gaps and _has_full_return(choice)
        else words.gap_explained(gaps, name, whole["name"], has_lasting=is_worked_out(row)),
        "lasting": words.persistence_in_words(row, name, whole["name"]),
        "figure": why_figures.figure(release, choice, "gap") if gaps else None,
        "rows": [
            {
                "name": words.COMPONENTS[gap["component"]],
                "percent": f"{gap['percent']:+.1f}%",
                "interval": f"{gap['lower']:+.1f}% to {gap['upper']:+.1f}%",
                "verdict": words.VERDICTS.get(gap["verdict"], ""),
            }
            for gap in gaps
            if gap["percent"] is not None
        ],
    }


def _has_full_return(choice: Choice) -> bool:
    own = (row for row in reading.in_period(choice.rows, choice.period) if row["area"] == choice.area_code)
    return any(map(is_full_return, own))


def _value(row: Row, choice: Choice) -> str:
    return value_or_status(
        {**row, "status": "missing" if row["value"] is None else "reported"}, choice.indicator
    )


def _index(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if abs(value) < 1 else f"{value:,.2f}"


def _between(lower: float | None, upper: float | None) -> str:
    return "" if lower is None or upper is None else f"{_index(lower)} to {_index(upper)}"
