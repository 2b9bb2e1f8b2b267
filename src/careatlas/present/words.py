"""Sentences from numbers.

Every figure in a sentence is written by `numbers` from the row that the table beside it shows, and every
"higher", "better" or "cannot be told apart" comes from that row's own comparison, so that words and table
cannot disagree. The words say what is; only people say why, or whether it ought to be.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from careatlas.present.numbers import interval, is_full_return, is_money, number, number_with_unit
from careatlas.present.periods import period_name
from careatlas.present.rank_words import rank_sentence

Row = Mapping[str, Any]

NO_VALUE_WORDS = {
    "missing": "is missing: it was not submitted or is not known, which is not the same as none",
    "hidden": "is hidden: it is known, but too small to show",
    "incomplete": "is not shown: the return was incomplete",
}


def area_in_indicator(
    row: Row,
    indicator: Mapping[str, Any],
    name: str,
    comparisons: Sequence[Row] = (),
    earlier: Row | None = None,
) -> list[str]:
    """One area's answer in a few sentences: its value beside the country's, rank, standards, an earlier time.

    ``comparisons``: rows of that table for this area, indicator and period. ``earlier``: a row of ``values``.
    """
    by_benchmark = {comparison["benchmark"]: comparison for comparison in comparisons}
    national = by_benchmark.get("national")
    sentences = [_value_sentence(row, indicator, name, national)]
    if national is not None and row.get("value") is not None:
        sentences.append(rank_sentence(row, national, indicator))
    standards = [comparison for comparison in comparisons if comparison["benchmark"] == "standard"]
    sentences += [_standard_sentence(comparison, indicator) for comparison in standards]
    if earlier is not None:
        sentences.append(_change_sentence(row, earlier, indicator))
    return [sentence for sentence in sentences if sentence]


def spread_in_indicator(
    rows: Sequence[Row],
    indicator: Mapping[str, Any],
    names: Mapping[str, str],
    national: Row | None,
    country: str,
) -> list[str]:
    """All areas of one level in three sentences: the country, the spread, and who has no figure."""
    sentences = []
    if national is not None:
        sentences.append(_value_sentence(national, indicator, country, None))
    counted = sorted(
        (row for row in rows if row.get("value") is not None and is_full_return(row)),
        key=lambda row: row["value"],
    )
    if len(counted) > 1:
        low, high = counted[0], counted[-1]
        low_name, high_name = (names.get(row["area"], row["area"]) for row in (low, high))
        sentences.append(
            f"Among {len(counted)} areas with a full return it runs from {number(low['value'], indicator)} "
            f"in {low_name} to {number(high['value'], indicator)} in {high_name}; some of it is chance."
        )
    sentences.append(_without_value_sentence(rows, names))
    return [sentence for sentence in sentences if sentence]


def area_in_brief(
    name: str, comparisons: Sequence[Row], indicators: Mapping[str, Mapping[str, Any]], values: Sequence[Row]
) -> list[str]:
    """An area page in three sentences: how much differs from the country, what most, what has no figure.

    ``values`` and ``comparisons``: this area's rows, one period an indicator.
    """
    national = [row for row in comparisons if row["benchmark"] == "national"]
    by_word = {word: [row for row in national if row["significance"] == word] for word in _DIFFERS}
    differing = [row for word in _DIFFERS for row in by_word[word]]
    alike = sum(row["significance"] == "similar" for row in national)
    if not differing and not alike:
        first = f"None of the indicators of {name} can be compared yet."
    else:
        country = national[0]["benchmark_name"]
        parts = [f"{len(rows)} {word}" for word, rows in by_word.items() if rows]
        found = f": {_listed(parts)}" if parts else ""
        first = (
            f"Of {_counted(len(differing) + alike, 'indicator')} compared, {name} differs from {country} "
            f"on {len(differing)}{found}; on {alike} the two cannot be told apart."
        )
    return [
        sentence
        for sentence in (first, _furthest(differing, indicators), _without_figure(values, indicators))
        if sentence
    ]


def status_in_words(row: Row) -> str:
    """What a status means, with the reason the release gives."""
    meaning = {
        "reported": "Reported.",
        "zero": "Zero: counted, and there were none.",
        "missing": "Missing: not submitted or not known; not zero.",
        "incomplete": "Incomplete: submitted in part; not ranked.",
        "hidden": "Hidden: known, but too small to show.",
    }[row["status"]]
    note = row.get("note")
    if row.get("estimated"):
        meaning = "Not compared and not ranked."
    return f"{meaning} {note[0].upper()}{note[1:]}" if note else meaning


_DIFFERS = ("better", "worse", "higher", "lower")


def _value_sentence(row: Row, indicator: Mapping[str, Any], name: str, national: Row | None) -> str:
    when = period_name(row["period_start"], row["period_end"])
    if row.get("value") is None:
        status = row["status"] if row["status"] in NO_VALUE_WORDS else "missing"
        why = f" ({row['note'].rstrip('.')})" if row.get("note") else ""
        return f"In {when}, the figure for {name} {NO_VALUE_WORDS[status]}{why}."
    limits = interval(row, indicator)
    about = "about " if is_money(indicator) else ""
    said = f"In {when}, {about}{number_with_unit(row['value'], indicator)} in {name}"
    said += f" (95% interval {limits})" if limits else ""
    if row["status"] == "incomplete":
        return f"{said}; the return was incomplete, so this is not compared."
    return said + _against(row, national, indicator) + "."


def _against(row: Row, national: Row | None, indicator: Mapping[str, Any]) -> str:
    if national is None or national.get("benchmark_value") is None:
        return ""
    whose = f"{national['benchmark_name']}'s {number(national['benchmark_value'], indicator)}"
    word = national["significance"]
    if word == "similar":
        return f", which cannot be told apart from {whose}"
    if word not in _DIFFERS:
        return f"; {whose} is not compared with it"
    direction = "higher" if national["difference"] > 0 else "lower"
    alike = number(row["value"], indicator) == number(national["benchmark_value"], indicator)
    said = f", {direction} than {whose}" + (" by less than the figures show" if alike else "")
    return said + (f" ({word})" if word in ("better", "worse") else "")


def _standard_sentence(comparison: Row, indicator: Mapping[str, Any]) -> str:
    standard = (
        f'the standard "{comparison["benchmark_name"]}" ({number(comparison["benchmark_value"], indicator)})'
    )
    said = {
        "better": f"It is better than {standard}.",
        "worse": f"It falls short of {standard}.",
        "higher": f"It is higher than {standard}.",
        "lower": f"It is lower than {standard}.",
        "similar": f"It cannot be told apart from {standard}.",
    }
    return said.get(comparison["significance"], f"It is not compared with {standard}.")


def _change_sentence(row: Row, earlier: Row, indicator: Mapping[str, Any]) -> str:
    when = period_name(earlier["period_start"], earlier["period_end"])
    if earlier.get("value") is None:
        status = earlier["status"] if earlier["status"] in NO_VALUE_WORDS else "missing"
        return f"For {when} the figure {NO_VALUE_WORDS[status]}."
    was = f"In {when} it was {number(earlier['value'], indicator)}"
    limits = interval(earlier, indicator)
    was += f" ({limits})" if limits else ""
    comparable = row.get("value") is not None and "incomplete" not in (row["status"], earlier["status"])
    if not comparable or not limits or not interval(row, indicator):
        return f"{was}."
    if row["lower_95"] > earlier["upper_95"]:
        return f"{was}: it has risen since, beyond chance in the counting."
    if row["upper_95"] < earlier["lower_95"]:
        return f"{was}: it has fallen since, beyond chance in the counting."
    return f"{was}: the two cannot be told apart."


def _without_value_sentence(rows: Sequence[Row], names: Mapping[str, str]) -> str:
    parts = []
    for status in ("missing", "incomplete", "hidden"):
        areas = sorted(names.get(row["area"], row["area"]) for row in rows if row["status"] == status)
        if areas:
            parts.append(f"{len(areas)} {status} ({_few(areas)})")
    return f"Not in that spread: {'; '.join(parts)}." if parts else ""


def _furthest(differing: Sequence[Row], indicators: Mapping[str, Mapping[str, Any]]) -> str:
    ranked = sorted((row for row in differing if row.get("z") is not None), key=lambda row: -abs(row["z"]))
    if not ranked:
        return ""
    said = [
        f"{_title(indicators[row['indicator']])} ({'higher' if row['difference'] > 0 else 'lower'}"
        + (f", {row['significance']})" if row["significance"] in ("better", "worse") else ")")
        for row in ranked[:3]
    ]
    return f"Furthest from {ranked[0]['benchmark_name']} in standard errors: {_listed(said)}."


def _without_figure(values: Sequence[Row], indicators: Mapping[str, Mapping[str, Any]]) -> str:
    parts = []
    for status in ("missing", "incomplete", "hidden"):
        titles = sorted(_title(indicators[row["indicator"]]) for row in values if row["status"] == status)
        if titles:
            parts.append(f"{len(titles)} {status} ({_few(titles)})")
    return f"Not compared: {'; '.join(parts)}." if parts else ""


def _title(indicator: Mapping[str, Any]) -> str:
    return indicator.get("short_title") or indicator["title"]


def _counted(n: int, word: str) -> str:
    return f"{n} {word}" + ("" if n == 1 else "s")


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _few(names: Sequence[str], most: int = 4) -> str:
    shown = list(names[:most])
    return "; ".join(shown) + (f"; and {len(names) - most} more" if len(names) > most else "")
