"""Every indicator's counting expression gives equal sums on every engine.

DuckDB in this process is the reference. The other engine is Sail, a real Spark Connect server in a process of its
own on loopback. The tables are the simulated country's: publishers' files as tidied, and hospital episodes.
"""

import socket
import subprocess
import sysconfig
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from careatlas.build import count
from careatlas.build.count import SUMS, Grain
from careatlas.catalogue.area import base_type
from careatlas.catalogue.library import load_catalogue
from careatlas.engine.connect import connect
from careatlas.engine.tables import TIDIED

SIDES = [(i.id, part) for i in load_catalogue().indicators.values() for part in i.counted]


@pytest.fixture(scope="module")
def tidied(simulated_release):
    """The Parquet files of a tidied table, as the build left them."""
    home = simulated_release.folder.parent.parent
    return lambda table: sorted(home.glob(f"tidied/*/*/{table}.parquet"))


@pytest.fixture(scope="module")
def duckdb():
    with connect() as engine:
        yield engine


@pytest.fixture(scope="module")
def sail():
    """A Spark Connect server, stopped by its process id once its client has closed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sysconfig.get_path("scripts")) / "sail"
    server = subprocess.Popen(
        [program, "spark", "server", "--ip", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_listens(server, port)
        with connect(f"sc://127.0.0.1:{port}") as engine:
            yield engine
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_until_it_listens(server, port):
    for _ in range(150):
        assert server.poll() is None, "the Spark Connect server ended at once"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the Spark Connect server does not answer")


def sums(engine, paths, indicator, part, also_by=None):
    side = indicator.counted[part]
    columns = dict(TIDIED[side.table].area_columns)
    area_type = base_type(indicator.area_types[0], load_catalogue().area_types, columns)
    grain = Grain(area_type, indicator.period, indicator.standard_population is not None, also_by)
    paired = count.paired_measures(indicator)[part]
    frame = count.run(engine, count.counting_expression(engine.read_parquet(paths), side, grain, paired))
    keys = [column for column in frame.columns if column not in SUMS]
    return frame.sort_values(keys).reset_index(drop=True), keys


@pytest.mark.parametrize(("indicator_id", "part"), SIDES)
def test_equal_sums_on_both_engines(indicator_id, part, tidied, duckdb, sail):
    indicator = load_catalogue().indicators[indicator_id]
    paths = tidied(indicator.counted[part].table)
    assert_equal(*(sums(engine, paths, indicator, part) for engine in (duckdb, sail)))


@pytest.mark.parametrize("also_by", ["specialty", "provider"])
def test_equal_sums_by_a_further_column(also_by, tidied, duckdb, sail):
    indicator, paths = load_catalogue().indicators["within_18_weeks"], tidied("rtt")
    here, there = (sums(engine, paths, indicator, "numerator", also_by) for engine in (duckdb, sail))
    assert also_by in here[1]
    assert_equal(here, there)


def assert_equal(of_here, of_there):
    (here, keys), (there, _) = of_here, of_there
    assert len(here) > 0
    assert len(here) == len(there)
    for key in keys:
        assert (here[key].astype(str) == there[key].astype(str)).all(), key
    for name in SUMS:
        np.testing.assert_allclose(
            there[name].astype(float), here[name].astype(float), rtol=1e-12, err_msg=name
        )


def test_hospital_episodes_are_among_the_tables_counted():
    tables = {load_catalogue().indicators[id].counted[part].table for id, part in SIDES}
    assert "hospital_episodes" in tables


def test_a_table_in_memory_is_counted_where_it_is_uploaded(duckdb, sail):
    table = pa.table({"area": ["A", "A", "B"], "people": [1.0, None, 3.0]})

    def counted(engine):
        rows = engine.from_arrow(table)
        answer = rows.group_by("area").aggregate(people=rows.people.sum(), known=rows.people.count())
        return sorted(engine.to_arrow(answer).to_pylist(), key=lambda row: row["area"])

    assert (
        counted(sail)
        == counted(duckdb)
        == [
            {"area": "A", "people": 1.0, "known": 1},
            {"area": "B", "people": 3.0, "known": 1},
        ]
    )
