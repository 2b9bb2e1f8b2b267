"""A report card in words, for a page and for print: from the card alone, so that a kept one says the same.

The headline is the cautious figure, and a share of a pool is "allocated by rule".
"""

from datetime import date
from typing import NamedTuple

from careatlas.improve.delivery.reporting.card import Card, month_in_words
from careatlas.improve.delivery.reporting.card_lists import (
    examples_and_risks,
    exceptions,
    milestones,
    not_counted,
)
from careatlas.improve.delivery.reporting.card_money import STAGES, Money
from careatlas.improve.delivery.reporting.card_status import WORDS
from careatlas.improve.delivery.reporting.card_tables import (
    NOT_TOLD,
    counted,
    figure,
    line_sections,
    pools_in_words,
    standings_in_words,
)
from careatlas.present.document import Block, Document, Paragraph, Points, Section


class Mark(NamedTuple):
    """Of a kept report: its number, who kept it when, and who signed it, in which post, when, with which words."""

    number: int
    made_by: str
    made_on: str
    signed_by: str = ""
    signed_post: str = ""
    signed_on: str = ""
    signed_words: str = ""


def document(card: Card, mark: Mark | None = None) -> Document:
    return Document(
        title=title(card),
        subtitle=f"{card['year']}, April to {month_in_words(card['month'])}. {_data(card)}",
        foot=f"Care Atlas, release {card['release']}. {_simulated(card)}Shares of a pool are allocated by rule.",
        sections=(
            _brief(card),
            *line_sections(card),
            exceptions(card),
            milestones(card),
            examples_and_risks(card),
            not_counted(card),
            _reading(card),
            _signature(mark),
        ),
        is_wide=True,
    )


def in_lines(card: Card, mark: Mark | None = None) -> list[str]:
    """What stands above a table of its lines in a terminal."""
    shown = document(card, mark)
    brief = next(section for section in shown.sections if section.id == "brief")
    said = [
        line
        for block in brief.blocks
        for line in (block.items if isinstance(block, Points) else [block.text])
    ]
    exceptions = len(card["exceptions"]["shown"]) + card["exceptions"]["left_out"]
    return [
        shown.title,
        shown.subtitle,
        *said,
        f"{counted(exceptions, 'initiative')} not as planned; --out DIR tells all.",
    ]


def title(card: Card) -> str:
    within = f", {card['workstream']['title']}" if card["workstream"] else ""
    return f"Report card: {card['organisation']['name']}{within}, {month_in_words(card['month'])}"


def day_in_words(day: date) -> str:
    """
    >>> day_in_words(date(2026, 8, 3))
    '3 August 2026'
    """
    return f"{day.day} {day:%B %Y}"


def _data(card: Card) -> str:
    if card["data_until"] is None:
        return "No pool can be told of yet."
    first, last = month_in_words(card["data_from"]), month_in_words(card["data_until"])
    told = f"until {last}" if first == last else f"until {first} to {last}"
    return f"Release {card['release']} tells of pools {told}."


def _simulated(card: Card) -> str:
    return "Simulated country: fictional places, no real figures. " if card["is_simulated"] else ""


def _brief(card: Card) -> Section:
    whole = card["whole"]
    ideas = f", and {counted(whole['ideas'], 'idea')} not reported" if whole["ideas"] else ""
    lead = f"{counted(whole['initiatives'], 'initiative')}{ideas}: {standings_in_words(whole)}."
    blocks: list[Block] = [Paragraph(lead, "lead")]
    if whole["money"]:
        blocks.append(Paragraph("The headline, kind by kind", "heading"))
        blocks.append(Points(tuple(_headline(money) for money in whole["money"])))
        blocks.append(
            Paragraph(
                "Kinds are never added together. Shares of a pool are allocated by rule: data tell what a pool saved, "
                "not whose work it was.",
                "note",
            )
        )
    else:
        blocks.append(Paragraph("No saving is claimed."))
    blocks.append(Paragraph(_returned(card)))
    return Section("brief", "In brief", tuple(blocks))


def _headline(money: Money) -> str:
    deduplicated, evidenced, cautious = (figure(money[f"{stage}_pence"], NOT_TOLD) for stage in STAGES)
    said = f"{money['kind'].capitalize()}: {cautious}, of {figure(money['claimed_pence'])} claimed"
    if money["cautious_pence"] is not None:
        said += f" (de-duplicated {deduplicated}, evidenced {evidenced})"
    untold = f" {figure(money['untold_pence'])} of it is not told yet." if money["untold_pence"] else ""
    return " ".join([f"{said}.{untold}", *_of_other_kinds(money), pools_in_words(money)]).strip()


def _of_other_kinds(money: Money) -> list[str]:
    """Why a kind may have evidence of more than it claims, or less than nothing."""
    more = (money["evidenced_pence"] or 0) > max(0, money["deduplicated_pence"] or 0)
    told = ["Of what is evidenced, part is cash that finance did not confirm."] if more else []
    is_below = (money["cautious_pence"] or 0) < 0
    return told + (["What is spent instead counts in full, whatever is proven."] if is_below else [])


def _returned(card: Card) -> str:
    whole = card["whole"]
    before = (
        f"; of {whole['returned_before']:,} others the last return is older"
        if whole["returned_before"]
        else ""
    )
    return f"Returns for {month_in_words(card['month'])}: {whole['returned']:,} of {whole['asked']:,} sent in{before}."


def _reading(card: Card) -> Section:
    """What each word and column means, on the card itself: it is read far from the atlas."""
    return Section(
        "reading",
        "How to read it",
        (
            Points(
                (
                    "Status: "
                    + "; ".join(f"{word}: {said}" for word, said in WORDS.items())
                    + ". A line stands as the worst of its initiatives."
                    + _false_alarm(card),
                    "Gross is what is claimed to be saved in the year, reprovision what is spent instead, net the two "
                    "together. The plan is what was claimed when the plan was fixed as the baseline, or as claimed now "
                    "where it was not fixed.",
                    "Actual to date is what the last monthly return said; where none was sent in it is not known. The "
                    "variance holds it against the plan of just those claims, to the month of that return. The "
                    "forecast outturn is as last returned, else as claimed. Confidence is weighted by what is claimed.",
                    "Claimed is held to what the pool has (de-duplicated: business as usual less what was counted, "
                    f"shared {card['split']}); evidenced where the 95% interval of the pool leaves out that nothing "
                    "happened, quality held and counting did not change; the headline is what the lower limit allows. "
                    "Cash that finance did not confirm is evidenced as capacity released.",
                    "What the pools hold is all of them, others' parts included; together their errors are taken as "
                    "independent of each other.",
                )
            ),
        ),
    )


def _false_alarm(card: Card) -> str:
    share = card["false_alarm"]
    return f" By chance alone, up to {share:.1%} of them are blocked in a year." if share is not None else ""


def _signature(mark: Mark | None) -> Section:
    if mark is None:
        return Section(
            "signed", "Sign-off", (Paragraph("As it stands at this moment: not kept, and not signed."),)
        )
    kept = Paragraph(
        f"Report {mark.number}, kept by {mark.made_by} on {mark.made_on}. It says what it said then."
    )
    if not mark.signed_by:
        return Section("signed", "Sign-off", (kept, Paragraph("Nobody has signed it yet.")))
    signed = f"Signed by {mark.signed_by}, {mark.signed_post}, on {mark.signed_on}."
    said = (Paragraph(f"“{mark.signed_words}”"),) if mark.signed_words else ()
    return Section("signed", "Sign-off", (kept, Paragraph(signed), *said))
