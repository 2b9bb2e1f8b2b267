"""The report card of an organisation, or of the whole country, at the end of a month: one line a workstream, and one an
organisation where others lie below it.

It is plain data that JSON can hold: page, PDF, spreadsheet and command print it, and a kept one is printed again from
what was kept. What stands in it is what its reader may see. Money is whole pence; pools are shared out by rule.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import date
from typing import Any, TypedDict

from careatlas.engine.release import Release
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger.shares import SPLITS
from careatlas.improve.delivery.models import Initiative
from careatlas.improve.delivery.planning import who
from careatlas.improve.delivery.planning.plans import in_words, year_of
from careatlas.improve.delivery.reporting import card_notes
from careatlas.improve.delivery.reporting.card_facts import Facts, gathered
from careatlas.improve.delivery.reporting.card_money import Money, money_of
from careatlas.improve.delivery.reporting.card_notes import cut
from careatlas.improve.delivery.reporting.card_status import worst
from careatlas.improve.delivery.reporting.returns import ASKED_OF
from careatlas.improve.people.models import Kind, Organisation, User

HAVE_PARTS = (Kind.NATIONAL, Kind.REGION)  # whose card has a line for each organisation below


class Line(TypedDict):
    """``status``: of `card_status.WORDS`, the worst of its initiatives; ``standings``: how many have which.
    ``returned``: sent in for the month itself, of those ``asked``; ``returned_before``: of an earlier month."""

    key: str
    title: str
    family: str
    status: str
    standings: dict[str, int]
    initiatives: int
    ideas: int
    asked: int
    returned: int
    returned_before: int
    milestones_due: int
    milestones_late: int
    money: list[Money]


class Card(TypedDict):
    """``data_from`` and ``data_until``: the earliest and the latest last month that pools are told to. ``false_alarm``:
    the share of years in which nothing changes and quality blocks an initiative all the same. Lists that are cut are
    ``{"shown": [...], "left_out": how many}``."""

    organisation: dict[str, str]
    workstream: dict[str, str] | None
    month: str
    year: str
    release: str
    is_for_readers: bool
    is_simulated: bool
    data_from: str | None
    data_until: str | None
    split: str
    false_alarm: float | None
    whole: Line
    families: list[Line]
    workstreams: list[Line]
    organisations: list[Line]
    exceptions: dict[str, Any]
    over_drawn: dict[str, Any]
    milestones: dict[str, Any]
    examples: dict[str, Any]
    risks: dict[str, Any]
    not_counted: dict[str, Any]


def card(
    release: Release,
    organisation: Organisation | None,
    month: date,
    workstream: str | None = None,
    user: User | None = None,
) -> Card:
    """``organisation``: None for the whole country. ``month``: its first day. ``user``: whose sight it is; without,
    everything is told, as to whoever runs the machine."""
    found = organisation or Organisation.objects.get(kind=Kind.NATIONAL, is_current=True)
    seen = who.visible_initiatives(user) if user is not None else Initiative.objects.filter(who.OF_HERE)
    return _card(gathered(release, found, month, workstream, seen), workstream)


def card_for_readers(release: Release, organisation: Organisation, month: date) -> Card:
    """The whole of it as every reader of the organisation may see it: without ideas, and without plans that are not
    fixed."""
    facts = gathered(release, organisation, month, None, who.told_to_readers())
    return _card(facts, None) | {"is_for_readers": True}


def month_in_words(month: str) -> str:
    """
    >>> month_in_words("2026-07")
    'July 2026'
    """
    return months.in_words(months.month_of(date.fromisoformat(f"{month}-01")))


def _card(facts: Facts, workstream: str | None) -> Card:
    release, found, month = facts.release, facts.organisation, facts.month
    last_days = [size.last_day.isoformat()[:7] for size in facts.sizes.values() if size.last_day]
    return {
        "organisation": {"code": found.code, "name": found.name},
        "workstream": None
        if workstream is None
        else {"id": workstream, "title": _workstream(facts, workstream)[1]},
        "month": month.isoformat()[:7],
        "year": in_words(year_of(month)),
        "release": release.id,
        "is_for_readers": False,
        "is_simulated": release.manifest["simulated"],
        "data_from": min(last_days, default=None),
        "data_until": max(last_days, default=None),
        "split": SPLITS[facts.ledger.split],
        "false_alarm": card_notes.false_alarm(facts),
        "whole": _line(facts, found.code, found.name, "", facts.initiatives + facts.ideas),
        "families": _lines(facts, lambda one: ("", *_family(facts, one))),
        "workstreams": _lines(
            facts, lambda one: (_family(facts, one)[1], *_workstream(facts, one.workstream))
        ),
        "organisations": _organisations(facts),
        "exceptions": cut(card_notes.exceptions(facts), card_notes.MOST_EXCEPTIONS),
        "over_drawn": cut(card_notes.over_drawn(facts), card_notes.MOST_POOLS),
        "milestones": card_notes.milestones(facts),
        "examples": cut(card_notes.examples(facts), card_notes.MOST_EXAMPLES),
        "risks": cut(card_notes.risks(facts), card_notes.MOST_RISKS),
        "not_counted": card_notes.not_counted(facts),
    }


def _lines(facts: Facts, of: Callable[[Initiative], tuple[str, str, str]]) -> list[Line]:
    """A line for each family, key and title that ``of`` gives, in their order; what belongs to none comes last."""
    together = defaultdict(list)
    for one in [*facts.initiatives, *facts.ideas]:
        together[of(one)].append(one)
    order = sorted(together, key=lambda group: (not group[1], *group))
    return [_line(facts, key, title, family, together[family, key, title]) for family, key, title in order]


def _line(facts: Facts, key: str, title: str, family: str, found: Collection[Initiative]) -> Line:
    own = [one for one in found if one.pk in facts.standings]
    asked = [one for one in own if one.status in ASKED_OF and one.plan is not None]
    returns = [facts.latest[one.pk].month for one in asked if one.pk in facts.latest]
    undone = [each for one in own for each in one.milestones.all() if each.due_on < facts.after]
    status, standings = worst(facts.standings[one.pk] for one in own)
    return {
        "key": key,
        "title": title,
        "family": family,
        "status": status,
        "standings": standings,
        "initiatives": len(own),
        "ideas": len(found) - len(own),
        "asked": len(asked),
        "returned": sum(month == facts.month for month in returns),
        "returned_before": sum(month < facts.month for month in returns),
        "milestones_due": len(undone),
        "milestones_late": sum(each.done_on is None for each in undone),
        "money": money_of((facts.parts[one.pk] for one in own if one.pk in facts.parts), facts.sizes),
    }


def _organisations(facts: Facts) -> list[Line]:
    if facts.organisation.kind not in HAVE_PARTS:
        return []
    above = facts.organisation

    def below(one: Initiative) -> str:
        return one.organisation.path.removeprefix(above.path).split("/")[0] or above.code

    codes = {below(one) for one in [*facts.initiatives, *facts.ideas]}
    names = {one.code: one.name for one in Organisation.objects.filter(pk__in=codes)}
    names[above.code] = f"{above.name} itself"
    return _lines(facts, lambda one: ("", below(one), names[below(one)]))


def _workstream(facts: Facts, id: str) -> tuple[str, str]:
    programmes = facts.release.catalogue["programmes"]
    return id, programmes[id]["title"] if id in programmes else id or "No workstream yet"


def _family(facts: Facts, one: Initiative) -> tuple[str, str]:
    id = facts.release.catalogue["programmes"].get(one.workstream, {}).get("family") or ""
    return id, id.replace("_", " ").capitalize() or "No family"
