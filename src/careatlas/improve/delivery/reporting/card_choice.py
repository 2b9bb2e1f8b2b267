"""Which report card is asked for: of whom, of which month, of which workstream; pages, files and commands ask alike."""

from datetime import date
from typing import NamedTuple

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import Return
from careatlas.improve.delivery.months import first_day, month_of
from careatlas.improve.delivery.reporting.returns import last_month, month_named
from careatlas.improve.evidence.writing.sections import workstreams
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Kind, Organisation


class Choice(NamedTuple):
    organisation: Organisation
    month: date
    workstream: str | None = None


def chosen(
    release: Release, area: str, month: str, workstream: str, today: date, other: Organisation | None = None
) -> Choice:
    """Of what was said, empty where nothing was; ``other``: whose card it is where no area was said, else the whole
    country's. Raises NotKnownError."""
    organisation = organisations.organisation(area) if area else other or whole_country()
    if workstream and workstream not in workstreams(release):
        raise NotKnownError(
            workstream, "is no workstream.", f"Workstreams: {', '.join(workstreams(release))}."
        )
    day = month_named(month) if month else latest_month(organisation, today)
    if day > last_month(today):
        raise NotKnownError(month, "has not ended yet.", f"The last that has is {last_month(today):%Y-%m}.")
    return Choice(organisation, day, workstream or None)


def whole_country() -> Organisation:
    return Organisation.objects.get(kind=Kind.NATIONAL, is_current=True)


def latest_month(organisation: Organisation, today: date) -> date:
    """The last month that a return was sent in for; without any, the one that has just ended."""
    sent = Return.objects.filter(
        initiative__organisation__path__startswith=organisation.path, month__lte=last_month(today)
    ).exclude(sent_in_at=None)
    found = sent.order_by("-month").values_list("month", flat=True).first()
    return found or last_month(today)


def months_offered(month: date, today: date) -> list[date]:
    """The last twenty-four that have ended, the newest first, and the one that is shown."""
    last = month_of(last_month(today))
    found = {first_day(each) for each in range(last - 23, last + 1)}
    return sorted(found | {month}, reverse=True)
