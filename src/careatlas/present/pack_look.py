"""Sections of a pack that say where to look: opportunities with their ladder, and spend beside outcome."""

import functools

from careatlas.engine.release import Release
from careatlas.present.document import Block, Grid, Paragraph, Picture, Section
from careatlas.present.opportunity_chart import opportunity_chart
from careatlas.present.opportunity_words import RUNG_WORDS, between, figure, money_in_words, way
from careatlas.present.pack_facts import PackFacts
from careatlas.present.publications import publications_of
from careatlas.present.quadrant import quadrant_chart, spend_and_outcome, standard_score
from careatlas.present.queries import Row

MOST_SHOWN = 8
NO_SPEND = (
    "What the area spends on each programme (programme budgeting) is not published as a file that is read here. Load "
    "your own figures to see it: careatlas load."
)


def where_to_look(facts: PackFacts) -> Section:
    """Opportunities: the surest first, each beside what chance alone would show."""
    every = [by_rung["best_five"] for by_rung in facts.opportunities.values() if "best_five" in by_rung]
    found = sorted(
        (row for row in every if row["amount"] > 0),
        key=lambda row: (not row["is_headline"], -(row["probability"] or 0), -_percent(facts, row, "amount")),
    )
    blocks: tuple[Block, ...] = (Paragraph(_nothing(len(every))),)
    if found:
        blocks = _opportunities(facts, found, len(every))
    return Section("look", "Where to look", blocks, starts_page=True)


def _nothing(worked_out: int) -> str:
    if worked_out:
        named = "the one indicator" if worked_out == 1 else f"any of the {worked_out} indicators"
        return (
            f"Beside the best five of the areas most like it, most likely nothing is to be gained in {named} "
            "worked out."
        )
    return (
        "No opportunities are worked out: they take five areas like it, an indicator with a better end, and ten "
        "events."
    )


def _opportunities(facts: PackFacts, found: list[Row], worked_out: int) -> tuple[Block, ...]:
    rows = found[:MOST_SHOWN]
    points = [
        {
            "name": facts.indicators[row["indicator"]]["short_title"],
            "percent": _percent(facts, row, "amount"),
            "lower": _percent(facts, row, "lower"),
            "upper": _percent(facts, row, "upper"),
            "chance": _percent(facts, row, "chance_only"),
            "is_headline": row["is_headline"],
            "between": f"{between(row)} {way(row, facts.indicators[row['indicator']])}",
        }
        for row in rows
    ]
    title = f"{facts.name} beside the best five of the areas most like it"
    said = "; ".join(f"{point['name']} {point['percent']:.0f}%" for point in points)
    used = publications_of(facts.release, [facts.indicators[row["indicator"]] for row in rows])
    source = f"Source: {'; '.join(one['title'] for one in used)}. {facts.made_by}"
    return (
        Paragraph(
            "What would be different if the area did as well as the best five of those most like it. What may be "
            "declared is blue and filled: the chance of a gap is at least .95 and it is larger than chance alone "
            "shows. Amounts are a period's, on average of the later half of up to twelve; the latest alone may differ. "
            f"{_how_many(len(rows), len(found), worked_out)}"
        ),
        Picture(
            "opportunities",
            lambda width: opportunity_chart(points, title=title, source=source, width=width),
            f"{title}, in per cent of its own events: {said}. The table below has the figures.",
            "opportunities",
        ),
        _amounts(facts, rows, found),
        _ladder(facts, rows, found),
        *_overlaps(facts, rows, found),
    )


def _how_many(shown: int, found: int, worked_out: int) -> str:
    """What is left out is said: beyond those shown, and where nothing is to be gained."""
    cut = f"Shown are the surest {shown} of {found}. " if found > shown else ""
    none = worked_out - found
    return cut + (
        f"In {none} of {worked_out} indicators most likely nothing is to be gained." if none else ""
    )


def _percent(facts: PackFacts, row: Row, of: str) -> float:
    """In per cent of the area's own events a period, over the periods that the amount rests on: of a single low month
    an amount could be more than all there was."""
    known = [count for end, count in facts.counts.get(row["indicator"], []) if end <= row["period_end"]]
    own = known[-row["periods"] :]
    return 100 * row[of] * len(own) / sum(own) if any(own) else 0.0


def _amounts(facts: PackFacts, rows: list[Row], found: list[Row]) -> Grid:
    return Grid(
        "Opportunities, each with its 95% interval; never to be added up",
        (
            "Indicator",
            "Amount",
            "95% interval",
            "By chance alone",
            "Probability",
            "Pounds",
            "May be declared",
        ),
        tuple(
            (
                _named(facts, row, found),
                f"{figure(row['amount'])} {way(row, facts.indicators[row['indicator']])}",
                between(row),
                figure(row["chance_only"]),
                "one period" if row["probability"] is None else f"{row['probability']:.2f}",
                money_in_words(row) or "no unit cost",
                "yes" if row["is_headline"] else "no",
            )
            for row in rows
        ),
        numeric=(2, 3, 4),
        wide=(2.2, 1.8, 1.4, 1.1, 1.1, 1.2, 1),
        id="opportunities-table",
        addresses=_addresses(facts, rows),
    )


def _ladder(facts: PackFacts, rows: list[Row], found: list[Row]) -> Grid:
    return Grid(
        "The ladder: the same beside other levels of the areas most like it (95% interval)",
        ("Indicator", *(words.capitalize() for words in RUNG_WORDS.values())),
        tuple(
            (
                _named(facts, row, found),
                *(
                    f"{figure(at['amount'])} ({between(at)})" if at else "none"
                    for rung in RUNG_WORDS
                    for at in [facts.opportunities[row["indicator"]].get(rung)]
                ),
            )
            for row in rows
        ),
        numeric=(1, 2, 3, 4, 5),
        wide=(1.8, 1.6, 1.6, 1.6, 1.6, 1.6),
        id="ladder",
        addresses=_addresses(facts, rows),
    )


def _addresses(facts: PackFacts, rows: list[Row]) -> tuple[str, ...]:
    return tuple(f"/indicators/{row['indicator']}/?area={facts.code}" for row in rows)


def _named(facts: PackFacts, row: Row, found: list[Row]) -> str:
    """Its short title, marked where it may count the same people as another in which something could be gained."""
    name = facts.indicators[row["indicator"]]["short_title"]
    return f"{name} (overlaps)" if _same_people(row, found) else name


def _same_people(row: Row, found: list[Row]) -> list[str]:
    """The indicators among those found that overlap with this one."""
    others = (row["overlaps_with"] or "").split(", ")
    return [other["indicator"] for other in found if other["indicator"] in others]


def _overlaps(facts: PackFacts, rows: list[Row], found: list[Row]) -> tuple[Block, ...]:
    said = [
        f"{facts.indicators[row['indicator']]['short_title']} may count the same people as "
        f"{', '.join(facts.indicators[id]['short_title'] for id in others)}."
        for row in rows
        if (others := _same_people(row, found))
    ]
    return (Paragraph(f"Overlaps. {' '.join(said)}", "note"),) if said else ()


def spend_beside_outcome(facts: PackFacts) -> Section:
    """The quadrant where both are on file; what is lacking, in words."""
    scores = {
        id: score
        for id, row in facts.latest.items()
        if (
            score := standard_score(
                _all_areas(facts.release, id, row["area_type"], row["period_end"]), facts.code
            )
        )
        is not None
    }
    found = spend_and_outcome(scores, facts.indicators)
    programmes = facts.release.catalogue["programmes"]
    points = [
        {**row, "name": programmes[row["programme"]]["title"]}
        for row in found
        if row["spend"] is not None and row["outcome"] is not None
    ]
    blocks: list[Block] = []
    if points:
        title = f"{facts.name}: spend and outcome by programme"
        said = "; ".join(
            f"{point['name']} spend {point['spend']:+.1f}, outcome {point['outcome']:+.1f}"
            for point in points
        )
        blocks.append(
            Picture(
                "spend",
                lambda width: quadrant_chart(points, title=title, source=facts.source, width=width),
                f"{title}, in standard deviations: {said}.",
                "values",
            )
        )
    blocks.append(_scores(found, programmes))
    has_budget = any(
        programmes[point["programme"]]["kind"] == "programme_budget_category" for point in points
    )
    if not has_budget:
        blocks.append(Paragraph(NO_SPEND))
    return Section("spend", "Spend and outcome", tuple(blocks), starts_page=True)


def _scores(found: list[Row], programmes: Row) -> Grid:
    def score(value: float | None) -> str:
        return "not on file" if value is None else f"{value:+.1f}"

    return Grid(
        "Standard deviations from the mean of all areas; more spent and better outcomes are +; beyond 2 is unusual",
        ("Programme", "Spend", "Outcome", "Outcomes taken together"),
        tuple(
            (
                programmes[row["programme"]]["title"],
                score(row["spend"]),
                score(row["outcome"]),
                str(row["outcomes"]),
            )
            for row in found
            if (row["spend"], row["outcome"]) != (None, None)
        ),
        numeric=(1, 2, 3),
        wide=(3.4, 1.2, 1.2, 1.4),
        id="spend-table",
    )


@functools.lru_cache(maxsize=512)
def _all_areas(release: Release, indicator: str, area_type: str, period_end: object) -> list[Row]:
    columns = ["area", "value", "status", "estimated"]
    where = {"indicator": indicator, "area_type": area_type, "period_end": period_end}
    return release.rows("values", columns, **where, sex="persons", age_band="all")


def examples(facts: PackFacts) -> Section:
    """Where the library matches examples to these gaps. They change from day to day, and a pack is of one release."""
    return Section(
        "examples",
        "Examples that were assessed",
        (
            Paragraph(
                "What worked elsewhere for gaps like these, with the reasons, is matched in the library of this atlas: "
                f"/library/for/{facts.area['code']}/. Ask the areas named above, too."
            ),
        ),
    )
