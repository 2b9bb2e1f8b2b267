"""NHS payments to general practice: the yearly CSV of NHS England (formerly NHS Digital), one row a practice.

The financial year stands only in the file's name. ``CCG Code`` is the sub-ICB location in every year's
layout, even where "CCG NAME" holds the primary care network. Some totals are negative (more was paid back
than paid out) and some practices have no patients, or a handful as they open or close (one was paid
£369,000 a patient): their payments count towards the total, but a payment per patient is missing below
1,000 patients, because it would say nothing of what a patient costs.
"""

from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources._links import FINANCIAL_YEAR, Link, LinkPattern
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    Layout,
    Source,
    SourceFile,
    Tidied,
    account_of,
    financial_year_named,
    refuse_repeated_keys,
)

TEXT = ("CCG Code", "Practice Code")
REGISTERED = "Number of Registered Patients (Last Known Figure)"
WEIGHTED = "Number of Weighted Patients (Last Known Figure)"
PER_REGISTERED = "Average payments per registered patient"
PER_WEIGHTED = "Average payments per weighted patient"
PAYMENTS = "Total NHS Payments to General Practice"
DEDUCTIONS = "Deductions for Pensions, Levies and Prescription Charge Income"
PAYMENTS_LESS_DEDUCTIONS = "Total NHS Payments to General Practice Minus Deductions"
NUMERIC = (REGISTERED, WEIGHTED, PER_REGISTERED, PER_WEIGHTED, PAYMENTS, DEDUCTIONS, PAYMENTS_LESS_DEDUCTIONS)
ROUNDING_POUNDS = 0.02
FEWEST_PATIENTS = 1_000  # a practice smaller than this is opening, closing or of a special kind

SOURCE = Source(
    title="NHS payments to general practice",
    publisher="NHS England",
    page="https://digital.nhs.uk/data-and-information/publications/statistical/nhs-payments-to-general-practice",
    licence="Open Government Licence v3.0",
    tables=("gp_payments",),
    layouts=(Layout(columns=(*TEXT, *NUMERIC)),),
    year_pages=(
        LinkPattern(
            address=rf"/nhs-payments-to-general-practice/.*{FINANCIAL_YEAR}",
            example=Link(
                "NHS Payments to General Practice, England 2022/23",
                "https://digital.nhs.uk/data-and-information/publications/statistical/"
                "nhs-payments-to-general-practice/england-2022-23",
            ),
            names=(date(2022, 4, 1), date(2023, 3, 31)),
        ),
    ),
    links=(
        LinkPattern(
            address=rf"/nhspaymentsgp-{FINANCIAL_YEAR}-(prac-)?csv.*\.csv$",
            example=Link(
                "NHS Payments to General Practice, England 2022/23: practice level CSV",
                "https://files.digital.nhs.uk/05/E6ADA0/nhspaymentsgp-22-23-prac-csv.csv",
            ),
            names=(date(2022, 4, 1), date(2023, 3, 31)),
        ),
    ),
    hosts=("files.digital.nhs.uk",),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "csv" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    start, end = _financial_year(file)
    with explaining(file):
        headings = SOURCE.layouts[0].headings(file.header)
        published = engine.to_arrow(_published(engine.read_csv(file.path, TEXT, NUMERIC, headings)))
    _refuse_columns_that_changed_places(file, published)
    rows = engine.from_arrow(published)
    kept, refusals = account_of(engine, rows, example="practice")
    figures = rows.filter(_.why_refused.isnull()).select(
        period_start=ibis.literal(start),
        period_end=ibis.literal(end),
        practice=_.practice,
        sub_icb=_.sub_icb,
        payments=_[PAYMENTS],
        registered_patients=_[REGISTERED],
        weighted_patients=_[WEIGHTED],
        payment_per_registered_patient=((_[REGISTERED] >= FEWEST_PATIENTS) & (_[PAYMENTS] >= 0)).ifelse(
            _[PAYMENTS] / _[REGISTERED], ibis.null(float)
        ),
    )
    refuse_repeated_keys(file, engine, "gp_payments", figures)
    return Tidied({"gp_payments": figures}, published.num_rows, kept, refusals)


def _published(rows: ibis.Table) -> ibis.Table:
    """The file's rows, each with the reason why it does not enter the atlas."""
    practice, sub_icb = rows["Practice Code"].strip(), rows["CCG Code"].strip()
    return rows.select(
        *NUMERIC,
        practice=practice,
        sub_icb=sub_icb,
        why_refused=ibis.cases(
            (practice.fill_null("") == "", "no practice code"),
            (sub_icb.fill_null("") == "", "no sub-ICB code"),
            (rows[REGISTERED] < 0, "a negative number of patients"),
        ),
    )


def _financial_year(file: SourceFile) -> tuple[date, date]:
    try:
        return financial_year_named(file.path.name)
    except ValueError as fault:
        raise SourceFileError(
            file,
            "no column says which financial year the payments are of, and neither does the file's name.",
            "Put the financial year into the name, such as gp_payments_22-23.csv.",
        ) from fault


def _refuse_columns_that_changed_places(file: SourceFile, published: pa.Table) -> None:
    """Headings that changed places read well, but then the publisher's own sums come out wrong."""
    less_deductions = pc.add(published[PAYMENTS], published[DEDUCTIONS])
    per_registered = pc.divide(published[PAYMENTS], published[REGISTERED])
    per_weighted = pc.divide(published[PAYMENTS], published[WEIGHTED])
    for worked_out, column in (
        (less_deductions, PAYMENTS_LESS_DEDUCTIONS),
        (per_registered, PER_REGISTERED),
        (per_weighted, PER_WEIGHTED),
    ):
        agrees = pc.less_equal(pc.abs(pc.subtract(worked_out, published[column])), ROUNDING_POUNDS)
        share_that_agrees = pc.mean(agrees).as_py()
        if share_that_agrees is not None and share_that_agrees < 0.5:
            raise SourceFileError(
                file,
                f'column "{column}" is not what the other columns come to in most rows: '
                "headings may have changed places.",
                DOWNLOAD_AGAIN,
            )
