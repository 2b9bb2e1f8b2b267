"""Whose figures of which year a page of the ledger shows; by default the place highest up in which the reader has a
role, and this financial year, or the latest one that has pools."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.planning import plans, who
from careatlas.improve.people.models import Kind, Organisation, User
from careatlas.web.delivery.forms import MOST_LISTED

ABOVE = (Kind.NATIONAL, Kind.REGION, Kind.BOARD)


@dataclass(frozen=True)
class Choice:
    organisation: Organisation | None
    year: int

    @property
    def year_in_words(self) -> str:
        return plans.in_words(self.year)

    def query(self, **more: str) -> str:
        of = {"organisation": self.organisation.pk} if self.organisation else {}
        return f"?{urlencode(of | {'year': self.year} | more)}"


def chosen(request: HttpRequest) -> Choice:
    """Raises NotKnownError."""
    said, user = request.GET, request.user
    organisation = who.reached_by(user, *who.READERS).filter(is_current=True).order_by("path").first()
    if code := said.get("organisation", "").strip().upper()[:20]:
        organisation = Organisation.objects.filter(pk=code).first()
        if organisation is None:
            raise NotKnownError(code, "is no organisation.", "Give the code of one, such as that of a board.")
    year = said.get("year") or str(_year_of(user))
    if not (year.isascii() and year.isdecimal() and plans.FIRST_YEAR <= int(year) <= plans.LAST_YEAR):
        raise NotKnownError(year, "is no year.", "Give the one in which it begins: 2026 for April 2026 on.")
    return Choice(organisation, int(year))


def choices(request: HttpRequest, choice: Choice) -> dict[str, Any]:
    """What may be chosen instead. Where there are too many places: those from a board up, and any other by its code."""
    reached = who.reached_by(request.user, *who.READERS).filter(is_current=True).order_by("path")
    found = list(reached[: MOST_LISTED + 1])
    if len(found) > MOST_LISTED:
        found = list(reached.filter(kind__in=ABOVE)[:MOST_LISTED])
    if choice.organisation is not None and choice.organisation not in found:
        found.append(choice.organisation)
    years = sorted({*_years(request.user), choice.year, plans.year_of(timezone.now().date())}, reverse=True)
    return {
        "organisations": [
            {
                "id": one.pk,
                "title": f"{one.name} ({one.get_kind_display()})",
                "chosen": one == choice.organisation,
            }
            for one in found
        ],
        "years": [
            {"id": year, "title": plans.in_words(year), "chosen": year == choice.year} for year in years
        ],
    }


def _year_of(user: User) -> int:
    this, known = plans.year_of(timezone.now().date()), _years(user)
    return this if this in known or not known else max(known)


def _years(user: User) -> list[int]:
    return list(who.visible_pools(user).order_by().values_list("year", flat=True).distinct())
