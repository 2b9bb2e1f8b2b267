"""The lines of a report card as tables: how each stands, what was planned and returned, what is claimed and proven.

Where nothing is known that is said, and never stands as 0.
"""

from collections.abc import Sequence
from typing import NamedTuple

from careatlas.improve.delivery.reporting.card import Card, Line
from careatlas.improve.delivery.reporting.card_money import STAGES, Money
from careatlas.improve.delivery.reporting.card_status import ORDER
from careatlas.present.document import Grid, Section
from careatlas.present.numbers import pounds

NOT_KNOWN, NOT_TOLD = "not known", "not told yet"
PENCE = 100
PLAN_COLUMNS = (
    "Gross", "Reprovision", "Net", "Plan of the year", "Plan to date", "Actual to date", "Variance",
    "Forecast outturn", "Confidence",
)  # fmt: skip
PLANNED = (
    "gross",
    "reprovision",
    "net",
    "plan_of_year",
    "plan_to_date",
    "actual_to_date",
    "variance",
    "outturn",
)
PROOF_COLUMNS = (
    "Claimed", "De-duplicated", "Evidenced", "Headline", "Not told yet", "Its pools hold (95% interval)", "Told of",
)  # fmt: skip


class Row(NamedTuple):
    """A line with what it is called in a table, and where it leads on a page."""

    name: str
    line: Line
    address: str


def line_sections(card: Card) -> list[Section]:
    here = f"/delivery/report/?month={card['month']}&organisation="
    sections = []
    if len(card["organisations"]) > 1:
        rows = [Row(line["title"], line, here + line["key"]) for line in card["organisations"]]
        sections.append(_section("organisations", "By organisation", "Organisation", [*rows, _all(card)]))
    if card["workstream"] is None:
        here += f"{card['organisation']['code']}&workstream="
        rows = [
            Row(line["title"], line, here + line["key"] if line["key"] else "")
            for line in card["workstreams"]
        ]
        sections.append(
            _section("workstreams", "By workstream", "Workstream", [*_in_families(card, rows), _all(card)])
        )
    else:
        sections.append(_section("workstreams", card["workstream"]["title"], "Workstream", [_all(card)]))
    return sections


def _all(card: Card) -> Row:
    return Row("All", card["whole"], "")


def _in_families(card: Card, rows: Sequence[Row]) -> list[Row]:
    """Behind the workstreams of a family what they are together, where there is more than one of either."""
    found = []
    for family in card["families"]:
        own = [row for row in rows if row.line["family"] == family["title"]]
        found += own
        if len(own) > 1 and len(card["families"]) > 1:
            found.append(Row(f"All of {family['title'].lower()}", family, ""))
    return found


def _section(id: str, title: str, of: str, rows: Sequence[Row]) -> Section:
    """Lines in which there is nothing but ideas are told among what is not counted."""
    return Section(id, title, tuple(_tables(id, of, [row for row in rows if row.line["initiatives"]])))


def _tables(id: str, of: str, rows: Sequence[Row]) -> list[Grid]:
    stand = _grid(
        f"{id}-stand",
        "How they stand",
        (of, "Status", "Initiatives", "Of them", "Milestones late, of those due", "Returns sent in"),
        [(row, row.name, _stands(row.line)) for row in rows],
        (2, 4, 5),
        (2.2, 1, 1, 2.6, 1.5, 1.5),
    )
    kinds = [(row, money) for row in rows for money in row.line["money"]]
    if not kinds:
        return [stand]
    return [
        stand,
        _grid(
            f"{id}-plan",
            "Planned and returned, in pounds",
            (f"{of} and kind", *PLAN_COLUMNS),
            [(row, _of_kind(row, money), _planned(money)) for row, money in kinds if _is_claimed(money)],
            tuple(range(1, 10)),
            (3, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1),
        ),
        _grid(
            f"{id}-proof",
            "Claimed, and what of it is proven, in pounds; allocated by rule",
            (f"{of} and kind", *PROOF_COLUMNS),
            [(row, _of_kind(row, money), _proven(money)) for row, money in kinds],
            tuple(range(1, 8)),
            (2.7, 1, 1.1, 1, 1, 1, 3, 2),
        ),
    ]


def _is_claimed(money: Money) -> bool:
    """Or was planned: what cash that finance did not confirm counts as is claimed by nobody."""
    return any(money[f"{name}_pence"] for name in ("gross", "reprovision", "plan_of_year"))


def _of_kind(row: Row, money: Money) -> str:
    return f"{row.name}: {money['kind']}"


def _grid(
    id: str,
    caption: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Row, str, tuple[str, ...]]],
    numeric: tuple[int, ...],
    wide: tuple[float, ...],
) -> Grid:
    cells = tuple((name, *texts) for _, name, texts in rows)
    return Grid(caption, columns, cells, numeric, wide, id, tuple(row.address for row, *_ in rows))


def _stands(line: Line) -> tuple[str, ...]:
    return (
        line["status"] or "none",
        f"{line['initiatives']:,}",
        standings_in_words(line),
        f"{line['milestones_late']:,} of {line['milestones_due']:,}",
        f"{line['returned']:,} of {line['asked']:,}",
    )


def _planned(money: Money) -> tuple[str, ...]:
    confidence = money["confidence_percent"]
    return (
        *(figure(money[f"{name}_pence"]) for name in PLANNED),
        "not said" if confidence is None else f"{confidence}%",
    )


def _proven(money: Money) -> tuple[str, ...]:
    limits = f"{figure(money['pool_lower_pence'])} to {figure(money['pool_upper_pence'])}"
    told = f"{money['pools_told']:,} of {counted(money['pools'], 'pool')}"
    return (
        figure(money["claimed_pence"]),
        *(figure(money[f"{stage}_pence"], NOT_TOLD) for stage in STAGES),
        figure(money["untold_pence"]),
        NOT_TOLD if money["pool_pence"] is None else f"{figure(money['pool_pence'])} ({limits})",
        f"{told}, {months_in_words(money)}" if money["pools_told"] else told,
    )


def figure(pence: int | None, nothing: str = NOT_KNOWN) -> str:
    """With a minus that no line breaks behind."""
    return nothing if pence is None else pounds(pence / PENCE).replace("-", "−")


def counted(number: int, one: str, more: str = "") -> str:
    """
    >>> counted(1, "idea"), counted(2, "idea")
    ('1 idea', '2 ideas')
    """
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def standings_in_words(line: Line) -> str:
    """
    >>> standings_in_words({"standings": {"blocked": 1, "green": 5}})
    '1 blocked, 5 green'
    """
    found = line["standings"]
    return ", ".join(f"{found[word]:,} {word}" for word in ORDER if word in found) or "none"


def pools_in_words(money: Money) -> str:
    if money["pool_pence"] is None:
        return ""
    limits = f"{figure(money['pool_lower_pence'])} to {figure(money['pool_upper_pence'])}"
    told, holds = money["pools_told"], "holds" if money["pools_told"] == 1 else "hold"
    whose = "Its pool holds" if money["pools"] == 1 else f"{told:,} of its {money['pools']:,} pools {holds}"
    return f"{whose} {figure(money['pool_pence'])} ({limits}) in {months_in_words(money)}."


def months_in_words(money: Money) -> str:
    few, most = money["fewest_months_told"], money["most_months_told"]
    if few is None:
        return ""
    return counted(most, "month") if few == most else f"{few} to {counted(most, 'month')}"
