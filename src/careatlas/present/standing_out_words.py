"""What is said of a figure that stands out: its verdict, whether it lasts, what to expect next.

Each sentence says only what its row of ``gaps`` or ``persistence`` says.
"""

from collections.abc import Mapping
from typing import Any

from careatlas.methods.lasting_difference import FEWEST_PERIODS
from careatlas.present.explanation_words import CHANGED, ONE_OF_MANY, VERDICTS, signed, size_of_change
from careatlas.present.periods import period_name

Row = Mapping[str, Any]
COUNTING_ONLY = "counting error only: cannot show persistence"
NOT_WORKED_OUT = "persistence not worked out: too few events in a period, or a gap in the series"


def verdict_in_brief(gap: Row | None, lasting: Row | None = None) -> str:
    """What an area's distance from the country is; ``gap``: its row of the component ``all``, ``lasting``: its row
    of ``persistence``, which may rest on more periods than the gap does."""
    if gap is None or gap["verdict"] is None:
        return "Not broken down: need and supply are not on file for areas of this kind."
    said = VERDICTS[gap["verdict"]]
    counting = f" ({footing_of_one_period(is_worked_out(lasting))})" if gap["periods"] == 1 else ""
    return said[:1].upper() + said[1:] + counting + "."


def is_worked_out(lasting: Row | None) -> bool:
    """Whether a row of ``persistence`` says how lasting the difference is."""
    return lasting is not None and lasting["deviation"] is not None


def footing_of_one_period(has_lasting: bool) -> str:
    """What a breakdown of one period rests on. ``has_lasting``: whether more periods say what persists."""
    return ONE_OF_MANY if has_lasting else COUNTING_ONLY


def lasting_in_brief(row: Row | None, periods: int, difference: float, country: str) -> str:
    """Whether a difference lasts. ``periods``: full returns on file; ``difference``: the latest one's sign."""
    if row is None or not is_worked_out(row):
        if periods == 1:
            return f"One period: {COUNTING_ONLY}."
        if periods < FEWEST_PERIODS:
            return f"{periods} periods on file: too few to show persistence."
        return f"{periods} periods on file; {NOT_WORKED_OUT}."
    over = (
        f"over {row['periods']} periods to {period_name(row['period_end'].replace(day=1), row['period_end'])}"
    )
    mean = (
        f"{signed(row['deviation'])} ({signed(row['deviation_lower'])} to {signed(row['deviation_upper'])})"
    )
    if row["verdict"] in CHANGED:
        return change_in_words(row)
    if row["verdict"] in ("persistently_high", "persistently_low"):
        side = "above" if row["verdict"] == "persistently_high" else "below"
        turned = (side == "above") != (difference > 0)
        now = "; in the latest period it lies on the other side" if turned else ""
        return f"Persistently {side} {country}: {mean} on average {over}{now}."
    return f"Not persistent by the rule: {mean} from {country} on average {over}."


def expected_next(row: Row | None, country: str) -> str:
    """Where to expect the area next; empty where too few periods can say."""
    if row is None or row["next_deviation"] is None:
        return ""
    return f"Expect {signed(row['next_deviation'])} from {country} next, by regression to the mean."


def change_in_words(row: Row) -> str:
    """A change that lasted, with its size; ``row`` of ``persistence`` with a verdict of CHANGED."""
    said = row["verdict"][:1].upper() + row["verdict"][1:]
    since, size = f"{row['change_start']:%B %Y}", size_of_change(row)
    return f"{said} from {since}: {size}, against areas like it and beyond regression to the mean."


def q_in_words(q: float) -> str:
    """A false discovery rate with three decimals, and never none at all."""
    return "under 0.001" if q < 0.001 else f"{q:.3f}"
