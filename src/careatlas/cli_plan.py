"""The commands of delivery: the report card of an organisation, or of the whole country."""

import sys
from pathlib import Path
from typing import Any

import click

from careatlas.cli_parts import json_option, opened, print_as, release_option
from careatlas.errors import AtlasError, NotKnownError

FORMATS = ("pdf", "html", "csv", "json")
IN_POUNDS = (
    "net", "plan_to_date", "actual_to_date", "variance", "outturn", "deduplicated", "evidenced", "cautious",
)  # fmt: skip


@click.group()
def plan() -> None:
    """Plans and what became of them: the report card."""


@plan.command()
@click.option("--area", default="", help="Code of an organisation [default: the whole country].")
@click.option(
    "--period", default="", help="A month that has ended, such as 2026-07 [default: the last returned]."
)
@click.option("--workstream", default="", help="Id of one workstream.")
@click.option("--kept", "number", type=int, help="A report that was kept, by its number, as it was.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Print a file of this kind, for a pipe.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write to [all kinds, or the one of --format].",
)
@json_option
@release_option
def report(
    area: str,
    period: str,
    workstream: str,
    number: int | None,
    kind: str | None,
    out: Path | None,
    as_json: bool,
    release: Path | None,
) -> None:
    """Print the report card of a month: planned and actual, claimed, de-duplicated, evidenced, the cautious headline.

    A line a workstream, and one an organisation where others lie below; --out writes all of it, with exceptions,
    milestones, examples, risks and sign-off."""
    if number is not None and (area or period or workstream):
        raise AtlasError(
            "--kept", "names a report as it was.", "Give it without --area, --period, --workstream."
        )
    if as_json and (kind or out):
        raise AtlasError("--json", "prints rows.", "Give it without --format and --out.")
    atlas = _ready(release)
    card, mark = _kept(number) if number is not None else (_card(atlas, area, period, workstream), None)
    if out is not None:
        for each in (kind,) if kind else FORMATS:
            click.echo(str(_written(card, mark, each, out)))
    elif kind is not None:
        sys.stdout.buffer.write(_file(card, mark, kind))
    else:
        _print(card, mark, as_json)


def _card(atlas: Any, area: str, period: str, workstream: str) -> Any:
    from django.utils import timezone

    from careatlas.improve.delivery.reporting.card import card
    from careatlas.improve.delivery.reporting.card_choice import chosen

    return card(atlas, *chosen(atlas, area, period, workstream, timezone.now().date()))


def _kept(number: int) -> tuple[Any, Any]:
    from careatlas.improve.delivery.models import Report
    from careatlas.improve.delivery.reporting.kept import mark_of

    found = Report.objects.select_related("made_by", "signed_by").filter(pk=number).first()
    if found is None:
        raise NotKnownError(f"Report {number}", "was not kept here.", "Its page shows its number.")
    return found.content, mark_of(found)


def _file(card: Any, mark: Any, kind: str) -> bytes:
    from careatlas.improve.delivery.reporting.card_files import FILES
    from careatlas.web.delivery.report_file import as_html

    return as_html(card, mark) if kind == "html" else FILES[kind](card, mark)


def _written(card: Any, mark: Any, kind: str, out: Path) -> Path:
    """Whole or not at all."""
    from careatlas.improve.delivery.reporting.card_files import name_of

    content = _file(card, mark, kind)
    try:
        out.mkdir(parents=True, exist_ok=True)
        target = out / name_of(card, kind)
        unfinished = target.with_suffix(".unfinished")
        unfinished.write_bytes(content)
        return unfinished.replace(target)
    except OSError as fault:
        raise AtlasError(out, f"cannot be written to: {fault.strerror}.", "Give another folder.") from None


def _print(card: Any, mark: Any, as_json: bool) -> None:
    from careatlas.improve.delivery.reporting.card_files import rows_of
    from careatlas.improve.delivery.reporting.card_words import in_lines

    if not as_json:
        for line in in_lines(card, mark):
            click.echo(line)
    print_as(rows_of(card), as_json, _in_columns)


def _in_columns(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a table has room for, in pounds to three figures."""
    from careatlas.improve.delivery.reporting.card_money import STAGES
    from careatlas.improve.delivery.reporting.card_tables import NOT_KNOWN, NOT_TOLD, figure

    def said(row: dict[str, Any], name: str) -> str | None:
        return row["kind"] and figure(row[f"{name}_pence"], NOT_TOLD if name in STAGES else NOT_KNOWN)

    return [
        {"what": "All" if row["level"] == "all" else row["title"]}
        | {name: row[name] for name in ("status", "initiatives", "kind")}
        | {name: said(row, name) for name in IN_POUNDS}
        for row in rows
        if row["level"] != "family"
    ]


def _ready(release: Path | None) -> Any:
    from careatlas.web.authored import prepare, take_organisations

    atlas = opened(release)
    prepare(atlas.folder.parent.parent)
    take_organisations()
    return atlas
