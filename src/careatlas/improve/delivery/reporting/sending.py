"""A return is sent in: by one press where all is as planned, else with words; afterwards changed with the reason.

Whoever writes the initiative sends in. That quality got worse, or is missing, is excused by a named person who wrote
none of its claims: a plan manager or publisher, who sign its gates, or an assessor, who agrees to harm as a clinical
lead. An excuse is of its month and of the measures seen then, and the next return asks for it anew (`ledger.excuses`):
what stays worse goes on being looked at, and what gets worse later was never excused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger.money import read_pounds
from careatlas.improve.delivery.models import Initiative, Return, Status
from careatlas.improve.delivery.planning import answers, independence, initiatives, parts, plans, who
from careatlas.improve.delivery.reporting.exceptions import exceptions
from careatlas.improve.delivery.reporting.prefill import Line, figures_of
from careatlas.improve.delivery.reporting.returns import Asked, asked_of, asked_of_plan
from careatlas.improve.evidence.writing.answers import Wrong, cleaned
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

EXCUSERS = (*who.SIGNERS, *who.CLINICAL_LEADS)
LONGEST_WORDS = 4_000
DAYS = ("done_on", "forecast_on")


class SentIn(NamedTuple):
    """Of a plan's month: how many were sent in now, and how many wait for words."""

    now: int
    waiting: int


@transaction.atomic
def send(
    number: int, month: date, said: Mapping[str, str], user: User, version: int, release: Release
) -> Return:
    """``said``: ``actual-<claim>`` and ``outturn-<claim>`` in pounds, ``words``, ``excuse``, ``why``; of milestones
    ``done_on-<number>`` and ``forecast_on-<number>``, with the version seen as ``milestone-<number>``. What is not said
    is as pre-filled; what is said as empty is not known. ``version``: 0 where nothing was kept yet.
    Raises Wrong; NotOpen; EditedMeanwhile, of the return or of a milestone; NotKnownError."""
    initiative = initiatives.opened(number, user)
    now = _current(initiative, month, version, release)
    lines, faults = _read(now.lines, said)
    faults |= _take_milestones(initiative, said, user, release)
    words, why = cleaned(said.get("words", _standing(now, "words"))), answers.read_why(said.get("why", ""))
    faults |= _faults_of_words(words, exceptions(initiative, lines, now.quality, month), now)
    of_quality = cleaned(said.get("excuse", _standing(now, "excuse")))
    excuse = {} if of_quality == _standing(now, "excuse") else _excuse_of(now, of_quality, user, faults)
    fields = {"figures": now.of_withdrawn | figures_of(lines), "words": words, **excuse}
    if now.is_sent and not why and any(getattr(now.standing, name) != it for name, it in fields.items()):
        faults["why"] = "It was sent in already: say why it changes."
    answers.refuse(faults)
    return _kept(now, user, fields, why)


@transaction.atomic
def excuse(number: int, month: date, words: str, user: User, version: int, release: Release) -> Return:
    """Say why quality does not count against it, as it stands now; an empty one is taken back. Whoever may, may write
    nothing else by it. Raises as `send` does."""
    initiative = initiatives.seen(number, user)
    if not may_excuse(user, initiative):
        raise NotKnownError(f"Initiative {number}", "is none that you may excuse.", "Somebody else may.")
    Initiative.objects.select_for_update().get(pk=number)
    now = _current(initiative, month, version, release)
    faults: dict[str, str] = {}
    fields = _excuse_of(now, cleaned(words), user, faults)
    if not cleaned(words) and not _standing(now, "excuse"):
        faults["excuse"] = "Say why it does not count against it."
    answers.refuse(faults)
    why = f"excused quality in {_in_words(month)}" if fields["excuse"] else "took the excuse back"
    if now.standing is None:
        return keeping.create(Return, user.email, why, initiative=initiative, month=month, **fields)
    return keeping.change(now.standing, user.email, why, version, **fields)


def send_ready(plan_number: int, month: date, user: User, release: Release) -> SentIn:
    """All of a plan that need no words, each kept by itself: one that somebody sends in at the same moment is theirs.
    Raises NotKnownError."""
    plan = plans.plan_seen(plan_number, user)
    if not plans.may_write(plan, user):
        raise NotKnownError(f"Plan {plan_number}", "is none that you may write on.", "See the list of yours.")
    _require_ended(month)
    waiting = [one for one in asked_of_plan(plan, month, release) if not one.is_sent]
    ready = [one for one in waiting if not one.exceptions]
    return SentIn(sum(_is_sent_now(one, user) for one in ready), len(waiting) - len(ready))


def may_excuse(user: User, initiative: Initiative) -> bool:
    is_one = who.has(user, initiative.organisation, *EXCUSERS)
    return is_one and independence.is_independent(user, initiative)


def _current(initiative: Initiative, month: date, version: int, release: Release) -> Asked:
    """The return as it stands; its initiative is held. Raises Wrong; EditedMeanwhile; NotKnownError."""
    if initiative.status == Status.IDEA:
        raise Wrong({"status": "It is an idea: it is asked for no return before its gates open."})
    _require_ended(month)
    now = asked_of(initiative, month, release)
    if now.standing is not None and now.version != version:
        raise keeping.EditedMeanwhile(now.standing)
    return now


def _require_ended(month: date) -> None:
    if months.month_of(month) >= months.month_of(timezone.now().date()):
        raise Wrong({"month": f"{_in_words(month)} is not over: its return is sent in afterwards."})


def _read(lines: Iterable[Line], said: Mapping[str, str]) -> tuple[list[Line], dict[str, str]]:
    """Lines as the form says them, and what cannot be meant."""
    read, faults = [], {}
    for line in lines:
        for name in ("actual", "outturn"):
            field = f"{name}-{line.claim.pk}"
            if field not in said:
                continue
            try:
                line = replace(line, **{name: read_pounds(said[field], field)})
            except Wrong as fault:
                faults |= {field: f"{line.title}, {name}: {words}" for field, words in fault.faults.items()}
        read.append(line)
    return read, faults


def _take_milestones(
    initiative: Initiative, said: Mapping[str, str], user: User, release: Release
) -> dict[str, str]:
    """Keep the days that the form says otherwise, and give what cannot be meant."""
    faults = {}
    for one in initiative.milestones.all():
        days = {name: said.get(f"{name}-{one.pk}", "").strip() for name in DAYS if f"{name}-{one.pk}" in said}
        if all(text == _written(getattr(one, name)) for name, text in days.items()):
            continue
        seen = said.get(f"milestone-{one.pk}", "")
        version = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
        try:
            parts.change("milestones", one.pk, days, user, version, release)
        except Wrong as fault:
            faults |= {f"{name}-{one.pk}": f"{one.title}: {words}" for name, words in fault.faults.items()}
    return faults


def _written(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _faults_of_words(words: str, exceptions: list[str], now: Asked) -> dict[str, str]:
    """What the form itself brings is named: the rest stands on its page."""
    if len(words) > LONGEST_WORDS:
        return {"words": f"{len(words):,} characters are too many: keep to {LONGEST_WORDS:,}."}
    if exceptions and not words:
        new = [told for told in exceptions if told not in now.exceptions]
        return {"words": " ".join(["Say what is done about what is not as planned.", *new])}
    return {}


def _standing(now: Asked, field: str) -> str:
    return getattr(now.standing, field) if now.standing is not None else ""


def _excuse_of(now: Asked, words: str, user: User, faults: dict[str, str]) -> dict[str, Any]:
    """What is kept of an excuse: of the measures that did not hold as it was said."""
    if not words:
        return {"excuse": "", "excused": [], "excused_by": None}
    if len(words) > LONGEST_WORDS:
        faults["excuse"] = f"{len(words):,} characters are too many: keep to {LONGEST_WORDS:,}."
    elif not now.quality.not_held:
        faults["excuse"] = "Nothing is to be excused: no measure of quality got worse or is missing."
    elif not may_excuse(user, now.initiative):
        faults["excuse"] = (
            "You claim what it saves: why quality does not count against it, somebody else says."
        )
    return {"excuse": words, "excused": list(now.quality.not_held), "excused_by": user}


def _is_sent_now(one: Asked, user: User) -> bool:
    try:
        with transaction.atomic():
            initiative = initiatives.opened(one.initiative.pk, user)
            sent = Return.objects.filter(initiative=initiative, month=one.month, sent_in_at__isnull=False)
            if sent.exists():
                return False
            _kept(one, user, {"figures": figures_of(one.lines), "words": ""}, "")
    except (initiatives.NotOpen, keeping.EditedMeanwhile):
        return False
    return True


def _kept(now: Asked, user: User, fields: Mapping[str, Any], why: str) -> Return:
    why = why or f"sent in for {_in_words(now.month)}"
    if not now.is_sent:
        fields = {**fields, "sent_in_at": timezone.now(), "sent_in_by": user}
    if now.standing is not None:
        return keeping.change(now.standing, user.email, why, now.version, **fields)
    return keeping.create(Return, user.email, why, initiative=now.initiative, month=now.month, **fields)


def _in_words(month: date) -> str:
    return months.in_words(months.month_of(month))
