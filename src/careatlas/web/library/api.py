"""``/api/v1/library/``, read: published examples for everybody; with a key, what its owner sees.

A key (made on the account page) is sent as ``Authorization: Bearer …``. What changes something is in ``api_writing``.
"""

import hashlib
import time
from typing import Annotated, Any

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema
from ninja.errors import HttpError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle
from pydantic import Field, create_model

from careatlas.errors import NotKnownError
from careatlas.improve.evidence import finding, tokens
from careatlas.improve.evidence.matching import choosing
from careatlas.improve.evidence.models import Example, Stage, Token
from careatlas.improve.evidence.writing import carrying, examples
from careatlas.improve.evidence.writing.sections import QUESTIONS, Question
from careatlas.improve.people.models import User
from careatlas.web.api_parts import MOST_ROWS, Fault, Limit, Offset, answers, one_page
from careatlas.web.current import current_release
from careatlas.web.sign_in import KEYS, has_too_many_failures, note_failed_key

READS_A_MINUTE, WRITES_A_MINUTE = 600, 60


class WaitAMinute(HttpError):
    """Too many wrong keys came from one network address: for a minute none of it is looked at."""

    def __init__(self) -> None:
        super().__init__(429, "Too many wrong keys from here. Wait a minute.")


class Reader(HttpBearer):
    """Everybody; with a key its owner. A key that is not good is refused, so that nobody reads as nobody unawares."""

    def __call__(self, request: HttpRequest) -> User | AnonymousUser | None:
        return super().__call__(request) if "Authorization" in request.headers else AnonymousUser()

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = _opened(request, token)
        return found.user if found else None


class Writer(HttpBearer):
    """The owner of a key that may write."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = _opened(request, token)
        if found is not None and not found.may_write:
            raise HttpError(403, "This key may only read. Make one that may write on your account page.")
        return found.user if found else None


class Pace(BaseThrottle):
    """So many requests a minute of one person or, without a key, one network address; in each process of a server."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most

    def allow_request(self, request: HttpRequest) -> bool:
        user = request.auth
        who = f"user-{user.pk}" if user.is_authenticated else request.META["REMOTE_ADDR"]
        key = f"pace-{self._name}-{hashlib.sha256(who.encode()).hexdigest()}-{int(time.time() // 60)}"
        cache.add(key, 0, 120)
        return cache.incr(key) <= self._most

    def wait(self) -> float:
        return 60 - time.time() % 60


def _opened(request: HttpRequest, words: str) -> Token | None:
    """The key of these words; a wrong one counts as a wrong password does."""
    if has_too_many_failures(request, KEYS):
        raise WaitAMinute
    found = tokens.opened_by(words.strip())
    if found is None:
        note_failed_key(request)
    return found


router = Router(tags=["library"])
reader, writer = Reader(), Writer()
reading, writing = Pace("reading", READS_A_MINUTE), Pace("writing", WRITES_A_MINUTE)

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
    auth=reader,
    throttle=reading,
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
    auth=reader,
    throttle=reading,
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
    auth=reader,
    throttle=reading,
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
    auth=reader,
    throttle=reading,
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
