"""The form of an example: its sections and questions, and what may be chosen.

One list for all of them, so that what a page asks, a file and the API carry. How answers are read is in `answers`.
"""

from dataclasses import dataclass

from careatlas.engine.release import Release

LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class Question:
    """``kind``: line, text (Markdown), pounds, day, setting, programme, workstreams, organisation, indicator, area
    or direction. ``is_needed``: nobody can submit without it."""

    field: str
    label: str
    kind: str
    hint: str = ""
    is_needed: bool = False
    most: int = LONGEST_TEXT


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    questions: tuple[Question, ...]
    lead: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(question.field for question in self.questions)


def _text(field: str, label: str, hint: str, is_needed: bool = True) -> Question:
    return Question(field, label, "text", hint, is_needed)


def _pounds(field: str, label: str, hint: str) -> Question:
    return Question(field, label, "pounds", hint)


SECTIONS = (
    Section(
        "about",
        "What it is",
        (
            Question("title", "Title", "line", "What was done and where, in one line.", True, 160),
            Question("summary", "Summary", "line", "Two or three sentences for somebody in a hurry.", True, 600),
            Question(
                "owner",
                "Owner organisation",
                "organisation",
                "Whose work it is: a board, sub-area, trust or another body.",
                True,
            ),
            Question("setting", "Setting", "setting", "Where care is given.", True),
            Question("programme", "Programme", "programme", "What kind of care the money is for.", True),
            Question("workstreams", "Workstreams", "workstreams", "Choose any that it belongs to."),
        ),
    ),
    Section(
        "problem",
        "The problem",
        (
            _text("problem", "What was the problem?", "For whom, how large, how you knew."),
            _text(
                "who_should_consider",
                "Who should consider doing this?",
                "What a place would have in common with yours.",
                False,
            ),
        ),
    ),
    Section(
        "done",
        "What was done",
        (_text("what_was_done", "What was done?", "So that somebody could do the same: who, what, when."),),
    ),
    Section(
        "costs",
        "What it cost",
        (
            _pounds("cost_to_start_gbp", "Cost to start, in pounds", "Once: equipment, training, people's time."),
            _pounds("cost_a_year_gbp", "Cost to run, in pounds a year", "0 where there is none."),
        ),
        "Whole pounds. Leave empty what you do not know: empty is not nought.",
    ),
    Section(
        "savings",
        "What it saved",
        (
            _pounds("saving_cash_gbp", "Cash, in pounds a year", "Money that was in a budget and no longer is."),
            _pounds(
                "saving_cost_avoided_gbp",
                "Cost avoided, in pounds a year",
                "Money that would have been spent and was not.",
            ),
            _pounds(
                "saving_capacity_gbp",
                "Capacity, in pounds a year",
                "Time or beds that others could use, at their cost. No money comes free.",
            ),
            _text(
                "how_money_is_realised",
                "How is the money realised?",
                "What has to be closed, stopped or paid less, by whom, before anything is saved. "
                "If no money is saved, say so.",
            ),
        ),
        "What you claim, by kind: they are not the same thing and are never added up.",
    ),
    Section(
        "quality",
        "Effect on quality",
        (_text("quality_effect", "What changed for patients?", "Better, worse or the same; and how you know."),),
    ),
    Section(
        "evidence",
        "Evidence",
        (_text("evidence", "What is the evidence?", "Audits, studies, guidance. Links are welcome."),),
    ),
    Section(
        "implementation",
        "Doing it elsewhere",
        (
            _text("implementation", "How is it done elsewhere?", "How long it takes, who is needed, what goes wrong."),
            _text("enablers", "What made it possible?", "People, agreements, systems that others may lack.", False),
        ),
    ),
    Section(
        "measure",
        "Before and after",
        (
            Question("indicator", "Indicator", "indicator", "What should have changed."),
            Question("area", "Area", "area", "The owner's own, a part of it, or one that it lies in."),
            Question("starts_on", "Started on", "day", "The day from which it could have had an effect."),
            Question("direction", "It should make the figure", "direction"),
            _text("how_measured", "How else was it measured?", "Your own counts: what, when, by whom.", False),
        ),
        "The atlas measures the result itself. Only what it measures makes an example proven.",
    ),
)  # fmt: skip
BY_KEY = {section.key: section for section in SECTIONS}
QUESTIONS = {question.field: question for section in SECTIONS for question in section.questions}
MEASURE = ("indicator", "area", "starts_on", "direction")


def programmes(release: Release) -> dict[str, str]:
    """Titles by id, of programme-budget categories and workstreams: an indicator may name either."""
    known = release.catalogue["programmes"].values()
    return {one["id"]: one["title"] for one in sorted(known, key=lambda one: one["title"])}


def workstreams(release: Release) -> dict[str, str]:
    known = release.catalogue["programmes"]
    return {id: title for id, title in programmes(release).items() if known[id]["kind"] == "workstream"}
