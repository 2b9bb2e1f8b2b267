"""Whether anything changed in an area: changes that lasted, and the icons of its control charts, a line each."""

from collections.abc import Mapping
from typing import Any

from careatlas.engine.release import Release
from careatlas.present import spc_signals
from careatlas.present.numbers import number, value_or_status
from careatlas.present.periods import period_name
from careatlas.present.spc_chart import SIGNS, WORDS
from careatlas.present.standing_out_words import CHANGED, change_in_words, q_in_words
from careatlas.web.reading import Row

ASSURANCE = {
    "consistent_pass": ("✓", "can be relied on to meet it"),
    "consistent_fail": ("✗", "will not meet it unless something changes"),
    "inconsistent": ("~", "will meet it at times, and at times not"),
    "none": ("", "no target in force"),
}


def section(release: Release, own: Row, lasting: Mapping[str, Row]) -> dict[str, Any] | None:
    """What changed, on an area's page; None where no series is long enough for a control chart.

    ``lasting``: the area's rows of ``persistence`` by indicator.
    """
    table = spc_signals.signals(release, own["code"])
    if not table:
        return None
    lines = [_line(release, row) for row in table]
    return {
        "rows": sorted(lines, key=lambda line: (not line["is_special"], line["title"])),
        "note": spc_signals.false_alarms_in_words(table),
        "changes": [_change(release, row) for row in lasting.values() if row["verdict"] in CHANGED],
        "searched": sum(row["change_q"] is not None for row in lasting.values()),
    }


def _change(release: Release, row: Row) -> dict[str, str]:
    return {
        "title": release.catalogue["indicators"][row["indicator"]]["short_title"],
        "said": change_in_words(row),
        "q": q_in_words(row["change_q"]),
        "address": _over_time(row),
    }


def _line(release: Release, row: Row) -> dict[str, Any]:
    indicator = release.catalogue["indicators"][row["indicator"]]
    sign, words = ASSURANCE[row["assurance"]]
    shown = {"value": row["reported_value"], "status": row["status"]}
    standard = f"{row['standard']}, {number(row['standard_value'], indicator)}" if row["standard"] else ""
    return {
        "title": row["title"],
        "unit": row["unit"],
        "address": _over_time(row),
        "period": period_name(row["period_start"], row["period_end"]),
        "value": value_or_status(shown, indicator),
        "is_special": row["variation"] not in ("common_cause", "missing"),
        "variation_sign": SIGNS[row["variation"]],
        "variation": WORDS[row["variation"]],
        "assurance_sign": sign,
        "assurance": words,
        "standard": standard,
        "points": f"{row['points']}" + (" (trial limits)" if row["limits"] == "trial limits" else ""),
        "notes": [
            note
            for note in (
                _adjustment(row),
                row["rebases"] and f"Re-based: {row['rebases']}",
                row["suggestion"],
            )
            if note
        ],
    }


def _over_time(row: Row) -> str:
    return f"/indicators/{row['indicator']}/over-time/?area_type={row['area_type']}&area={row['area']}"


def _adjustment(row: Row) -> str:
    return "" if row["adjustment"] == "as reported" else f"{row['adjustment'].capitalize()}"
