"""An example's questions as a page asks them: what may be chosen, what was answered, what is wrong with it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.http import QueryDict

from careatlas.catalogue.care_setting import load_care_settings
from careatlas.engine.release import Release
from careatlas.improve.evidence.models import Direction, Example
from careatlas.improve.evidence.writing import answers, plain_language, sections
from careatlas.improve.evidence.writing.sections import Question, Section
from careatlas.improve.people import roles
from careatlas.improve.people.models import Organisation, Role, User
from careatlas.web.pages import by_theme

MOST_LISTED = 60  # organisations: beyond that a name is typed
Choices = list[dict[str, Any]]


def said_in(form: QueryDict, section: Section) -> dict[str, Any]:
    """The section's answers as they were sent. A form with boxes sends nothing where none is ticked."""
    said: dict[str, Any] = {name: form[name] for name in section.fields if name in form}
    if "workstreams" in section.fields:
        said["workstreams"] = form.getlist("workstreams")
    return said


def questions(
    section: Section,
    example: Example,
    user: User,
    release: Release,
    said: Mapping[str, Any] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Each with its answer: as it is kept or, where it could not be kept, as it was sent."""
    asked = []
    for question in section.questions:
        kept = answers.written(example, question)
        value = said.get(question.field, kept) if said is not None else kept
        asked.append(
            {
                "ask": question,
                "id": f"ask-{question.field}",
                "value": value,
                "wrong": (wrong or {}).get(question.field, ""),
                "groups": groups(question, example, user, release, value),
                "is_long": question.kind == "text" or question.field == "summary",
                "is_optional": question.kind in ("text", "pounds") and not question.is_needed,
            }
        )
    return asked


def groups(question: Question, example: Example, user: User, release: Release, value: Any) -> list[Choices]:
    """What may be chosen: groups of ``title`` and ``choices``; none where an answer is typed."""
    makers = {
        "setting": lambda: [_group("", load_care_settings().items(), value)],
        "programme": lambda: _programmes(release, value),
        "workstreams": lambda: [_group("", sections.workstreams(release).items(), value)],
        "organisation": lambda: owners(user, example.owner, value),
        "indicator": lambda: [
            _group(theme["title"], ((one["id"], one["title"]) for one in theme["indicators"]), value)
            for theme in by_theme(release)
        ],
        "area": lambda: [_group("", _areas(example, release, value), value)],
        "direction": lambda: [_group("", ((one.value, one.label) for one in Direction), value)],
    }
    return makers[question.kind]() if question.kind in makers else []


def owners(user: User, now: Organisation | None = None, value: str = "") -> list[Any]:
    """Organisations that the person may write for; none where there are too many to list."""
    theirs = Organisation.objects.filter(roles.within(user, Role.AUTHOR), is_current=True)
    named = list(theirs.order_by("path").values_list("code", "name")[: MOST_LISTED + 1])
    if len(named) > MOST_LISTED:
        return []
    if now is not None and now.pk not in dict(named):
        named.append((now.pk, now.name))
    return [_group("", named, value)]


def advice_on(section: Section, example: Example) -> list[plain_language.Advice]:
    """On what is kept of the section; what earlier sections spelt out need not be again."""
    before = sections.SECTIONS[: sections.SECTIONS.index(section)]
    return plain_language.advice(_words(section, example), "\n".join(_words(one, example) for one in before))


def _words(section: Section, example: Example) -> str:
    kinds = ("line", "text")
    return "\n\n".join(getattr(example, one.field) for one in section.questions if one.kind in kinds)


def _programmes(release: Release, value: str) -> list[Any]:
    known, streams = sections.programmes(release), sections.workstreams(release)
    categories = [(id, title) for id, title in known.items() if id not in streams]
    named = [_group("Programme-budget categories", categories, value)] if categories else []
    return [*named, _group("Workstreams", streams.items(), value)]


def _areas(example: Example, release: Release, value: str) -> list[tuple[str, str]]:
    """The owner's own, those it lies in, its parts; where an indicator is chosen, of its levels only."""
    owner = example.owner
    above = [code for code in owner.path.strip("/").split("/") if code != owner.pk]
    line = Organisation.objects.filter(Q(path__startswith=owner.path) | Q(code__in=above)).order_by("path")
    about = release.catalogue["indicators"].get(example.indicator)
    levels = about["area_types"] if about else release.catalogue["area_types"]
    titles = release.catalogue["area_types"]
    return [
        (one.code, f"{one.name} ({titles[level]['title']}, {one.code})")
        for one in line
        if one.code in release.areas
        and ((level := release.areas[one.code]["area_type"]) in levels or one.code == value)
    ]


def _group(title: str, pairs: Any, value: Any) -> Any:
    chosen = set(value) if isinstance(value, list) else {value}
    choices = [{"id": id, "title": name, "chosen": id in chosen} for id, name in pairs]
    return {"title": title, "choices": choices}
