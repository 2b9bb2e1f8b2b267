"""Sections of a pack that hold an area beside others: who is most like it, and its pathways."""

from careatlas.present.beside_peers import beside_peers
from careatlas.present.document import Block, Grid, Paragraph, Section
from careatlas.present.numbers import interval, is_full_return, number, unit_in_words, value_or_status
from careatlas.present.pack_facts import PackFacts
from careatlas.present.peers import NO_GOOD_MATCH, chosen_by
from careatlas.present.periods import period_name
from careatlas.present.queries import Row

BESIDE_COUNTRY = {
    "better": "better",
    "worse": "worse",
    "higher": "higher",
    "lower": "lower",
    "similar": "not told apart",
    "not_compared": "not compared",
}
NOT_WORKED_OUT = (
    "Areas most alike are worked out for areas with residents of their own and for trusts, where enough is on file; "
    "there are none for this one, so nothing here is held beside peers."
)


def most_alike(facts: PackFacts) -> Section:
    """Who is like it, in its people or (a trust) in kind and size, and how like."""
    return Section("alike", "Areas most like it", _alike(facts))


def _alike(facts: PackFacts) -> tuple[Block, ...]:
    if not facts.peers:
        return (Paragraph(NOT_WORKED_OUT),)
    rows = tuple(
        (
            str(peer["rank"]),
            facts.release.areas[peer["peer"]]["name"],
            f"{peer['distance']:.2f}",
            "good match" if peer["good_match"] else "too unlike to be held beside it",
        )
        for peer in facts.peers
    )
    good = len(facts.good_peers)
    said = (
        f"{good} of the ten nearest are a good match by {chosen_by(facts.area['area_type'])}. "
        "Never by their results."
        if good
        else f"{NO_GOOD_MATCH.capitalize()}. Hold it beside the country, or choose a set of your own on its page."
    )
    grid = Grid(
        "The ten nearest, and how far: 0 is alike, 1 is a standard deviation of all areas",
        ("Place", "Area", "Distance", "Match"),
        rows,
        numeric=(0, 2),
        wide=(0.6, 3, 1, 2.4),
    )
    return (Paragraph(said), grid)


def pathways(facts: PackFacts) -> list[Section]:
    """A page a condition, from prevention to outcome; what is not on file is said."""
    return [
        Section(
            f"pathway-{pathway['id']}",
            f"Pathway on a page: {pathway['title'][:1].lower()}{pathway['title'][1:]}",
            (_pathway_grid(facts, pathway), *_not_on_file(facts, pathway)),
        )
        for pathway in facts.release.catalogue.get("pathways", {}).values()
    ]


def _pathway_grid(facts: PackFacts, pathway: Row) -> Grid:
    rows = [
        _pathway_row(facts, step["title"], id)
        for step in pathway["steps"]
        for id in step["indicators"]
        if id in facts.latest
    ]
    empty = [
        (step["title"], "nothing on file for this area", "", "", "", "")
        for step in pathway["steps"]
        if not any(id in facts.latest for id in step["indicators"])
    ]
    order = [step["title"] for step in pathway["steps"]]
    return Grid(
        f"{pathway['title']} in {facts.name}, with 95% intervals",
        ("Step", "Indicator", "Its figure", facts.country["name"], "Most alike", "Beside the country"),
        tuple(sorted(rows + empty, key=lambda row: order.index(row[0]))),
        numeric=(2, 3, 4),
        wide=(1.1, 2.6, 2.2, 1, 1.8, 1.2),
    )


def _pathway_row(facts: PackFacts, step: str, id: str) -> tuple[str, ...]:
    row, indicator = facts.latest[id], facts.indicators[id]
    limits = interval(row, indicator)
    peers = peers_together(facts, row)
    when = period_name(row["period_start"], row["period_end"])
    return (
        step,
        ", ".join(word for word in (indicator["short_title"], unit_in_words(indicator), when) if word),
        f"{value_or_status(row, indicator)}" + (f" ({limits})" if limits else ""),
        number(row["benchmark_value"], indicator) or "none",
        f"{number(peers['value'], indicator)} ({interval(peers, indicator)})" if peers else "none",
        BESIDE_COUNTRY.get(row["significance"] or "not_compared", "not compared"),
    )


def peers_together(facts: PackFacts, row: Row) -> Row | None:
    """The good matches' figure of the same indicator and period, taken together."""
    same = [
        other
        for code in facts.good_peers
        for other in facts.release.of_area(
            "values",
            code,
            indicator=row["indicator"],
            period_end=row["period_end"],
            sex="persons",
            age_band="all",
        )
        if is_full_return(other)
    ]
    return beside_peers(row, same, facts.indicators[row["indicator"]]) if same else None


def _not_on_file(facts: PackFacts, pathway: Row) -> tuple[Block, ...]:
    lacking = [step["not_on_file"] for step in pathway["steps"] if step["not_on_file"]]
    return (Paragraph(f"Belongs here and is not on file: {' '.join(lacking)}", "note"),) if lacking else ()
