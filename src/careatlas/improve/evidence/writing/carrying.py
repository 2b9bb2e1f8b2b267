"""Carrying examples in and out, as CSV or JSON: what people wrote, column for column as the form asks it.

Out: every answer, and behind them where the example stands (stage, rating, verdict, measured effect). In: the answers
only. Nothing is published by being carried in, whoever does it: a rating given elsewhere was given by other assessors,
and an effect is measured here or not at all. What comes in is a draft of the organisation that the row names, by
somebody who may write for it, and is handed in and assessed like any other.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from careatlas.engine.release import Release
from careatlas.errors import AtlasError
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing import answers, drafting, examples, sections
from careatlas.improve.evidence.writing.files import MOST_BYTES
from careatlas.improve.people.models import User
from careatlas.present.tables import FORMULA_STARTS, safe_for_spreadsheet

Row = dict[str, Any]
ANSWERS = tuple(sections.QUESTIONS)
OF_EFFECT = ("percent", "lower", "upper", "reason", "release")
STANDING = (
    "number", "stage", "is_simulated", "overall", "rating", "verdict", *(f"effect_{name}" for name in OF_EFFECT),
    "published_at", "review_due", "version",
)  # fmt: skip
KINDS = ("csv", "json")
MOST_ROWS = 2_000
LONGEST_SHOWN = 200  # of what stands in a cell
UNMARKED = "'"  # what safe_for_spreadsheet puts before a formula


class Fault(NamedTuple):
    """What is wrong in a column of a row, and what stands there."""

    column: str
    said: str
    words: str


@dataclass(frozen=True)
class Seen:
    """A row of a file before anything is kept, counted below the headings. ``faults``: every one there is."""

    number: int
    title: str
    owner: str
    faults: tuple[Fault, ...]
    fields: Row

    @property
    def refused(self) -> tuple[str, ...]:
        """Why not, in words; nothing where it can be kept."""
        return tuple(f"{fault.column}: {fault.words}" for fault in self.faults)


@dataclass(frozen=True)
class Preview:
    """``passed_over``: columns that say where an example stood elsewhere."""

    rows: tuple[Seen, ...]
    passed_over: tuple[str, ...]

    @property
    def accepted(self) -> list[Seen]:
        return [row for row in self.rows if not row.refused]

    @property
    def refused(self) -> list[Seen]:
        return [row for row in self.rows if row.refused]


def answers_of(example: Example) -> Row:
    """What people wrote, as a file has it: pounds as numbers, days as text, workstreams as a list; null: no answer."""
    return {name: _as_written(getattr(example, _column(name))) for name in ANSWERS}


def row_of(example: Example) -> Row:
    """That, and where it stands."""
    effect = example.effect or {}
    measured = {f"effect_{name}": effect.get(name) for name in OF_EFFECT}
    standing = {
        name: _as_written(getattr(example, "pk" if name == "number" else name, None)) for name in STANDING
    }
    return answers_of(example) | standing | measured


def as_csv(rows: Iterable[Row], columns: Iterable[str]) -> Iterator[str]:
    """Lines, safe in a spreadsheet, and read back by `preview` as they were."""
    lines = csv.writer(_Echo())
    names = tuple(columns)
    yield lines.writerow(names)
    for row in rows:
        yield lines.writerow([_cell(row[name]) for name in names])


def as_json(rows: Iterable[Row]) -> str:
    return json.dumps(list(rows), ensure_ascii=False, indent=1) + "\n"


def kind_of(name: str) -> str:
    """What a file is by its name. Raises AtlasError."""
    kind = name.lower().rpartition(".")[2]
    if kind not in KINDS:
        raise AtlasError("the file", "is neither CSV nor JSON by its name.", "Give a file.csv or file.json.")
    return kind


def preview(data: bytes, kind: str, user: User, release: Release) -> Preview:
    """What would become of a file, row by row; nothing is kept. Raises AtlasError where it is no such file at all."""
    given = _read_csv(data) if kind == "csv" else _read_json(data)
    names = {name for row in given for name in row if isinstance(name, str)}
    unknown = sorted(names - set(ANSWERS) - set(STANDING))
    if unknown:
        raise AtlasError(
            "the file",
            f"has columns that an example has not: {', '.join(unknown[:8])[:200]}.",
            f"Columns: {', '.join(ANSWERS)}.",
        )
    here = examples.visible_to(user).exclude(stage=Stage.WITHDRAWN)  # once a file: it takes long to say
    seen, taken = [], set()
    for number, row in enumerate(given, 1):
        one = _seen(number, row, user, release, here, taken)
        taken.add((one.fields.get("owner"), one.title.casefold()))
        seen.append(one)
    return Preview(tuple(seen), tuple(name for name in STANDING if name in names))


@transaction.atomic
def carry_in(looked_at: Preview, user: User, release: Release) -> list[Example]:
    """Keep the accepted rows as drafts, all or none. Raises answers.Wrong where rights changed meanwhile."""
    simulated = release.manifest["simulated"]
    return [drafting.start(user, **(row.fields | {"is_simulated": simulated})) for row in looked_at.accepted]


@transaction.atomic
def draft(said: Mapping[str, Any], user: User, release: Release) -> Example:
    """One example by a program: as a row of a file. Raises answers.Wrong with every fault."""
    fields, faults = _read(said, release)
    if faults:
        raise answers.Wrong(faults)
    examples.may_write_for(user, fields["owner"])
    drafting.check_area(fields.get("area", ""), fields["owner"])
    return drafting.start(user, **(fields | {"is_simulated": release.manifest["simulated"]}))


@transaction.atomic
def rewrite(number: int, said: Mapping[str, Any], user: User, version: int, release: Release) -> Example:
    """Answers of several sections at once, all or none. Raises as `drafting.save` does, with every fault."""
    example, faults = examples.opened(number, user), {}
    for section in sections.SECTIONS:
        part = {name: said[name] for name in section.fields if name in said}
        try:
            example = drafting.save(number, section.key, part, user, version, release) if part else example
        except answers.Wrong as wrong:
            faults |= wrong.faults
    if faults:
        raise answers.Wrong(faults)
    return example


def _read(said: Mapping[str, Any], release: Release) -> tuple[Row, dict[str, str]]:
    """Fields of a new example, and what is wrong with them."""
    said = {name: value for name, value in said.items() if name in ANSWERS and value is not None}
    faults = {name: "every example needs it." for name in ("title", "owner") if not said.get(name)}
    fields: Row = {}
    for section in sections.SECTIONS:
        try:
            fields |= answers.read(section, said, release)
        except answers.Wrong as wrong:
            faults = wrong.faults | faults
    return fields, faults


def _seen(
    number: int,
    row: Mapping[Any, Any],
    user: User,
    release: Release,
    here: QuerySet[Example],
    taken: set[Any],
) -> Seen:
    fields, faults = _read(row, release)
    if None in row:
        faults["the row"] = "it has more cells than there are columns."
    if not faults:
        faults = _against_the_library(fields, user, here, taken)
    title, owner = (_shown(row, name) for name in ("title", "owner"))
    wrong = tuple(Fault(name, _shown(row, name), words) for name, words in faults.items())
    return Seen(number, title, owner, wrong, fields)


def _shown(row: Mapping[Any, Any], name: str) -> str:
    return str(row.get(name) or "")[:LONGEST_SHOWN]


def _against_the_library(fields: Row, user: User, here: QuerySet[Example], taken: set[Any]) -> dict[str, str]:
    """Whether the person may write it, and whether it is there already: a file that is sent again doubles nothing."""
    owner, title = fields["owner"], fields["title"]
    try:
        examples.may_write_for(user, owner)
        drafting.check_area(fields.get("area", ""), owner)
    except answers.Wrong as wrong:
        return wrong.faults
    same = here.filter(owner=owner, title__iexact=title).first()
    if same is not None:
        return {"title": f"example {same.pk} of {owner.name} has this title already."}
    if (owner, title.casefold()) in taken:
        return {"title": "an earlier row of this file has this owner and title."}
    return {}


def _read_csv(data: bytes) -> list[Row]:
    lines = csv.DictReader(io.StringIO(_text(data), newline=""), strict=True)
    try:
        rows = [_plain(row) for row in lines]
    except csv.Error as fault:
        raise AtlasError(
            "the file", f"is no CSV: {fault} (line {lines.line_num}).", "Save it as CSV again."
        ) from None
    return _some(rows)


def _plain(row: Mapping[Any, Any]) -> Row:
    """Cells as they were before they were made safe; workstreams as a list."""
    cells = {name: _unmarked(cell) if isinstance(cell, str) else cell for name, cell in row.items()}
    if isinstance(cells.get("workstreams"), str):
        cells["workstreams"] = cells["workstreams"].split()
    return cells


def _read_json(data: bytes) -> list[Row]:
    try:
        found = json.loads(_text(data))
    except (ValueError, RecursionError):
        raise AtlasError(
            "the file", "is no JSON.", "Give a list of examples, each with its answers by name."
        ) from None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise AtlasError("the file", "is no list of examples.", "Give a list, each example an object.")
    return _some(found)


def _text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise AtlasError("the file", f"is larger than {MOST_BYTES // 1024**2} MB.", "Divide it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AtlasError("the file", "is not in UTF-8.", "Save it as “CSV UTF-8”.") from None


def _some(rows: list[Row]) -> list[Row]:
    if not rows:
        raise AtlasError("the file", "has no row below its headings.", "Give at least one example.")
    if len(rows) > MOST_ROWS:
        raise AtlasError("the file", f"has more than {MOST_ROWS:,} rows.", "Divide it.")
    return rows


class _Echo:
    def write(self, line: str) -> str:
        return line


def _column(name: str) -> str:
    return "owner_id" if name == "owner" else name


def _as_written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else None if value == "" else value


def _cell(value: Any) -> Any:
    """As the atlas's other CSV files have it; besides, an apostrophe that was there is told from one put there."""
    if isinstance(value, str) and value.startswith(UNMARKED):
        return UNMARKED + value
    return safe_for_spreadsheet(value)


def _unmarked(cell: str) -> str:
    return (
        cell[1:] if cell.startswith(UNMARKED) and cell[1:].startswith((UNMARKED, *FORMULA_STARTS)) else cell
    )
