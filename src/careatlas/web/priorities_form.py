"""The form of a worksheet: its fields as they are shown, and a worksheet out of what was sent.

Fields of one name stand in the order of the options; every option sends all of them, so that they stay aligned.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from django.http import QueryDict

from careatlas.present.worksheet import (
    COLUMNS,
    HEAD,
    MOST_CRITERIA,
    MOST_OPTIONS,
    RANGES,
    Written,
    WrittenOption,
)
from careatlas.present.worksheet import tidied as without_blanks
from careatlas.present.worksheet_checks import Fault

SENT = "sent"  # a hidden field: the rest of the address is a form and not a worksheet's text
BLANK_OPTIONS = 3
LABELS = {
    "benefit": "Benefit per person",
    "people": "Number of people",
    "likelihood": "Likelihood, 0–1",
    "cost": "Net cost, £",
}
ENDS = {"low": "lowest", "high": "highest"}
KINDS = {"invest": "Invest", "disinvest": "Disinvest"}
LIKELIHOODS = {"success": "it works", "gap": "a gap exists"}


def worksheet_sent(sent: QueryDict) -> Written:
    """What the form holds, without the option that is to be removed and without what is blank."""
    names = [*COLUMNS, *(f"score{n}" for n in range(1, MOST_CRITERIA + 1))]
    rows = [
        dict(zip(names, row, strict=True)) for row in zip_longest(*map(sent.getlist, names), fillvalue="")
    ]
    removed = sent.get("remove", "")
    criteria = tuple(zip_longest(sent.getlist("criterion"), sent.getlist("weight"), fillvalue=""))
    options = tuple(
        WrittenOption(
            {name: row[name] for name in COLUMNS}, tuple(row[name] for name in names[len(COLUMNS) :])
        )
        for place, row in enumerate(rows, 1)
        if str(place) != removed
    )
    head = {name: sent.get(name, "") for name in (*HEAD, "value_weight")}
    return without_blanks(Written(**head, criteria=criteria, options=options))


def fields(sheet: Written, faults: Sequence[Fault], options: int, criteria: int) -> dict[str, Any]:
    """The form of a sheet, with as many blank options and criteria as were asked for."""
    told = {(fault.place, fault.column): f"{fault.found} {fault.remedy}" for fault in faults}
    blank = WrittenOption(dict.fromkeys(COLUMNS, ""), ("",) * len(sheet.criteria))
    rows = [*sheet.options, *[blank] * (min(options, MOST_OPTIONS) - len(sheet.options))]
    named = [*sheet.criteria, *[("", "")] * (min(criteria, MOST_CRITERIA) - len(sheet.criteria))]
    names = [name for name, _ in sheet.criteria]
    return {
        "head": {name: getattr(sheet, name) for name in (*HEAD, "value_weight")},
        "budget_fault": told.get((0, "budget"), ""),
        "value_fault": told.get((0, "criterion value"), ""),
        "criteria": [
            {"place": n, "name": name, "weight": weight, "fault": told.get((0, f"criterion {name}"), "")}
            for n, (name, weight) in enumerate(named, 1)
        ],
        "options": [_option(one, place, names, told) for place, one in enumerate(rows, 1)],
        "may_add_option": len(rows) < MOST_OPTIONS,
        "may_add_criterion": len(named) < MOST_CRITERIA,
    }


def _option(
    one: WrittenOption, place: int, criteria: Sequence[str], told: dict[tuple[int, str], str]
) -> dict[str, Any]:
    def field(name: str, label: str, text: str, column: str) -> dict[str, str]:
        fault = told.get((place, column), "")
        return {"name": name, "id": f"o{place}-{name}", "label": label, "text": text, "fault": fault}

    cells = one.cells
    scores = [
        field(f"score{n}", f"{name}, 0 to 100", text, name)
        for n, (name, text) in enumerate(zip(criteria, one.scores, strict=True), 1)
    ]
    ranges = [
        field(name, f"{LABELS[figure]}: {ENDS[end]}", cells[name], name)
        for name in RANGES
        for figure, _, end in [name.rpartition("_")]
    ]
    return {
        "place": place,
        "key": cells["key"],
        "key_fault": told.get((place, "key"), ""),
        "called": field("option", "Name", cells["option"], "option"),
        "kind": field("kind", "Kind", cells["kind"], "kind"),
        "of": field("likelihood_of", "Likelihood that", cells["likelihood_of"], "likelihood_of"),
        "figures": [field(name, label, cells[name], name) for name, label in LABELS.items()] + scores,
        "ranges": ranges,
        "ranges_given": sum(bool(one["text"]) for one in ranges),
        "is_range_refused": any(one["fault"] for one in ranges),
        "note": field("note", "Note", cells["note"], "note"),
        "is_blank": not any(cells.values()),
    }
