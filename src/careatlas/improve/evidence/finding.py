"""Finding published examples: by words in any of their texts, and by what they are about.

Words are looked up by `full_text`; the nearest stand first, ties newest first. What is counted beside each choice is
how many examples choosing it would leave.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache, lru_cache
from itertools import compress
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import TextField
from django.db.models.functions import Cast

from careatlas.catalogue.care_setting import load_care_settings
from careatlas.catalogue.library import load_gates
from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence import full_text
from careatlas.improve.evidence.models import Example, Stage, Verdict
from careatlas.improve.evidence.writing import examples, sections
from careatlas.improve.people.models import Kind, Organisation, User
from careatlas.improve.record.models import Head

A_PAGE = 20
LONGEST, MOST_PAGES = 200, 10_000
SAVINGS = {"cash": "Cash", "cost_avoided": "Cost avoided", "capacity": "Capacity"}
ORDERS = {"closest": "Closest to the words", "newest": "Newest", "highest": "Highest score"}


@dataclass(frozen=True)
class Asked:
    """What somebody looks for; empty: everything. All but words, order and page are ids."""

    words: str = ""
    programme: str = ""
    setting: str = ""
    rating: str = ""
    verdict: str = ""
    saving: str = ""
    indicator: str = ""
    region: str = ""
    order: str = ""
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Asked":
        """From an address. Raises NotKnownError where a page or an order is none."""
        said = {
            one.name: " ".join(given.get(one.name, "").split())[:LONGEST]
            for one in fields(cls)
            if one.name != "page"
        }
        if said["order"] and said["order"] not in ORDERS:
            raise NotKnownError(said["order"], "is no order.", f"Orders: {', '.join(ORDERS)}.")
        return cls(**said, page=_page(given.get("page") or "1"))

    def as_dict(self) -> dict[str, str]:
        """What was asked, without the page."""
        return {name: value for name, value in asdict(self).items() if value and name != "page"}

    def as_text(self) -> str:
        """The same as part of an address."""
        return urlencode(self.as_dict())

    @property
    def is_narrowed(self) -> bool:
        return any(getattr(self, name) for name in FACETS)


@dataclass(frozen=True)
class Choice:
    id: str
    title: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    name: str
    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Found:
    """``in_all``: how many are published at all. ``is_any``: no example has all the words; these have some."""

    examples: tuple[Example, ...]
    total: int
    in_all: int
    facets: tuple[Facet, ...]
    pages: int
    is_any: bool


FACETS = {
    "programme": "Programme or workstream",
    "setting": "Setting",
    "rating": "Rating",
    "verdict": "Measured effect",
    "saving": "Kind of saving",
    "indicator": "Measured by",
    "region": "Region of the owner",
}


class _Row(NamedTuple):
    """Of an example what tells whether it is wanted: to which choices of each facet it belongs."""

    pk: int
    overall: float
    programme: tuple[str, ...]
    setting: tuple[str, ...]
    rating: tuple[str, ...]
    verdict: tuple[str, ...]
    saving: tuple[str, ...]
    indicator: tuple[str, ...]
    region: tuple[str, ...]


def find(user: User, asked: Asked, release: Release) -> Found:
    """A page of examples that the person may see, best first, and what they could be narrowed to.

    Raises as `check` does."""
    titles = titles_of(release)
    check(asked, titles)
    published, (ranks, is_any) = _published(), full_text.ranks(asked.words)
    answering = [row for row in published if row.pk in ranks] if ranks is not None else published
    kept, counts = _narrowed(answering, asked)
    numbers = _in_order(kept, asked, ranks)
    by_number = examples.visible_to(user).in_bulk(numbers[(asked.page - 1) * A_PAGE : asked.page * A_PAGE])
    return Found(
        examples=tuple(by_number[number] for number in numbers if number in by_number),
        total=len(numbers),
        in_all=len(published),
        facets=tuple(_facet(name, counts[name], getattr(asked, name), titles[name]) for name in FACETS),
        pages=max(1, -(-len(numbers) // A_PAGE)),
        is_any=is_any,
    )


def check(asked: Asked, titles: Mapping[str, Mapping[str, str]]) -> None:
    """Raises NotKnownError where a choice is none that an example can have."""
    for name, title in FACETS.items():
        if (value := getattr(asked, name)) and value not in titles[name]:
            raise NotKnownError(value, f"is none of the choices of “{title}”.", "See /library/.")


def matching(asked: Asked) -> list[int]:
    """Numbers of all published examples that answer, best first; with every word asked for."""
    ranks = full_text.ranks_with_all(asked.words)
    answering = [row for row in _published() if ranks is None or row[0] in ranks]
    return _in_order(_narrowed(answering, asked)[0], asked, ranks)


def titles_of(release: Release) -> dict[str, dict[str, str]]:
    """Facet -> id -> title, of everything that an example can have."""
    gates = load_gates()
    regions = Organisation.objects.filter(kind=Kind.REGION).order_by("name")
    return {
        "programme": sections.programmes(release),
        "setting": load_care_settings(),
        "rating": {one.id: one.title for one in gates.ratings} | {"none": gates.otherwise},
        "verdict": dict(reversed(Verdict.choices)),
        "saving": SAVINGS,
        "indicator": {id: one["title"] for id, one in release.catalogue["indicators"].items()},
        "region": dict(regions.values_list("code", "name")),
    }


def _published() -> list[_Row]:
    """Every published example, newest first, kept in memory until the record of changes has another entry."""
    head = Head.objects.filter(pk=1).values_list("digest", flat=True).first()
    return _listed(head or "")


@lru_cache(maxsize=1)
def _listed(head: str) -> list[_Row]:
    """An index has all that is asked for: no text is read."""
    rows = Example.objects.filter(stage=Stage.PUBLISHED).annotate(streams=Cast("workstreams", TextField()))
    regions = list(Organisation.objects.filter(kind=Kind.REGION).values_list("path", "code"))

    @cache
    def programmes(programme: str, streams: str) -> tuple[str, ...]:
        return tuple({programme, *re.findall(r'"([^"]+)"', streams)})

    @cache
    def within(path: str) -> tuple[str, ...]:
        return tuple(code for start, code in regions if path.startswith(start))

    @cache
    def alone(cell: str) -> tuple[str, ...]:
        return (cell or "none",)

    return [
        _Row(
            pk,
            overall or 0,
            programmes(programme, streams),
            *map(alone, (setting, rating, verdict)),
            tuple(kind for kind, pounds in zip(SAVINGS, claimed, strict=True) if pounds),
            alone(indicator),
            within(path),
        )
        for pk, overall, programme, streams, setting, rating, verdict, indicator, path, *claimed in rows.order_by(
            "-published_at", "-pk"
        ).values_list(
            "pk",
            "overall",
            "programme",
            "streams",
            "setting",
            "rating",
            "verdict",
            "indicator",
            "owner__path",
            *(f"saving_{kind}_gbp" for kind in SAVINGS),
        )
    ]


def _in_order(rows: list[_Row], asked: Asked, ranks: dict[int, float] | None) -> list[int]:
    """Numbers: as was asked, else the nearest first where there are words; ties newest first."""
    if asked.order == "highest":
        rows = sorted(rows, key=lambda row: -row.overall)
    elif asked.order != "newest" and ranks is not None:
        rows = sorted(rows, key=lambda row: ranks[row.pk])
    return [row.pk for row in rows]


def _narrowed(rows: list[_Row], asked: Asked) -> tuple[list[_Row], dict[str, Counter[str]]]:
    """Those with every choice; and for each facet how many each of its choices would leave."""
    has = {
        name: [value in cell for cell in map(attrgetter(name), rows)]
        for name in FACETS
        if (value := getattr(asked, name))
    }

    def left(but: str) -> list[_Row]:
        conditions = [flags for name, flags in has.items() if name != but]
        return list(compress(rows, map(all, zip(*conditions, strict=True)))) if conditions else rows

    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for name in FACETS:
        for cell, number in Counter(map(attrgetter(name), left(name))).items():
            for value in cell:
                counts[name][value] += number
    return left(""), counts


def _facet(name: str, counts: Counter[str], chosen: str, titles: Mapping[str, str]) -> Facet:
    shown = [id for id in titles if counts[id] or id == chosen]
    return Facet(name, FACETS[name], tuple(Choice(id, titles[id], counts[id], id == chosen) for id in shown))


def _page(text: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST_PAGES:
        return int(text[:9])
    raise NotKnownError(text[:20], "is no page of the list.", "Pages are counted from 1.")
