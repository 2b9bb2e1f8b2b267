"""Ranks in words: an area's place, the groups of a list, and what the limits allow for.

All of it from rows of ``comparisons`` against the country, so that words and table cannot disagree. A rank is
never printed without its limits, nor where areas cannot be told apart.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

GROUPS = {
    "higher_half": "In the higher half",
    "neither_half": "In neither half for certain",
    "lower_half": "In the lower half",
    "not_apart": "Cannot be told apart",
}
RANK_TOO_WIDE = 0.5  # a rank interval over this share of the list says nothing about the order
ENOUGH_PERIODS = 12
NAMED = 3
_NOISE = {
    "counting": "chance in the counting",
    "comes_and_goes": "chance and for what comes and goes between periods",
}


def is_league(indicator: Row) -> bool:
    """Whether the areas of an indicator may stand in order unasked: where one end of the list is better."""
    return indicator["polarity"] != "neither"


def place(national: Row | None, *, in_order: bool) -> str:
    """``2 (1 to 4)``, or without the rank where the list is not in order of value, or the limits are wide."""
    group = national["group"] if national else None
    if not national or not group:
        return ""
    if group == "not_apart":
        return "cannot be told"
    between = f"{national['rank_lower']:g} to {national['rank_upper']:g}"
    return f"{national['rank']:g} ({between})" if in_order and not _is_too_wide(national) else between


def rank_sentence(row: Row, national: Row, indicator: Row) -> str:
    """Where one area stands, and how surely."""
    if row["status"] == "incomplete" or not national.get("group"):
        return "It has no rank." + (f" {row['note']}" if row.get("note") else "")
    n = national["ranked_areas"]
    if national["group"] == "not_apart":
        return f"It has no rank: {_not_apart(n, national['noise'])}."
    low, high = f"{national['rank_lower']:g}", f"{national['rank_upper']:g}"
    group = GROUPS[national["group"]].lower()
    allowing = f"allowing for {_NOISE[national['noise']]}"
    if _is_too_wide(national):
        return (
            f"Its place in the order cannot be told: {allowing}, it lies anywhere between {low} and {high} "
            f"of {n} (1 = highest value)."
        )
    between = low if low == high else f"between {low} and {high}"
    if is_league(indicator):
        return f"It ranks {national['rank']:g} of {n} (1 = highest value); {allowing}, {between}: {group}."
    return f"{allowing.capitalize()}, its place is {between} of {n} (1 = highest value): {group}."


def groups_in_words(nationals: Sequence[Row], names: Mapping[str, str]) -> list[str]:
    """A list in two sentences: how many areas are in which half, and who could have the highest or lowest value.

    ``nationals``: rows of one indicator, area type and period; ``names`` by area.
    """
    ranked = [row for row in nationals if row.get("group")]
    if not ranked:
        return []
    n, noise = ranked[0]["ranked_areas"], ranked[0]["noise"]
    if ranked[0]["group"] == "not_apart":
        return [f"No ranks are given: {_not_apart(n, noise)}."]
    higher, neither, lower = (
        sum(row["group"] == group for row in ranked)
        for group in ("higher_half", "neither_half", "lower_half")
    )
    first = (
        f"Of {n} areas {higher} {_are(higher)} in the higher half of values and {lower} in the lower half; "
        f"{neither} {_are(neither)} in neither for certain."
    )
    highest = [names[row["area"]] for row in ranked if row["rank_lower"] == 1]
    lowest = [names[row["area"]] for row in ranked if row["rank_upper"] == n]
    return [first, f"{_could_be(highest, 'highest')}; {_could_be(lowest, 'lowest', 'the ')}."]


def noise_in_words(noise: str | None, periods: int) -> str:
    """What ranks and intervals allow for, with so many periods on file. Empty where nothing is ranked."""
    if noise is None:
        return ""
    if noise == "comes_and_goes":
        return f"Allows for chance in the counting and for what comes and goes between the {periods} periods on file."
    if periods == 1:
        return "Counting error only: cannot show persistence, as one period is on file."
    if periods < ENOUGH_PERIODS:
        few = f"{periods} periods are on file, and {ENOUGH_PERIODS} are needed to tell what comes and goes"
        return f"Counting error only: {few}."
    return "Counting error only: too few areas to tell what comes and goes between periods."


def _is_too_wide(national: Row) -> bool:
    width = national["rank_upper"] - national["rank_lower"] + 1
    return width > RANK_TOO_WIDE * national["ranked_areas"]


def _not_apart(n: float, noise: str) -> str:
    if n < 2:
        return "there is no other area to compare with"
    return f"the {n:g} areas cannot be told apart, allowing for {_NOISE[noise]}"


def _could_be(areas: Sequence[str], end: str, article: str = "The ") -> str:
    if len(areas) == 1:
        return f"{article}{end} is {areas[0]}"
    if len(areas) > NAMED:
        return f"{article}{end} could be any of {len(areas)}"
    *others, last = sorted(areas)
    return f"{article}{end} could be {', '.join(others)} or {last}"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
