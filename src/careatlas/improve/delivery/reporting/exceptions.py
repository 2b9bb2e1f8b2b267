"""What of a month is not as planned: of that alone a return asks for words.

Milestones, days and risks are judged as everywhere (`planning.due`), at the month's end; here money and quality join.
"""

from collections.abc import Iterable
from datetime import date

from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger.quality import Quality
from careatlas.improve.delivery.models import Initiative
from careatlas.improve.delivery.planning import due
from careatlas.improve.delivery.reporting.prefill import Line
from careatlas.present.numbers import pounds

# Below the plan by more than this needs words. Of an even plan one month's slip is a tenth after ten months, and
# phasing is a guess: what is less is no news, and asking for it teaches people to write the same words each month.
TOLERATED = 0.1


def exceptions(initiative: Initiative, lines: Iterable[Line], quality: Quality, month: date) -> list[str]:
    """In words; empty where all is as planned. Of many, ``due.LOOKED_AT`` is fetched beforehand."""
    after = months.first_day(months.month_of(month) + 1)
    told = due.exceptions(initiative, after)
    for line in lines:
        told += _of_money(line)
    told += [f"Quality got worse: {title}." for title in quality.worse]
    if _has_begun(initiative, month):
        told += [f"Quality is not known, figures are missing: {title}." for title in quality.missing]
    return told


def is_short(planned: int, other: int | None) -> bool:
    """Whether it lies below the plan by more than is tolerated; what is spent is below 0, so that more of it is less.

    >>> is_short(1000, 900), is_short(1000, 899), is_short(-1000, -1101), is_short(1000, None)
    (False, True, True, False)
    """
    return other is not None and planned - other > TOLERATED * abs(planned)


def _has_begun(initiative: Initiative, month: date) -> bool:
    """Whether the month lies in its time: before its start no figure of quality can be there."""
    starts_on = initiative.starts_on
    return starts_on is None or months.first_whole_month(starts_on) <= months.month_of(month)


def _of_money(line: Line) -> list[str]:
    found = []
    if is_short(line.planned, line.actual):
        found.append(_said(line, line.actual, "by the end of the month", line.planned))
    if is_short(line.year_plan, line.outturn):
        found.append(_said(line, line.outturn, "expected for the year", line.year_plan))
    return found


def _said(line: Line, pence: int | None, by_when: str, planned: int) -> str:
    assert pence is not None  # what is not known falls short of nothing
    return f"{line.title}: {pounds(pence / 100)} {by_when}; {pounds(planned / 100)} was planned."
