"""Why places differ, in sentences made from the rows of ``shares``, ``gaps``, ``variation``, ``inequality`` and
``persistence``.

A sentence says only what its row says: each figure with its interval, and no more than the interval allows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from careatlas.present.numbers import interval, number
from careatlas.present.theme import Row

COMPONENTS = {
    "chance": "Chance",
    "comes_and_goes": "Comes and goes",
    "need": "Need",
    "against_need": "Against need",
    "supply": "Supply",
    "spatial": "Shared by neighbours",
    "unexplained": "Unexplained",
    "all": "All of it",
}
VERDICTS = {
    "within_chance": "within chance",
    "comes_and_goes": "comes and goes",
    "in_line_with_need": "in line with need",
    "against_need": "against need: possible inequity",
    "unexplained": "unexplained",
}
CHANGED = ("improved", "worsened", "changed")
TENFOLD = 900  # percent more
INDICES = {
    "fold": "Highest over lowest",
    "fold_trimmed": "Highest over lowest, ends cut",
    "ratio_5_95": "95th over 5th percentile",
    "weighted_cv": "Coefficient of variation, weighted",
    "scv": "Systematic component of variation",
    "eb_variance": "Variance beyond chance",
    "shrunk_fold": "95th over 5th percentile, chance taken out",
    "moran_i": "Likeness of neighbours (Moran's I)",
}
ONE_PERIOD = (
    "This is one period: counting error only, so it cannot show what persists, and no gap is called real."
)
NOT_BROKEN_DOWN = (
    "What its difference comes from is not worked out here: that takes 30 areas of one level with outlines, and a "
    "value that rests on counts."
)
# Where how lasting a difference is was worked out, from more periods.
ONE_OF_MANY = "this breakdown rests on one period"


def spread_explained(shares: Sequence[Row], plural: str, *, has_lasting: bool = False) -> list[str]:
    """What the differences between areas come from: the parts that can be told apart, largest first.

    ``has_lasting``: whether ``persistence`` says of these areas how lasting their differences are.
    """
    rows = [row for row in shares if row["covariates"] == "all" and row["share"] is not None]
    if not rows:
        return [f"There are too few {plural} with a full return to say what the differences come from."]
    said = []
    told = sorted((row for row in rows if _is_told(row)), key=lambda row: -row["share"])
    if told:
        parts = [f"{_component(row)} {_share(row)}" for row in told if row["component"] != "against_need"]
        if parts:
            said.append(f"Of the differences between {plural}: {'; '.join(parts)}.")
    unsure = [_component(row) for row in rows if not _is_told(row) and row["upper"] >= 0.05]
    if unsure:
        said.append(f"Too uncertain to be told from each other: {_listed(unsure)}.")
    against = next((row for row in told if row["component"] == "against_need"), None)
    if against:
        said.append(
            f"{_share(against)} goes against need: places with more need get less. Possible inequity, "
            "and never explained by need."
        )
    if rows[0]["periods"] == 1:
        said.append(_one_period(has_lasting))
    return said


def without_tainted(shares: Sequence[Row]) -> str:
    """How far the need share rests on measures that providers make themselves; empty where none does."""
    need = {row["covariates"]: row for row in shares if row["component"] == "need"}
    if "untainted" not in need or "all" not in need:
        return ""
    return (
        "Some measures of need are diagnoses that the providers themselves make. With them need is "
        f"{_share(need['all'])}; without them {_share(need['untainted'])}."
    )


def gap_explained(gaps: Sequence[Row], name: str, country: str, *, has_lasting: bool = False) -> list[str]:
    """One area's distance from the country: how large, what it is by the rule, what is left of it.

    ``has_lasting``: whether ``persistence`` says how lasting it is.
    """
    by_component = {row["component"]: row for row in gaps}
    whole = by_component.get("all")
    if whole is None or whole["percent"] is None:
        return [f"{name} has no full return for this period, so its difference is not explained."]
    where = "at" if round(whole["percent"]) == 0 else "above" if whole["percent"] > 0 else "below"
    size = (
        f"{abs(whole['percent']):.0f}% {where} {country}" if where != "at" else f"at the level of {country}"
    )
    said = [
        f"{name} is {size} (95% interval {_percents(whole)}). By the rule below this is "
        f"{VERDICTS[whole['verdict']]}."
    ]
    place, own = by_component.get("spatial"), by_component.get("unexplained")
    if whole["verdict"] == "unexplained" and own is not None and own["percent"] is not None:
        shared = f"{_percents_of(place)} is shared with its neighbours, " if place is not None else ""
        said.append(
            f"Of what chance, need and supply do not explain, {shared}{_percents_of(own)} is its own."
        )
    if whole["verdict"] == "against_need":
        said.append("It gets less where need is higher. Need never excuses that; people must judge it.")
    if whole["periods"] == 1:
        said.append(_one_period(has_lasting))
    return said


def variation_in_words(rows: Sequence[Row]) -> str:
    """The spread beside what chance alone would give."""
    by_index = {row["index"]: row for row in rows if row["value"] is not None}
    ratio, variance = by_index.get("ratio_5_95"), by_index.get("eb_variance")
    if ratio is None or ratio["chance_upper"] is None:
        return ""
    beyond = ratio["value"] > ratio["chance_upper"]
    said = (
        f"The area at the 95th percentile has {ratio['value']:.2f} times the value of the one at the 5th; "
        f"chance alone would give {ratio['chance_lower']:.2f} to {ratio['chance_upper']:.2f}."
    )
    if variance is not None and variance["p"] is not None and beyond != (variance["p"] < 0.05):
        return said + " Whether areas differ by more than chance cannot be told."
    return said + (" Areas differ by more than chance." if beyond else " That is within chance.")


def inequality_in_words(rows: Sequence[Row], indicator: Mapping[str, Any]) -> str:
    """The average stands beside its gradient by deprivation."""
    by_group = {row["group"]: row for row in rows}
    slope, poorest, richest = (by_group.get(group) for group in ("sii", "fifth_1", "fifth_5"))
    if not (slope and poorest and richest) or None in (poorest["value"], richest["value"]):
        return ""
    said = (
        f"In the most deprived fifth of areas it is {number(poorest['value'], indicator)} "
        f"({interval(poorest, indicator)}), in the least deprived {number(richest['value'], indicator)} "
        f"({interval(richest, indicator)})."
    )
    if slope["lower_95"] is None:
        return said
    if slope["lower_95"] <= 0 <= slope["upper_95"]:
        return said + " A slope with deprivation cannot be told from none."
    higher = "least" if slope["value"] > 0 else "most"
    return said + f" It rises towards the {higher} deprived."


def persistence_in_words(row: Row | None, name: str, country: str) -> list[str]:
    """How lasting an area's difference is, where to expect it next, and whether it changed."""
    if row is None or row["periods"] is None or row["deviation"] is None:
        return []
    lasting = {
        "persistently_high": f"has been persistently above {country}",
        "persistently_low": f"has been persistently below {country}",
    }.get(row["verdict"])
    said = []
    if lasting:
        said.append(f"Over {row['periods']} periods {name} {lasting}: {_deviation(row)}.")
    else:
        said.append(
            f"Over {row['periods']} periods {name} stood {_deviation(row)} from {country} on average; "
            "by the rule that is not a persistent difference."
        )
    if row["next_deviation"] is not None:
        said.append(
            f"By regression to the mean it is to be expected {signed(row['next_deviation'])} from {country} next."
        )
    if row["verdict"] in CHANGED:
        since = f"It {row['verdict']} from {row['change_start']:%B %Y}"
        said.append(
            f"{since}: {size_of_change(row)}, against areas like it and beyond regression to the mean."
        )
    return said


def size_of_change(row: Row) -> str:
    """``-5% (-7% to -2%)``; in words where it began at next to nothing, of which no percentage means anything."""
    if row["change_upper"] > TENFOLD:
        return "from so little before that per cent says nothing of it"
    return f"{signed(row['change'])} ({signed(row['change_lower'])} to {signed(row['change_upper'])})"


def signed(percent: float) -> str:
    """``+12%``, ``-3%``, ``0%``: whole per cent with a sign, and none where it rounds to nothing."""
    return f"{percent:+.0f}%" if round(percent) else "0%"


def share_text(share: float) -> str:
    """``32%``, and ``under 1%`` where there is some but little; below zero it is shown as none."""
    return f"{share:.0%}" if share >= 0.005 else "under 1%" if share > 0 else "0%"


def _one_period(has_lasting: bool) -> str:
    """A breakdown of one period shows no persistence; where more periods do, only its own footing is said."""
    if not has_lasting:
        return ONE_PERIOD
    return f"{ONE_OF_MANY[:1].upper()}{ONE_OF_MANY[1:]}, and so allows for counting error only."


def _is_told(row: Row) -> bool:
    return row["share"] > 0 and "not separable" not in (row["note"] or "")


def _component(row: Row) -> str:
    words = COMPONENTS[row["component"]]
    return words[:1].lower() + words[1:]


def _share(row: Row) -> str:
    return f"{share_text(row['share'])} ({share_text(row['lower'])} to {share_text(row['upper'])})"


def _percents(row: Row) -> str:
    return f"{signed(row['lower'])} to {signed(row['upper'])}"


def _percents_of(row: Row) -> str:
    return f"{signed(row['percent'])} ({_percents(row)})"


def _deviation(row: Row) -> str:
    limits = f"{signed(row['deviation_lower'])} to {signed(row['deviation_upper'])}"
    return f"{signed(row['deviation'])} ({limits})"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
