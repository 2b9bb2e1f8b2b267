"""Priorities: a group's options, weighed, and what the budget funds of them.

Nothing is kept here: the worksheet is in the address (``sheet``, the text of its file), which a group sends round. The
form sends its fields, and is answered with the address of the worksheet they make.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from careatlas.engine.release import Release
from careatlas.errors import AtlasError, NotKnownError, raise_all
from careatlas.present.priorities import COLUMNS, Priorities, list_priorities, priorities
from careatlas.present.priorities_start import example, worksheet_of_area
from careatlas.present.priorities_words import (
    DECISIONS,
    band,
    for_money,
    in_words,
    share,
    three_figures,
    whole_pounds,
)
from careatlas.present.priority_chart import chart_of, said
from careatlas.present.queries import Row, area_named
from careatlas.present.theme import Spec
from careatlas.present.worksheet import MOST_CRITERIA, MOST_OPTIONS, Written, read_worksheet, worksheet_text
from careatlas.present.worksheet_checks import OF_A_GAP, Worksheet, checked
from careatlas.web import priorities_form
from careatlas.web.current import current_release
from careatlas.web.pages import show
from careatlas.web.pictures import pictures

PLACE = "/priorities/"
WHERE = "The worksheet"
LONGEST_ADDRESS = 16_000  # letters: what browsers, mail and servers on the way still carry
LONGEST_SHOWN = 100_000  # letters of a text that cannot be read


def page(request: HttpRequest) -> HttpResponse:
    """``/priorities/?sheet=`` or ``?area=``; what its form sends becomes a ``sheet``."""
    asked = request.GET
    try:
        if priorities_form.SENT in asked:
            return _answer_to_form(request)
        sheet = read_worksheet(asked["sheet"], WHERE) if "sheet" in asked else None
    except AtlasError as fault:
        return _refused(request, fault, text=asked.get("sheet", ""))
    if sheet is not None:
        response = render(request, "priorities.html", _of_sheet(sheet, asked))
        response["Cache-Control"] = "no-store"  # a group's own, and gone when the window is closed
        return response
    return show(request, "priorities.html", _start(current_release(), asked))


def worksheet_file(request: HttpRequest) -> HttpResponse:
    """``/data/priorities-worksheet.csv?sheet=``: the worksheet as the file that `careatlas priorities` reads."""
    text = worksheet_text(read_worksheet(request.GET.get("sheet", ""), WHERE))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="priorities-worksheet.csv"'
    return response


def csv_rows(asked: Mapping[str, str]) -> list[Row]:
    """The list of a worksheet, for ``/data/priorities.csv?sheet=``."""
    return list_priorities(asked.get("sheet", ""), WHERE) or [dict.fromkeys(COLUMNS)]


def spec(asked: Mapping[str, str], width: int) -> Spec:
    sheet, faults = checked(read_worksheet(asked.get("sheet", ""), WHERE))
    raise_all([fault.as_error(WHERE) for fault in faults if fault.place == 0])
    return chart_of(priorities(sheet), sheet, width)


def address_of(sheet: Written, rows: int = 0, criteria: int = 0, at: str = "") -> str:
    """``rows`` and ``criteria`` where more blank ones are to be shown than there would be."""
    asked = {"sheet": worksheet_text(sheet)}
    asked |= {"rows": str(rows)} if rows else {}
    asked |= {"criteria": str(criteria)} if criteria else {}
    return f"{PLACE}?{urlencode(asked, safe=',:')}{at}"


def _answer_to_form(request: HttpRequest) -> HttpResponse:
    """To the worksheet that the form makes; with one more option or criterion to fill in where that was the button."""
    sheet, sent = priorities_form.worksheet_sent(request.GET), request.GET
    options, criteria = len(sheet.options) + 1, len(sheet.criteria) + 1
    address = address_of(sheet, at="#worksheet" if "remove" in sent else "#list")
    if sent.get("add") == "option":
        address = address_of(sheet, rows=options, at=f"#option-{min(options, MOST_OPTIONS)}")
    elif sent.get("add") == "criterion":
        address = address_of(sheet, criteria=criteria, at=f"#criterion-{min(criteria, MOST_CRITERIA)}")
    if len(address) > LONGEST_ADDRESS:
        found = f"would need an address of {len(address):,} letters; {LONGEST_ADDRESS:,} is the most."
        remedy = "Shorten notes and names; or copy its text below into a file, for careatlas priorities FILE."
        return _refused(request, AtlasError(WHERE, found, remedy), sheet)
    return HttpResponseRedirect(address)


def _start(release: Release, asked: Mapping[str, str]) -> Row:
    """A form to begin with: empty, or with an area's opportunities."""
    sheet, lead, notice = Written(), True, None
    if asked.get("area"):
        code = area_named(release, asked["area"])
        try:
            sheet, lead = worksheet_of_area(release, code), False
        except NotKnownError as fault:
            sheet, notice = Written(area=code), fault
    return _page(sheet, asked) | {"is_start": lead, "notice": notice}


def _of_sheet(sheet: Written, asked: Mapping[str, str]) -> Row:
    return _page(sheet, asked) | {
        "address": address_of(sheet),
        "file": f"/data/priorities-worksheet.csv?{_query(sheet)}",
    }


def _page(sheet: Written, asked: Mapping[str, str]) -> Row:
    worksheet, faults = checked(sheet)
    page: Row = {
        "title": sheet.title or "Priorities",
        "sheet_text": worksheet_text(sheet) if sheet.options else "",
        "form": priorities_form.fields(
            sheet,
            faults,
            options=_number(asked, "rows") or max(priorities_form.BLANK_OPTIONS, len(sheet.options)),
            criteria=_number(asked, "criteria"),
        ),
        "faults": [fault.as_error(WHERE) for fault in faults],
        "kinds": priorities_form.KINDS,
        "likelihoods": priorities_form.LIKELIHOODS,
        "example": address_of(example()),
        "most_options": MOST_OPTIONS,
        "has_gaps": any(one.likelihood_of == OF_A_GAP for one in worksheet.options),
        "area": current_release().areas.get(worksheet.area),
    }
    if sheet.options and not any(fault.place == 0 for fault in faults):
        page["list"] = _list(priorities(worksheet), worksheet, sheet, has_faults=bool(faults))
    return page


def _list(found: Priorities, worksheet: Worksheet, sheet: Written, has_faults: bool) -> Row:
    weighed = [row for row in found.rows if row["decision"] != "not weighed"]
    of_kind = {
        kind: [_in_words(row) for row in weighed if row["kind"] == kind] for kind in priorities_form.KINDS
    }
    return of_kind | {
        "is_weighed": bool(weighed),
        "without": [row for row in found.rows if row["decision"] == "not weighed"],
        "sentences": in_words(found, worksheet),
        "counted_in": found.counted_in,
        "unit": worksheet.unit,
        "has_points": bool(worksheet.criteria),
        "has_ranges": found.has_ranges,
        "has_weights": any(row["chosen_over_weights"] is not None for row in found.rows),
        "csv": "" if has_faults else f"/data/priorities.csv?{_query(sheet)}",
        "figure": _figure(found, sheet, has_faults) if any(row["place"] for row in found.rows) else None,
    }


def _in_words(row: Row) -> Row:
    return row | {
        "decision": DECISIONS[row["decision"]],
        "value": three_figures(row["value"]),
        "points": three_figures(row["points"]),
        "cost": whole_pounds(row["net_cost"]),
        "left": "" if row["left_of_budget"] is None else whole_pounds(row["left_of_budget"]),
        "for_money": for_money(row),
        "band": band(row),
        "over_weights": share(row["chosen_over_weights"]),
        "over_ranges": share(row["chosen_over_ranges"]),
    }


def _figure(found: Priorities, sheet: Written, has_faults: bool) -> Row:
    base = f"/charts/{current_release().id}/priorities/margin"
    return {
        "name": "margin",
        "title": "",
        "alt": f"Cumulative value against cumulative net cost, a triangle for each option. {said(found.rows)}. "
        "The table below has the same figures.",
        **pictures(base, f"?{_query(sheet)}", "desk"),
        "csv": "" if has_faults else f"/data/priorities.csv?{_query(sheet)}",
        "link": address_of(sheet),
    }


def _refused(
    request: HttpRequest, fault: AtlasError, sheet: Written | None = None, text: str = ""
) -> HttpResponse:
    """A worksheet that cannot be read or kept: why, and all that was written, to be mended."""
    page = _page(sheet or Written(), {}) | {"notice": fault, "is_start": sheet is None}
    page |= {"sheet_text": text[:LONGEST_SHOWN]} if text else {}
    return render(request, "priorities.html", page, status=400)


def _query(sheet: Written) -> str:
    return urlencode({"sheet": worksheet_text(sheet)}, safe=",:")


def _number(asked: Mapping[str, str], name: str) -> int:
    text = asked.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
