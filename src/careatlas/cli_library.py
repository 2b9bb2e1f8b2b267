"""The commands of the library: search it, carry examples in and out. Matching is in `cli_match`."""

import sys
from pathlib import Path
from typing import Any

import click

from careatlas.cli_parts import json_option, opened, print_as, release_option, shown
from careatlas.errors import AtlasError

SHOWN = ("number", "title", "owner", "programme", "rating", "verdict")


@click.group()
def library() -> None:
    """Examples of what others did: search, match, carry in and out."""


@library.command()
@click.argument("words", nargs=-1)
@click.option("--programme", default="", help="Id of a programme or workstream.")
@click.option("--setting", default="", help="Id of a setting, such as hospital_inpatient.")
@click.option("--rating", default="", help="highly_recommended, recommended or none.")
@click.option("--verdict", default="", help="proven or proposed.")
@click.option("--saving", default="", help="cash, cost_avoided or capacity.")
@click.option("--indicator", default="", help="Id of the indicator it was measured by.")
@click.option("--region", default="", help="Code of the region that the owner lies in.")
@json_option
@release_option
def search(words: tuple[str, ...], as_json: bool, release: Path | None, **narrowed: str) -> None:
    """Find published examples by words in any of their texts, and by what they are about."""
    atlas = _ready(release)
    from careatlas.improve.evidence import finding
    from careatlas.improve.evidence.models import Example
    from careatlas.improve.evidence.writing import carrying

    asked = finding.Asked.read({"words": " ".join(words)} | narrowed)
    finding.check(asked, finding.titles_of(atlas))
    numbers = finding.matching(asked)
    by_number = Example.objects.in_bulk(numbers)
    rows = [carrying.row_of(by_number[number]) for number in numbers]
    print_as(rows, as_json, lambda found: [{name: row[name] for name in SHOWN} for row in found])


@library.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--by", "who", required=True, help="E-mail address of the author whose drafts they become.")
@click.option("--keep", is_flag=True, help="Keep the accepted rows as drafts; without it nothing is kept.")
@json_option
@release_option
@shown
def carry_in(file: Path, who: str, keep: bool, release: Path | None) -> list[dict[str, Any]]:
    """Look at a CSV or JSON file of examples, row by row; --keep makes drafts of those that are accepted."""
    atlas = _ready(release)
    from careatlas.improve.evidence.writing import carrying
    from careatlas.improve.people.models import User

    user = User.objects.filter(email=who.strip().lower(), is_active=True).first()
    if user is None:
        raise AtlasError(who, "is nobody here.", "See careatlas people list.")
    kind = carrying.kind_of(file.name)
    seen = carrying.preview(_bytes(file), kind, user, atlas)
    drafts = iter(carrying.carry_in(seen, user, atlas) if keep else [])
    if seen.passed_over:
        _say(f"not carried in, because it is decided here: {', '.join(seen.passed_over)}")
    _say(f"{len(seen.rows)} rows, {len(seen.accepted)} accepted, {len(seen.refused)} refused")
    if not keep:
        _say("Nothing is kept yet. To keep them as drafts: the same command with --keep.")
    return [
        {
            "row": row.number,
            "title": row.title,
            "owner": row.owner,
            "accepted": not row.refused,
            "example": next(drafts).pk if keep and not row.refused else None,
            "note": "; ".join(row.refused),
        }
        for row in seen.rows
    ]


@library.command("export")
@click.option("--format", "kind", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--every-stage", is_flag=True, help="Drafts, and those with the assessors, too.")
@click.option("--out", type=click.Path(path_type=Path), help="A file [default: what a pipe reads].")
@release_option
def carry_out(kind: str, every_stage: bool, out: Path | None, release: Path | None) -> None:
    """Write the answers of all published examples, as `library import` reads them."""
    _ready(release)
    from careatlas.improve.evidence.models import Example, Stage
    from careatlas.improve.evidence.writing import carrying

    found = Example.objects.order_by("pk")
    rows = map(carrying.answers_of, found if every_stage else found.filter(stage=Stage.PUBLISHED))
    text = "".join(carrying.as_csv(rows, carrying.ANSWERS)) if kind == "csv" else carrying.as_json(rows)
    if out is None:
        sys.stdout.buffer.write(text.encode())
    else:
        out.write_bytes(text.encode())


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise AtlasError(file, f"cannot be read: {fault.strerror}.", "Give another file.") from None


def _ready(release: Path | None) -> Any:
    from careatlas.web.authored import prepare, take_organisations

    atlas = opened(release)
    prepare(atlas.folder.parent.parent)
    take_organisations()
    return atlas


def _say(told: str) -> None:
    click.echo(told, err=True)
