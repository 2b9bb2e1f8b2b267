"""The contract every source keeps, and what sources share.

A source is a module in this folder with four things:

``SOURCE``
    a `Source`: who publishes it, where, under which licence, which tables it gives, and the layouts by which
    its files are known.
``recognise(file) -> bool``
    whether this file is one of its own, by layout (columns, sheets, keys), never by folder or name.
``tidy(file, engine) -> Tidied``
    the file as declared tables (`careatlas.engine.tables.TIDIED`), every row kept or refused with a reason.
``fetch(first, last, into, ...)``
    the publisher's files for a range of periods (`careatlas.sources.download`).

Header drift is mapped by a declared alias or refused with the file, the column and the remedy: never guessed.
"""

import calendar
import contextlib
import csv
import functools
import gzip
import importlib
import io
import itertools
import json
import pkgutil
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import ibis
from ibis.expr.types import Table

from careatlas.engine.connect import Engine, explaining
from careatlas.engine.tables import TIDIED
from careatlas.errors import NotKnownError, SourceFileError
from careatlas.sources._containers import (
    DOWNLOAD_AGAIN,
    check_gzip,
    check_workbook,
    inflate,
    kind_of,
    not_what_it_is_named,
    single_member,
)
from careatlas.sources._links import Address, LinkPattern

NEAR_MISS_SHARE = 0.8  # a header with more than this share of a layout's columns is that layout, changed


@dataclass(frozen=True)
class Layout:
    """Columns that a file of this kind always has, in the publisher's order.

    ``aliases`` maps headings of other years to these.
    """

    columns: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def current(self, header: Iterable[str]) -> set[str]:
        return {self.aliases.get(name, name) for name in header}

    def fits(self, header: Iterable[str]) -> bool:
        return set(self.columns) <= self.current(header)

    def missing(self, header: Iterable[str]) -> list[str]:
        present = self.current(header)
        return [column for column in self.columns if column not in present]

    def headings(self, header: Sequence[str]) -> dict[str, str]:
        """What each column is called in the file with this header."""
        renamed = {self.aliases[name]: name for name in header if name in self.aliases}
        return {column: column if column in header else renamed[column] for column in self.columns}

    def disorder(self, header: Sequence[str]) -> str | None:
        """What is wrong with the order of a header that has every column: labels may have changed places."""
        names = list(self.headings(header).values())
        twice = next((name for name in names if header.count(name) > 1), None)
        if twice is not None:
            return f"{twice!r} heads two columns"
        places = [header.index(name) for name in names]
        moved = next((at for at in range(1, len(places)) if places[at] < places[at - 1]), None)
        return None if moved is None else f"{names[moved - 1]!r} stands after {names[moved]!r}"


@dataclass(frozen=True)
class Source:
    """Who publishes it and under which licence; the tables it gives; the layouts of its tabular files.

    Its files are found through the ``links`` of ``page`` and of the ``year_pages`` that it links to, or
    stand at fixed ``addresses``; ``hosts`` are further hosts its files may come from. ``precedence``: of two
    sources that give an edition of the same table, the higher one is used.
    """

    title: str
    publisher: str
    page: str
    licence: str
    tables: tuple[str, ...]
    layouts: tuple[Layout, ...] = ()
    attribution: str = "Contains public sector information licensed under the Open Government Licence v3.0."
    precedence: int = 0
    links: tuple[LinkPattern, ...] = ()
    year_pages: tuple[LinkPattern, ...] = ()
    addresses: tuple[Address, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Rows that did not enter the atlas, and why. ``example``: the first of them, in a few words."""

    reason: str
    rows: int
    example: str = ""


@dataclass(frozen=True)
class ControlTotal:
    """A total to reconcile: the publisher's figure (None where the file has none) and the column we sum.

    ``where`` restricts the rows of ``table`` that are summed; it takes column names to one value each. A file
    whose rows do not sum to an ``exact`` published figure is refused as damaged.
    """

    table: str
    measure: str
    published: float | None
    where: Mapping[str, object] = field(default_factory=dict)
    exact: bool = True  # False where the publisher's rounding or suppression keeps its rows from adding up


@dataclass
class Tidied:
    """What one file gave: lazy tables by name, the account of its rows, and its totals.

    ``published``: the publisher's own date of this edition where the file states it; of two editions of the
    same figures, the later supersedes. ``rows_kept`` counts rows of the file, not rows of the tables.
    """

    tables: dict[str, Table]
    rows_read: int
    rows_kept: int
    refusals: list[Refusal] = field(default_factory=list)
    totals: list[ControlTotal] = field(default_factory=list)
    published: date | None = None

    def __post_init__(self) -> None:
        refused = sum(refusal.rows for refusal in self.refusals)
        if self.rows_read != self.rows_kept + refused:
            raise AssertionError(f"{self.rows_read} rows read, {self.rows_kept} kept, {refused} refused")


class SourceFile:
    """A file as `recognise` sees it: its kind by content, and its header or sheets, each read once."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def __str__(self) -> str:
        return self.path.name

    @functools.cached_property
    def kind(self) -> str:
        """csv, gzipped_csv, zip, xlsx, xls, parquet, json, or one of `NOT_DATA`: by content, not by name."""
        with self.path.open("rb") as stream:
            return kind_of(self.path.name, stream.read(4096))

    def check_container(self) -> None:
        """Refuse what only looks like data: a web page saved as .csv, a gzip that is cut off or bursts."""
        fault = not_what_it_is_named(self.path.name, self.kind)
        if fault:
            raise SourceFileError(self, fault, DOWNLOAD_AGAIN)
        if self.kind == "gzipped_csv":
            with self._damage():
                check_gzip(self.path)

    @functools.cached_property
    def header(self) -> tuple[str, ...]:
        """The column names of a CSV file (zipped or gzipped too) or a Parquet file; empty for other kinds."""
        if self.kind == "parquet":
            import pyarrow.parquet as pq

            with self._damage():
                return tuple(pq.read_schema(self.path).names)
        if self.kind not in ("csv", "gzipped_csv", "zip"):
            return ()
        return next(iter(self.first_rows(1)), ())

    @functools.cached_property
    def sheets(self) -> tuple[str, ...]:
        """The sheet names of a workbook; empty for other kinds."""
        if self.kind not in ("xlsx", "xls"):
            return ()
        with self._damage():
            return tuple(self.workbook().sheet_names)

    @functools.cached_property
    def document(self) -> object:
        """A JSON file's content; None for other kinds, and for a file that begins like JSON by chance."""
        if self.kind != "json":
            return None
        with self._damage() if "json" in self.path.suffix.lower() else contextlib.suppress(ValueError):
            return json.loads(self.path.read_text(encoding="utf-8-sig"))
        return None

    def workbook(self):
        import python_calamine

        if self.kind == "xlsx":
            check_workbook(self.path)
        return python_calamine.CalamineWorkbook.from_path(str(self.path))

    def first_rows(self, n: int) -> list[tuple[str, ...]]:
        """The first ``n`` rows of a CSV file as text, header included, byte-order mark removed."""
        with self._damage(), self._open_text() as stream:
            return [tuple(row) for row in itertools.islice(csv.reader(stream), n)]

    @contextmanager
    def csv_on_disk(self) -> Iterator[Path]:
        """A path to the CSV: the file itself, or the single member of a zip inflated under the caps."""
        if self.kind != "zip":
            yield self.path
            return
        with TemporaryDirectory(prefix="careatlas-") as folder:
            inflated = Path(folder) / "member.csv"
            with self._damage(), zipfile.ZipFile(self.path) as archive:
                inflate(archive, single_member(self.path, archive), inflated)
            yield inflated

    @contextmanager
    def _open_text(self) -> Iterator[io.TextIOBase]:
        if self.kind == "zip":
            with (
                zipfile.ZipFile(self.path) as archive,
                archive.open(single_member(self.path, archive)) as raw,
            ):
                yield io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        elif self.kind == "gzipped_csv":
            with gzip.open(self.path, "rt", encoding="utf-8-sig", newline="") as stream:
                yield stream
        else:
            with self.path.open(encoding="utf-8-sig", newline="") as stream:
                yield stream

    @contextmanager
    def _damage(self) -> Iterator[None]:
        """Say in one sentence what is wrong with a file that cannot be opened at all."""
        try:
            yield
        except SourceFileError:
            raise
        except UnicodeDecodeError as fault:
            raise SourceFileError(
                self, "the text is not UTF-8.", "Save it as CSV in UTF-8; the atlas does not guess encodings."
            ) from fault
        except Exception as fault:
            raise SourceFileError(self, f"it is damaged ({fault}).", DOWNLOAD_AGAIN) from fault


def refuse_repeated_keys(file: SourceFile, engine: Engine, table_name: str, expression: Table) -> None:
    """Refuse a file that gives one thing twice: two rows with equal key columns, nulls counting as equal.

    Which of the two would be right is not ours to choose, and summing them would count people twice.
    """
    key = TIDIED[table_name].key
    counted = expression.group_by(*key).aggregate(times_given=lambda rows: rows.count())
    repeated = counted.filter(counted.times_given > 1)
    first = repeated.order_by(*key).limit(1).mutate(repeated_keys=repeated.count().as_scalar())
    with explaining(file):
        found = engine.to_arrow(first).to_pylist()
    if not found:
        return
    others = found[0]["repeated_keys"] - 1
    raise SourceFileError(
        file,
        f"{found[0]['times_given']} rows say "
        + ", ".join(f"{name} {'(none)' if found[0][name] is None else found[0][name]}" for name in key)
        + (f", and {others:,} more such keys are repeated" if others else "")
        + "; there should be one of each.",
        "Remove the rows that were pasted in twice, or download the file again.",
    )


def account_of(engine: Engine, rows: Table, example: str | None = None) -> tuple[int, list[Refusal]]:
    """How many rows are kept and why the others are not: column ``why_refused`` says it, null where kept.

    ``example``: the column from which each refusal names one value. Give none for records about persons.
    """
    shown = rows[example].cast(str).min() if example else ibis.null(str)
    reasons = engine.to_arrow(
        rows.group_by("why_refused").aggregate(rows=rows.count(), example=shown).order_by("why_refused")
    ).to_pylist()
    kept = sum(reason["rows"] for reason in reasons if reason["why_refused"] is None)
    return kept, [
        Refusal(reason["why_refused"], reason["rows"], reason["example"] or "")
        for reason in reasons
        if reason["why_refused"] is not None
    ]


def month_period(year: int, month: int) -> tuple[date, date]:
    """First and last day of a month."""
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}


def month_named(text: str) -> tuple[date, date]:
    """The month that ``text`` names in full with its year ("RTT-January-2026"); ValueError if none."""
    words = re.findall(r"[a-z]+|\d{4}", text.lower())
    month = next((MONTHS[word] for word in words if word in MONTHS), None)
    year = next((int(word) for word in reversed(words) if word.isdigit()), None)
    if month is None or year is None:
        raise ValueError(f"{text!r} names no month and year")
    return month_period(year, month)


def financial_year_named(text: str) -> tuple[date, date]:
    """The financial year that ``text`` names ("22-23", "2022_2023", "2022/23"); ValueError if none.

    "2021" is a year or 2020/21, and "2011-12-13" is a day: neither is read.
    """
    for first, second in re.findall(r"(?<!\d)(?<!\d[-_/])(?:20)?(\d\d)[-_/](?:20)?(\d\d)(?![-_/]?\d)", text):
        if int(second) == int(first) + 1:
            return date(2000 + int(first), 4, 1), date(2000 + int(second), 3, 31)
    raise ValueError(f"{text!r} names no financial year")


@functools.cache
def all_sources() -> dict[str, ModuleType]:
    """Every source by id (its file's name). A file here that lacks the contract is refused loudly."""
    from careatlas import sources

    found = {}
    for module_info in pkgutil.iter_modules(sources.__path__):
        if module_info.name in ("source", "download", "simulated_country") or module_info.name[0] == "_":
            continue
        module = importlib.import_module(f"careatlas.sources.{module_info.name}")
        lacking = [name for name in ("SOURCE", "recognise", "tidy", "fetch") if not hasattr(module, name)]
        if lacking:
            raise TypeError(f"{module.__file__} is not a source: it lacks {', '.join(lacking)}")
        found[module_info.name] = module
    return found


def source_named(source_id: str) -> ModuleType:
    """The source of this id; a fault that lists them where there is none."""
    if source_id not in all_sources():
        raise NotKnownError(source_id, "is not a source.", f"Sources: {', '.join(all_sources())}.")
    return all_sources()[source_id]


def describe_sources() -> list[dict[str, object]]:
    """Each publication the atlas reads, for a list."""
    return [
        {
            "source": source_id,
            "title": module.SOURCE.title,
            "publisher": module.SOURCE.publisher,
            "page": module.SOURCE.page,
            "licence": module.SOURCE.licence,
            "tables": list(module.SOURCE.tables),
        }
        for source_id, module in all_sources().items()
    ]


def identify(file: SourceFile) -> str | None:
    """The id of the source that reads this file; None where none does.

    A header that is nearly a known layout is a fault, not an unknown file: the message names what changed.
    So is a file whose content is not of the kind that its name claims.
    """
    file.check_container()
    for source_id, module in all_sources().items():
        if module.recognise(file):
            _refuse_disorder(file, source_id, module.SOURCE)
            return source_id
    for source_id, module in all_sources().items():
        for layout in module.SOURCE.layouts:
            missing = layout.missing(file.header)
            if missing and 1 - len(missing) / len(layout.columns) > NEAR_MISS_SHARE:
                known = set(layout.columns) | set(layout.aliases)
                unknown = [name for name in file.header if name not in known]
                raise SourceFileError(
                    file,
                    f"row 1 is nearly the layout of {source_id}, but column {missing[0]!r} is not there"
                    + (f" ({len(missing)} missing in all)" if len(missing) > 1 else "")
                    + (f"; not known: {', '.join(map(repr, unknown[:3]))}." if unknown else "."),
                    "Download the file again; if the publisher renamed the column, add the new heading "
                    f"to the aliases in sources/{source_id}.py.",
                )
    return None


def _refuse_disorder(file: SourceFile, source_id: str, source: Source) -> None:
    """A header line whose labels changed places reads well and means something else."""
    if file.kind not in ("csv", "gzipped_csv", "zip"):
        return
    disorders = [layout.disorder(file.header) for layout in source.layouts if layout.fits(file.header)]
    if disorders and all(disorders):
        raise SourceFileError(
            file,
            f"row 1 is not in the publisher's order: {disorders[0]}.",
            "Download the file again; if the publisher moved the column, change the order of the layout "
            f"in sources/{source_id}.py.",
        )
