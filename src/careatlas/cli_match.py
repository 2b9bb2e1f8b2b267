"""The commands that join the library to the figures: matching, measuring anew, and the letters that are due."""

from pathlib import Path
from typing import Any

import click

from careatlas.cli_parts import json_option, opened, print_as, release_option
from careatlas.errors import AtlasError

SHOWN = ("example", "owner_name", "indicator", "example_verdict", "rating", "score")
REASONS = 5


@click.command()
@click.argument("area")
@json_option
@release_option
def match(area: str, as_json: bool, release: Path | None) -> None:
    """Show examples for an area's lasting, unexplained gaps, each with its reasons (AREA: code or name)."""
    atlas = _ready(release)
    from careatlas.improve.evidence.matching import choosing

    def in_lines(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What a table has room for; the reasons of the first few stand below it."""
        whys = [row["why"] for row in rows[:REASONS]] + [None] * len(rows)
        return [
            {"what": row["title"]} | {name: row[name] for name in SHOWN} | {"note": why}
            for row, why in zip(rows, whys, strict=False)
        ]

    print_as(choosing.for_area(atlas, area), as_json, in_lines)


@click.command()
@release_option
def measure(release: Path | None) -> None:
    """Measure examples, adoptions and pools in the release being served, and ask those who got better to write it up.

    `careatlas build` does it too; after `careatlas load`, run it. The same release again does nothing."""
    for what, count in _taken_in(opened(release)).items():
        click.echo(f"{what.replace('_', ' ')}: {count}")


def measure_what_arrived(atlas: Any) -> None:
    """What a new release says of the library and of what plans save; where nobody has written, nothing."""
    from careatlas.web.authored import is_written_on

    if is_written_on(atlas.folder.parent.parent):
        counts = (f"{what.replace('_', ' ')} {count}" for what, count in _taken_in(atlas).items())
        click.echo(f"measured again: {', '.join(counts)}")


def _taken_in(atlas: Any) -> dict[str, int]:
    _prepare(atlas)
    from django.db import connection

    from careatlas.improve.delivery.ledger.sizes import take_sizes
    from careatlas.improve.evidence import arriving

    counts = arriving.take_in(atlas) | {"pools": take_sizes(atlas)}
    connection.close()  # what forks must not share it
    return counts


@click.group()
def letters() -> None:
    """Letters to those who asked for them."""


@letters.command()
@release_option
def send(release: Path | None) -> None:
    """Send the letters that are due: run it once a day, by cron or the like."""
    _ready(release)
    from django.utils import timezone

    from careatlas.improve.evidence.notices import digests
    from careatlas.web.account.notice_pages import post_digest

    try:
        click.echo(f"letters sent: {digests.send_due(timezone.now(), post_digest)}")
    except OSError as fault:
        raise AtlasError(
            "letters",
            f"could not all be sent: {fault}.",
            "Look at [mail] in careatlas.toml, then run it again.",
        ) from None


def _ready(release: Path | None) -> Any:
    atlas = opened(release)
    _prepare(atlas)
    return atlas


def _prepare(atlas: Any) -> None:
    from careatlas.web.authored import prepare, take_organisations

    prepare(atlas.folder.parent.parent)
    take_organisations()
