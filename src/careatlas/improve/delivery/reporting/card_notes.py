"""What a report card says besides its lines: exceptions, over-drawn pools, milestones, examples, risks, and what is not
counted. Long lists are cut and say by how much; a card of a part of the whole has more of its own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from careatlas.catalogue.delivery_gates import load_cost_lines, load_delivery_gates
from careatlas.improve.delivery.ledger.pools import Draw, overlaps
from careatlas.improve.delivery.ledger.shares import kind_of
from careatlas.improve.delivery.models import Claim, Initiative, Milestone, Status
from careatlas.improve.delivery.planning import due
from careatlas.improve.delivery.planning.plans import year_of
from careatlas.improve.delivery.reporting.card_facts import Facts
from careatlas.improve.delivery.reporting.card_status import BLOCKED
from careatlas.improve.delivery.reporting.exceptions import is_short
from careatlas.improve.evidence.models import Adoption, Stage
from careatlas.methods.attribution import KINDS
from careatlas.present.numbers import pounds

MOST_EXCEPTIONS, MOST_POOLS, MOST_MILESTONES, MOST_EXAMPLES, MOST_RISKS, MOST_REASONS = 40, 20, 20, 5, 10, 5
MOST_DRAWING = 4  # organisations named of one pool
SOON = timedelta(days=30)
Note = dict[str, Any]


def cut(notes: list[Note], most: int) -> Note:
    """The first of a list, and how many were left out."""
    return {"shown": notes[:most], "left_out": max(0, len(notes) - most)}


def exceptions(facts: Facts) -> list[Note]:
    """By initiative: what is blocked first, then what is to save most."""
    told = []
    for one in facts.initiatives:
        words = [*due.exceptions(one, facts.after), *_of_quality(facts, one), *_of_money(facts, one)]
        if words:
            told.append(
                _named(one)
                | {"status": facts.standings[one.pk].word, "words": words, "said": _said(facts, one)}
            )
    weight = {number: sum(part.gross for part in kinds.values()) for number, kinds in facts.parts.items()}
    return sorted(told, key=lambda note: (note["status"] != BLOCKED, -weight.get(note["initiative"], 0)))


def over_drawn(facts: Facts) -> list[Note]:
    """Pools of which more is asked than there is, the largest excess first, and whose organisations draw how much."""
    shown = {line.claim.pool_id for line in facts.ledger.lines}
    draws = overlaps(facts.organisation, year_of(facts.month), facts.release)
    found = [one for one in draws if one.is_over and one.pool.pk in shown]
    found.sort(key=lambda one: (one.there - one.asked_so_far, one.pool.pk))
    return [_drawn(one) for one in found]


def milestones(facts: Facts) -> Note:
    """As the record has them now, at the month's end: due until then, done, late, and due in the thirty days after."""
    everybody = [(one, each) for one in facts.initiatives for each in one.milestones.all()]
    undone = [(one, each) for one, each in everybody if each.done_on is None and one.status != Status.STOPPED]
    late = sorted((pair for pair in undone if pair[1].due_on < facts.after), key=_by_day)
    coming = [pair for pair in undone if facts.after <= pair[1].due_on < facts.after + SOON]
    return {
        "due": sum(each.due_on < facts.after for _, each in everybody),
        "done": sum(each.done_on is not None and each.done_on < facts.after for _, each in everybody),
        "late": cut([_milestone(*pair) for pair in late], MOST_MILESTONES),
        "coming": cut([_milestone(*pair) for pair in sorted(coming, key=_by_day)], MOST_MILESTONES),
    }


def false_alarm(facts: Facts) -> float | None:
    """How often at most an initiative is blocked by chance, in a year in which nothing changes."""
    told = [one.false_alarm for one in facts.judged.values() if one.false_alarm is not None]
    return max(told, default=None)


def examples(facts: Facts) -> list[Note]:
    """Published examples that initiatives here were begun from or that were adopted here; first those from which
    something is evidenced."""
    used = defaultdict(list)
    for one in facts.initiatives:
        if one.example is not None and one.example.stage == Stage.PUBLISHED:
            used[one.example].append(one.pk)
    adopted = Adoption.objects.filter(
        organisation__path__startswith=facts.organisation.path,
        example__stage=Stage.PUBLISHED,
        stopped_on=None,
    )
    times = Counter(one.example for one in adopted.select_related("example"))
    found = [_example(facts, one, used.get(one, []), times[one]) for one in {**dict.fromkeys(used), **times}]
    found.sort(key=lambda note: (-note["evidenced"], -note["initiatives"] - note["adopted"], note["example"]))
    return found


def risks(facts: Facts) -> list[Note]:
    """Open ones, the greatest first."""
    bands = load_delivery_gates().quality
    found = [
        _named(one)
        | {
            "risk": risk.title,
            "score": risk.likelihood * risk.impact,
            "band": bands.band(risk.likelihood * risk.impact).title,
            "mitigation": risk.mitigation,
            "owner": risk.owner or one.owner,
            "place": risk.pk,
        }
        for one in facts.initiatives
        if one.status not in (Status.FINISHED, Status.STOPPED)
        for risk in one.risks.all()
        if not risk.is_closed
    ]
    return sorted(found, key=lambda note: (-note["score"], note["place"]))


def not_counted(facts: Facts) -> Note:
    """Ideas; what the data do not tell yet; claims made since a plan was fixed, or withdrawn since."""
    reasons = Counter(size.reason for size in facts.sizes.values() if size.pence is None and size.reason)
    claims = [line.claim for line in facts.ledger.lines]
    were_planned = {one.claim for one in facts.plan}
    return {
        "ideas": len(facts.ideas),
        "of_ideas": by_kind(facts.idle),
        "without_quality_measure": sum(not facts.judged[one.pk].measures for one in facts.initiatives),
        "pools_not_told": sum(size.pence is None for size in facts.sizes.values()),
        "reasons": [
            {"reason": reason, "pools": count} for reason, count in reasons.most_common(MOST_REASONS)
        ],
        "claimed_since_baseline": by_kind([one for one in claims if one.pk not in were_planned]),
        "withdrawn_since_baseline": [
            {"kind": kind, "pence": pence}
            for kind in KINDS
            if (pence := sum(sum(one.phasing) for one in facts.plan if one.is_withdrawn and one.kind == kind))
        ],
    }


def by_kind(claims: Iterable[Claim]) -> list[Note]:
    """What is claimed, kind by kind."""
    together = Counter()
    for claim in claims:
        together[kind_of(claim)] += claim.pence
    return [{"kind": kind, "pence": together[kind]} for kind in KINDS if kind in together]


def _named(initiative: Initiative) -> Note:
    return {
        "initiative": initiative.pk,
        "title": initiative.title,
        "organisation": initiative.organisation.name,
        "owner": initiative.owner,
    }


def _of_quality(facts: Facts, one: Initiative) -> list[str]:
    """How often that happens by chance is told once, below."""
    judged = facts.judged[one.pk]
    is_told = (judged.worse or judged.missing) and one.status == Status.RUNNING
    return [replace(judged, false_alarm=None).words] if is_told else []


def _of_money(facts: Facts, one: Initiative) -> list[str]:
    return [
        f"{kind.capitalize()}: {pounds(part.actual / 100)} returned, and {pounds(part.plan_returned / 100)} planned."
        for kind, part in facts.parts.get(one.pk, {}).items()
        if part.told and is_short(part.plan_returned, part.actual)
    ]


def _said(facts: Facts, one: Initiative) -> str:
    """The words of the month's own return."""
    latest = facts.latest.get(one.pk)
    return latest.words if latest is not None and latest.month == facts.month else ""


def _drawn(draw: Draw) -> Note:
    asked, lines = Counter(), load_cost_lines()
    for claim in draw.claims:
        if claim.pence > 0:
            asked[claim.initiative.organisation.name] += claim.pence
    return {
        "pool": draw.pool.pk,
        "title": lines[draw.pool.cost_line].title if draw.pool.cost_line in lines else draw.pool.cost_line,
        "area": draw.pool.area.name,
        "asked_so_far_pence": draw.asked_so_far,
        "there_pence": draw.there,
        "lower_pence": draw.lower,
        "upper_pence": draw.upper,
        "initiatives": len({claim.initiative_id for claim in draw.claims if claim.pence > 0}),
        "drawing": cut(
            [{"organisation": name, "pence": pence} for name, pence in asked.most_common()], MOST_DRAWING
        ),
    }


def _milestone(one: Initiative, milestone: Milestone) -> Note:
    return _named(one) | {
        "milestone": milestone.title,
        "due_on": milestone.due_on.isoformat(),
        "forecast_on": milestone.forecast_on.isoformat() if milestone.forecast_on else None,
        "owner": milestone.owner or one.owner,
    }


def _by_day(pair: tuple[Initiative, Milestone]) -> tuple[Any, ...]:
    return pair[1].due_on, pair[1].pk


def _example(facts: Facts, example: Any, initiatives: list[int], adopted: int) -> Note:
    parts = [facts.parts.get(number, {}) for number in initiatives]
    sums = Counter()
    for kinds in parts:
        for kind, part in kinds.items():
            sums[kind] += part.cautious
    return {
        "example": example.pk,
        "title": example.title,
        "rating": example.rating,
        "verdict": example.verdict,
        "initiatives": len(initiatives),
        "evidenced": sum(any(part.evidenced > 0 for part in kinds.values()) for kinds in parts),
        "adopted": adopted,
        "cautious": [{"kind": kind, "pence": sums[kind]} for kind in KINDS if sums[kind]],
    }
