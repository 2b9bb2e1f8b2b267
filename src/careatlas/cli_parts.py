"""What the commands are made of: the options they share, a release to ask, and how rows are printed."""

import json
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

DEMO_HOME = Path("atlas-demo")

release_option = click.option(
    "--release",
    type=click.Path(path_type=Path),
    help="Folder of the atlas or of one release [default: CAREATLAS_HOME, else ./atlas, else ./atlas-demo].",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON list of rows.")
period_option = click.option("--period", help="2026-01, 2024-Q2, 2022 or 2023/24 [default: the latest].")
area_type_option = click.option(
    "--area-type", help="sub_icb, icb, region, local_authority, provider or country."
)


def shown(command: Callable[..., list[dict[str, Any]]]) -> Callable[..., None]:
    """Print the rows a command returns: as JSON, or as a table a person can read."""

    @wraps(command)
    def show(as_json: bool, **given: Any) -> None:
        print_as(command(**given), as_json)

    return show


def print_as(rows: list[dict[str, Any]], as_json: bool, in_lines: Callable[..., Any] | None = None) -> None:
    """``in_lines`` picks what of the rows a table shows, where not all of it fits."""
    if as_json:
        click.echo(json.dumps(rows, default=str, ensure_ascii=False, indent=1))
    else:
        from careatlas.present.terminal import print_rows

        print_rows(in_lines(rows) if in_lines else rows)


def opened(release: Path | None) -> Any:
    from careatlas.engine.release import open_release

    return open_release(_or_demo(release))


def home_of(release: Path | None) -> Path:
    """The folder of the atlas, whether or not there is a release in it that can be read."""
    from careatlas.engine.release import home_folder

    home = home_folder(_or_demo(release))
    return home.resolve().parent.parent if (home / "manifest.json").is_file() else home


def _or_demo(release: Path | None) -> Path | None:
    from careatlas.engine.release import DEFAULT_HOME

    is_named = release is not None or os.environ.get("CAREATLAS_HOME") or DEFAULT_HOME.exists()
    return DEMO_HOME if not is_named and DEMO_HOME.exists() else release
