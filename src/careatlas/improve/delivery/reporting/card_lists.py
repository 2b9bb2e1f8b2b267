"""The lists of a report card as tables: what is not as planned, milestones, examples, risks, what is not counted."""

from datetime import date
from typing import Any

from careatlas.improve.delivery.reporting.card import Card
from careatlas.improve.delivery.reporting.card_tables import counted, figure
from careatlas.present.document import Block, Grid, Paragraph, Points, Section

Note = dict[str, Any]
RATINGS = {
    "highly_recommended": "highly recommended",
    "recommended": "recommended",
    "none": "not recommended",
}
NOBODY = "nobody named"


def exceptions(card: Card) -> Section:
    shown = card["exceptions"]["shown"]
    blocks: list[Block] = [Paragraph("Nothing: every initiative goes as planned.")]
    if shown:
        rows = tuple((one["title"], one["organisation"], one["status"], _in_words(one)) for one in shown)
        blocks = [
            Grid(
                "Initiatives that do not go as planned: blocked ones first, then those that are to save most",
                ("Initiative", "Organisation", "Status", "What, and what was returned in words"),
                rows,
                wide=(2, 1.6, 0.9, 5),
                id="exceptions-table",
                addresses=_to_initiatives(shown),
            ),
            *_left_out(card["exceptions"], "initiative"),
        ]
    return Section("exceptions", "Not as planned", (*blocks, *_over_drawn(card)))


def milestones(card: Card) -> Section:
    told = card["milestones"]
    lead = f"{told['done']:,} of {told['due']:,} milestones due by the month’s end are done"
    lead = lead if told["due"] else "No milestone was due by the month’s end"
    return Section(
        "milestones",
        "Milestones",
        (
            Paragraph(f"{lead}."),
            *_milestones("Late", "late", told["late"]),
            *_milestones("Due in the thirty days after", "coming", told["coming"]),
        ),
    )


def examples_and_risks(card: Card) -> Section:
    return Section("examples", "Best examples and biggest risks", (*_examples(card), *_risks(card)))


def not_counted(card: Card) -> Section:
    told, whole = card["not_counted"], card["whole"]
    points = []
    if told["ideas"]:
        claimed = f", which claim {_by_kind(told['of_ideas'])}" if told["of_ideas"] else ""
        points.append(
            f"{counted(told['ideas'], 'idea')}{claimed}: until its first gate is open an idea counts nowhere."
        )
    points += [
        f"{money['kind'].capitalize()}: {figure(money['untold_pence'])} is claimed of months or pools that data do not "
        "tell of yet."
        for money in whole["money"]
        if money["untold_pence"]
    ]
    points += [f"{counted(one['pools'], 'pool')}: {one['reason']}" for one in told["reasons"]]
    if told["without_quality_measure"]:
        without = counted(told["without_quality_measure"], "initiative")
        points.append(f"{without} without a measure of quality: nothing that they claim counts.")
    if told["claimed_since_baseline"]:
        points.append(
            f"Claimed since the plan was fixed, and so in no plan: {_by_kind(told['claimed_since_baseline'])}."
        )
    if told["withdrawn_since_baseline"]:
        points.append(
            f"Withdrawn since the plan was fixed, and still in it: {_by_kind(told['withdrawn_since_baseline'])}."
        )
    if card["is_for_readers"]:
        points.append("Ideas, and plans that are not fixed as a baseline yet, are left out.")
    block = Points(tuple(points)) if points else Paragraph("Nothing is left out.")
    return Section("not-counted", "What is not counted", (block,))


def _in_words(one: Note) -> str:
    said = f" “{one['said']}”" if one["said"] else ""
    return " ".join(one["words"]) + said


def _over_drawn(card: Card) -> list[Block]:
    shown = card["over_drawn"]["shown"]
    if not shown:
        return []
    rows = tuple(
        (
            one["title"],
            one["area"],
            figure(one["asked_so_far_pence"]),
            f"{figure(one['there_pence'])} ({figure(one['lower_pence'])} to {figure(one['upper_pence'])})",
            f"{one['initiatives']:,}",
            _drawing(one["drawing"]),
        )
        for one in shown
    )
    grid = Grid(
        "Pools of which more is claimed than there is, in the months told of: the largest excess first",
        ("Pool", "Area", "Claimed", "There (95% interval)", "Initiatives", "Who claims how much of the year"),
        rows,
        numeric=(2, 3, 4),
        wide=(2, 1.6, 1.1, 2.4, 0.9, 3),
        id="over-drawn-table",
        addresses=tuple(f"/delivery/pools/{one['pool']}/" for one in shown),
    )
    return [grid, *_left_out(card["over_drawn"], "pool")]


def _drawing(found: Note) -> str:
    named = [f"{one['organisation']} {figure(one['pence'])}" for one in found["shown"]]
    more = [f"{found['left_out']:,} more"] if found["left_out"] else []
    return "; ".join([*named, *more])


def _milestones(caption: str, id: str, found: Note) -> list[Block]:
    if not found["shown"]:
        return []
    rows = tuple(
        (
            one["milestone"],
            one["title"],
            one["organisation"],
            _day(one["due_on"]),
            _day(one["forecast_on"]) if one["forecast_on"] else "as due",
            one["owner"] or NOBODY,
        )
        for one in found["shown"]
    )
    grid = Grid(
        caption,
        ("Milestone", "Initiative", "Organisation", "Due", "Expected", "Owner"),
        rows,
        wide=(2.4, 2, 1.6, 1.1, 1.1, 1.2),
        id=f"{id}-table",
        addresses=_to_initiatives(found["shown"]),
    )
    return [grid, *_left_out(found, "milestone")]


def _examples(card: Card) -> list[Block]:
    shown = card["examples"]["shown"]
    if not shown:
        return [Paragraph("No published example of the library is in use here yet.")]
    rows = tuple(
        (
            one["title"],
            RATINGS.get(one["rating"], "not rated"),
            one["verdict"],
            f"{one['initiatives']:,}",
            f"{one['adopted']:,}",
            f"{one['evidenced']:,}",
            _by_kind(one["cautious"]) or "none yet",
        )
        for one in shown
    )
    grid = Grid(
        "Examples of the library in use here: first those with evidenced savings",
        (
            "Example",
            "Rating",
            "Measured effect",
            "Initiatives",
            "Adopted by",
            "With evidence",
            "Headline, allocated by rule",
        ),
        rows,
        numeric=(3, 4, 5),
        wide=(3, 1.4, 1.1, 0.9, 0.9, 0.9, 2.4),
        id="examples-table",
        addresses=tuple(f"/library/{one['example']}/" for one in shown),
    )
    return [grid, *_left_out(card["examples"], "example")]


def _risks(card: Card) -> list[Block]:
    shown = card["risks"]["shown"]
    if not shown:
        return [Paragraph("No risk is open.")]
    rows = tuple(
        (
            one["risk"],
            f"{one['band'].lower()} ({one['score']} of 25)",
            one["mitigation"] or "nothing said",
            one["title"],
            one["organisation"],
            one["owner"] or NOBODY,
        )
        for one in shown
    )
    grid = Grid(
        "Open risks, the greatest first",
        ("Risk", "Likelihood times impact", "What is done about it", "Initiative", "Organisation", "Owner"),
        rows,
        wide=(2.4, 1.2, 2.6, 1.8, 1.5, 1.2),
        id="risks-table",
        addresses=_to_initiatives(shown),
    )
    return [grid, *_left_out(card["risks"], "risk")]


def _left_out(found: Note, of: str) -> list[Block]:
    if not found["left_out"]:
        return []
    more = counted(found["left_out"], f"more {of}")
    return [
        Paragraph(f"And {more}: cards of single organisations and workstreams show more of them.", "note")
    ]


def _to_initiatives(shown: list[Note]) -> tuple[str, ...]:
    return tuple(f"/delivery/initiatives/{one['initiative']}/" for one in shown)


def _by_kind(sums: list[Note]) -> str:
    return "; ".join(f"{one['kind']} {figure(one['pence'])}" for one in sums)


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%b %Y}"
