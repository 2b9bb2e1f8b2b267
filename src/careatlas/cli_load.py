"""The command that loads a reader's own figures: preview, publish, versions, withdraw."""

import getpass
from pathlib import Path
from typing import Any

import click

from careatlas.cli_parts import json_option, opened, print_as, release_option
from careatlas.errors import AtlasError

REFUSED_SHOWN = 20


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--publish", is_flag=True, help="Keep the file as a version and build a release with it.")
@click.option(
    "--years",
    type=click.Choice(["financial", "calendar"]),
    help="What a year is in a file of Fingertips' layout, which does not say.",
)
@click.option("--versions", is_flag=True, help="List what was published.")
@click.option(
    "--withdraw", type=int, metavar="NUMBER", help="Take a version out; the one before counts again."
)
@click.option("--by", "who", help="Who loads it [default: your login name].")
@json_option
@release_option
def load(
    file: Path | None,
    publish: bool,
    years: str | None,
    versions: bool,
    withdraw: int | None,
    who: str | None,
    as_json: bool,
    release: Path | None,
) -> None:
    """Look at a file of your own figures beside the country's; --publish adds it to the atlas."""
    from careatlas.build import own_values

    if sum((file is not None, versions, withdraw is not None)) != 1:
        raise AtlasError(
            "load", "what to load is not said.", "Give one of: FILE, --versions, --withdraw NUMBER."
        )
    home = _home(release)
    if versions:
        print_as(own_values.versions(home), as_json)
    elif withdraw is not None:
        own_values.withdraw(home, withdraw, who or getpass.getuser(), _say)
        click.echo(f"version {withdraw} is withdrawn", err=True)
    else:
        seen = own_values.preview(file, home, years)
        _show(seen, as_json)
        if publish:
            built = own_values.publish(file, home, seen, who or getpass.getuser(), _say)
            click.echo(f"published: release {built.id}", err=True)
        elif not as_json:
            _say("Nothing is kept yet. To publish it: the same command with --publish.")


def _home(release: Path | None) -> Path:
    folder = opened(release).folder
    if release is not None and folder == release:
        raise AtlasError(
            release, "is one release.", "Give the folder of the atlas: own figures make a new release."
        )
    return folder.parent.parent


def _show(seen: Any, as_json: bool) -> None:
    if as_json:
        print_as([*seen.figures, *_refused(seen)], as_json)
        return
    print_as(seen.figures, as_json, _in_lines)
    _say(
        f"{seen.file}: {len(seen.rows):,} rows, {len(seen.accepted):,} accepted, {len(seen.refused):,} refused"
    )
    for row in seen.refused[:REFUSED_SHOWN]:
        _say(f"  row {row.number}: {row.refused}")
    if len(seen.refused) > REFUSED_SHOWN:
        _say(f"  and {len(seen.refused) - REFUSED_SHOWN:,} more (--json lists them all)")


def _refused(seen: Any) -> list[dict[str, Any]]:
    return [{"row": row.number, "refused": row.refused, "written": row.written} for row in seen.refused]


def _in_lines(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    left_out = ("area_type", "country_lower_95", "country_upper_95", "country_period_start", "peers")
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]


def _say(told: str) -> None:
    click.echo(told, err=True)
