"""``/api/v1/``: what commands answer, row for row: `careatlas explain`, `gaps`, `persistence`, `usual`, `waits`,
`provider`.

Each route calls the function that the command calls, so that neither can say what the other does not.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from careatlas.engine.table import DAY, NUMBER, TEXT, TRUTH, WHOLE, Column
from careatlas.engine.tables import RELEASE
from careatlas.methods.opportunity import RUNGS
from careatlas.present.business_as_usual import COLUMNS as USUAL_COLUMNS
from careatlas.present.business_as_usual import COUNTED, list_usual
from careatlas.present.explain import GAP_COLUMNS, SHARE_COLUMNS, explain_gap, explain_spread
from careatlas.present.inbox import COLUMNS as INBOX_COLUMNS
from careatlas.present.inbox import KINDS, inbox
from careatlas.present.list_waits import list_waits
from careatlas.present.neighbour_gaps import GAP_COLUMNS as PAIR_COLUMNS
from careatlas.present.neighbour_gaps import list_gaps
from careatlas.present.opportunities import COLUMNS as OPPORTUNITY_COLUMNS
from careatlas.present.opportunities import list_opportunities
from careatlas.present.persistence import PERSISTENCE_COLUMNS, list_persistence
from careatlas.present.providers import COLUMNS as PROVIDER_COLUMNS
from careatlas.present.providers import provider_rows
from careatlas.web.api_parts import (
    AreaTypeId,
    Limit,
    Offset,
    PeriodCode,
    answers,
    one_page,
    optional_text,
    row_type,
    rows_type,
)
from careatlas.web.current import current_release

router = Router()

NAME = Column("name", TEXT, "the area's name")
NOTE = Column("note", TEXT, "words to print beside it; null where there is nothing to say")
PART_NAME = Column("part_name", TEXT, "the part's name; null of a component")
OF_A_PAIR = (
    NAME,
    Column("other_name", TEXT, "the other area's name"),
    Column("other_value", NUMBER, "the other area's value, the smaller of the two"),
    Column("other_lower_95", NUMBER, "its 95 % lower limit"),
    Column("other_upper_95", NUMBER, "its 95 % upper limit"),
    Column("ratio", NUMBER, "the larger value over the smaller"),
    Column("ratio_lower", NUMBER, "95 % lower limit, over-dispersion added"),
    Column("ratio_upper", NUMBER, "95 % upper limit"),
    Column("difference", NUMBER, "the larger value less the smaller, in the indicator's unit"),
    Column("q", NUMBER, "of there being no difference: false discovery over the pairs of this answer"),
    Column("periods_sustained", WHOLE, "up to this one, in how many periods the two differed beyond chance"),
    Column("note", TEXT, "what the interval allows for, and what it cannot show"),
)
WORDS = Column("words", TEXT, "the sentences that pages print of it")
OF_NEWS = (
    NAME,
    Column("compartment", TEXT, "the part of a provider's work it stands in"),
    Column("news", TEXT, "new, persistent or improving; null where it is no outlier"),
    Column("priority", NUMBER, "persistent x significant x size; null where it is no outlier", "percent"),
    WORDS,
)
OF_A_PROVIDER = (
    *OF_NEWS,
    Column("title", TEXT, "the indicator's short title"),
    Column("unit", TEXT, "what its value is in"),
    Column("standard", TEXT, "standards in force in the period, and whether the figure meets each"),
    Column("meets_standard", TRUTH, "of the first of them; null where nobody can say"),
    Column("peers_median", NUMBER, "of its peers with a full return of the period"),
    Column("peers_on_file", WHOLE, "how many of them there are"),
    Column("peers", WHOLE, "how many peers it is held beside"),
    Column("variation", TEXT, "the latest point of its control chart; null with fewer than four"),
    Column("assurance", TEXT, "whether it can be relied on to meet the standard; null likewise"),
    Column("amount_in_words", TEXT, "the amount in each unit it may be said in: one amount"),
)

_LIMITS = {"": "", "_lower_95": "; 95 % lower limit", "_upper_95": "; 95 % upper limit"}
OF_BUSINESS_AS_USUAL = (
    NAME,
    NOTE,
    Column("of", TEXT, "count: what is counted; denominator: those it is counted among"),
    Column("start", DAY, "the first day of the first month compared"),
    Column("actual", NUMBER, "what was counted; null without a full return"),
    Column("actual_so_far", NUMBER, "summed from the start over months with a full return"),
    *(
        Column(f"{name}{end}", NUMBER, f"{meaning}{limit}")
        for name, meaning in (
            ("usual", "what business as usual would have been"),
            ("usual_so_far", "the same, summed over the months of actual_so_far"),
            ("difference_so_far", "actual_so_far less usual_so_far: below 0 is fewer"),
            ("change_percent", "the same in percent of business as usual"),
            ("peers_change_percent", "the same of its peers together, beside their own business as usual"),
        )
        for end, limit in _LIMITS.items()
    ),
    Column("peers", WHOLE, "how many peers that is; null with fewer than five"),
    Column("target_percent", NUMBER, "the target asked for, in percent of business as usual"),
    Column("verdict", TEXT, "met, not met, or cannot tell yet: by the whole 95 % interval so far"),
    Column("months_before", WHOLE, "known months before the start that business as usual rests on"),
)


def _described(names: Sequence[str], tables: Sequence[str], own: Sequence[Column]) -> list[Column]:
    """Columns in the order of the answer, with their meaning: their own, else that of the first table with one."""
    known = {column.name: column for table in reversed(tables) for column in RELEASE[table].columns}
    known |= {column.name: column for column in own}
    return [known[name] for name in names]


ShareRows, GapRows, PairRows, OpportunityRows, PersistenceRows, InboxRows, ProviderRows, UsualRows = (
    rows_type(row_type(name, one_row_is, _described(columns, tables, own)))
    for name, one_row_is, columns, tables, own in (
        ("ExplainRow", RELEASE["shares"].one_row_is, SHARE_COLUMNS, ["shares"], [NOTE]),
        ("ExplainAreaRow", RELEASE["gaps"].one_row_is, GAP_COLUMNS, ["gaps", "concentration"], [NAME, NOTE, PART_NAME]),
        ("GapsRow", "two neighbours and how they differ", PAIR_COLUMNS, ["values", "neighbours"], OF_A_PAIR),
        ("OpportunityRow", RELEASE["opportunities"].one_row_is, OPPORTUNITY_COLUMNS, ["opportunities"], [NAME, NOTE]),
        ("PersistenceRow", RELEASE["persistence"].one_row_is, PERSISTENCE_COLUMNS, ["persistence"], [NAME, WORDS]),
        ("InboxRow", "a provider's figure that is an outlier", INBOX_COLUMNS, ["values", "comparisons"], OF_NEWS),
        ("ProviderRow", "a provider's latest figure of an indicator", PROVIDER_COLUMNS,
         ["values", "comparisons", "opportunities"], [*OF_A_PROVIDER, NOTE]),
        ("UsualRow", "a month beside business as usual", USUAL_COLUMNS, ["values"], OF_BUSINESS_AS_USUAL),
    )
)  # fmt: skip

Indicator = Annotated[str, Query(..., max_length=100, description="an indicator's id")]
AreaAsked = optional_text("an area's ODS code or its name")


def _get(path: str, answer: Any, summary: str) -> Any:
    return router.get(path, response=answers(answer), summary=summary)


def _page(rows: Sequence[dict[str, Any]], limit: int, offset: int) -> dict[str, Any]:
    return one_page(current_release(), list(rows[offset : offset + limit]), len(rows), limit, offset)


@_get(
    "/explain", ShareRows, "Why areas differ: chance, what comes and goes, need, supply, place, unexplained"
)
def explain(
    request: HttpRequest,
    indicator: Indicator,
    area_type: AreaTypeId = None,
    period: PeriodCode = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    return _page(explain_spread(current_release(), indicator, period, area_type), limit, offset)


@_get("/explain/{area}", GapRows, "What one area's distance from the country is made of")
def explain_area(
    request: HttpRequest,
    area: Annotated[str, Path(..., description="its ODS code or its name")],
    indicator: Indicator,
    area_type: AreaTypeId = None,
    period: PeriodCode = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    return _page(explain_gap(current_release(), indicator, area, period, area_type), limit, offset)


@_get("/gaps", PairRows, "Neighbours that differ most, the surest gap first")
def gaps(
    request: HttpRequest,
    indicator: Indicator,
    area_type: AreaTypeId = None,
    period: PeriodCode = None,
    within_miles: Annotated[
        float | None, Query(None, gt=0, description="only pairs whose centres are no further apart")
    ] = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    return _page(list_gaps(current_release(), indicator, period, area_type, within_miles), limit, offset)


@_get("/persistence", PersistenceRows, "Whose difference from the country lasts, and who changed")
def persistence(
    request: HttpRequest,
    indicator: Indicator,
    area: AreaAsked = None,
    area_type: AreaTypeId = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    return _page(list_persistence(current_release(), indicator, area, area_type), limit, offset)


@_get("/usual", UsualRows, "Business as usual by month, beside what was counted and a target")
def usual(
    request: HttpRequest,
    indicator: Indicator,
    start: Annotated[str, Query(..., max_length=20, description="the first month compared, such as 2024-04")],
    area: AreaAsked = None,
    target: Annotated[
        float | None, Query(None, description="percent of business as usual: -10 is a tenth fewer")
    ] = None,
    of: optional_text(f"{' or '.join(COUNTED)}; count unless given") = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    return _page(list_usual(current_release(), indicator, area, start, target, of or "count"), limit, offset)


@_get("/opportunities", OpportunityRows, "What areas could spare or gain; never to be added up")
def opportunities(
    request: HttpRequest,
    indicator: optional_text("an indicator's id; it, or an area, must be given") = None,
    area: AreaAsked = None,
    benchmark: optional_text(f"{', '.join(RUNGS)}; best_five unless given") = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    rows = list_opportunities(current_release(), area, indicator, [benchmark or "best_five"])
    return _page(rows, limit, offset)


@_get(
    "/providers/{code}",
    ProviderRows,
    "A provider by compartment: its figures, peers, standards and what to gain",
)
def provider(
    request: HttpRequest,
    code: Annotated[str, Path(..., description="its ODS code or its name")],
    peers: optional_text("a set of peers of one's own: codes or names with commas between") = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    own_set = [name.strip() for name in peers.split(",")] if peers is not None else None
    return _page(provider_rows(current_release(), code, own_set), limit, offset)


@_get(
    "/inbox",
    InboxRows,
    "Outliers among providers: new, persistent and improving ones, the first to look at first",
)
def outliers(
    request: HttpRequest,
    area: optional_text("a provider's ODS code or its name") = None,
    compartment: optional_text("a compartment's id, such as urgent_care") = None,
    news: optional_text(f"one of {', '.join(KINDS)}") = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Any:
    rows = inbox(current_release(), area or None, compartment or None, news or None)
    return _page(rows, limit, offset)


class WaitingTimesOut(Schema):
    """Waiting times of every area (or provider) of one choice; percentages and weeks carry their 95 % limits."""

    release: str = Field(description="the release these rows are of")
    total: int
    rows: list[dict[str, Any]] = Field(
        description="area, name, window, pathways, status, share within 18 weeks, median and 92nd-centile weeks, long "
        "waits, clearance weeks; per 1,000 people and rank by registered, resident and need_weighted people"
    )


@_get("/waiting-times", WaitingTimesOut, "Waiting times: rates, ranks and lengths with their limits")
def waiting_times(
    request: HttpRequest,
    specialty: optional_text("total, or a treatment function such as 110; total unless given") = None,
    part: optional_text(
        "completed (unless given), completed_admitted, completed_non_admitted, incomplete or new_periods"
    ) = None,
    months: Annotated[
        int | None,
        Query(None, ge=1, le=24, description="how many together; unless given 12, or as many as follow"),
    ] = None,
    area_type: AreaTypeId = None,
    area: AreaAsked = None,
    period: PeriodCode = None,
) -> Any:
    now = current_release()
    rows = list_waits(now, area, specialty, part, area_type, months, period)
    return {"release": now.id, "total": len(rows), "rows": rows}
