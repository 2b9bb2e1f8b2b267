"""What the house promises about itself: imports point down, one place knows engines, and one file adds a thing."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_data import JANUARY, write_ae_month

import careatlas

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(careatlas.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
THE_ONE_PLACE = PACKAGE / "engine" / "connect.py"
BACK_ENDS = {"duckdb", "pyspark", "pysail", "psycopg"}


def test_imports_point_down():
    """The contracts stand in pyproject.toml; the one exception is the call that publishes a reader's own file."""
    linter = Path(sys.executable).parent / "lint-imports"
    checked = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    kept = re.search(r"(\d+) kept, 0 broken", checked.stdout)
    assert int(kept[1]) >= 4
    excepted = re.findall(r"ignore_imports = (.*)", (ROOT / "pyproject.toml").read_text())
    assert excepted == ['["careatlas.web.own_figures_page -> careatlas.build.own_values"]']


def imports_of(tree: ast.AST) -> set[str]:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def engine_knowledge(text: str) -> list[str]:
    """Where a module imports an engine, reaches for one through ibis, or asks which one it has."""
    tree = ast.parse(text)
    found = [name for name in imports_of(tree) if name.split(".")[0] in BACK_ENDS or "ibis.backends" in name]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (
            node.attr in ("_backend", "_uploads_pandas")
            or (
                isinstance(node.value, ast.Name)
                and node.value.id == "ibis"
                and node.attr in {*BACK_ENDS, "connect"}
            )
        ):
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
        if isinstance(node, ast.Compare) and any(
            isinstance(part, ast.Constant)
            and isinstance(part.value, str)
            and part.value in {*BACK_ENDS, "spark"}
            for part in ast.walk(node)
        ):
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_one_file_knows_which_engine_it_has(module):
    if module != THE_ONE_PLACE:
        assert engine_knowledge(module.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "import duckdb",
        "from pyspark.sql import SparkSession",
        "import ibis.backends.duckdb",
        "x = ibis.duckdb.connect()",
        "engine._backend.sql('')",
        "if engine.kind == 'duckdb': pass",
        "if name in ('spark', 'other'): pass",
    ],
)
def test_knowing_an_engine_would_be_seen(text):
    assert engine_knowledge(text)


# One file adds an indicator, a source, a method, an area type, a page

SOURCE = '''"""Falls on wards: a made publication."""

import ibis
from careatlas.engine.connect import explaining
from careatlas.sources import download
from careatlas.sources.source import Layout, Refusal, Source, Tidied

SOURCE = Source(
    title="Falls on wards", publisher="A made publisher", page="https://example.org/", licence="None",
    tables=("accident_emergency",), layouts=(Layout(("Ward trust", "Falls", "Stays")),),
)


def recognise(file):
    return file.kind == "csv" and SOURCE.layouts[0].fits(file.header)


def fetch(first, last, into, **options):
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file, engine):
    import datetime

    from careatlas.engine.tables import TIDIED

    with explaining(file):
        rows = engine.to_arrow(engine.read_csv(file.path, ("Ward trust",), ("Falls", "Stays"))).to_pylist()
    month = {"period_start": datetime.date(2025, 12, 1), "period_end": datetime.date(2025, 12, 31)}
    import pyarrow as pa

    counted = [
        {**month, "provider": row["Ward trust"], "attendances": row["Stays"], "waited_over_12_hours": row["Falls"]}
        for row in rows
    ]
    table = engine.from_arrow(pa.Table.from_pylist(counted, schema=TIDIED["accident_emergency"].schema))
    return Tidied({"accident_emergency": table}, len(rows), len(rows))
'''

METHOD = '''"""Half a rate: a made method."""

from careatlas.methods.crude_rate import crude_rate
from careatlas.methods.estimate import Estimate


def half_rate(count, denominator, multiplier=1.0, confidence=0.95) -> Estimate:
    """Half of the crude rate.

    >>> float(half_rate([6], [3]).value[0])
    1.0
    """
    return Estimate(*(each / 2 for each in crude_rate(count, denominator, multiplier, confidence)))
'''

AREA_TYPE = """id: partnership
title: Partnership
plural: Partnerships
parent: country
rolls_up_from: provider
ranked: true
boundaries: false
order: 9
members:
  P1: {name: First partnership, of: [RAA, RBB]}
  P2: {name: Second partnership, of: [RCC]}
"""

PAGE = "# A page of our own\n\nIt says something *new*.\n"

REPORT = """
import json, sys
from pathlib import Path
import careatlas
from careatlas.build.pipeline import build
from careatlas.web.wsgi import application
from django.test import Client

release = build(Path(sys.argv[1]), Path(sys.argv[2]))
page = Client().get("/pages/our-own/")
indicator = Client().get("/indicators/half_wait/")
print(json.dumps({
    "package": careatlas.__file__,
    "values": release.rows("values", indicator="half_wait"),
    "files": release.rows("files"),
    "areas": release.rows("areas", area_type="partnership"),
    "page": [page.status_code, page.content.decode()],
    "indicator": [indicator.status_code, indicator.content.decode()],
}, default=str))
"""


def indicator_file() -> str:
    """The A&E indicator of long waits under another id, with the made method and area type, and no example."""
    import yaml

    path = PACKAGE / "content" / "indicators" / "urgent_care" / "ae_long_waits_for_admission.yaml"
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    text |= {"id": "half_wait", "title": "Half of something", "short_title": "Half", "method": "half_rate"}
    text |= {
        "area_types": ["provider", "partnership"],
        "standard": [],
        "polarity": "neither",
        "event": None,
        "multiplier": 1000,
    }
    text["numerator"] = {"table": "accident_emergency", "measure": "waited_over_12_hours"}
    text["denominator"] = {"table": "accident_emergency", "measure": "attendances"}
    return yaml.safe_dump(text, allow_unicode=True)


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> dict:
    """What a copy of the package says of a tiny folder once it holds five files more."""
    folder = tmp_path_factory.mktemp("extended")
    copy = folder / "src" / "careatlas"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "sources" / "ward_falls.py").write_text(SOURCE)
    (copy / "methods" / "half_rate.py").write_text(METHOD)
    (copy / "content" / "areas" / "partnership.yaml").write_text(AREA_TYPE)
    (copy / "content" / "pages" / "our-own.md").write_text(PAGE)
    (copy / "content" / "indicators" / "urgent_care" / "half_wait.yaml").write_text(indicator_file())
    write_ae_month(folder / "data", JANUARY, {"RAA": (1000, 10), "RBB": (500, 5), "RCC": (400, 4)})
    (folder / "data" / "falls.csv").write_text("Ward trust,Falls,Stays\nRAA,10,1000\nRBB,20,500\nRCC,0,400\n")
    settings = {"DJANGO_SETTINGS_MODULE": "careatlas.web.settings", "CAREATLAS_HOME": str(folder / "home")}
    told = subprocess.run(
        [sys.executable, "-c", REPORT, folder / "data", folder / "home"],
        env=os.environ | settings | {"PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    report = json.loads(told.stdout)
    assert report["package"] == str(copy / "__init__.py")
    return report


def answers(extended: dict, period_end: str) -> dict[str, float]:
    return {row["area"]: row["value"] for row in extended["values"] if row["period_end"] == period_end}


def test_one_file_adds_an_indicator_and_its_page(extended):
    assert answers(extended, "2026-01-31").keys() == {"RAA", "RBB", "RCC", "P1", "P2", "ENG"}
    status, page = extended["indicator"]
    assert status == 200
    assert "Half of something" in page


def test_one_file_adds_a_source(extended):
    (falls,) = [row for row in extended["files"] if row["file"] == "falls.csv"]
    assert (falls["source"], falls["outcome"], falls["rows_kept"]) == ("ward_falls", "read", 3)
    assert "2025-12-31" in {row["period_end"] for row in extended["values"]}


def test_one_file_adds_a_method(extended):
    """RAA: 10 falls in 1,000 stays are 10 per 1,000; half of that is 5."""
    assert answers(extended, "2025-12-31")["RAA"] == pytest.approx(5)


def test_one_file_adds_an_area_type(extended):
    """P1 is RAA and RBB: 30 falls in 1,500 stays, halved."""
    names = {row["code"]: row["name"] for row in extended["areas"]}
    assert names == {"P1": "First partnership", "P2": "Second partnership"}
    assert answers(extended, "2025-12-31")["P1"] == pytest.approx(10)


def test_one_file_adds_a_page(extended):
    status, page = extended["page"]
    assert status == 200
    assert "A page of our own" in page
    assert "<em>new</em>" in page
