"""Which providers reported referral-to-treatment waits in which month: a table of trusts and specialties.

A copy, reshaped by the healthyr project, of what NHS England publishes. Used to know who is expected to
report: a provider that was there every month and is absent from an extract did not submit; it is not
without waits. Only each provider's row for all specialties is kept.
"""

from datetime import date
from pathlib import Path

import ibis
from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    Layout,
    Refusal,
    Source,
    SourceFile,
    Tidied,
    refuse_repeated_keys,
)

SOURCE = Source(
    title="Providers that reported referral-to-treatment waits",
    publisher="NHS England, reshaped by the healthyr project",
    page="https://github.com/humaniverse/healthyr",
    licence="Open Government Licence v3.0",
    tables=("rtt_submitters",),
    layouts=(Layout(("nhs_trust22_code", "nhs_trust22_name", "date", "treatment", "waits_over_18_weeks")),),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "parquet" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    with explaining(file):
        rows = engine.read_parquet(file.path).mutate(
            provider=_["nhs_trust22_code"].strip(),
            month=_["date"].cast("date").truncate("M"),
            is_total=(_["treatment"] == "Total").fill_null(False),
        )
        account = engine.to_arrow(
            rows.aggregate(
                read=_.count(),
                totals=_.is_total.sum(),
                nameless=(_.is_total & (_.provider.isnull() | _.month.isnull())).sum(),
                impossible=(_.is_total & (_.waits_over_18_weeks < 0)).sum(),
            )
        ).to_pylist()[0]
    if not account["totals"]:
        raise SourceFileError(file, 'no row has treatment "Total".', DOWNLOAD_AGAIN)
    for fault, found in (("nameless", "have no code or date"), ("impossible", "wait in negative numbers")):
        if account[fault]:
            raise SourceFileError(file, f"{account[fault]:,} providers' total rows {found}.", DOWNLOAD_AGAIN)
    submitters = rows.filter(rows.is_total).select(
        period_start=_.month,
        period_end=(_.month + ibis.interval(months=1) - ibis.interval(days=1)).cast("date"),
        provider=_.provider,
        provider_name=_["nhs_trust22_name"].strip(),
        over_18_weeks=_["waits_over_18_weeks"].cast("float64"),
    )
    refuse_repeated_keys(file, engine, "rtt_submitters", submitters)
    return Tidied(
        tables={"rtt_submitters": submitters},
        rows_read=account["read"],
        rows_kept=account["totals"],
        refusals=[
            Refusal(
                "one specialty of a provider: only its total is needed", account["read"] - account["totals"]
            )
        ],
    )
