"""The exam that every source sits because its file is there: contract, layouts, links, and the real files."""

import inspect
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import Engine, connect
from careatlas.engine.tables import TIDIED
from careatlas.errors import DownloadError, SourceFileError
from careatlas.sources import download
from careatlas.sources._links import Link
from careatlas.sources.source import Layout, Source, SourceFile, Tidied, all_sources, identify

SOURCES = all_sources()
every_source = pytest.mark.parametrize("source_id", SOURCES)
RECORD_LEVEL = {
    "hospital_episodes",
    "own_figures",
}  # supplied, not published: no page, no open licence, not among real files
LINKED = [source_id for source_id, module in SOURCES.items() if module.SOURCE.links]
AT_ADDRESSES = [source_id for source_id, module in SOURCES.items() if module.SOURCE.addresses]
BY_HAND = [source_id for source_id in SOURCES if source_id not in (*LINKED, *AT_ADDRESSES)]
LAYOUTS = [
    pytest.param(source_id, layout, id=f"{source_id}-{number}")
    for source_id, module in SOURCES.items()
    for number, layout in enumerate(module.SOURCE.layouts)
]


def _is_text(source_id: str, layout: Layout) -> bool:
    """Whether the layout is one of CSV files: only there can labels change places by themselves."""
    text_file = SimpleNamespace(kind="csv", header=layout.columns, path=Path("made.csv"))
    return SOURCES[source_id].recognise(text_file)


TEXT_LAYOUTS = [each for each in LAYOUTS if _is_text(*each.values)]

# The contract


@every_source
def test_a_source_keeps_the_contract(source_id):
    module = SOURCES[source_id]
    assert isinstance(module.SOURCE, Source)
    assert list(inspect.signature(module.recognise).parameters) == ["file"]
    assert list(inspect.signature(module.tidy).parameters) == ["file", "engine"]
    assert list(inspect.signature(module.fetch).parameters)[:3] == ["first", "last", "into"]


@every_source
def test_a_source_says_what_it_is_and_whose(source_id):
    module = SOURCES[source_id]
    assert len(module.__doc__.splitlines()[0]) > 40
    assert module.SOURCE.title
    assert module.SOURCE.publisher
    assert module.SOURCE.licence
    if source_id not in RECORD_LEVEL:
        assert module.SOURCE.page.startswith("https://")
        assert module.SOURCE.attribution


@every_source
def test_a_source_gives_declared_tables(source_id):
    assert SOURCES[source_id].SOURCE.tables
    assert set(SOURCES[source_id].SOURCE.tables) <= set(TIDIED)


def test_every_tidied_table_has_a_source():
    given = {table for module in SOURCES.values() for table in module.SOURCE.tables}
    assert given == set(TIDIED)


# Layouts


@pytest.mark.parametrize(("source_id", "layout"), LAYOUTS)
def test_a_layout_is_known_by_one_source_only(source_id, layout, tmp_path):
    names = list(layout.headings([*layout.columns, *layout.aliases]).values())
    as_csv, as_parquet = tmp_path / "made.csv", tmp_path / "made.parquet"
    as_csv.write_text(",".join(f'"{name}"' for name in names) + "\n")
    pq.write_table(pa.table({name: pa.array([], pa.string()) for name in names}), as_parquet)
    for made in (as_csv, as_parquet):
        file = SourceFile(made)
        assert {each for each, module in SOURCES.items() if module.recognise(file)} <= {source_id}


@pytest.mark.parametrize(("source_id", "layout"), TEXT_LAYOUTS)
def test_headings_that_changed_places_are_refused(source_id, layout, tmp_path):
    first, second, *others = layout.columns
    made = tmp_path / "made.csv"
    made.write_text(",".join(f'"{name}"' for name in (second, first, *others)) + "\n")
    with pytest.raises(SourceFileError, match=rf"row 1 is not in the publisher's order.*{source_id}\.py"):
        identify(SourceFile(made))


# Links


@pytest.mark.parametrize("source_id", LINKED)
def test_the_example_of_a_link_names_its_period(source_id):
    source = SOURCES[source_id].SOURCE
    for pattern in (*source.links, *source.year_pages):
        assert pattern.period_of(pattern.example) == pattern.names
        assert _host(pattern.example.address) in {_host(source.page), *source.hosts}


class _ImitatedWeb:
    """Pages and files by address, in place of the network; it asks the gate as the network would."""

    def __init__(self, pages: dict[str, bytes]) -> None:
        self.pages = pages

    def ask(self, address: str, gate: download.Gate, headers: dict | None = None) -> "_ImitatedReply":
        assert urlsplit(address).scheme == "https"
        assert _host(address) in gate.hosts
        return _ImitatedReply(address, self.pages[address])


class _ImitatedReply:
    status = 200

    def __init__(self, address: str, body: bytes) -> None:
        self.address, self.announced, self.headers = address, len(body), {}
        self._blocks = iter([body, b""])

    def __enter__(self) -> "_ImitatedReply":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, _most: int) -> bytes:
        return next(self._blocks)


_STARTS = {"zip": b"PK\x03\x04", "xlsx": b"PK\x03\x04", "xls": b"\xd0\xcf\x11\xe0", "geojson": b"{}"}


def _file_named(name: str) -> bytes:
    return _STARTS.get(name.rpartition(".")[2], b"a,b\n1,2\n")


def _page_of(*links: Link) -> bytes:
    return "".join(f'<p><a href="{link.address}">{link.words}</a></p>' for link in links).encode()


@pytest.mark.parametrize("source_id", LINKED)
def test_a_source_finds_its_own_links_among_all_others(source_id, tmp_path, monkeypatch):
    """On a page that carries every source's example, and on year pages, only its own is fetched."""
    source = SOURCES[source_id].SOURCE
    pattern = source.links[0]
    decoys = [
        example
        for other, module in SOURCES.items()
        for example in (each.example for each in module.SOURCE.links)
        if other != source_id
    ]
    year_pages = [each.example for each in source.year_pages]
    web = {source.page: _page_of(*decoys, *year_pages, *([] if year_pages else [pattern.example]))}
    web |= {page.address: _page_of(*decoys, pattern.example) for page in year_pages}
    name = download.file_name_in(pattern.example.address)
    web[pattern.example.address] = _file_named(name)
    monkeypatch.setattr(download, "ask", _ImitatedWeb(web).ask)
    years = [each.names for each in source.year_pages]
    first, last = min([pattern.names, *years]), max([pattern.names, *years])
    assert SOURCES[source_id].fetch(first[0], last[1], tmp_path) == [tmp_path / name]


@pytest.mark.parametrize("source_id", AT_ADDRESSES)
def test_a_source_asks_its_publishers_addresses(source_id, tmp_path, monkeypatch):
    source = SOURCES[source_id].SOURCE
    web = {each.url: _file_named(each.file_name) + each.url.encode() for each in source.addresses}
    monkeypatch.setattr(download, "ask", _ImitatedWeb(web).ask)
    fetched = SOURCES[source_id].fetch(date(2024, 1, 1), date(2024, 1, 31), tmp_path)
    assert fetched == [tmp_path / each.file_name for each in source.addresses]


def test_fetch_brings_what_the_indicators_ask_of_prescribing_and_fingertips():
    asked = [side.equal_to for each in load_catalogue().indicators.values() for side in each.counted.values()]
    measures = {value for where in asked for value in where.get("measure", [])}
    indicators = {value for where in asked for value in where.get("indicator_id", [])}
    assert measures <= set(SOURCES["prescribing_measures"].MEASURES)
    assert indicators <= set(SOURCES["fingertips"].INDICATORS)


@pytest.mark.parametrize("source_id", BY_HAND)
def test_a_source_that_cannot_be_fetched_says_so(source_id, tmp_path):
    with pytest.raises(DownloadError, match="data folder"):
        SOURCES[source_id].fetch(date(2024, 1, 1), date(2024, 1, 31), tmp_path)


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


# The real files


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with connect() as engine:
        yield engine


@pytest.fixture(scope="module")
def files_of(real_data: Path) -> dict[str | None, list[SourceFile]]:
    """The real files of each source; under None those that no source knows."""
    found: dict[str | None, list[SourceFile]] = {}
    for path in sorted(each for each in real_data.rglob("*") if each.is_file()):
        file = SourceFile(path)
        found.setdefault(identify(file), []).append(file)
    return found


def test_no_real_file_is_known_by_two_sources(files_of):
    for file in (file for files in files_of.values() for file in files):
        assert len([each for each, module in SOURCES.items() if module.recognise(file)]) <= 1, file


@pytest.mark.parametrize("source_id", [each for each in SOURCES if each not in RECORD_LEVEL])
def test_real_files_give_the_declared_tables(source_id, files_of, engine):
    """Columns and types exactly as declared, every row accounted for, the publisher's totals met."""
    module = SOURCES[source_id]
    assert files_of[source_id], "no real file is known by this source"
    for file in files_of[source_id]:
        tidied = module.tidy(file, engine)
        assert set(tidied.tables) <= set(module.SOURCE.tables), file
        assert tidied.rows_read == tidied.rows_kept + sum(refusal.rows for refusal in tidied.refusals), file
        assert tidied.rows_kept > 0, file
        assert all(refusal.reason for refusal in tidied.refusals if refusal.rows), file
        tables = {name: _as_declared(name, table, engine) for name, table in tidied.tables.items()}
        _check_totals(file, tidied, tables)


def _as_declared(name: str, table, engine: Engine) -> pa.Table:
    tidy = engine.to_arrow(table)
    declared = TIDIED[name].schema
    assert set(tidy.column_names) == set(declared.names)
    assert {each.name: each.type for each in tidy.select(declared.names).schema} == {
        each.name: each.type for each in declared
    }
    return tidy


def _check_totals(file: SourceFile, tidied: Tidied, tables: dict[str, pa.Table]) -> None:
    for total in tidied.totals:
        rows = tables[total.table]
        for column, value in total.where.items():
            rows = rows.filter(pc.equal(rows[column], pa.scalar(value, rows.schema.field(column).type)))
        if total.exact and total.published is not None:
            ours = pc.sum(rows[total.measure]).as_py()
            assert ours == pytest.approx(total.published, rel=1e-9, abs=1e-6), (file, total)
