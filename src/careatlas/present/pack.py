"""An investment pack: all that one area would take into a meeting, on a few pages.

Sections stand in the order in which a meeting asks: what is it, who is like us, where to look, what it costs, what is
growing, a condition at a time, what lasts, whom to ask. Every figure comes from the release and carries its
interval or says why it has none; opportunities are never added up.
"""

from careatlas.engine.release import Release
from careatlas.present import pack_look, pack_over_time, pack_places
from careatlas.present.document import Document, Paragraph, Points, Section
from careatlas.present.explanation_words import CHANGED
from careatlas.present.opportunity_words import amount_in_words
from careatlas.present.pack_facts import PackFacts
from careatlas.present.periods import period_name
from careatlas.present.standing_out import standing_out
from careatlas.present.standing_out_words import lasting_in_brief
from careatlas.present.words import area_in_brief

MOST_DECISIONS = 4


def pack(release: Release, area: str) -> Document:
    """The pack of one area, by code or name."""
    facts = PackFacts.of(release, area)
    type_title = release.catalogue["area_types"][facts.area["area_type"]]["title"]
    return Document(
        title=f"{facts.name}: where to look, and whom to ask",
        subtitle=f"{type_title} {facts.code}. {_periods(facts)}.",
        foot=f"Care Atlas, release {release.id}. {_simulated(facts)}Care Atlas shows variation; what part of it is "
        "unwarranted is for people to decide.",
        sections=(
            _front(facts),
            pack_places.most_alike(facts),
            pack_look.where_to_look(facts),
            pack_look.spend_beside_outcome(facts),
            pack_over_time.growth(facts),
            *pack_places.pathways(facts),
            pack_over_time.what_lasts(facts),
            pack_over_time.whom_to_ask(facts),
            pack_look.examples(facts),
            _methods_and_sources(facts),
        ),
    )


def _periods(facts: PackFacts) -> str:
    ends = [row["period_end"] for row in facts.profile]
    if not ends:
        return "No figures on file"
    return f"Latest figures on file, {min(ends):%B %Y} to {max(ends):%B %Y}, each with its own period"


def _simulated(facts: PackFacts) -> str:
    return "" if facts.country["code"] == "ENG" else "Simulated country: fictional places, no real figures. "


def _front(facts: PackFacts) -> Section:
    return Section(
        "front",
        "In three sentences, and what to decide",
        (
            *(Paragraph(sentence, "lead") for sentence in _in_brief(facts)),
            Paragraph("Decisions to take", "heading"),
            Points(tuple(decisions(facts)) or (_nothing_to_decide(facts),), is_ordered=True),
            Paragraph(
                "Each is a question, not a finding of fault: figures say where to look, people say why and what to do.",
                "note",
            ),
        ),
    )


def _in_brief(facts: PackFacts) -> list[str]:
    """How much differs, what most, and what of it lasts or could be better."""
    if not facts.profile:
        return [f"No figure of {facts.name} is on file."]
    said = area_in_brief(facts.name, facts.national, facts.indicators, facts.profile)
    verdicts = [row["verdict"] for row in facts.lasting.values()]
    persistent = sum(verdict.startswith("persistently") for verdict in verdicts)
    changed = sum(verdict in CHANGED for verdict in verdicts)
    declared = sum(
        rows["best_five"]["is_headline"] for rows in facts.opportunities.values() if "best_five" in rows
    )
    persist = _counted(persistent, "difference persists", "differences persist")
    declare = _counted(declared, "opportunity", "opportunities")
    lasts = f"{persist}, {changed or 'none'} changed for good; {declare} may be declared."
    return [*said[:2], lasts[:1].upper() + lasts[1:]]


def _counted(number: int, one: str, more: str) -> str:
    return f"{number or 'no'} {one if number == 1 else more}"


def decisions(facts: PackFacts) -> list[str]:
    """What to decide: first opportunities beyond chance, then what stands out where none may be declared."""
    declared = {
        row["indicator"]: best
        for row in facts.profile
        if (best := facts.opportunities.get(row["indicator"], {}).get("best_five")) and best["is_headline"]
    }
    said = [
        f"{facts.indicators[id]['short_title']}: {amount_in_words(row, facts.indicators[id])} beside the best five of "
        "the areas most like it. Who looks into it, and by when?"
        for id, row in declared.items()
    ]
    for one in standing_out(
        facts.profile, [*facts.national, *facts.standards], list(facts.lasting.values()), facts.indicators
    ):
        if (id := one["indicator"]) in declared:
            continue
        row, indicator = facts.latest[id], facts.indicators[id]
        lasting = lasting_in_brief(
            facts.lasting.get(id), len(facts.series(id)), row["difference"] or 0.0, facts.country["name"]
        )
        said.append(
            f"{indicator['short_title']}: {lasting} Is that what the area wants, and does anybody know why?"
        )
    return said[:MOST_DECISIONS]


def _nothing_to_decide(facts: PackFacts) -> str:
    return (
        f"Nothing of {facts.name} stands out beyond chance in what is on file. Is what matters most here on file "
        "at all?"
    )


def _methods_and_sources(facts: PackFacts) -> Section:
    used = {side["table"] for row in facts.profile for side in _sides(facts.indicators[row["indicator"]])}
    sources = [
        f"{source['title']} ({source['publisher']}; {source['licence']})"
        for source in facts.release.manifest["sources"]
        if used & set(source["tables"])
    ]
    spans = sorted({period_name(row["period_start"], row["period_end"]) for row in facts.profile})
    return Section(
        "sources",
        "Methods and sources",
        (
            Paragraph(
                "Intervals are 95 %. An area is set apart from the country only where chance in the counting does not "
                "explain it; whether it lasts is told by all periods on file, with allowance for what comes and goes "
                "and for months that resemble the month before. Opportunities choose the best five of the areas most "
                "alike on earlier periods and value them by all; what equal areas would show stands beside each. "
                "Opportunities of overlapping indicators are the same people: never add them."
            ),
            Paragraph(f"Periods used: {'; '.join(spans)}."),
            Points(tuple(sources)),
        ),
    )


def _sides(indicator: dict) -> list[dict]:
    return [side for side in (indicator["numerator"], indicator["denominator"]) if side]
