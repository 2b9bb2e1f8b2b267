"""An example as a document, for paper: the same words and figures as its page, without what only a screen has."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.template.defaultfilters import floatformat
from markdown_it import MarkdownIt
from markdown_it.token import Token

from careatlas.catalogue.care_setting import load_care_settings
from careatlas.engine.release import Release
from careatlas.improve.evidence.assessing.rounds import Round
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.writing.answers import written
from careatlas.improve.evidence.writing.sections import SECTIONS, Question, programmes
from careatlas.present.document import Block, Document, Grid, Paragraph, Picture, Points, Section, Spec

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
NOT_ANSWERED = "Not answered."


def document_of(
    example: Example, release: Release, result: Round | None, draw: Callable[[int], Spec] | None
) -> Document:
    """``result``: the round that the reader may see; ``draw``: the chart of what it is measured by, if there is one."""
    told = [
        Section(section.key, section.title, tuple(_answers(example, section.questions, release)))
        for section in SECTIONS
    ]
    measure = (*_verdict(example), *_drawn(example, release, draw))
    return Document(
        title=example.title,
        subtitle=_standing(example, result),
        foot=f"Care Atlas library, example {example.pk}, as it stood with release {release.id}. /library/{example.pk}/"
        + (" Simulated country: no real places or figures." if example.is_simulated else ""),
        sections=(
            *([Section("measured", "What the atlas measures", measure)] if measure else []),
            *([_scores(result)] if result is not None and result.is_finished else []),
            *told,
        ),
    )


def _standing(example: Example, result: Round | None) -> str:
    parts = [example.owner.name, example.get_stage_display()]
    if example.stage == Stage.PUBLISHED and example.published_at:
        parts[1] = f"Published {_day(example.published_at)}"
        parts.append(example.get_verdict_display())
    if result is not None and result.is_finished:
        parts.append(f"{result.gates.title_of(result.rating)}, {floatformat(result.overall)} of 100")
    return " · ".join(parts)


def _verdict(example: Example) -> Iterator[Block]:
    kept = example.effect
    if not kept:
        return
    yield Paragraph(
        f"{example.get_verdict_display()}, measured in release {kept['release']}. {kept['reason']}"
    )
    if kept.get("percent") is not None:
        yield Paragraph(
            f"Effect {kept['percent']:+.1f}% of the area's own rate "
            f"(95% interval {kept['lower']:+.1f} to {kept['upper']:+.1f}%), less what would have come back by itself."
        )


def _drawn(example: Example, release: Release, draw: Callable[[int], Spec] | None) -> Iterator[Block]:
    if draw is None:
        return
    about, area = release.catalogue["indicators"][example.indicator], release.areas[example.area]["name"]
    words = f"Control chart of {about['title']}, {area}, with the start marked ({_day(example.starts_on)})."
    yield Picture("measure", draw, f"{words} The page of the example has its figures as a table.", "values")


def _scores(result: Round) -> Section:
    columns = ("Gate", *(f"Assessor {number}" for number in range(1, len(result.assessments) + 1)), "Stands")
    rows = tuple(
        (
            gate.title,
            *(f"{one.scores[gate.id]}: {one.comments.get(gate.id, '')}" for one in result.assessments),
            f"{result.scores[gate.id]:g}",
        )
        for gate in result.gates.gates
    )
    wide = (1.6, *(3.0 for _ in result.assessments), 0.7)
    grid = Grid(f"Scores from 0 to 4 in round {result.number}", columns, rows, (len(columns) - 1,), wide)
    return Section("scores", "How it was assessed", (grid,))


def _answers(example: Example, questions: tuple[Question, ...], release: Release) -> Iterator[Block]:
    for question in questions:
        if question.field == "title":
            continue
        yield Paragraph(question.label, "heading")
        said = written(example, question)
        if question.kind == "text" and said:
            yield from blocks(said)
        else:
            yield Paragraph(_in_words(example, question, said, release))


def _in_words(example: Example, question: Question, said: Any, release: Release) -> str:
    if not said:
        return NOT_ANSWERED
    titles = programmes(release)
    by_kind: dict[str, Callable[[], str]] = {
        "pounds": lambda: f"£{int(said):,}",
        "organisation": lambda: example.owner.name,
        "setting": lambda: load_care_settings().get(said, said),
        "programme": lambda: titles.get(said, said),
        "workstreams": lambda: ", ".join(titles.get(one, one) for one in said),
        "indicator": lambda: release.catalogue["indicators"].get(said, {}).get("title", said),
        "area": lambda: release.areas.get(said, {}).get("name", said),
        "day": lambda: _day(example.starts_on),
    }
    return by_kind.get(question.kind, lambda: str(said))()


def blocks(text: str) -> list[Block]:
    """Markdown as plain blocks: paragraphs, lists, tables; a link's address stands behind its words.

    >>> [block.text for block in blocks("# One\\n\\nTwo **three** [four](https://five.test/).")]
    ['One', 'Two three four (https://five.test/).']
    """
    found: list[Block] = []
    items: list[str] = []
    rows: list[list[str]] = []
    tone, depth, ordered = "plain", 0, False
    for token in _markdown.parse(text):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            ordered = token.type.startswith("ordered") if not depth else ordered
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
            if not depth and items:
                found.append(Points(tuple(items), ordered))
                items = []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "table_close":
            found.append(_table(rows))
            rows = []
        elif token.type.startswith("heading"):
            tone = "heading" if token.type == "heading_open" else "plain"
        elif token.type == "inline" and rows:
            rows[-1].append(_plain(token))
        elif token.type == "inline" and depth:
            items.append(_plain(token))
        elif token.type == "inline":
            found.append(Paragraph(_plain(token), tone))
        elif token.type in ("fence", "code_block"):
            found.append(Paragraph(token.content.rstrip()))
    return found


def _table(rows: list[list[str]]) -> Grid:
    head, *body = rows
    return Grid("Table", tuple(head), tuple(tuple((row + [""] * len(head))[: len(head)]) for row in body))


def _plain(token: Token) -> str:
    told, addresses = [], []
    for one in token.children or []:
        if one.type == "link_open":
            addresses.append(str(one.attrGet("href") or ""))
        elif one.type == "link_close":
            address = addresses.pop()
            told.append(f" ({address})" if re.match("https://|mailto:", address) else "")
        elif one.type in ("softbreak", "hardbreak"):
            told.append(" ")
        else:
            told.append(one.content)
    return "".join(told)


def _day(day: Any) -> str:
    return f"{day.day} {day:%B %Y}"
