"""``/api/v1/library/``, written: with a key that may write, what its owner may change on the pages too.

Who makes or hands in something sends an ``Idempotency-Key`` of their own choice: sent again with the same key, it is
done once, and answered as it stands. Who changes something sends the version they read as ``If-Match``: where somebody
else changed the same words since, the answer is 409 with the example as it stands, and nothing is written.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Schema, Status
from pydantic import ConfigDict, Field, create_model

from careatlas.improve.evidence.models import Example
from careatlas.improve.evidence.writing import carrying, drafting, examples
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.record import keeping
from careatlas.web.api_keys import done_once, version_read
from careatlas.web.api_parts import Fault
from careatlas.web.current import current_release
from careatlas.web.library.api import ANSWERS, ExampleRow, Number, answer, found_for, router


class _Strict(Schema):
    model_config = ConfigDict(extra="forbid")


ExampleIn = create_model(
    "ExampleIn",
    __base__=_Strict,
    __doc__="Answers to the questions of the form; what is left out stays as it is.",
    **{name: (kind | None, meaning) for name, (kind, meaning) in ANSWERS.items()},
)


class WhyIn(_Strict):
    why: str = Field("", max_length=400)


class Changed(Schema):
    detail: str
    now: ExampleRow  # type: ignore[valid-type]


REFUSED = {
    400: Fault,
    401: Fault,
    403: Fault,
    404: Fault,
    409: Changed,
    422: Any,
    428: Fault,
    429: Fault,
    503: Fault,
}


def _takes(verb: Callable[..., Any], path: str, summary: str, answered: int = 200) -> Callable[..., Any]:
    """A route that changes something: behind a key that may write, at its pace, and what may go wrong is an answer."""

    def of(operation: Callable[..., Any]) -> Callable[..., Any]:
        return verb(
            path,
            response={answered: ExampleRow} | REFUSED,
            summary=summary,
        )(_written(operation))

    return of


def _written(operation: Callable[..., Any]) -> Callable[..., Any]:
    """What may go wrong with a write, as an answer."""

    @wraps(operation)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return operation(request, *args, **kwargs)
        except Wrong as fault:
            return JsonResponse({"detail": str(fault), "wrong": fault.faults}, status=422)
        except drafting.NotReady as fault:
            missing = [
                {"section": one.section, "field": one.field, "words": one.words} for one in fault.missing
            ]
            return JsonResponse({"detail": "It is not complete.", "missing": missing}, status=422)
        except examples.NotOpen as fault:
            return _conflict(fault.example, "It is no draft: its words stand.")
        except keeping.EditedMeanwhile as fault:
            return _conflict(Example.objects.get(pk=fault.now.pk), "Somebody changed it since that version.")

    return answered


@_takes(router.post, "/examples", "Begin an example: a draft", answered=201)
def begin(request: HttpRequest, response: HttpResponse, said: ExampleIn) -> Any:  # type: ignore[valid-type]
    given = said.dict(exclude_unset=True)
    began = _once(request, response, "begin", lambda: carrying.draft(given, request.auth, current_release()))
    return Status(201, began)


@_takes(router.patch, "/examples/{number}", "Change answers of a draft")
def change(request: HttpRequest, response: HttpResponse, number: Number, said: ExampleIn) -> Any:  # type: ignore[valid-type]
    given = said.dict(exclude_unset=True)
    return answer(
        response, carrying.rewrite(number, given, request.auth, version_read(request), current_release())
    )


@_takes(
    router.post, "/examples/{number}/measure", "Fix what it is measured by, with the time and the release"
)
def fix_measure(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    return answer(
        response, drafting.fix_measure(number, request.auth, version_read(request), current_release())
    )


@_takes(router.post, "/examples/{number}/submit", "Hand it in to the assessors")
def submit(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    version = version_read(request)
    return _once(
        request, response, f"submit {number}", lambda: drafting.submit(number, request.auth, version)
    )


@_takes(router.post, "/examples/{number}/withdraw", "Put a draft away; it stays in the record")
def withdraw(request: HttpRequest, response: HttpResponse, number: Number, said: WhyIn) -> Any:
    version = version_read(request)
    return _once(
        request,
        response,
        f"withdraw {number}",
        lambda: drafting.withdraw_draft(number, request.auth, version, said.why),
    )


def _once(request: HttpRequest, response: HttpResponse, what: str, do: Callable[[], Example]) -> Any:
    """Done once for a key; answered, every time, as the example stands now."""
    number = done_once(request, what, lambda: do().pk)
    return answer(response, found_for(request.auth, number))


def _conflict(example: Example, words: str) -> JsonResponse:
    response = JsonResponse({"detail": words, "now": carrying.row_of(example)}, status=409)
    response["ETag"] = f'"{example.version}"'
    return response
