"""The commands that ask a release: each calls one function of ``present`` and prints the rows it gives.

The API's routes (``web/api_answers.py``) call the same functions.
"""

from pathlib import Path
from typing import Any

import click

from careatlas.cli_parts import (
    area_type_option,
    json_option,
    opened,
    period_option,
    print_as,
    release_option,
    shown,
)


@click.command()
@click.option("--collection", help="Only those of a collection, in its order, such as atlas or own_figures.")
@json_option
@release_option
@shown
def indicators(release: Path | None, collection: str | None) -> list[dict[str, Any]]:
    """List the indicators, with the periods and area types that have values."""
    from careatlas.present.collections import list_collection
    from careatlas.present.queries import list_indicators

    return list_collection(opened(release), collection) if collection else list_indicators(opened(release))


@click.command()
@click.argument("indicator")
@click.option("--area", help="Code or name of one area.")
@period_option
@area_type_option
@json_option
@release_option
@shown
def show(
    indicator: str, area: str | None, period: str | None, area_type: str | None, release: Path | None
) -> list[dict[str, Any]]:
    """Show an indicator's values with limits and status."""
    from careatlas.present.queries import show_values

    return show_values(opened(release), indicator, area, period, area_type)


@click.command()
@click.argument("code")
@period_option
@json_option
@release_option
@shown
def area(code: str, period: str | None, release: Path | None) -> list[dict[str, Any]]:
    """Show everything on file for one area, beside the country: first what lasts, is beyond chance, and is large."""
    from careatlas.present.area_priorities import area_by_priority

    return area_by_priority(opened(release), code, period)


@click.command()
@click.argument("indicator")
@period_option
@area_type_option
@click.option("--include-incomplete", is_flag=True, help="Rank incomplete returns as if they were whole.")
@click.option(
    "--by",
    type=click.Choice(["value", "group"]),
    help="Highest first, or names by group [default: value where high or low is better, else group].",
)
@json_option
@release_option
@shown
def rank(
    indicator: str,
    period: str | None,
    area_type: str | None,
    include_incomplete: bool,
    by: str | None,
    release: Path | None,
) -> list[dict[str, Any]]:
    """Rank areas, 1 = highest value, with the interval of each rank and the half of the list it is in."""
    from careatlas.present.ranks import rank_areas

    return rank_areas(opened(release), indicator, period, area_type, include_incomplete, by)


@click.command()
@click.argument("code")
@json_option
@release_option
@shown
def peers(code: str, release: Path | None) -> list[dict[str, Any]]:
    """Show the areas most like one in its people (or trusts like one in kind and size), how far they are, and whether
    any is a good match."""
    from careatlas.present.peers import peers_of

    return peers_of(opened(release), code)


@click.command()
@click.argument("indicator")
@click.option("--area", help="Code or name of one area: what its own distance from the country is made of.")
@period_option
@area_type_option
@json_option
@release_option
@shown
def explain(
    indicator: str, area: str | None, period: str | None, area_type: str | None, release: Path | None
) -> list[dict[str, Any]]:
    """Explain why areas differ: chance, what comes and goes, need, supply, place, and what is not explained."""
    from careatlas.present.explain import explain_gap, explain_spread

    if area is not None:
        return explain_gap(opened(release), indicator, area, period, area_type)
    return explain_spread(opened(release), indicator, period, area_type)


@click.command()
@click.argument("indicator")
@click.option(
    "--within-miles",
    type=click.FloatRange(min=0, min_open=True),
    help="Only pairs whose centres are no further apart.",
)
@period_option
@area_type_option
@json_option
@release_option
@shown
def gaps(
    indicator: str,
    within_miles: float | None,
    period: str | None,
    area_type: str | None,
    release: Path | None,
) -> list[dict[str, Any]]:
    """Show neighbours that differ most: both values, their ratio with its interval, and how long it has lasted."""
    from careatlas.present.neighbour_gaps import list_gaps

    return list_gaps(opened(release), indicator, period, area_type, within_miles)


@click.command()
@click.argument("indicator")
@click.option("--area", help="Code or name of one area: all that is said of it.")
@area_type_option
@json_option
@release_option
def persistence(
    indicator: str, area: str | None, area_type: str | None, as_json: bool, release: Path | None
) -> None:
    """Show whose difference from the country lasts and who really changed, beyond chance and what comes and goes."""
    from careatlas.present.persistence import list_persistence, persistence_in_lines

    print_as(list_persistence(opened(release), indicator, area, area_type), as_json, persistence_in_lines)


@click.command()
@click.argument("indicator")
@click.option("--area", help="Code or name of one area [default: the whole country].")
@click.option("--start", required=True, help="The first month to compare, such as 2024-04.")
@click.option("--target", type=float, help="Percent of business as usual: -10 is a tenth fewer.")
@click.option(
    "--of",
    default="count",
    show_default=True,
    type=click.Choice(["count", "denominator"]),
    help="What is counted, or those it is counted among.",
)
@json_option
@release_option
def usual(
    indicator: str,
    area: str | None,
    start: str,
    target: float | None,
    of: str,
    as_json: bool,
    release: Path | None,
) -> None:
    """Show what business as usual would have been from a month on, beside what was counted and a target."""
    from careatlas.present.business_as_usual import list_usual
    from careatlas.present.usual_chart import in_lines

    print_as(list_usual(opened(release), indicator, area, start, target, of), as_json, in_lines)


@click.command()
@click.argument("indicator", required=False)
@click.option("--area", help="Code or name of one area: every indicator in which it could do better.")
@click.option(
    "--benchmark",
    "benchmarks",
    multiple=True,
    default=["best_five"],
    show_default=True,
    type=click.Choice(["mean", "median", "best_five", "best_quarter", "best_tenth"]),
    help="Which of its peers to hold it beside; give it again for more.",
)
@json_option
@release_option
@shown
def opportunities(
    indicator: str | None, area: str | None, benchmarks: tuple[str, ...], release: Path | None
) -> list[dict[str, Any]]:
    """Show what areas could spare or gain beside the best of their peers, with what chance alone would show."""
    from careatlas.present.opportunities import list_opportunities

    return list_opportunities(opened(release), area, indicator, benchmarks)


@click.command()
@click.argument("code")
@click.option(
    "--peers", help="A set of your own, codes or names with commas between [default: those most like it]."
)
@json_option
@release_option
def provider(code: str, peers: str | None, as_json: bool, release: Path | None) -> None:
    """Show a provider by compartment: beside the country, its peers and standards, its control charts, what to gain."""
    from careatlas.present.providers import provider_in_lines, provider_rows

    own_set = [name.strip() for name in peers.split(",")] if peers is not None else None
    print_as(provider_rows(opened(release), code, own_set), as_json, provider_in_lines)


@click.command()
@click.option("--area", help="Code or name of one area or trust [default: all of a type].")
@click.option("--specialty", help="total, or the code of a treatment function, such as 110 [default: total].")
@click.option(
    "--part",
    help="completed, completed_admitted, completed_non_admitted, incomplete (the list) or new_periods "
    "[default: completed].",
)
@click.option(
    "--months",
    type=click.IntRange(1, 24),
    help="How many months together, up to the period [default: 12, or as many as follow one another].",
)
@period_option
@area_type_option
@json_option
@release_option
def waits(as_json: bool, release: Path | None, **asked: Any) -> None:
    """Show how long people wait: pathways, per 1,000 people, within 18 weeks, median, 92nd centile, over a year."""
    from careatlas.present.list_waits import list_waits, waits_in_lines

    print_as(list_waits(opened(release), **asked), as_json, waits_in_lines)


@click.command()
@json_option
@release_option
@shown
def check(release: Path | None) -> list[dict[str, Any]]:
    """List what a reader should know of the data: missing returns, files not read, totals that do not agree."""
    from careatlas.present.queries import data_quality

    return data_quality(opened(release))


ANSWERS = (
    indicators,
    show,
    area,
    rank,
    peers,
    explain,
    gaps,
    persistence,
    usual,
    opportunities,
    waits,
    provider,
    check,
)
