"""A report card as one HTML file that loads nothing: to be sent, and opened far from the atlas."""

from django.template.loader import render_to_string

from careatlas.improve.delivery.reporting.card import Card
from careatlas.improve.delivery.reporting.card_words import Mark, document


def as_html(card: Card, mark: Mark | None = None) -> bytes:
    shown = document(card, mark)
    sections = [
        {
            "id": one.id,
            "title": one.title,
            "blocks": [{"kind": block.kind, "is": block} for block in one.blocks],
        }
        for one in shown.sections
    ]
    page = {"document": shown, "sections": sections, "is_file": True}
    return render_to_string("delivery/report_file.html", page).encode()
