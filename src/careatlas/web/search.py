"""Search by topic and by place, forgiving of case, accents, apostrophes and unfinished words.

Every word asked for must begin some word of a name. A town, council, hospital or trust leads to the areas
that serve it (release table ``area_names``); a topic leads to indicators by title, theme and programme.
"""

import difflib
import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from careatlas.engine.release import Release
from careatlas.web import reading

LONGEST_QUESTION = 100
KIND_ORDER = ("area", "town", "council", "alias", "hospital", "trust")


@dataclass(frozen=True)
class Place:
    """A name and one area it leads to. ``share``: part of the place in the area; None: it is the area."""

    name: str
    kind: str
    area: str
    area_name: str
    area_type: str
    share: float | None


@dataclass(frozen=True)
class Topic:
    indicator: str
    title: str
    theme: str


@dataclass(frozen=True)
class Found:
    topics: list[Topic]
    places: list[Place]
    did_you_mean: list[str]


def search(release: Release, question: str, most: int = 40) -> Found:
    """What answers to the question, best first; where nothing does, names that are nearly it."""
    words = plain(question[:LONGEST_QUESTION])
    if not words:
        return Found([], [], [])
    index = _index(release)
    topics = [topic for _, topic in _matching(words, index.topics) or _matching(words, index.topics_in_full)]
    places = [place for _, place in _matching(words, index.places)]
    near = [] if topics or places else _near(words, index)
    return Found(topics[:most], places[:most], near)


def plain(text: str) -> str:
    """Small letters without accents, apostrophes or punctuation; & is "and".

    >>> plain("St James’s & Saint-Étienne")
    'st jamess and saint etienne'
    """
    text = unicodedata.normalize("NFKD", text.casefold().replace("&", " and "))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w\s]|_", " ", re.sub(r"['’‘`]", "", text)).split())


@dataclass(frozen=True)
class _Index:
    topics: list[tuple[str, str, Topic]]
    topics_in_full: list[
        tuple[str, str, Topic]
    ]  # answering to the words of their context too: asthma, inhaler
    places: list[tuple[str, str, Place]]


@functools.lru_cache(maxsize=2)
def _index(release: Release) -> _Index:
    """Each entry: the name in plain words, further words it answers to, and what it leads to."""
    topics = _topics(release)
    context = {id: plain(about["context"]) for id, about in release.catalogue["indicators"].items()}
    in_full = [(name, f"{further} {context[topic.indicator]}", topic) for name, further, topic in topics]
    return _Index(topics, in_full, _places(release))


def _topics(release: Release) -> list[tuple[str, str, Topic]]:
    programmes = release.catalogue["programmes"]
    entries = []
    for one in reading.indicators_with_values(release):
        programme = programmes.get(one["programme"], {}).get("title", one["programme"])
        further = " ".join(
            [one["short_title"], one["theme"].replace("_", " "), programme, one["id"].replace("_", " ")]
        )
        entries.append((plain(one["title"]), plain(further), Topic(one["id"], one["title"], one["theme"])))
    return entries


def _places(release: Release) -> list[tuple[str, str, Place]]:
    """Areas under their own name, answering to their official name and code too; then every other place."""
    areas = [row for row in release.areas.values() if row["valid_to"] is None]
    entries = []
    for row in areas:
        further = f"{plain(row['official_name'] or '')} {plain(row['code'])}"
        own = Place(row["name"], "area", row["code"], row["name"], row["area_type"], None)
        entries.append((plain(row["name"]), further, own))
    current = {row["code"]: row for row in areas}
    for row in release.rows("area_names"):
        leads_to = current.get(row["area"])
        if leads_to is not None and row["kind"] != "area":
            place = Place(
                row["name"], row["kind"], row["area"], leads_to["name"], leads_to["area_type"], row["share"]
            )
            entries.append((plain(row["name"]), "", place))
    return entries


def _matching(words: str, entries: list[tuple[str, str, Any]]) -> list[tuple[tuple[Any, ...], Any]]:
    asked = words.split()
    ranked = []
    for name, further, entry in entries:
        answering = f"{name} {further}".split()
        if all(any(_answers(word, start, asked) for word in answering) for start in asked):
            ranked.append(((_nearness(words, name), *_order(entry)), entry))
    return sorted(ranked, key=lambda pair: pair[0])


def _answers(word: str, start: str, asked: list[str]) -> bool:
    """A word answers to its beginning; one letter among others ("A&E") is a word, not a beginning."""
    return word == start or (word.startswith(start) and (len(start) > 1 or len(asked) == 1))


def _nearness(words: str, name: str) -> int:
    if name == words:
        return 0
    return 1 if name.startswith(words) else 2


def _order(entry: Place | Topic) -> tuple[Any, ...]:
    if isinstance(entry, Topic):
        return (entry.title,)
    kind = KIND_ORDER.index(entry.kind) if entry.kind in KIND_ORDER else len(KIND_ORDER)
    return (kind, entry.name, -(entry.share or 1), entry.area)


def _near(words: str, index: _Index) -> list[str]:
    names = {name: entry.name for name, _, entry in index.places}
    names |= {name: entry.title for name, _, entry in index.topics}
    return [names[near] for near in difflib.get_close_matches(words, list(names), n=3, cutoff=0.75)]
