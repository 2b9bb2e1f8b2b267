"""The command line: each command calls one function and prints what it gives.

Only click and the standard library are imported here at the top, so that ``careatlas --help`` answers at once.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from careatlas.errors import AtlasError

# Maps of a hundred areas are small: threads of linear algebra spend five times as long waiting for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

DEMO_HOME = Path("atlas-demo")


class _Atlas(click.Group):
    """Commands whose faults are a sentence and exit status 2; our own mistakes keep their traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except AtlasError as fault:
            click.echo(f"careatlas: {fault}", err=True)
            context.exit(2)
        except BrokenPipeError:  # the reader of a pipe has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            context.exit(0)


@click.group(cls=_Atlas, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="careatlas")
def main() -> None:
    """Care Atlas: variation in health care, measured honestly, explained, and tracked to what was done about it."""


release_option = click.option(
    "--release",
    type=click.Path(path_type=Path),
    help="Folder of the atlas or of one release [default: CAREATLAS_HOME, else ./atlas, else ./atlas-demo].",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON list of rows.")
period_option = click.option("--period", help="2026-01, 2024-Q2, 2022 or 2023/24 [default: the latest].")
area_type_option = click.option("--area-type", help="sub_icb, icb, region, provider or country.")


def _shown(command: Callable[..., list[dict[str, Any]]]) -> Callable[..., None]:
    """Print the rows a command returns: as JSON, or as a table a person can read."""

    @wraps(command)
    def show(as_json: bool, **given: Any) -> None:
        rows = command(**given)
        if as_json:
            click.echo(json.dumps(rows, default=str, ensure_ascii=False, indent=1))
        else:
            from careatlas.present.terminal import print_rows

            print_rows(rows)

    return show


def _open(release: Path | None) -> Any:
    from careatlas.engine.release import DEFAULT_HOME, open_release

    if (
        release is None
        and not os.environ.get("CAREATLAS_HOME")
        and not DEFAULT_HOME.exists()
        and DEMO_HOME.exists()
    ):
        release = DEMO_HOME
    return open_release(release)


@main.command()
@click.option("--seed", default=1, show_default=True, help="Another seed is another country.")
@click.option("--months", default=24, show_default=True, help="How many months of figures.")
@click.option("--full-size", is_flag=True, help="As many practices, specialties and rows as England has.")
@click.option("--port", default=8000, show_default=True)
@click.option("--no-serve", is_flag=True, help="Build only.")
@click.option("--release", "home", type=click.Path(path_type=Path), default=DEMO_HOME, show_default=True)
def demo(seed: int, months: int, full_size: bool, port: int, no_serve: bool, home: Path) -> None:
    """Make a simulated country, build its atlas and serve it."""
    from careatlas.build.demo import build_demo

    build_demo(home, seed=seed, months=months, full_size=full_size, say=_say)
    if not no_serve:
        _serve(home, port)


@main.command()
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Folder of publishers' files, mixed."
)
@click.option(
    "--engine", help="sc://HOST:PORT to count on a Spark Connect cluster [default: in this process]."
)
@click.option(
    "--release", "home", type=click.Path(path_type=Path), help="Where releases live [default: ./atlas]."
)
@click.option(
    "--areas-as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Restate all figures to the areas of this day, such as those of a merger to come [default: the last on file].",
)
def build(data: Path, engine: str | None, home: Path | None, areas_as_of: datetime | None) -> None:
    """Build a release from publishers' files; pages then show it in place of the last."""
    from careatlas.build.pipeline import build as build_release

    release = build_release(data, home, engine, _say, areas_as_of.date() if areas_as_of else None)
    _print_account(release)


def _print_account(release: Any) -> None:
    files = release.rows("files")
    unread = [row for row in files if row["outcome"] == "not_read"]
    taken = len(files) - len(unread)
    click.echo(f"{taken} of {len(files)} files read; release {release.id} in {release.folder}")
    for (folder, reason), names in _together(unread).items():
        what = f"{folder}/{names[0]}" if folder else names[0]
        more = f" and {len(names) - 1} more there" if len(names) > 1 else ""
        click.echo(f"  not read: {what}{more}: {reason}")
    catalogue = release.catalogue
    on_file = {table for source in release.manifest["sources"] for table in source["tables"]}
    for indicator, about in catalogue["indicators"].items():
        if indicator not in catalogue["with_values"]:
            sides = (about["numerator"], about["denominator"])
            absent = sorted({side["table"] for side in sides if side} - on_file)
            why = f"no {' or '.join(absent)} file" if absent else "no look-up of its areas"
            click.echo(f"  without figures: {indicator}: {why} in this folder")


def _together(unread: list[dict[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """Files of one folder that are not read for one reason are told in one line."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in unread:
        folder, _, name = row["file"].rpartition("/")
        groups.setdefault((folder, row["reason"]), []).append(name)
    return groups


@main.command()
@click.argument("sources", nargs=-1, required=True)
@click.option("--from", "first", help="First period: 2021-12, 2021/22 or 2021.")
@click.option("--to", "last", help="Last period [default: the same as the first].")
@click.option("--into", type=click.Path(path_type=Path), default=Path("data"), show_default=True)
def fetch(sources: tuple[str, ...], first: str | None, last: str | None, into: Path) -> None:
    """Download publishers' files for a range of periods (SOURCES: see `careatlas sources`)."""
    from careatlas.present.periods import parse_period
    from careatlas.sources.source import source_named

    if first is None:
        raise AtlasError("--from", "is missing.", "Say which periods to fetch: --from 2021-12 --to 2023-11.")
    start, end = parse_period(first)[0], parse_period(last or first)[1]
    if start > end:
        raise AtlasError("--from", f"{first} is after --to {last}.", "Give the earlier period first.")
    for source in sources:
        for path in source_named(source).fetch(start, end, into / source, say=_say):
            click.echo(str(path))


@main.command()
@json_option
@_shown
def sources() -> list[dict[str, Any]]:
    """List the publications the atlas reads."""
    from careatlas.sources.source import describe_sources

    return describe_sources()


@main.command()
@click.option("--port", default=8000, show_default=True)
@release_option
def serve(port: int, release: Path | None) -> None:
    """Serve the atlas as web pages on this machine."""
    home = _open(release).folder
    _serve(release or home.parent.parent, port)


def _serve(home: Path, port: int) -> None:
    from careatlas.web.server import serve as serve_pages

    serve_pages(home, port, say=_say)


@main.command()
@json_option
@release_option
@_shown
def indicators(release: Path | None) -> list[dict[str, Any]]:
    """List the indicators, with the periods and area types that have values."""
    from careatlas.present.queries import list_indicators

    return list_indicators(_open(release))


@main.command()
@click.argument("indicator")
@click.option("--area", help="Code or name of one area.")
@period_option
@area_type_option
@json_option
@release_option
@_shown
def show(
    indicator: str, area: str | None, period: str | None, area_type: str | None, release: Path | None
) -> list[dict[str, Any]]:
    """Show an indicator's values with limits and status."""
    from careatlas.present.queries import show_values

    return show_values(_open(release), indicator, area, period, area_type)


@main.command()
@click.argument("code")
@period_option
@json_option
@release_option
@_shown
def area(code: str, period: str | None, release: Path | None) -> list[dict[str, Any]]:
    """Show everything on file for one area, beside the country: first what lasts, is beyond chance, and is large."""
    from careatlas.present.area_priorities import area_by_priority

    return area_by_priority(_open(release), code, period)


@main.command()
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
@_shown
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

    return rank_areas(_open(release), indicator, period, area_type, include_incomplete, by)


@main.command()
@click.argument("code")
@json_option
@release_option
@_shown
def peers(code: str, release: Path | None) -> list[dict[str, Any]]:
    """Show the areas most like one in its people, how far they are, and whether any is a good match."""
    from careatlas.present.peers import peers_of

    return peers_of(_open(release), code)


@main.command()
@click.argument("indicator")
@click.option("--area", help="Code or name of one area: what its own distance from the country is made of.")
@period_option
@area_type_option
@json_option
@release_option
@_shown
def explain(
    indicator: str, area: str | None, period: str | None, area_type: str | None, release: Path | None
) -> list[dict[str, Any]]:
    """Explain why areas differ: chance, what comes and goes, need, supply, place, and what is not explained."""
    from careatlas.present.explain import explain_gap, explain_spread

    if area is not None:
        return explain_gap(_open(release), indicator, area, period, area_type)
    return explain_spread(_open(release), indicator, period, area_type)


@main.command()
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
@_shown
def gaps(
    indicator: str,
    within_miles: float | None,
    period: str | None,
    area_type: str | None,
    release: Path | None,
) -> list[dict[str, Any]]:
    """Show neighbours that differ most: both values, their ratio with its interval, and how long it has lasted."""
    from careatlas.present.neighbour_gaps import list_gaps

    return list_gaps(_open(release), indicator, period, area_type, within_miles)


@main.command()
@json_option
@release_option
@_shown
def check(release: Path | None) -> list[dict[str, Any]]:
    """List what a reader should know of the data: missing returns, files not read, totals that do not agree."""
    from careatlas.present.queries import data_quality

    return data_quality(_open(release))


@main.command()
@click.argument("kind", type=click.Choice(["indicator", "source", "method"]))
@click.argument("name", metavar="ID")
@click.option("--theme", default="waiting", show_default=True, help="Theme of a new indicator.")
def new(kind: str, name: str, theme: str) -> None:
    """Start an indicator, a source or a method: one commented file in its place."""
    from careatlas.build.new import start

    click.echo(str(start(kind, name, theme)))


def _say(told: str) -> None:
    """Progress goes to standard error, so that what a command prints can be piped."""
    click.echo(told, err=True)
