"""A plan as a spreadsheet and back: nothing differs, an edit is that edit, what cannot be kept is told in its cell."""

import io
import zipfile
from contextlib import suppress
from datetime import UTC, date, datetime
from types import SimpleNamespace

import ledger_small
import planned
import pytest
import web_release
import xlsxwriter
from authored import person
from django.db import transaction
from django.utils import timezone
from hostile import FORMULAS, MARKUP
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plan_file import File

from careatlas.errors import AtlasError
from careatlas.improve.delivery.models import Claim, Figure, Initiative, Milestone, Plan, Risk
from careatlas.improve.delivery.planning import gateways, plans
from careatlas.improve.delivery.reporting import spreadsheet, spreadsheet_changes
from careatlas.improve.delivery.reporting.spreadsheet_changes import Difference, Otherwise
from careatlas.improve.delivery.reporting.spreadsheet_reading import MOST_ROWS, read
from careatlas.improve.delivery.reporting.spreadsheet_sheets import (
    BY_TITLE,
    SHEETS,
    rows_of,
    text_in,
    text_of,
)
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 10, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def ann(release, db):
    organisations.take_from(release)
    with web_release.client_of(release.folder.parent.parent):
        yield person("ann", (Role.PLAN_MANAGER, "B0"))


@pytest.fixture
def plan(ann, release) -> Plan:
    """One initiative with a part of each kind, two figures, and a claim of £1,200 in twelve equal months."""
    made = planned.plan(ann, release)
    one = planned.whole(ann, release, within=made)
    planned.add("cycles", one, ann, release, measure=str(one.measures.get().pk))
    for month, value in ((date(2026, 1, 1), 7.0), (date(2026, 2, 1), 6.5)):
        Figure.objects.create(measure=one.measures.get(), month=month, value=value)
    ledger_small.claim(one, ledger_small.pool(year=2026), 120_000, share=0.25)
    return made


def taken(plan, user, release) -> File:
    return File(spreadsheet.as_workbook(plan, user, release))


def looked(plan, file, user, release):
    data = file if isinstance(file, bytes) else file.saved()
    return spreadsheet_changes.preview(plan, read(data), user, release)


def kept(plan, file, user, release, why="as agreed"):
    data = file.saved()
    shown = looked(plan, data, user, release).fingerprint
    return spreadsheet_changes.keep(plan, read(data), user, release, why, shown)


def told(seen) -> list[tuple]:
    return [(one.sheet, one.line, one.column, one.words) for one in seen.faults]


def test_taken_out_and_brought_back_nothing_differs(plan, ann, release):
    entries = Entry.objects.count()
    for data in (spreadsheet.as_workbook(plan, ann, release), taken(plan, ann, release).saved()):
        seen = looked(plan, data, ann, release)
        assert not seen.differs, (seen.changed, seen.new, seen.faults)
        assert (seen.left_out, seen.passed_over) == ({}, ())
    assert Entry.objects.count() == entries


def test_every_part_of_a_plan_is_in_the_file(plan, ann, release):
    sheets = taken(plan, ann, release).sheets
    assert {name: len(rows) - 1 for name, rows in sheets.items()} == {
        "Plan": 1, "Initiatives": 1, "Milestones": 1, "Measures": 1, "Figures": 2, "Risks": 1, "Cycles": 1, "Claims": 1,
    }  # fmt: skip
    claim = dict(zip(*sheets["Claims"], strict=True))
    assert (claim["The year"], claim["April"], claim["March"], claim["Agreed share"]) == (
        1200,
        100,
        100,
        0.25,
    )
    assert dict(zip(*sheets["Milestones"], strict=True))["Due on"] == date(2026, 5, 1)


def test_an_edit_is_exactly_that_change_and_says_why(plan, ann, release):
    file = taken(plan, ann, release).put("Milestones", 2, "Expected on", date(2026, 6, 5))
    seen = looked(plan, file, ann, release)
    (change,) = seen.changed
    assert (change.sheet, change.line, change.title) == ("Milestones", 2, "First test")
    assert change.differences == (Difference("Expected on", "", "2026-06-05"),)
    assert (seen.new, seen.faults) == ((), ())
    assert Milestone.objects.get().forecast_on is None  # nothing is kept by looking
    entries = Entry.objects.count()
    kept(plan, file, ann, release)
    milestone = Milestone.objects.get()
    assert (milestone.forecast_on, milestone.version) == (date(2026, 6, 5), 2)
    (entry,) = Entry.objects.filter(number__gt=entries)
    assert (entry.who, entry.why) == ("ann@nhs.test", "from a spreadsheet: as agreed")
    assert (entry.before, entry.after) == ({"forecast_on": None}, {"forecast_on": "2026-06-05"})


def test_every_sheet_can_be_edited(plan, ann, release):
    edits = [
        ("Plan", "Lead", "Sue"),
        ("Initiatives", "Confidence, in percent", 60),
        ("Milestones", "Done on", date(2026, 4, 9)),
        ("Measures", "Target, as a value", 4.5),
        ("Figures", "Figure", 8),
        ("Risks", "Closed", True),
        ("Cycles", "Plan", "Ring twenty.\nWrite to five."),
        ("Claims", "Form", "cost avoided"),
    ]
    file = taken(plan, ann, release)
    for sheet, heading, value in edits:
        file.put(sheet, 2, heading, value)
    seen = kept(plan, file, ann, release)
    assert [(one.sheet, [each.column for each in one.differences]) for one in seen.changed] == [
        (sheet, [heading]) for sheet, heading, _ in edits
    ]
    one = Initiative.objects.get()
    assert (Plan.objects.get().lead, one.confidence, one.milestones.get().done_on) == (
        "Sue",
        60,
        date(2026, 4, 9),
    )
    assert (one.measures.get().target, Figure.objects.first().value) == (4.5, 8)
    assert (Risk.objects.get().is_closed, one.cycles.get().plan) == (True, "Ring twenty.\nWrite to five.")
    assert Claim.objects.get().form == "cost avoided"
    assert not looked(plan, taken(Plan.objects.get(), ann, release), ann, release).differs


def test_a_new_amount_is_phased_as_the_old_one_was_and_months_add_up_to_the_penny(plan, ann, release):
    """£1,200 evenly is £100 a month; £60 evenly is £5."""
    file = taken(plan, ann, release).put("Claims", 2, "The year", 60)
    kept(plan, file, ann, release)
    claim = Claim.objects.get()
    assert (claim.pence, claim.phasing) == (6_000, [500] * 12)
    wrong = taken(plan, ann, release).put("Claims", 2, "April", 7.5)
    assert told(looked(plan, wrong, ann, release)) == [
        ("Claims", 2, "The year",
         "Give twelve amounts from April to March, of one sign, that add up to the whole."),
    ]  # fmt: skip
    right = taken(plan, ann, release).put("Claims", 2, "April", 7.51).put("Claims", 2, "The year", 62.51)
    kept(plan, right, ann, release)
    claim.refresh_from_db()
    assert (claim.pence, claim.phasing) == (6_251, [751, *[500] * 11])


def test_new_rows_name_each_other_by_a_word_of_ones_own(plan, ann, release):
    pool = Claim.objects.get().pool_id
    file = (
        taken(plan, ann, release)
        .add("Initiatives", number="new-1", title="Falls clinic", workstream="planned_care")
        .add(
            "Measures",
            number="falls",
            initiative="New-1",
            kind="quality",
            title="Falls",
            unit="falls",
            better="lower",
        )
        .add("Figures", measure="falls", month=date(2026, 3, 1), value=11)
        .add("Cycles", initiative="new-1", began_on=date(2026, 4, 1), measure="falls")
        .add("Milestones", initiative="new-1", title="Opened", due_on="2026-07-01")
        .add("Risks", initiative="new-1", title="No room", likelihood=2, impact=3)
        .add("Claims", initiative="new-1", pool=pool, timing="recurrent", form="cash", pence=-12)
    )
    seen = kept(plan, file, ann, release)
    assert (seen.changed, seen.faults, len(seen.new)) == ((), (), 7)
    one = Initiative.objects.get(title="Falls clinic")
    assert (one.plan, one.organisation_id, one.status) == (plan, "B0", "idea")
    measure = one.measures.get()
    assert (measure.figures.get().value, one.cycles.get().measure) == (11, measure)
    assert (one.milestones.get().due_on, one.risks.get().impact) == (date(2026, 7, 1), 3)
    assert (one.claims.get().pence, one.claims.get().phasing) == (-1_200, [-100] * 12)


def test_brought_twice_a_file_doubles_nothing(plan, ann, release):
    file = taken(plan, ann, release).add(
        "Milestones", initiative=Initiative.objects.get().pk, title="Opened", due_on="2026-07-01"
    )
    kept(plan, file, ann, release)
    again = looked(plan, file, ann, release)
    number = Milestone.objects.get(title="Opened").pk
    assert told(again) == [
        ("Milestones", 3, "", f"It is there already, as number {number}. Take the plan out again.")
    ]


def test_rows_columns_and_sheets_that_are_left_out_stay_as_they_are(plan, ann, release):
    file = taken(plan, ann, release)
    del file.sheets["Risks"], file.sheets["Figures"][2]
    place = file.place("Milestones", "Owner")
    file.sheets["Milestones"] = [row[:place] + row[place + 1 :] for row in file.sheets["Milestones"]]
    seen = looked(plan, file, ann, release)
    assert not seen.differs
    assert seen.left_out == {"Figures": 1, "Risks": 1}
    assert Risk.objects.count() == 1


def test_every_fault_is_told_in_its_cell_and_nothing_is_kept(plan, ann, release):
    one = Initiative.objects.get().pk
    file = (
        taken(plan, ann, release)
        .put("Plan", 2, "Title", "")
        .put("Initiatives", 2, "Starts on", "next week")
        .put("Initiatives", 2, "Confidence, in percent", 0.8)
        .put("Risks", 2, "Closed", "maybe")
        .put("Claims", 2, "June", "")
        .put("Claims", 2, "Agreed share", 1.5)
        .add("Milestones", initiative=one, due_on="2026-07-01")
        .add("Milestones", initiative=999, title="Of nobody", due_on="2026-07-01")
        .add("Figures", measure=Initiative.objects.get().measures.get().pk, month="soon", value=1)
    )
    entries = Entry.objects.count()
    seen = looked(plan, file, ann, release)
    assert told(seen) == [
        ("Plan", 2, "Title", "Title: not answered yet."),
        ("Initiatives", 2, "Starts on", "Give a day as year, month and day, such as 2026-09-01."),
        ("Initiatives", 2, "Confidence, in percent", "Give a whole number from 0 to 100."),
        ("Milestones", 3, "What is done then", "What is done then: not answered yet."),
        ("Milestones", 4, "Initiative",
         "Nothing that could be kept on the sheet of initiatives has “999”. Give its number."),
        ("Figures", 4, "Month", "Give the first day of a month, such as 2026-04-01."),
        ("Risks", 2, "Closed", "Give yes or no."),
        ("Claims", 2, "June", "Give all twelve months: empty is not 0."),
    ]  # fmt: skip
    assert next(one.said for one in seen.faults if one.column == "Starts on") == "next week"
    with pytest.raises(Otherwise):
        kept(plan, file, ann, release)
    assert Entry.objects.count() == entries


def test_what_is_only_told_is_not_changed_by_a_file(plan, ann, release):
    other = planned.initiative(ann, release, within=plan)
    file = (
        taken(plan, ann, release)
        .put("Plan", 2, "Year", 2027)
        .put("Initiatives", 2, "Status", "running")
        .put("Milestones", 2, "Initiative", other.pk)
        .put("Milestones", 2, "Initiative’s title", "whatever")
    )
    assert [(sheet, heading) for sheet, _, heading, _ in told(looked(plan, file, ann, release))] == [
        ("Plan", "Year"), ("Initiatives", "Status"), ("Milestones", "Initiative"),
    ]  # fmt: skip


def test_numbers_that_are_not_here_stand_twice_or_were_lost_are_refused(plan, ann, release):
    file = taken(plan, ann, release)
    row = list(file.sheets["Milestones"][1])
    file.sheets["Milestones"] += [list(row), [99, *row[1:]], ["", *row[1:]]]
    assert [line for _, line, _, _ in told(looked(plan, file, ann, release))] == [3, 4, 5]


def test_a_row_that_somebody_changed_since_is_refused_with_both_their_words(plan, ann, release):
    file = taken(plan, ann, release).put("Milestones", 2, "Owner", "Ann’s")
    data = file.saved()
    shown = looked(plan, data, ann, release).fingerprint
    ben = person("ben", (Role.PLAN_MANAGER, "B0"))
    kept(plan, taken(plan, ben, release).put("Milestones", 2, "Owner", "Ben’s"), ben, release)
    with pytest.raises(Otherwise) as refused:
        spreadsheet_changes.keep(plan, read(data), ann, release, "mine", shown)
    ((sheet, line, heading, words),) = told(refused.value.seen)
    assert (sheet, line, heading) == ("Milestones", 2, "Version")
    assert "here “Ben’s”, in the file “Ann’s”" in words
    assert Milestone.objects.get().owner == "Ben’s"


def test_what_changed_elsewhere_in_the_plan_meanwhile_is_in_nobodys_way(plan, ann, release):
    file = taken(plan, ann, release).put("Milestones", 2, "Owner", "Ann’s")
    kept(plan, taken(plan, ann, release).put("Risks", 2, "Owner", "Ben’s"), ann, release)
    kept(plan, file, ann, release)
    assert (Milestone.objects.get().owner, Risk.objects.get().owner) == ("Ann’s", "Ben’s")


def test_without_a_reason_nothing_is_kept(plan, ann, release):
    file = taken(plan, ann, release).put("Milestones", 2, "Owner", "Sue")
    for why in ("", "x" * 301):
        with pytest.raises(Wrong, match="Say why"):
            kept(plan, file, ann, release, why)
    assert Milestone.objects.get().owner == ""


def test_what_is_over_is_not_changed_by_a_file_either(plan, ann, release):
    one = Initiative.objects.get()
    gateways.stop(one.pk, ann, one.version, "no money")
    file = taken(plan, ann, release).put("Milestones", 2, "Owner", "Sue")
    assert told(looked(plan, file, ann, release)) == [
        ("Milestones", 2, "", "The initiative is stopped: what it says stands.")
    ]


def test_who_sees_less_takes_less_out_and_changes_nothing_that_is_not_theirs(plan, ann, release):
    Initiative.objects.update(status="planned")
    plans.baseline(plan.pk, ann, 1)
    plan.refresh_from_db()
    planned.initiative(ann, release, within=plan, title="An idea")
    reader = person("rae", (Role.READER, "B0"))
    file = taken(plan, reader, release)
    assert [row[3] for row in file.sheets["Initiatives"][1:]] == ["Ringing patients"]
    assert not spreadsheet_changes.may_bring(plan, reader)
    part = person("pat", (Role.READER, "B0"), (Role.PLAN_MANAGER, "S00"))
    planned.initiative(ann, release, "S00", within=plan, title="In a part")
    file = taken(plan, part, release)
    assert [row[3] for row in file.sheets["Initiatives"][1:]] == ["Ringing patients", "In a part"]
    assert spreadsheet_changes.may_bring(plan, part)
    for sheet, line in (("Plan", 2), ("Initiatives", 2), ("Initiatives", 3)):
        file.put(sheet, line, "Lead" if sheet == "Plan" else "Owner", "Pat")
    seen = looked(plan, file, part, release)
    assert [(sheet, line) for sheet, line, _, words in told(seen) if "none that you may write on" in words] == [
        ("Plan", 2), ("Initiatives", 2),
    ]  # fmt: skip
    assert [one.title for one in seen.changed] == ["In a part"]


def test_another_plans_file_is_refused_as_a_whole(plan, ann, release):
    other = planned.plan(ann, release, year=2027)
    with pytest.raises(AtlasError, match=f"is of plan {other.pk}, and this is plan {plan.pk}"):
        looked(plan, taken(other, ann, release), ann, release)


def test_no_words_become_a_formula_and_all_come_back_as_they_were(plan, ann, release):
    one = Initiative.objects.get()
    for text in [*FORMULAS, *MARKUP, "'quoted", "_x0041_", " spaced ", "01", "1e5", "TRUE", "2026-04-01"]:
        text = text.replace("\x00", "")  # no database keeps it
        Risk.objects.create(initiative=one, title=text, likelihood=1, impact=1, mitigation=text)
    data = spreadsheet.as_workbook(plan, ann, release)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "worksheets/" in name)
    assert not looked(plan, data, ann, release).differs
    rows = File(data).sheets["Risks"]
    assert all(isinstance(row[4], str) for row in rows[1:])


@st.composite
def plans_as_they_may_be(draw):
    """Texts, days and amounts of every kind, in up to four initiatives."""
    letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
    text = st.text(letters, max_size=60).map(lambda one: one.replace("_x", "x"))
    title = text.map(lambda one: " ".join(one.split()) or "x")
    day = st.dates(date(1990, 1, 1), date(2099, 12, 31))
    pence = st.integers(-(10**12), 10**12).filter(bool)
    figure = st.floats(-1e12, 1e12, allow_nan=False, allow_infinity=False)
    one = st.fixed_dictionaries({
        "title": title, "aim": text, "starts_on": st.none() | day, "confidence": st.none() | st.integers(0, 100),
        "milestones": st.lists(st.tuples(title, day, st.none() | day), max_size=3),
        "risks": st.lists(st.tuples(title, st.integers(1, 5), st.booleans()), max_size=2),
        "figures": st.dictionaries(st.integers(0, 40), figure, max_size=3),
        "claims": st.lists(st.tuples(pence, st.none() | st.floats(0, 1)), max_size=2),
    })  # fmt: skip
    return draw(st.lists(one, max_size=4))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans_as_they_may_be())
def test_whatever_a_plan_says_its_file_says_the_same(ann, release, written):
    """Written, read, and held against what is there, cell by cell."""
    Claim.objects.all().delete(), Initiative.objects.all().delete(), Plan.objects.all().delete()
    plan = Plan.objects.create(organisation=planned.org("B0"), year=2026, title="Ours")
    pool = (
        ledger_small.pool(year=2026)
        if not ledger_small.Pool.objects.exists()
        else ledger_small.Pool.objects.get()
    )
    for said in written:
        fields = {name: said[name] for name in ("title", "aim", "starts_on", "confidence")}
        one = Initiative.objects.create(plan=plan, organisation=plan.organisation, **fields)
        for title, due_on, done_on in said["milestones"]:
            Milestone.objects.create(initiative=one, title=title, due_on=due_on, done_on=done_on)
        for title, score, is_closed in said["risks"]:
            Risk.objects.create(
                initiative=one, title=title, likelihood=score, impact=score, is_closed=is_closed
            )
        measure = ledger_small.measure(one, [])
        for month, value in said["figures"].items():
            Figure.objects.create(
                measure=measure, month=date(2023 + month // 12, month % 12 + 1, 1), value=value
            )
        for pence, share in said["claims"]:
            ledger_small.claim(one, pool, pence, share=share)
    brought = read(spreadsheet.as_workbook(plan, ann, release))
    assert brought.faults == []
    here = rows_of(plan, ann)
    for sheet in SHEETS:
        found = [row.cells for row in brought.rows if row.sheet is sheet]
        assert found == [
            {column.field: text_in(column, row) for column in sheet.columns} for row in here[sheet.key]
        ]
    assert not spreadsheet_changes.preview(plan, brought, ann, release).differs


def damaged(data: bytes) -> dict[str, bytes]:
    def rewritten(name: str, change) -> bytes:
        held = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(data)) as old,
            zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for part in old.namelist():
                new.writestr(part, change(old.read(part)) if part == name else old.read(part))
        return held.getvalue()

    first, entity = "xl/worksheets/sheet2.xml", b'<!DOCTYPE x [<!ENTITY a "b">]>'
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return {
        "nothing": b"", "text": b"title,owner\n", "cut off": data[:-200], "in the middle": data[:900] + data[999:],
        "an archive": rewritten("xl/workbook.xml", lambda text: b""),
        "no sheet": rewritten(first, lambda text: text[:200]),
        "far away": rewritten(first, lambda text: text.replace(b"</sheetData>", far)),
        "grows": rewritten(first, lambda text: text.replace(b"</sheetData>", b" " * (41 * 1024**2) + b"</sheetData>")),
        "entities": rewritten(first, lambda text: text.replace(b"<worksheet", entity + b"<worksheet", 1)),
        "too large": data + b"\0" * (5 * 1024**2),
    }  # fmt: skip


def test_a_file_that_is_damaged_or_made_to_harm_is_refused_in_one_sentence(plan, ann, release):
    for name, data in damaged(spreadsheet.as_workbook(plan, ann, release)).items():
        with pytest.raises(AtlasError) as refused:
            read(data)
        assert str(refused.value).startswith("The file"), name


def test_a_file_cut_off_or_altered_anywhere_never_fails_otherwise(plan, ann, release):
    data = spreadsheet.as_workbook(plan, ann, release)
    for place in range(0, len(data), len(data) // 150):
        for harmed in (data[:place], data[:place] + b"\xff\x00" + data[place + 2 :]):
            with suppress(AtlasError):
                read(harmed)


def test_cells_that_show_something_else_than_they_say_are_faults(plan, ann, release):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet("Milestones")
        for place, heading in enumerate(["Number", "Version", "Initiative", "What is done then", "Due on"]):
            page.write_string(0, place, heading)
        page.write_row(1, 0, ["", "", Initiative.objects.get().pk])
        page.write_formula(1, 3, "=1/0", None, "#DIV/0!")
        page.write_string(1, 4, "2026-07-01")
    seen = looked(plan, file.getvalue(), ann, release)
    assert told(seen) == [
        ("Milestones", 2, "What is done then", "The cell shows an error: give what is meant.")
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda file: file.sheets["Risks"][0].append("Colour"), "has a column that a plan has not: Colour."),
        (lambda file: file.sheets["Risks"][0].append("Owner"), "has the column Owner twice."),
        (lambda file: file.sheets["Risks"][0].__setitem__(1, ""), "has no columns Number and Version"),
        (lambda file: file.sheets["Risks"].extend([["", "", "x"]] * (MOST_ROWS + 1)), "Keep to 5,000 rows"),
        (
            lambda file: file.sheets.clear() or file.sheets.update(Mine=[["x"]]),
            "has none of the sheets of a plan",
        ),
    ],
)
def test_a_file_of_another_layout_is_refused_with_what_to_do(plan, ann, release, change, words):
    file = taken(plan, ann, release)
    change(file)
    with pytest.raises(AtlasError, match=words):
        read(file.saved())


def test_sheets_of_ones_own_are_passed_over_and_told(plan, ann, release):
    file = taken(plan, ann, release)
    file.sheets["My notes"] = [["anything"]]
    seen = looked(plan, file, ann, release)
    assert (seen.differs, seen.passed_over) == (False, ("My notes",))
    assert SimpleNamespace(**seen.__dict__).left_out == {}


def test_a_file_that_changes_very_much_is_divided_and_nothing_of_it_is_kept(plan, ann, release, monkeypatch):
    monkeypatch.setattr(spreadsheet_changes, "MOST_CHANGES", 2)
    file = taken(plan, ann, release)
    for sheet in ("Milestones", "Risks", "Initiatives"):
        file.put(sheet, 2, "Owner", "Sue")
    seen = looked(plan, file, ann, release)
    assert told(seen) == [
        ("Risks", 2, "", "More than 2 rows differ. Bring some sheets, or some rows, by themselves first.")
    ]
    with pytest.raises(Otherwise):
        kept(plan, file, ann, release)
    assert Risk.objects.get().owner == ""


WORDS = st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=40)
CELLS = {
    ("Plan", "Lead"): WORDS,
    ("Initiatives", "Aim"): WORDS,
    ("Milestones", "Expected on"): st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    ("Measures", "Target, as a value"): st.floats(-1e6, 1e6),
    ("Figures", "Figure"): st.integers(0, 100),
    ("Risks", "Likelihood"): st.integers(1, 5),
    ("Cycles", "Plan"): WORDS,
    # a file keeps sixteen digits of a number and not all seventeen
    ("Claims", "Agreed share"): st.floats(0.01, 1).map(lambda share: round(share, 12)),
}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({}, optional=CELLS))
def test_whatever_is_edited_is_exactly_what_changes(plan, ann, release, edits):
    with transaction.atomic():
        file, wanted = taken(plan, ann, release), set()
        for (sheet, heading), value in edits.items():
            column = next(one for one in BY_TITLE[sheet].columns if one.heading == heading)
            was = file.sheets[sheet][1][file.place(sheet, heading)]
            if text_of(column, value) != text_of(column, was):
                wanted.add((sheet, heading, text_of(column, was), text_of(column, value)))
            file.put(sheet, 2, heading, value)
        seen = kept(plan, file, ann, release)
        changed = {
            (one.sheet, each.column, each.was, each.now) for one in seen.changed for each in one.differences
        }
        assert (changed, seen.new) == (wanted, ())
        assert not looked(plan, taken(Plan.objects.get(), ann, release), ann, release).differs
        transaction.set_rollback(True)
