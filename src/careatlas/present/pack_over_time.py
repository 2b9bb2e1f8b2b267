"""Sections of a pack about time: what grows, what lasts, and who like the area got better."""

from math import exp, log, sqrt

from careatlas.methods.intervals import normal_quantile
from careatlas.present.document import Grid, Paragraph, Section
from careatlas.present.explanation_words import signed
from careatlas.present.learn import got_better
from careatlas.present.pack_facts import PackFacts
from careatlas.present.periods import period_name, unbroken
from careatlas.present.queries import Row
from careatlas.present.standing_out_words import is_worked_out, lasting_in_brief

MONTHS, MOST_ASKED = 12, 8
PERSISTENT = ("persistently_high", "persistently_low")


def growth(facts: PackFacts) -> Section:
    """How counts of activity moved from one year to the next, beside the country."""
    activity = [
        id
        for pathway in facts.release.catalogue.get("pathways", {}).values()
        for step in pathway["steps"]
        if step["title"] == "Activity"
        for id in step["indicators"]
        if id in facts.latest
    ]
    rows = [row for id in dict.fromkeys(activity) if (row := _growth_row(facts, id)) is not None]
    if not rows:
        why = "Growth takes two years that can be compared; fewer are on file."
        return Section("growth", "Activity growth", (Paragraph(why),))
    grid = Grid(
        "Counts of activity, one year to the next; intervals allow for chance in the counting alone",
        ("Activity", "Compared", "Before", "After", "Growth", "95% interval", facts.country["name"]),
        tuple(rows),
        numeric=(2, 3, 4, 5, 6),
        wide=(2.2, 2.4, 1.1, 1.1, 1, 1.6, 1),
    )
    return Section("growth", "Activity growth", (grid,))


def _growth_row(facts: PackFacts, indicator: str) -> tuple[str, ...] | None:
    own = year_on_year(facts.series(indicator))
    if own is None:
        return None
    whole = year_on_year(facts.series(indicator, facts.country["code"]))
    low, high = growth_limits(own["before"], own["after"])
    return (
        facts.indicators[indicator]["short_title"],
        own["compared"],
        f"{own['before']:,.0f}",
        f"{own['after']:,.0f}",
        _growth(own),
        f"{signed(100 * (low - 1))} to {signed(100 * (high - 1))}",
        _growth(whole) if whole else "none",
    )


def _growth(years: Row) -> str:
    return signed(100 * (years["after"] / years["before"] - 1))


def year_on_year(series: list[Row]) -> Row | None:
    """The sums of the last twelve months and the twelve before, or of the last two years; None where either is not
    whole. Before: ``count`` above 0."""
    on_file = [(row["period_start"], row["period_end"]) for row in series]
    run = unbroken(on_file, on_file[-1]) if on_file else []
    is_monthly = bool(run) and (run[-1][1] - run[-1][0]).days < 31
    length = MONTHS if is_monthly else 1
    if len(run) < 2 * length or (not is_monthly and (run[-1][1] - run[-1][0]).days < 360):
        return None
    after, before = series[-length:], series[-2 * length : -length]
    sums = [sum(row["count"] or 0.0 for row in rows) for rows in (before, after)]
    if min(sums) <= 0:
        return None
    first, last = period_name(*run[-2 * length]), period_name(*run[-1])
    compared = f"12 months to {last} with the 12 before" if is_monthly else f"{last} with {first}"
    return {"before": sums[0], "after": sums[1], "compared": compared}


def growth_limits(before: float, after: float) -> tuple[float, float]:
    """95 % limits of the ratio of two Poisson counts, on the log scale.

    100 and 121: a ratio of 1.21; 1.96 x root(1/100 + 1/121) = .2649:

    >>> [round(limit, 3) for limit in growth_limits(100, 121)]
    [0.928, 1.577]
    """
    reach = normal_quantile(0.95) * sqrt(1 / before + 1 / after)
    return exp(log(after / before) - reach), exp(log(after / before) + reach)


def what_lasts(facts: PackFacts) -> Section:
    """Differences that persist, and changes that lasted."""
    said = [
        row
        for row in facts.profile
        if (facts.lasting.get(row["indicator"]) or {}).get("verdict") not in (None, "none")
    ]
    if not said:
        known = any(is_worked_out(row) for row in facts.lasting.values())
        why = (
            f"Nothing of {facts.name} is persistently apart from {facts.country['name']}, and nothing changed for good."
            if known
            else "Too few periods are on file to show what lasts: counting error only, and no gap is called real."
        )
        return Section("lasts", "What lasts", (Paragraph(why),))
    grid = Grid(
        "Persistent differences and lasting changes, false discoveries held to 5 % and 2 %",
        ("Indicator", "What the periods on file show"),
        tuple(
            (
                facts.indicators[row["indicator"]]["short_title"],
                lasting_in_brief(
                    facts.lasting[row["indicator"]],
                    len(facts.series(row["indicator"])),
                    row["difference"] or 0.0,
                    facts.country["name"],
                ),
            )
            for row in said
        ),
        wide=(1.6, 5),
    )
    return Section("lasts", "What lasts", (grid,))


def whom_to_ask(facts: PackFacts) -> Section:
    """Areas that had the same and got better, those most like this one first."""
    rows = []
    for id, lasting in facts.lasting.items():
        if id not in facts.latest or facts.indicators[id]["polarity"] == "neither":
            continue
        if lasting["verdict"] not in (*PERSISTENT, "worsened"):
            continue
        is_high = (lasting["deviation"] or 0) > 0
        if is_high == (facts.indicators[id]["polarity"] == "higher_is_better"):
            continue  # it is on the better side
        rows += [(id, found) for found in got_better(facts.release, id, facts.code)[:2]]
    if not rows:
        why = (
            "No area is known to have been on the worse side of something that this area is, and to have got better "
            "since."
        )
        return Section("ask", "Whom to ask", (Paragraph(why),))
    grid = Grid(
        "Areas that stood on the worse side and got better, beyond chance and regression to the mean",
        ("Indicator", "Area", "Like it?", "Since", "Change", "95% interval"),
        tuple(
            (
                facts.indicators[id]["short_title"],
                found["name"] or found["area"],
                "most alike" if found["is_peer"] else "not among the most alike",
                f"{found['change_start']:%B %Y}",
                signed(found["change"]),
                f"{signed(found['change_lower'])} to {signed(found['change_upper'])}",
            )
            for id, found in rows[:MOST_ASKED]
        ),
        numeric=(4, 5),
        wide=(1.8, 1.8, 1.5, 1.2, 0.9, 1.5),
    )
    note = Paragraph("It says where to ask, not why it worked.", "note")
    return Section("ask", "Whom to ask", (grid, note))
