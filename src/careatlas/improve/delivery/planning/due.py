"""What somebody who answers for initiatives has to look at: what is due, and what is not as planned.

Exceptions only: an initiative that goes as planned asks nobody for a word.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from careatlas.catalogue.delivery_gates import load_delivery_gates
from careatlas.improve.delivery.models import Initiative, MeasureKind, Milestone, Status
from careatlas.improve.delivery.planning.initiatives import OVER

SOON = timedelta(days=30)
LOOKED_AT = ("milestones", "measures", "risks")  # to be fetched beforehand where many are looked at


def milestones_due(initiatives: Iterable[Initiative], today: date) -> list[Milestone]:
    """Those of today and the next thirty days, the next first, of what goes on; late ones are exceptions."""
    found = Milestone.objects.filter(
        initiative__in=[one.pk for one in initiatives if one.status not in OVER],
        done_on=None,
        due_on__range=(today, today + SOON),
    )
    return list(found.select_related("initiative").order_by("due_on", "pk"))


def exceptions(initiative: Initiative, today: date) -> list[str]:
    """What is not as planned, in words; empty where all is, and of what is over."""
    if initiative.status in OVER:
        return []
    return [*_of_days(initiative, today), *_of_milestones(initiative, today), *_of_safety(initiative)]


def _of_days(initiative: Initiative, today: date) -> list[str]:
    found = []
    if initiative.starts_on and initiative.starts_on < today and initiative.status != Status.RUNNING:
        found.append(f"It was to start on {_said(initiative.starts_on)}, and its gates are not open.")
    if initiative.ends_on and initiative.ends_on < today:
        found.append(f"It was to end on {_said(initiative.ends_on)}, and is not closed.")
    return found


def _of_milestones(initiative: Initiative, today: date) -> list[str]:
    undone = [one for one in initiative.milestones.all() if one.done_on is None]
    undone.sort(key=lambda one: (one.due_on, one.pk))
    found = [f"Late since {_said(one.due_on)}: {one.title}." for one in undone if one.due_on < today]
    found += [
        f"Expected on {_said(one.forecast_on)} instead of {_said(one.due_on)}: {one.title}."
        for one in undone
        if one.due_on >= today and one.forecast_on is not None and one.forecast_on > one.due_on
    ]
    return found


def _of_safety(initiative: Initiative) -> list[str]:
    quality = load_delivery_gates().quality
    found = []
    has_quality = any(one.kind == MeasureKind.QUALITY for one in initiative.measures.all())
    if initiative.status != Status.IDEA and not has_quality:
        found.append("It has no measure of quality: nothing that it saves counts.")
    risks = sorted((one for one in initiative.risks.all() if not one.is_closed), key=lambda one: one.pk)
    for risk in risks:
        score = risk.likelihood * risk.impact
        if score >= quality.stops_from:
            found.append(f"{quality.band(score).title} risk: {risk.title}.")
    return found


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
