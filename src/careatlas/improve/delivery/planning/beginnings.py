"""Initiatives begun from what is there: a published example of the library, or an opportunity of the atlas.

What is known comes in by itself and may be changed: aim, measure with direction and area, milestones of the usual kind,
what the example cost as proposals of reprovision, what it says of quality. What it saved elsewhere does not: that
is another place's size, and here a claim is made by somebody.
"""

from datetime import date, timedelta
from typing import Any

from django.db import transaction

from careatlas.catalogue.delivery_gates import load_delivery_gates
from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import (
    Direction,
    Form,
    Gateway,
    Initiative,
    Measure,
    MeasureKind,
    Milestone,
    Plan,
    Proposal,
    Timing,
)
from careatlas.improve.delivery.planning import asks, initiatives
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing import examples
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.evidence.writing.drafting import check_area
from careatlas.improve.evidence.writing.sections import workstreams
from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record import keeping
from careatlas.present.opportunities import list_opportunities
from careatlas.present.opportunity_units import in_units
from careatlas.present.opportunity_words import between

YEAR = timedelta(days=364)  # from a first day to a last
PENCE = 100


def published_example(number: int, user: User) -> Example:
    """Raises NotKnownError."""
    found = examples.visible_to(user).filter(pk=number, stage=Stage.PUBLISHED).first()
    if found is None:
        raise NotKnownError(f"Example {number}", "is not published.", "See the library.")
    return found


@transaction.atomic
def from_example(
    example: Example,
    user: User,
    organisation: Organisation,
    starts_on: date,
    release: Release,
    plan: Plan | None = None,
) -> Initiative:
    """Raises answers.Wrong."""
    known = workstreams(release)
    said = {
        "title": example.title,
        "aim": example.summary,
        "workstream": next((id for id in example.workstreams if id in known), ""),
        **_days(starts_on),
    }
    initiative = initiatives.start(user, organisation, said, release, plan, example=example)
    why = f"begun from example {example.pk} of the library"
    _milestones(initiative, user, why)
    if example.indicator in release.catalogue["indicators"]:
        _measure(initiative, example.indicator, organisation.pk, example.direction, user, release, why)
    _costs(initiative, example, user, why)
    _quality(initiative, example, user, why)
    return initiative


def key_of(area: str, indicator: str) -> str:
    """What an opportunity is kept under: ``S05:antibiotics``."""
    return f"{area}:{indicator}"


def opportunity(key: str, release: Release) -> dict[str, Any]:
    """The row beside the best five, as the release has it. Raises NotKnownError."""
    area, _, indicator = key.partition(":")
    if not area or not indicator:
        raise NotKnownError(
            key or "Nothing", "names no opportunity.", "Give area:indicator, such as S05:beds."
        )
    return list_opportunities(release, area, indicator)[0]


@transaction.atomic
def from_opportunity(
    key: str,
    user: User,
    organisation: Organisation,
    starts_on: date,
    release: Release,
    plan: Plan | None = None,
) -> Initiative:
    """Raises answers.Wrong; NotKnownError."""
    row = opportunity(key, release)
    try:
        check_area(row["area"], organisation)
    except Wrong:
        words = (
            f"{row['name']} and {organisation.name} do not lie in each other: it is no opportunity of theirs."
        )
        raise Wrong({"organisation": words}) from None
    about = release.catalogue["indicators"][row["indicator"]]
    programme = about["programme"]
    said = {
        "title": f"{about['short_title']}: {row['name']}"[: asks.LONGEST_LINE],
        "aim": aim_of(row, about),
        "workstream": programme if programme in workstreams(release) else "",
        **_days(starts_on),
    }
    kept = key_of(row["area"], row["indicator"])
    initiative = initiatives.start(user, organisation, said, release, plan, opportunity=kept)
    why = f"begun from the opportunity {kept} of release {release.id}"
    _milestones(initiative, user, why)
    _measure(initiative, row["indicator"], row["area"], "", user, release, why)
    return initiative


def aim_of(row: dict[str, Any], about: dict[str, Any]) -> str:
    """The opportunity in words, with its interval and what chance alone would show; no promise."""
    units = in_units(row, about)
    amount = units[0]["words"] if units else between(row)
    return (
        f"“{about['title']}” as the best five areas like {row['name']} have it: {amount} (95% interval), "
        f"{row['note']}. It says how large the gap is, not what closes it."
    )


def _days(starts_on: date) -> dict[str, date]:
    return {"starts_on": starts_on, "ends_on": starts_on + YEAR}


def _milestones(initiative: Initiative, user: User, why: str) -> None:
    for usual in load_delivery_gates().milestones:
        due_on = initiative.starts_on + timedelta(days=usual.days_from_start)
        keeping.create(Milestone, user.email, why, initiative=initiative, title=usual.title, due_on=due_on)


def _measure(
    initiative: Initiative,
    indicator: str,
    area: str,
    direction: str,
    user: User,
    release: Release,
    why: str,
) -> None:
    """At the area, or at the nearest one above it that the indicator has figures of. An indicator of which high or low
    is better is one of quality; one of which neither may be said is activity."""
    about = release.catalogue["indicators"][indicator]
    places = [area, *reversed(initiative.organisation.path.strip("/").split("/"))]
    levels = about["area_types"]
    at = next(
        (one for one in places if one in release.areas and release.areas[one]["area_type"] in levels), ""
    )
    if not at:
        return
    is_higher = direction == Direction.HIGHER or (not direction and about["polarity"] == "higher_is_better")
    keeping.create(
        Measure,
        user.email,
        why,
        initiative=initiative,
        kind=MeasureKind.ACTIVITY if about["polarity"] == "neither" else MeasureKind.QUALITY,
        title=about["short_title"],
        indicator=indicator,
        area=at,
        unit=about["unit"][:60],
        better=Direction.HIGHER if is_higher else Direction.LOWER,
    )


def _costs(initiative: Initiative, example: Example, user: User, why: str) -> None:
    """Below 0: spent instead. What the example's owner did not say is not proposed as nothing."""
    for pounds, timing in (
        (example.cost_to_start_gbp, Timing.ONE_OFF),
        (example.cost_a_year_gbp, Timing.RECURRENT),
    ):
        if pounds:
            keeping.create(
                Proposal,
                user.email,
                why,
                initiative=initiative,
                timing=timing,
                form=Form.CASH,
                pence=-pounds * PENCE,
                source=f"What it cost {example.owner.name}, as example {example.pk} says",
            )


def _quality(initiative: Initiative, example: Example, user: User, why: str) -> None:
    """What the example says of quality stands where it is first judged; how likely and how much is for people here."""
    gate = next((gate for gate in load_delivery_gates().gates if "quality_impact" in gate.needs), None)
    if gate is None or not example.quality_effect:
        return
    words = f"{example.owner.name} said: {example.quality_effect}"[:2_000]
    judged = {"effectiveness": {"likelihood": None, "impact": None, "words": words}}
    keeping.create(Gateway, user.email, why, initiative=initiative, gate=gate.id, quality_impact=judged)
