"""What the pages of assessment say: an example as it is read, gates as they are asked, a round's result."""

from collections.abc import Mapping
from typing import Any

from careatlas.catalogue.care_setting import load_care_settings
from careatlas.catalogue.library import load_gates
from careatlas.engine.release import Release
from careatlas.improve.evidence.assessing.rounds import Round
from careatlas.improve.evidence.impartial import may_decide
from careatlas.improve.evidence.measuring.fixed import is_fixed_before
from careatlas.improve.evidence.models import Assessment, Example
from careatlas.improve.evidence.writing.answers import written
from careatlas.improve.evidence.writing.sections import SECTIONS, Question, programmes
from careatlas.improve.people.models import User
from careatlas.web.text import written_by_people

PLACES = ("First assessor", "Second assessor")


def example_told(example: Example, release: Release) -> list[dict[str, Any]]:
    """Every section with its answers, as text or as safe HTML; what was not answered says so."""
    return [
        {
            "title": section.title,
            "answers": [
                {"field": question.field, "label": question.label, **_answer(example, question, release)}
                for question in section.questions
                if question.field != "title"
            ],
        }
        for section in SECTIONS
    ]


def _answer(example: Example, question: Question, release: Release) -> dict[str, Any]:
    said = written(example, question)
    if not said:
        return {"text": ""}
    if question.kind == "text":
        return {"html": written_by_people(said)}
    if question.kind == "pounds":
        return {"text": f"£{int(said):,}"}
    if question.kind == "organisation":
        return {"text": example.owner.name}
    if question.kind in ("programme", "workstreams"):
        titles = programmes(release)
        return {"text": ", ".join(titles.get(id, id) for id in ([said] if isinstance(said, str) else said))}
    if question.kind == "setting":
        return {"text": load_care_settings().get(said, said)}
    if question.kind == "day":
        return {"text": f"{example.starts_on:%-d %B %Y}. {_when_fixed(example)}"}
    if question.kind == "indicator":
        known = release.catalogue["indicators"].get(said)
        return {"text": known["title"] if known else said}
    if question.kind == "area":
        return {"text": release.areas[said]["name"] if said in release.areas else said}
    return {"text": said}


def _when_fixed(example: Example) -> str:
    """Whether what it is measured by was chosen before anybody could know the result."""
    if example.fixed_at is None:
        return "Not fixed when it was submitted: measured against every indicator and date on offer."
    if is_fixed_before(example):
        return f"Fixed on {example.fixed_at:%-d %B %Y}, before there were figures after the start."
    there_were = "when there were figures already: measured against every indicator and date on offer"
    return f"Fixed on {example.fixed_at:%-d %B %Y}, {there_were}."


def gates_asked(
    scores: Mapping[str, int],
    comments: Mapping[str, str],
    faults: Mapping[str, str] | None = None,
    meanwhile: Assessment | None = None,
) -> list[dict[str, Any]]:
    """Each gate with its anchors and what is said at it; ``meanwhile``: what another window has saved."""
    faults = faults or {}
    return [
        {
            "gate": gate,
            "anchors": sorted(gate.anchors.items()),
            "score": scores.get(gate.id),
            "comment": comments.get(gate.id, ""),
            "fault": faults.get(f"score-{gate.id}"),
            "comment_fault": faults.get(f"comment-{gate.id}"),
            "saved_score": meanwhile.scores.get(gate.id) if meanwhile else None,
            "saved_comment": meanwhile.comments.get(gate.id, "") if meanwhile else "",
            "differs": meanwhile is not None
            and (
                meanwhile.scores.get(gate.id) != scores.get(gate.id)
                or meanwhile.comments.get(gate.id, "") != comments.get(gate.id, "").strip()
            ),
        }
        for gate in load_gates().gates
    ]


def result_told(shown: Round, example: Example, user: User) -> dict[str, Any]:
    """A round as a table: a row a gate, a column an assessor. Names are for publishers only."""
    is_publisher = may_decide(user, example)
    least = min((rating.no_gate_below for rating in shown.gates.ratings), default=0)
    columns = [
        {
            "title": "Third assessor" if one.is_third else PLACES[place],
            "name": one.assessor.name if is_publisher else "",
            "comment": one.comment,
        }
        for place, one in enumerate(shown.assessments)
    ]
    return {
        "round": shown,
        "columns": columns,
        "rows": [
            {
                "gate": gate,
                "cells": [
                    {
                        "score": one.scores[gate.id],
                        "anchor": gate.anchors[one.scores[gate.id]],
                        "comment": one.comments.get(gate.id, ""),
                        "of": column["title"],
                    }
                    for one, column in zip(shown.assessments, columns, strict=True)
                ],
                "standing": shown.scores.get(gate.id),
                "differs": gate.id in shown.differing,
                "is_too_low": shown.scores.get(gate.id, least) < least,
            }
            for gate in shown.gates.gates
        ],
        "rating": shown.gates.title_of(shown.rating) if shown.is_finished else "",
        "ratings": [shown.gates.title_of(rating) for rating in shown.ratings],
    }
