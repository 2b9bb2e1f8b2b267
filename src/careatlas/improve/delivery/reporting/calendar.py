"""Milestones as a calendar that calendar programs subscribe to (iCalendar, RFC 5545), and the key that opens it.

Each is an event of a whole day, since most programs show those and few show to-dos: the day it was done, else the day
it is expected, else the day it is due; what it is stands in words before its title. When it changed last is told by the
record and not by the clock, so that nothing looks new that is not.

A program that subscribes cannot sign in and sends no headings, so that its address carries a key: one a person, good
for nothing but reading this calendar, kept only as a hash, renewed or withdrawn at will. It sees what its owner sees.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from icalendar import Calendar, Event

from careatlas.improve.delivery.models import CalendarKey, Milestone, Plan
from careatlas.improve.delivery.planning import who
from careatlas.improve.delivery.planning.initiatives import OVER
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

MOST = 1_000  # milestones, those due last: no program shows more with any sense
START = "calendar_"  # so that a key is known for one, wherever it turns up
DAY = timedelta(days=1)
LOOKED_FOR_AGAIN = timedelta(hours=6)
IN_ONE_QUESTION = 500  # keys of entries


def milestones_seen(user: User, plan: Plan | None = None) -> list[Milestone]:
    """Those that the person may see, or of one plan; by the day they are due."""
    initiatives = who.visible_initiatives(user)
    if plan is not None:
        initiatives = initiatives.filter(plan=plan)
    found = Milestone.objects.filter(initiative__in=initiatives)
    found = found.select_related("initiative__organisation", "initiative__plan").order_by("-due_on", "-pk")
    return list(found[:MOST])[::-1]


def as_text(milestones: Iterable[Milestone], name: str, site: str) -> bytes:
    """``site``: where the atlas is, such as ``https://atlas.example``."""
    shown = list(milestones)
    changed = _last_changes(shown)
    calendar = Calendar()
    calendar.add("prodid", "-//Care Atlas//Milestones//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", LOOKED_FOR_AGAIN, {"value": "DURATION"})
    for one in shown:
        calendar.add_component(_event(one, changed.get(one.pk), site))
    return calendar.to_ical()


def standing(milestone: Milestone) -> str:
    """What it is, in a word or two that no colour has to add to."""
    if milestone.done_on is not None:
        return "Done"
    if milestone.initiative.status in OVER:
        return "Not done, and over"
    is_moved = milestone.forecast_on is not None and milestone.forecast_on != milestone.due_on
    return f"Expected, was due {_said(milestone.due_on)}" if is_moved else "Due"


def day_of(milestone: Milestone) -> date:
    return milestone.done_on or milestone.forecast_on or milestone.due_on


@transaction.atomic
def make_key(user: User) -> str:
    """Its words, which nobody can be told again; the one before opens nothing any more."""
    words = START + secrets.token_urlsafe(32)
    fields = {"token_digest": _digest(words), "made_at": timezone.now()}
    before = CalendarKey.objects.select_for_update().filter(user=user).first()
    if before is None:
        keeping.create(CalendarKey, user.email, "made an address for the calendar", user=user, **fields)
    else:
        keeping.change(before, user.email, "renewed the address of the calendar", before.version, **fields)
    return words


@transaction.atomic
def withdraw_key(user: User) -> None:
    """Gone already, nothing happens."""
    key = CalendarKey.objects.select_for_update().filter(user=user).first()
    if key is not None:
        keeping.remove(key, user.email, "withdrew the address of the calendar")


def opened_by(words: str) -> User | None:
    """Whose calendar these words open, where its owner is still let in."""
    found = CalendarKey.objects.filter(token_digest=_digest(words), user__is_active=True)
    key = found.select_related("user").first()
    return key.user if key else None


def _event(milestone: Milestone, changed_at: datetime | None, site: str) -> Event:
    initiative, day = milestone.initiative, day_of(milestone)
    is_dropped = milestone.done_on is None and initiative.status in OVER
    event = Event()
    event.add("uid", f"milestone-{milestone.pk}@{site.partition('://')[2]}")
    event.add("dtstamp", changed_at or datetime.combine(milestone.due_on, time(), UTC))
    event.add("sequence", milestone.version - 1)
    event.add("dtstart", day)
    event.add("dtend", day + DAY)
    event.add("summary", f"{standing(milestone)}: {milestone.title} ({initiative.title})")
    event.add("description", _description(milestone))
    event.add("url", f"{site}/delivery/initiatives/{initiative.pk}/#milestones")
    event.add("status", "CANCELLED" if is_dropped else "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # a milestone keeps nobody busy
    return event


def _description(milestone: Milestone) -> str:
    initiative = milestone.initiative
    told = {
        "Status": standing(milestone),
        "Due on": _said(milestone.due_on),
        "Expected on": _said(milestone.forecast_on),
        "Done on": _said(milestone.done_on),
        "Owner": milestone.owner or initiative.owner,
        "Initiative": initiative.title,
        "Organisation": initiative.organisation.name,
    }
    return "\n".join(f"{name}: {words}" for name, words in told.items() if words)


def _last_changes(milestones: list[Milestone]) -> dict[int, datetime]:
    """When each was changed last; one that the record does not know is left out."""
    keys = [str(one.pk) for one in milestones]
    found: dict[int, datetime] = {}
    for first in range(0, len(keys), IN_ONE_QUESTION):
        of = Entry.objects.filter(kind="delivery.milestone", key__in=keys[first : first + IN_ONE_QUESTION])
        found |= {int(key): at for key, at in of.order_by("number").values_list("key", "at")}
    return found


def _said(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
