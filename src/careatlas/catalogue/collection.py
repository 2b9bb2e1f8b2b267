"""A collection: indicators chosen to be read together, by programme-budget category.

``content/collections/<id>.yaml``. Each indicator stands once, under the category of spending that it is about, or under
"none" where no category would be honest: waiting for all care, say, belongs to every one.
"""

from collections.abc import Collection as Names
from collections.abc import Iterator, Mapping

from careatlas.catalogue.definition import Definition
from careatlas.catalogue.indicator import Indicator
from careatlas.catalogue.programme import Programme

NO_CATEGORY = "none"
CATEGORY = "programme_budget_category"


class Part(Definition):
    """``category``: a programme-budget category, or none. ``indicators``: ids in the order to read them."""

    category: str
    indicators: list[str]


class Collection(Definition):
    """``what_it_is``: in words, for its page; who chose, and what it is not."""

    id: str
    title: str
    what_it_is: str
    parts: list[Part]

    @property
    def indicators(self) -> list[str]:
        """Every indicator's id, in order."""
        return [id for part in self.parts for id in part.indicators]


def faults_in(
    collections: Mapping[str, Collection],
    indicators: Mapping[str, Indicator],
    programmes: Mapping[str, Programme],
    indicators_on_file: Names[str],
    programmes_on_file: Names[str],
) -> Iterator[tuple[str, str, str]]:
    """Collection, what is wrong, what to do. ``..._on_file``: names of all files, readable or not."""
    for collection in collections.values():
        categories = [part.category for part in collection.parts]
        for category in sorted({one for one in categories if categories.count(one) > 1}):
            yield collection.id, f"category {category} stands twice.", "Put its indicators together."
        for id in sorted({one for one in collection.indicators if collection.indicators.count(one) > 1}):
            yield collection.id, f"{id} stands twice.", "Keep it under one category."
        for part in collection.parts:
            if part.category != NO_CATEGORY:
                yield from _of_category(collection.id, part.category, programmes, programmes_on_file)
            if not part.indicators:
                yield collection.id, f"category {part.category} is empty.", "Leave it out."
            for id in part.indicators:
                if id not in indicators_on_file:
                    yield collection.id, f"names {id}, which is no indicator.", "See content/indicators."
                elif id in indicators:
                    yield from _agreed(collection.id, part.category, indicators[id], programmes)


def _of_category(
    collection: str, category: str, programmes: Mapping[str, Programme], on_file: Names[str]
) -> Iterator[tuple[str, str, str]]:
    known = programmes.get(category)
    if category not in on_file:
        yield collection, f"category {category} is not known.", "See content/programmes, or write none."
    elif known is not None and known.kind != CATEGORY:
        yield collection, f"{category} is a {known.kind}, no category of spending.", "Write none."


def _agreed(
    collection: str, category: str, indicator: Indicator, programmes: Mapping[str, Programme]
) -> Iterator[tuple[str, str, str]]:
    """An indicator that names a category of its own stands under that one: two answers would confuse."""
    own = programmes.get(indicator.programme)
    if own is not None and own.kind == CATEGORY and indicator.programme != category:
        yield (
            collection,
            f"{indicator.id} stands under {category}, and its own programme is {indicator.programme}.",
            "Make them the same.",
        )
