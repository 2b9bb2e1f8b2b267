"""``/api/v1/library/``: published examples for everybody; with a key, what its owner sees and writes.

A key (made on the account page) is sent as ``Authorization: Bearer …``. Who makes or hands in something sends an
``Idempotency-Key`` of their own choice: sent again with the same key, it is done once, and answered as it stands. Who
changes something sends the version they read as ``If-Match``: where somebody else changed the same words since, the
answer is 409 with the example as it stands, and nothing is written.
"""

import hashlib
import time
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Path, Query, Router, Schema, Status
from ninja.errors import HttpError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle
from pydantic import ConfigDict, Field, create_model

from careatlas.errors import NotKnownError
from careatlas.improve.evidence import finding, tokens
from careatlas.improve.evidence.matching import choosing
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing import carrying, examples
from careatlas.improve.evidence.writing.sections import QUESTIONS, Question, Wrong
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping
from careatlas.web.api_parts import MOST_ROWS, Fault, Limit, Offset, answers, one_page
from careatlas.web.current import current_release

READS_A_MINUTE, WRITES_A_MINUTE = 600, 60
LONGEST_IDEMPOTENCY_KEY = 200


class Reader(HttpBearer):
    """Everybody; with a key its owner. A key that is not good is refused, so that nobody reads as nobody unawares."""

    def __call__(self, request: HttpRequest) -> User | AnonymousUser | None:
        return super().__call__(request) if "Authorization" in request.headers else AnonymousUser()

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = tokens.opened_by(token.strip())
        return found.user if found else None


class Writer(HttpBearer):
    """The owner of a key that may write."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = tokens.opened_by(token.strip())
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


class _Strict(Schema):
    model_config = ConfigDict(extra="forbid")


ExampleIn = create_model(
    "ExampleIn",
    __base__=_Strict,
    __doc__="Answers to the questions of the form; what is left out stays as it is.",
    **{
        name: (_TYPES.get(one.kind, str) | None, Field(None, description=_meaning(one)))
        for name, one in QUESTIONS.items()
    },
)
ExampleRow = create_model(
    "ExampleRow",
    __base__=Schema,
    __doc__="An example: its answers, and where it stands.",
    **{name: (_STANDING_TYPES.get(name, str | None), None) for name in carrying.STANDING},
    **{
        name: (_TYPES.get(one.kind, str | None), Field(None, description=_meaning(one)))
        for name, one in QUESTIONS.items()
    },
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


class WhyIn(_Strict):
    why: str = Field("", max_length=400)


class Changed(Schema):
    detail: str
    now: ExampleRow  # type: ignore[valid-type]


Number = Annotated[int, Path(..., ge=1, le=2**62, description="an example's number")]
REFUSED = {400: Fault, 401: Fault, 403: Fault, 409: Changed, 428: Fault, 429: Fault}


def _text(meaning: str) -> Any:
    return Annotated[str, Query("", max_length=200, description=meaning)]


def _written(operation: Callable[..., Any]) -> Callable[..., Any]:
    """What may go wrong with a write, as an answer."""

    @wraps(operation)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return operation(request, *args, **kwargs)
        except Wrong as fault:
            return JsonResponse({"detail": str(fault), "wrong": fault.faults}, status=422)
        except examples.NotReady as fault:
            missing = [
                {"section": one.section, "field": one.field, "words": one.words} for one in fault.missing
            ]
            return JsonResponse({"detail": "It is not complete.", "missing": missing}, status=422)
        except examples.NotOpen as fault:
            return _conflict(fault.example, "It is no draft: its words stand.")
        except keeping.EditedMeanwhile as fault:
            return _conflict(Example.objects.get(pk=fault.now.pk), "Somebody changed it since that version.")

    return answer


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
    found = _found(request.auth, number)
    if found.stage == Stage.WITHDRAWN and not examples.worked_on_by(request.auth).filter(pk=number).exists():
        raise HttpError(410, f"Example {number} was withdrawn. {found.comment}".strip())
    return _answer(response, found)


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


@router.post(
    "/examples",
    auth=writer,
    throttle=writing,
    response={201: ExampleRow, 404: Fault, 422: Any, 503: Fault} | REFUSED,
    summary="Begin an example: a draft",
)
@_written
def begin(request: HttpRequest, response: HttpResponse, said: ExampleIn) -> Any:  # type: ignore[valid-type]
    answers_given = said.dict(exclude_unset=True)

    def start() -> str:
        return str(carrying.draft(answers_given, request.auth, current_release()).pk)

    return Status(201, _once(request, response, "begin", start))


@router.patch(
    "/examples/{number}",
    auth=writer,
    throttle=writing,
    response=answers(ExampleRow) | REFUSED,
    summary="Change answers of a draft",
)
@_written
def change(request: HttpRequest, response: HttpResponse, number: Number, said: ExampleIn) -> Any:  # type: ignore[valid-type]
    given = said.dict(exclude_unset=True)
    return _answer(
        response, carrying.rewrite(number, given, request.auth, _version(request), current_release())
    )


@router.post(
    "/examples/{number}/measure",
    auth=writer,
    throttle=writing,
    response=answers(ExampleRow) | REFUSED,
    summary="Fix what it is measured by, with the time and the release",
)
@_written
def fix_measure(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    return _answer(response, examples.fix_measure(number, request.auth, _version(request), current_release()))


@router.post(
    "/examples/{number}/submit",
    auth=writer,
    throttle=writing,
    response=answers(ExampleRow) | REFUSED,
    summary="Hand it in to the assessors",
)
@_written
def submit(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    version = _version(request)

    def hand_in() -> str:
        return str(examples.submit(number, request.auth, version).pk)

    return _once(request, response, f"submit {number}", hand_in)


@router.post(
    "/examples/{number}/withdraw",
    auth=writer,
    throttle=writing,
    response=answers(ExampleRow) | REFUSED,
    summary="Put a draft away; it stays in the record",
)
@_written
def withdraw(request: HttpRequest, response: HttpResponse, number: Number, said: WhyIn) -> Any:
    version = _version(request)

    def put_away() -> str:
        return str(examples.withdraw_draft(number, request.auth, version, said.why).pk)

    return _once(request, response, f"withdraw {number}", put_away)


def _once(request: HttpRequest, response: HttpResponse, what: str, do: Callable[[], str]) -> Any:
    """Done once for a key; answered, every time, as the example stands now."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not 0 < len(key) <= LONGEST_IDEMPOTENCY_KEY:
        raise HttpError(400, "Send an Idempotency-Key: a word of your own, a new one for each new request.")
    kept_as = hashlib.sha256(f"api {what} {key}".encode()).hexdigest()
    number = keeping.once(request.auth.email, kept_as, do)
    return _answer(response, _found(request.auth, int(number)))


def _answer(response: HttpResponse, example: Example) -> dict[str, Any]:
    response["ETag"] = f'"{example.version}"'
    return carrying.row_of(example)


def _conflict(example: Example, words: str) -> JsonResponse:
    response = JsonResponse({"detail": words, "now": carrying.row_of(example)}, status=409)
    response["ETag"] = f'"{example.version}"'
    return response


def _version(request: HttpRequest) -> int:
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise HttpError(428, 'Send the version that you read as If-Match, such as If-Match: "3".')
    return int(text)


def _found(user: User | AnonymousUser, number: int) -> Example:
    found = examples.visible_to(user).filter(pk=number).first()
    if found is None:
        raise NotKnownError(f"Example {number}", "is not here.", "See the library.")
    return found
