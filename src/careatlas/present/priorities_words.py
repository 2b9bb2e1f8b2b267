"""The list at the margin in words, and how its figures are written."""

import math
from collections.abc import Sequence

from careatlas.present.priorities import DRAWS, Priorities, Row
from careatlas.present.worksheet_checks import Worksheet

MOST_NAMED = 6
DECISIONS = {
    "funded": "funded",
    "not funded": "not funded",
    "no budget": "no budget",
    "never": "never: it gives nothing",
    "release": "could be released",
    "keep": "kept",
    "not weighed": "not weighed",
}


def in_words(found: Priorities, sheet: Worksheet) -> list[str]:
    """What the budget funds, what comes next and what could pay for it, what is sure, and what is not weighed."""
    said = [_funded(found, sheet), _next(found), _whatever_the_weights(found), _within_ranges(found)]
    return [sentence for sentence in said if sentence]


def whole_pounds(amount: float | None) -> str:
    """``£95,000``, ``-£15,000``: the group's own figures, so not rounded to fewer; never pence."""
    if amount is None or math.isnan(amount):
        return "not known"
    return f"{'-' if round(amount) < 0 else ''}£{abs(round(amount)):,}"


def three_figures(amount: float | None) -> str:
    """``93.3``, ``1,250``, ``0.18``; empty where there is none."""
    if amount is None:
        return ""
    rounded = float(f"{amount:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 or rounded == 0 else f"{rounded:.3g}"


def for_money(row: Row) -> str:
    """Value for money; in words where there is no ratio to give."""
    if row["value_for_money"] is None:
        return "" if row["value"] is None else "saves money" if row["net_cost"] < 0 else "costs nothing"
    return three_figures(row["value_for_money"])


def band(row: Row) -> str:
    if row["value_for_money_low"] is None:
        return ""
    return f"{three_figures(row['value_for_money_low'])} to {three_figures(row['value_for_money_high'])}"


def share(of_draws: float | None) -> str:
    """``93 of 100``: all and none are only said where no draw was otherwise."""
    if of_draws is None:
        return ""
    hundredths = round(100 * of_draws)
    if hundredths in (0, 100) and not of_draws.is_integer():
        return "under 1 of 100" if hundredths == 0 else "over 99 of 100"
    return f"{hundredths} of 100"


def _funded(found: Priorities, sheet: Worksheet) -> str:
    weighed = [row for row in found.rows if row["kind"] == "invest" and row["decision"] != "not weighed"]
    without = sum(row["decision"] == "not weighed" for row in found.rows)
    lack = f" {_counted(without)} not weighed, because figures lack." if without else ""
    if not weighed:
        return f"No option to invest in can be weighed yet.{lack}"
    if math.isnan(sheet.budget):
        return f"The options stand in order of value for money; with a budget, the list says what it funds.{lack}"
    funded = [row["option"] for row in weighed if row["decision"] == "funded"]
    names = f", in order of value for money: {_listed(funded)}" if funded else ""
    return (
        f"The budget of {whole_pounds(sheet.budget)} funds {len(funded)} of {len(weighed)} options{names}. "
        f"{whole_pounds(found.left)} is left.{lack}"
    )


def _next(found: Priorities) -> str:
    """The first beyond the budget, and the exchange that would fund it."""
    if found.waiting is None:
        return ""
    said = f"Next is {found.waiting['option']}: it lacks {whole_pounds(found.needed)}."
    names = [row["option"] for row in found.rows if row["decision"] == "release"]
    if not names:
        return f"{said} No option to disinvest is weighed that could release it."
    what = found.counted_in.rpartition(" per ")[0]
    exchange = f"{three_figures(found.points_gained)} {what} for {three_figures(found.points_lost)} lost"
    released = f"Stopping {_listed(names)} would release {whole_pounds(found.released)}"
    if found.released < found.needed:
        return f"{said} {released}, which is not enough."
    worth = "" if found.points_gained > found.points_lost else ": more is lost than gained, so better not"
    return f"{said} {released}, and give {exchange}{worth}."


def _whatever_the_weights(found: Priorities) -> str:
    told = [row for row in found.rows if row["chosen_over_weights"] is not None]
    if not told:
        return ""
    always, never, hang = _split(told, "chosen_over_weights")
    parts = [
        f"funded under every one of {DRAWS:,} weightings: {_listed(always)}" if always else "",
        f"under none: {_listed(never)}" if never else "",
        f"a choice of values: {_listed(hang)}" if hang else "",
    ]
    return f"Of the criteria's weights: {'; '.join(filter(None, parts))}."


def _within_ranges(found: Priorities) -> str:
    told = [row for row in found.rows if row["chosen_over_ranges"] is not None and row["kind"] == "invest"]
    if not told:
        return ""
    always, never, hang = _split(told, "chosen_over_ranges")
    parts = [
        f"funded in at least 95 of 100 draws: {_listed(always)}" if always else "",
        f"in at most 5: {_listed(never)}" if never else "",
        f"not sure: {_listed(hang)}" if hang else "",
    ]
    return f"Within the ranges of the figures: {'; '.join(filter(None, parts))}."


def _split(rows: Sequence[Row], column: str) -> tuple[list[str], list[str], list[str]]:
    """Options chosen always, never, and in between; over ranges, 95 of 100 is always enough."""
    most, least = (1.0, 0.0) if column == "chosen_over_weights" else (0.95, 0.05)
    always = [row["option"] for row in rows if row[column] >= most]
    never = [row["option"] for row in rows if row[column] <= least]
    return always, never, [row["option"] for row in rows if least < row[column] < most]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _counted(number: int) -> str:
    return "One option is" if number == 1 else f"{number} options are"
