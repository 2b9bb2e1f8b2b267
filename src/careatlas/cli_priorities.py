"""The command that weighs a group's options: its worksheet is a file, which it can also start from an area."""

from pathlib import Path
from typing import Any

import click

from careatlas.cli_parts import json_option, opened, print_as, release_option
from careatlas.errors import AtlasError


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--area", help="Write FILE to start from: the opportunities of this area, by code or name.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the list (CSV) and its chart (SVG) here.",
)
@json_option
@release_option
def priorities(file: Path, area: str | None, out: Path | None, as_json: bool, release: Path | None) -> None:
    """Show which of a worksheet's options a budget funds, and what could be released for the next."""
    from careatlas.present import priorities_files

    if area is not None:
        if as_json or out:
            raise AtlasError(
                "priorities",
                "--area writes a file and weighs nothing.",
                "Fill it in, then: careatlas priorities FILE.",
            )
        options = priorities_files.start(file, opened(release), area)
        click.echo(f"{file}: {options} options; fill in benefit, cost and likelihood, and a budget", err=True)
        return
    rows, sentences = priorities_files.weigh(file)
    print_as(rows, as_json, _in_lines)
    if not as_json:
        click.echo("\n".join(sentences))
    if out:
        for path in priorities_files.write(file, out):
            click.echo(f"written: {path}", err=True)


def _in_lines(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    left_out = ("key", "unit", "value_for_money_in", "likelihood_of")
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]
