"""Rows of providers and of the inbox with their figures as text, for the templates."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from careatlas.engine.release import Release
from careatlas.present.inbox import KINDS
from careatlas.present.numbers import interval, number, unit_in_words, value_or_status
from careatlas.present.opportunity_words import figure
from careatlas.present.periods import period_name
from careatlas.present.provider_figures import PROVIDER, compartments, latest_figures
from careatlas.present.providers import BENCHMARK, doubt_of, gain_in_words
from careatlas.present.spc_chart import SIGNS, WORDS
from careatlas.web.area_signals import ASSURANCE
from careatlas.web.reading import Row


def of_inbox(release: Release, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """A line for each piece of news."""
    titles = {one["id"]: one["title"] for one in compartments(release)}
    return [
        {
            "news": row["news"],
            "provider": row["name"],
            "code": row["area"],
            "address": f"/providers/{row['area']}/",
            "compartment": titles[row["compartment"]],
            **_figure(release, row),
            "words": row["words"],
        }
        for row in rows
    ]


def of_compartments(
    release: Release, rows: Sequence[Row], page: str, peers: Sequence[str]
) -> list[dict[str, Any]]:
    """Every compartment with its lines and the titles of what others report and this provider never did. ``page``: the
    provider's own address."""
    by_indicator = {row["indicator"]: row for row in rows}
    titles = {id: about["short_title"] for id, about in release.catalogue["indicators"].items()}
    return [
        {
            "id": one["id"],
            "title": one["title"],
            "not_on_file": one["not_on_file"],
            "lines": [
                _line(release, by_indicator[id], page, peers)
                for id in one["indicators"]
                if id in by_indicator
            ],
            "never": [
                titles[id]
                for id in one["indicators"]
                if id not in by_indicator and latest_figures(release, id) is not None
            ],
        }
        for one in compartments(release)
    ]


def of_opportunities(release: Release, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What there is to gain, a line each; ``rows`` of the table ``opportunities``. Nothing here is added up."""
    indicators = release.catalogue["indicators"]
    return [
        {
            "title": indicators[row["indicator"]]["short_title"],
            "address": _why(row["indicator"], row["area"]),
            "key": f"{row['area']}:{row['indicator']}",  # by which an initiative begins from it
            "said": gain_in_words(row, indicators[row["indicator"]]),
            "probability": "" if row["probability"] is None else f"{row['probability']:.2f}",
            "chance": figure(row["chance_only"]) if row["chance_only"] is not None else "",
            "verdict": "yes, a gap beyond chance"
            if row["is_headline"]
            else doubt_of(row) or "nothing to declare",
            "periods": row["periods"],
            "overlaps": [
                indicators[each]["short_title"]
                for each in (row["overlaps_with"] or "").split(", ")
                if each in indicators
            ],
        }
        for row in rows
        if row["benchmark"] == BENCHMARK
    ]


def kinds() -> list[dict[str, str]]:
    """The kinds of news with what each means."""
    return [{"id": id, "said": said} for id, said in KINDS.items()]


def _figure(release: Release, row: Row) -> dict[str, Any]:
    indicator = release.catalogue["indicators"][row["indicator"]]
    return {
        "indicator": row["indicator"],
        "title": indicator["short_title"],
        "unit": indicator["unit"] if unit_in_words(indicator) else "",  # a bare % stands at the figure
        "why": _why(row["indicator"], row["area"]),
        "period": period_name(row["period_start"], row["period_end"]),
        "value": value_or_status({"status": "reported", **row}, indicator),
        "interval": interval(row, indicator),
        "count": row["count"],
        "denominator": row["denominator"],
        "country": number(row["benchmark_value"], indicator),
    }


def _line(release: Release, row: Row, page: str, peers: Sequence[str]) -> dict[str, Any]:
    indicator = release.catalogue["indicators"][row["indicator"]]
    asked = {"chart": row["indicator"]} | ({"peers": ",".join(peers)} if peers else {})
    return {
        **_figure(release, row),
        "status": row["status"],
        "significance": row["significance"] or "not_compared",
        "standards": row["standard"].split("; ") if row["standard"] else [],
        "peers_median": number(row["peers_median"], indicator),
        "peers_on_file": row["peers_on_file"],
        "peers": row["peers"],
        "variation_sign": SIGNS.get(row["variation"], ""),
        "variation": WORDS.get(row["variation"], ""),
        "assurance_sign": ASSURANCE[row["assurance"] or "none"][0],
        "assurance": ASSURANCE[row["assurance"] or "none"][1] if row["standard"] else "",
        "chart": f"{page}?{urlencode(asked, safe=',')}#chart",
        "news": row["news"],
        "gain": row["amount_in_words"] or _why_no_gain(indicator),
        "doubt": doubt_of(row),
        "note": row["note"] or "",
    }


def _why_no_gain(indicator: Row) -> str:
    return "neither end is better" if indicator["polarity"] == "neither" else "not worked out"


def _why(indicator: str, area: str) -> str:
    return f"/indicators/{indicator}/?" + urlencode({"area_type": PROVIDER, "area": area})
