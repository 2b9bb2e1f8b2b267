"""The command line: each command calls one function and prints what it gives. Those that build, fetch and serve are
here, those that ask a release in ``cli_answers``.

Only click and the standard library are imported here at the top, so that ``careatlas --help`` answers at once.
"""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from careatlas.cli_answers import ANSWERS
from careatlas.cli_backup import backup, restore
from careatlas.cli_library import library
from careatlas.cli_load import load
from careatlas.cli_match import letters, match, measure, measure_what_arrived
from careatlas.cli_parts import DEMO_HOME, json_option, opened, release_option, shown
from careatlas.cli_people import audit, people
from careatlas.cli_plan import plan
from careatlas.cli_priorities import priorities
from careatlas.errors import AtlasError

# Maps of a hundred areas are small: threads of linear algebra spend five times as long waiting for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


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

    release = build_demo(home, seed=seed, months=months, full_size=full_size, say=_say)
    if not no_serve:
        _people(home)
    measure_what_arrived(release)
    if not no_serve:
        _serve(home, port)


def _people(home: Path) -> None:
    """Fill the library of the simulated country and make its plans, once, and tell how to sign in."""
    from careatlas.web.authored import prepare, take_organisations

    prepare(home)
    take_organisations()
    from django.db import connection
    from django.utils import timezone

    from careatlas.engine.release import open_release
    from careatlas.improve.delivery.seed.country import make_plans
    from careatlas.improve.evidence.seed import lives, people
    from careatlas.improve.people.simulated import PASSWORD

    release, country = open_release(home), home / "country"
    lives.fill(release, country, _say)
    make_plans(release, country, timezone.now().date(), _say)
    for account in people.accounts():
        click.echo(f"  {account.email}: {account.role.lower()}, {account.organisation}")
    click.echo(f"Sign in as any of them with the password “{PASSWORD}”.")
    connection.close()  # what forks must not share it


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
    measure_what_arrived(release)


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
@shown
def sources() -> list[dict[str, Any]]:
    """List the publications the atlas reads."""
    from careatlas.sources.source import describe_sources

    return describe_sources()


@main.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--allow-upload", is_flag=True, help="Take files of own figures at /own-figures/.")
@release_option
def serve(port: int, allow_upload: bool, release: Path | None) -> None:
    """Serve the atlas as web pages on this machine."""
    home = opened(release).folder
    _serve(release or home.parent.parent, port, allow_upload)


def _serve(home: Path, port: int, allow_upload: bool = False) -> None:
    from careatlas.web.server import serve as serve_pages

    serve_pages(home, port, say=_say, allow_upload=allow_upload)


@main.command()
@click.argument("areas", nargs=-1, metavar="[CODE]...")
@click.option("--all", "is_all", is_flag=True, help="One for each sub-area there is.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("packs"), show_default=True
)
@release_option
def pack(areas: tuple[str, ...], is_all: bool, out: Path, release: Path | None) -> None:
    """Write areas' packs for a meeting as PDF (CODE: code or name)."""
    from careatlas.present.packs import areas_with_packs, write_packs

    if bool(areas) == is_all:
        raise AtlasError("pack", "of which areas is not said.", "Name areas by code or name, or give --all.")
    release = opened(release)
    for path in write_packs(release, areas_with_packs(release) if is_all else areas, out, _say):
        click.echo(str(path))


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


for command in (match, measure):
    library.add_command(command)
for command in (*ANSWERS, load, priorities, people, audit, library, plan, letters, backup, restore):
    main.add_command(command)
