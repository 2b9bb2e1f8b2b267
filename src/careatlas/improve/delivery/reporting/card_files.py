"""A report card as files: the whole of it as JSON, its lines as rows for a spreadsheet or a terminal, and as a PDF.

The same card gives the same bytes, whoever asks and when.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from careatlas.improve.delivery.reporting.card import Card, Line
from careatlas.improve.delivery.reporting.card_money import Money
from careatlas.improve.delivery.reporting.card_status import ORDER
from careatlas.improve.delivery.reporting.card_words import Mark, document
from careatlas.present.tables import safe_for_spreadsheet
from careatlas.present.typeset import to_pdf

NO_MONEY = dict.fromkeys(Money.__annotations__)
TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "json": "application/json"}


def rows_of(card: Card) -> list[dict[str, Any]]:
    """A row for each line and kind of money, keys first; without money one, with nothing in its place."""
    return [
        _row(card, level, line, money)
        for level, line in _levels(card)
        for money in line["money"] or [NO_MONEY]
    ]


def as_csv(card: Card, mark: Mark | None = None) -> bytes:
    rows, text = rows_of(card), io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([safe_for_spreadsheet(value) for value in row.values()])
    return text.getvalue().encode()


def as_json(card: Card, mark: Mark | None = None) -> bytes:
    """Keys in the order of letters, because a database gives them back in an order of its own."""
    content = {"card": card, "kept": mark._asdict() if mark is not None else None}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1).encode()


def as_pdf(card: Card, mark: Mark | None = None) -> bytes:
    return to_pdf(document(card, mark))


FILES: dict[str, Callable[[Card, Mark | None], bytes]] = {"pdf": as_pdf, "csv": as_csv, "json": as_json}


def name_of(card: Card, kind: str) -> str:
    """Of a file, such as ``report-B0-2026-07.pdf``."""
    within = [card["workstream"]["id"]] if card["workstream"] else []
    return "-".join(["report", card["organisation"]["code"], *within, card["month"]]) + f".{kind}"


def _levels(card: Card) -> Iterator[tuple[str, Line]]:
    for line in card["organisations"]:
        yield "organisation", line
    for line in card["workstreams"]:
        yield "workstream", line
    for line in card["families"]:
        yield "family", line
    yield "all", card["whole"]


def _row(card: Card, level: str, line: Line, money: Any) -> dict[str, Any]:
    about = {name: line[name] for name in Line.__annotations__ if name not in ("standings", "money")}
    counts = {f"{word.replace(' ', '_')}_initiatives": line["standings"].get(word, 0) for word in ORDER}
    return {
        "area": card["organisation"]["code"],
        "month": card["month"],
        "level": level,
        **about,
        **counts,
        **{name: money[name] for name in Money.__annotations__},  # a database keeps no order of names
        "release": card["release"],
        "note": "Shares of a pool are allocated by rule.",
    }
