"""What is asked of plans, initiatives and their parts, as a page asks it: what may be chosen, what was answered, what
is wrong with it and, where two people wrote at once, what stands there now."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from careatlas.catalogue.delivery_gates import load_delivery_gates
from careatlas.engine.release import Release
from careatlas.improve.delivery.models import Initiative
from careatlas.improve.delivery.planning import answers
from careatlas.improve.delivery.planning.asks import Ask
from careatlas.improve.evidence.writing.sections import workstreams
from careatlas.improve.people.models import Organisation
from careatlas.improve.record.models import Kept
from careatlas.web.pages import by_theme

MOST_LISTED = 80  # areas or organisations: beyond that a code is typed
Groups = list[dict[str, Any]]


@dataclass(frozen=True)
class Sent:
    """What came with a form that could not be taken. ``now``: the row as somebody else left it meanwhile."""

    said: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    now: Kept | None = None

    @property
    def status(self) -> int:
        return 409 if self.now is not None else 422 if self.wrong else 200


NOTHING = Sent()


def asked(
    asks: Iterable[Ask],
    release: Release,
    initiative: Initiative | None = None,
    row: Kept | None = None,
    sent: Sent = NOTHING,
    within: str = "ask",
) -> list[dict[str, Any]]:
    """Each question with its answer. ``within``: what its id begins with, where a page has several forms."""
    return [_asked(ask, release, initiative, row, sent, within) for ask in asks]


def fresh_key(sent: Sent = NOTHING) -> str:
    """What tells a form from the same one sent again."""
    return sent.said.get("key") or secrets.token_urlsafe(16)


def organisations(choices: Iterable[Organisation], chosen: str) -> list[dict[str, Any]]:
    """None where there are too many to list."""
    found = list(choices[: MOST_LISTED + 1])
    if len(found) > MOST_LISTED:
        return []
    return _choices([(one.pk, f"{one.name} ({one.get_kind_display()})") for one in found], chosen)


def organisation_named(request: HttpRequest) -> Organisation:
    """The one that a form names by its code. Raises Wrong."""
    code = request.POST.get("organisation", "").strip().upper()[:20]
    found = Organisation.objects.filter(pk=code).first()
    if found is None:
        raise answers.Wrong({"organisation": "Choose an organisation, or give the code of one."})
    return found


def _asked(
    ask: Ask, release: Release, initiative: Initiative | None, row: Kept | None, sent: Sent, within: str
) -> dict[str, Any]:
    kept = answers.written(row, ask) if row is not None else ""
    value = sent.said.get(ask.field, "" if ask.kind == "tick" else kept) if sent.said else kept
    now = answers.written(sent.now, ask) if sent.now is not None else value
    groups = _groups(ask, release, initiative, value)
    return {
        "ask": ask,
        "id": f"{within}-{ask.field}",
        "value": value,
        "wrong": sent.wrong.get(ask.field, ""),
        "groups": groups,
        "differs": answers.cleaned(now) != answers.cleaned(value),
        "now": _title_of(_groups(ask, release, initiative, now), now),
    }


def _title_of(groups: Groups, value: str) -> str:
    titles = {choice["id"]: choice["title"] for group in groups for choice in group["choices"]}
    return titles.get(value, value)


def _groups(ask: Ask, release: Release, initiative: Initiative | None, value: str) -> Groups:
    if ask.kind == "indicator":
        return [
            {
                "title": theme["title"],
                "choices": _choices([(one["id"], one["title"]) for one in theme["indicators"]], value),
            }
            for theme in by_theme(release)
        ]
    pairs: Any = ()
    if ask.kind == "choice":
        pairs = ask.choices
    elif ask.kind == "workstream":
        pairs = workstreams(release).items()
    elif ask.kind == "area" and initiative is not None:
        pairs = _areas(release, initiative.organisation)
    elif ask.kind == "measure" and initiative is not None:
        pairs = [(str(one.pk), one.title) for one in initiative.measures.order_by("pk")]
    elif ask.kind == "score":
        pairs = _scores(ask)
    return [{"title": "", "choices": _choices(pairs, value)}] if pairs else []


def _scores(ask: Ask) -> list[tuple[str, str]]:
    quality = load_delivery_gates().quality
    words = (
        quality.likelihoods if ask.field == "likelihood" else {n: quality.impacts[-n] for n in range(1, 6)}
    )
    return [(str(score), f"{score}: {said}") for score, said in words.items()]


def _areas(release: Release, organisation: Organisation) -> list[tuple[str, str]]:
    """The organisation's own, those it lies in, its parts; none where there are too many to list."""
    above = organisation.path.strip("/").split("/")
    line = Organisation.objects.filter(Q(path__startswith=organisation.path) | Q(code__in=above))
    found = [one for one in line.order_by("path")[: MOST_LISTED + 1] if one.code in release.areas]
    if len(found) > MOST_LISTED:
        return []
    return [(one.code, f"{one.name} ({one.get_kind_display()}, {one.code})") for one in found]


def _choices(pairs: Iterable[tuple[str, str]], chosen: str) -> list[dict[str, Any]]:
    return [{"id": id, "title": title, "chosen": id == chosen} for id, title in pairs]
