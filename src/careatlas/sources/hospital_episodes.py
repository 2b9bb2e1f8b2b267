"""Hospital admissions, one row an admission: the record-level input of the directly standardised indicators.

The file (Parquet) is supplied under an agreement and never fetched. Its columns are ``person`` (a
pseudonym), ``age`` on admission, ``sex``, ``sub_area`` (the sub-ICB location of residence),
``admission_date``, ``discharge_date``, ``emergency`` and ``diagnosis``. A discharge date may be missing:
the person was still in hospital. Messages about this file count its bad rows and never quote one.
"""

from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.engine.tables import TIDIED
from careatlas.errors import DownloadError, SourceFileError
from careatlas.sources.source import Layout, Source, SourceFile, Tidied, account_of

COLUMNS = (
    *("person", "age", "sex", "sub_area", "admission_date", "discharge_date"),
    *("emergency", "diagnosis"),
)
OLDEST_YEARS = 120
SEXES = ("female", "male")

SOURCE = Source(
    title="Hospital episodes (record level)",
    publisher="The organisation that supplied the records",
    page="",
    licence="Under the supplier's data-sharing agreement; not for redistribution",
    tables=("hospital_episodes",),
    layouts=(Layout(columns=COLUMNS),),
    attribution="",
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "parquet" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    raise DownloadError(
        "hospital_episodes",
        "records about persons are not published, so there is nothing to download.",
        "Put the file that your data-sharing agreement gives you into the data folder.",
    )


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    _refuse_other_types(file)
    with explaining(file):
        rows = _with_reasons(engine.read_parquet(file.path))
        kept, refusals = account_of(engine, rows)
    return Tidied(
        tables={"hospital_episodes": rows.filter(_.why_refused.isnull()).drop("why_refused")},
        rows_read=kept + sum(refusal.rows for refusal in refusals),
        rows_kept=kept,
        refusals=refusals,
    )


def _with_reasons(rows: ibis.Table) -> ibis.Table:
    """The records, each with the reason why it does not enter the atlas."""
    return rows.cast({"age": "int64"}).select(
        *COLUMNS,
        admissions=ibis.literal(1.0),
        why_refused=ibis.cases(
            (rows.person.fill_null("") == "", "no person"),
            (rows.age.isnull() | (rows.age < 0) | (rows.age > OLDEST_YEARS), f"age not 0 to {OLDEST_YEARS}"),
            (~rows.sex.fill_null("").isin(SEXES), f"sex not {' or '.join(SEXES)}"),
            (rows.sub_area.fill_null("") == "", "no area of residence"),
            (rows.admission_date.isnull(), "no admission date"),
            (rows.discharge_date < rows.admission_date, "discharged before admitted"),
        ),
    )


def _refuse_other_types(file: SourceFile) -> None:
    """A date that is text, or an age that is, would be compared as text without a word."""
    found = pq.read_schema(file.path)
    for column in TIDIED["hospital_episodes"].columns:
        if column.name not in COLUMNS:
            continue
        kind = found.field(column.name).type
        if not _is_of_kind(kind, column.type):
            raise SourceFileError(
                file,
                f'column "{column.name}" holds {kind}, not {column.type}.',
                f"Write the column as {column.type} and supply the file again.",
            )


def _is_of_kind(found: pa.DataType, declared: pa.DataType) -> bool:
    """Whether a column holds text, whole numbers, days or truths as declared, whatever its width."""
    same_kind = {
        pa.string(): lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind),
        pa.int64(): pa.types.is_integer,
        pa.date32(): pa.types.is_date,
        pa.bool_(): pa.types.is_boolean,
    }
    return same_kind[declared](found.value_type if pa.types.is_dictionary(found) else found)
