"""Which boards a trust's patients come from: each trust's patients shared out over the boards they live in.

Use it to know which boards depend on a trust, never to split a trust's figures between boards.
"""

from datetime import date
from pathlib import Path

from ibis import _

from careatlas.engine.connect import Engine, explaining
from careatlas.engine.tables import TIDIED
from careatlas.errors import SourceFileError
from careatlas.sources import download
from careatlas.sources.source import (
    DOWNLOAD_AGAIN,
    Layout,
    Source,
    SourceFile,
    Tidied,
    refuse_repeated_keys,
)

COLUMNS = ("nhs_trust22_code", "icb22_code", "proportion_trust_came_from_icb")
ROUNDING = 0.005  # a trust's shares may miss 1 by this much

SOURCE = Source(
    title="Boards that trusts' patients come from",
    publisher="Office for Health Improvement and Disparities",
    page="https://app.box.com/s/qh8gzpzeo1firv1ezfxx2e6c4tgtrudl",
    licence="Open Government Licence v3.0",
    tables=("trust_boards",),
    layouts=(Layout(columns=COLUMNS),),
)


def recognise(file: SourceFile) -> bool:
    return file.kind == "parquet" and SOURCE.layouts[0].fits(file.header)


def fetch(first: date, last: date, into: Path, **options: object) -> list[Path]:
    return download.fetch(SOURCE, first, last, into, **options)


def tidy(file: SourceFile, engine: Engine) -> Tidied:
    trust, board, share = COLUMNS
    with explaining(file):
        rows = engine.read_parquet(file.path)
        shares = engine.to_arrow(
            rows.select(
                provider=rows[trust].cast(str), icb=rows[board].cast(str), share=rows[share].cast(float)
            ),
            TIDIED["trust_boards"].schema,
        )
    boards = engine.from_arrow(shares)
    refuse_repeated_keys(file, engine, "trust_boards", boards)
    _refuse_shares_that_do_not_add_up(file, engine, boards)
    return Tidied(tables={"trust_boards": boards}, rows_read=shares.num_rows, rows_kept=shares.num_rows)


def _refuse_shares_that_do_not_add_up(file: SourceFile, engine: Engine, boards) -> None:
    sums = boards.group_by("provider").aggregate(all_shares=_.share.sum(), least=_.share.min())
    wrong = engine.to_arrow(
        sums.filter(((_.all_shares - 1).abs() > ROUNDING) | (_.least < 0)).order_by("provider").limit(1)
    ).to_pylist()
    if wrong:
        raise SourceFileError(
            file,
            f"the shares of trust {wrong[0]['provider']} sum to {wrong[0]['all_shares']:.3f}, not 1.",
            DOWNLOAD_AGAIN,
        )
