"""``/api/v1/library/``, read: published examples for everybody; with a key, what its owner sees.

Keys are told in ``web/api_keys``; what changes something is in ``api_writing``.
"""

from typing import Annotated, Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema
from ninja.errors import HttpError
from pydantic import Field, create_model

from careatlas.errors import NotKnownError
from careatlas.improve.evidence import finding
from careatlas.improve.evidence.matching import choosing
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing import carrying, examples
from careatlas.improve.evidence.writing.sections import QUESTIONS, Question
from careatlas.improve.people.models import User
from careatlas.web.api_keys import KeyOrNobody, pace
from careatlas.web.api_parts import MOST_ROWS, Fault, Limit, Offset, answers, one_page
from careatlas.web.current import current_release

router = Router(tags=["library"], auth=KeyOrNobody(), throttle=pace)

_TYPES: dict[str, Any] = {"pounds": int | None, "workstreams": list[str]}
_STANDING_TYPES: dict[str, Any] = {
    "number": int,
    "version": int,
    "is_simulated": bool,
    **{name: float | None for name in ("overall", "effect_percent", "effect_lower", "effect_upper")},
}


def _meaning(question: Question) -> str:
    return f"{question.label.rstrip('?')}. {question.hint}".strip()


ANSWERS: dict[str, Any] = {
    name: (_TYPES.get(one.kind, str | None), Field(None, description=_meaning(one)))
    for name, one in QUESTIONS.items()
}
ExampleRow = create_model(
    "ExampleRow",
    __base__=Schema,
    __doc__="An example: its answers, and where it stands.",
    **{name: (_STANDING_TYPES.get(name, str | None), None) for name in carrying.STANDING},
    **ANSWERS,
)


class ExampleRows(Schema):
    release: str
    total: int = Field(description="examples that answer, before limit and offset")
    limit: int
    offset: int
    rows: list[ExampleRow]  # type: ignore[valid-type]


class MatchRows(Schema):
    release: str
    total: int
    limit: int
    offset: int
    rows: list[dict[str, Any]] = Field(description="as `careatlas library match` prints them")


Number = Annotated[int, Path(..., ge=1, le=2**62, description="an example's number")]


def _text(meaning: str) -> Any:
    return Annotated[str, Query("", max_length=200, description=meaning)]


@router.get(
    "/examples",
    response=answers(ExampleRows) | {401: Fault, 429: Fault},
    summary="Published examples, by words and by what they are about",
)
def find(
    request: HttpRequest,
    words: _text("all of these words; “a phrase” in quotation marks"),
    programme: _text("id of a programme or workstream"),
    setting: _text("id of a setting"),
    rating: _text("highly_recommended, recommended or none"),
    verdict: _text("proven or proposed"),
    saving: _text("cash, cost_avoided or capacity"),
    indicator: _text("id of the indicator it is measured by"),
    region: _text("code of the region that the owner lies in"),
    order: _text("closest, newest or highest"),
    limit: Limit = MOST_ROWS,
    offset: Offset = 0,
) -> Any:
    asked = finding.Asked.read(
        {
            "words": words,
            "programme": programme,
            "setting": setting,
            "rating": rating,
            "verdict": verdict,
            "saving": saving,
            "indicator": indicator,
            "region": region,
            "order": order,
        }
    )
    release = current_release()
    finding.check(asked, finding.titles_of(release))
    numbers = finding.matching(asked)
    shown = numbers[offset : offset + limit]
    by_number = examples.visible_to(request.auth).in_bulk(shown)
    rows = [carrying.row_of(by_number[number]) for number in shown if number in by_number]
    return one_page(release, rows, len(numbers), limit, offset)


@router.get(
    "/examples/{number}",
    response=answers(ExampleRow) | {401: Fault, 410: Fault, 429: Fault},
    summary="One example; its version is the entity tag",
)
def one(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    found = found_for(request.auth, number)
    if found.stage == Stage.WITHDRAWN and not examples.worked_on_by(request.auth).filter(pk=number).exists():
        raise HttpError(410, f"Example {number} was withdrawn. {found.comment}".strip())
    return answer(response, found)


@router.get(
    "/examples/{number}/gain",
    response=answers(MatchRows) | {401: Fault, 429: Fault},
    summary="Areas that could gain from an example; never to be added up",
)
def gain(request: HttpRequest, number: Number, limit: Limit = MOST_ROWS, offset: Offset = 0) -> Any:
    found = examples.visible_to(request.auth).filter(pk=number, stage=Stage.PUBLISHED).first()
    if found is None:
        raise NotKnownError(f"Example {number}", "is not published.", "See the library.")
    rows = choosing.for_example(current_release(), found)
    return one_page(current_release(), rows[offset : offset + limit], len(rows), limit, offset)


@router.get(
    "/for/{area}",
    response=answers(MatchRows) | {401: Fault, 429: Fault},
    summary="Examples for an area's lasting, unexplained gaps, each with its reasons",
)
def for_area(
    request: HttpRequest,
    area: Annotated[str, Path(..., max_length=100, description="its ODS code or its name")],
    limit: Limit = MOST_ROWS,
    offset: Offset = 0,
) -> Any:
    rows = choosing.for_area(current_release(), area)
    return one_page(current_release(), rows[offset : offset + limit], len(rows), limit, offset)


def answer(response: HttpResponse, example: Example) -> dict[str, Any]:
    """An example as it stands; its version is the entity tag."""
    response["ETag"] = f'"{example.version}"'
    return carrying.row_of(example)


def found_for(user: User | AnonymousUser, number: int) -> Example:
    found = examples.visible_to(user).filter(pk=number).first()
    if found is None:
        raise NotKnownError(f"Example {number}", "is not here.", "See the library.")
    return found
