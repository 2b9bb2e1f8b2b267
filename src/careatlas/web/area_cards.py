"""What stands out of an area: a card for each figure to look at first, the national standards before all."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.compute as pc

from careatlas.engine.release import Release
from careatlas.present.numbers import is_full_return
from careatlas.present.standing_out import standing_out
from careatlas.present.standing_out_words import expected_next, lasting_in_brief, verdict_in_brief
from careatlas.web import reading
from careatlas.web.reading import Row

MOST_CARDS = 6


def cards(
    release: Release,
    values: Sequence[Row],
    comparisons: Sequence[Row],
    lasting: Mapping[str, Row],
    lines: Sequence[dict[str, Any]],
) -> list[dict[str, Any]]:
    """The cards of an area's page. ``lasting``: see ``lasting_of``; ``lines``: as ``area_rows`` gives them."""
    found = standing_out(values, comparisons, list(lasting.values()), release.catalogue["indicators"])
    by_indicator = {line["indicator"]: line for line in lines}
    value_of = {value["indicator"]: value for value in values}
    return [
        _card(
            release, value_of[one["indicator"]], by_indicator[one["indicator"]], lasting.get(one["indicator"])
        )
        for one in found[:MOST_CARDS]
    ]


def lasting_of(release: Release, own: Row) -> dict[str, Row]:
    """How lasting each of the area's differences is, by indicator."""
    rows = release.of_area("persistence", own["code"])
    return {row["indicator"]: row for row in rows}


def _card(release: Release, value: Row, line: dict[str, Any], lasting: Row | None) -> dict[str, Any]:
    national = line["national"]
    country = reading.country(release)["name"]
    said = {}
    if national:
        gap = _gap(release, value)
        said = {
            "verdict": verdict_in_brief(gap, lasting),
            "is_explained": gap is not None,
            "lasting": lasting_in_brief(lasting, _periods(release, value), national["difference"], country),
            "next": expected_next(lasting, country),
        }
    return line | said


def _gap(release: Release, value: Row) -> Row | None:
    """The row of ``gaps`` that says what the whole distance is."""
    rows = reading.of_table(release, "gaps", value["indicator"], value["area_type"])
    wanted = reading.Period(value["period_start"], value["period_end"])
    own = reading.in_period(rows.filter(pc.equal(rows["area"], value["area"])), wanted)
    return next((row for row in own if row["component"] == "all"), None)


def _periods(release: Release, value: Row) -> int:
    rows = release.of_area(
        "values", value["area"], indicator=value["indicator"], sex="persons", age_band="all"
    )
    return sum(map(is_full_return, rows))
