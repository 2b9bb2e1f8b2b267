"""Milestones, measures with their figures, risks, cycles; initiatives begun from an example or an opportunity."""

from datetime import UTC, date, datetime

import library_small
import planned
import pytest
from authored import person
from django.utils import timezone

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import Figure, Measure, Milestone
from careatlas.improve.delivery.planning import beginnings, figures, gateways, initiatives, parts, plans
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

STARTS = date(2026, 6, 1)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return library_small.small(tmp_path_factory.mktemp("atlas"))


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 20, 12, tzinfo=UTC))


@pytest.fixture
def ann(release, db):
    organisations.take_from(release)
    return person("Ann", (Role.PLAN_MANAGER, "B0"))


@pytest.fixture
def one(ann, release):
    return planned.initiative(ann, release)


# Parts


@pytest.mark.parametrize(
    ("key", "said", "field"),
    [
        ("milestones", {"due_on": ""}, "due_on"),
        ("milestones", {"done_on": "2026-03-21"}, "done_on"),  # tomorrow
        ("measures", {"kind": "happiness"}, "kind"),
        ("measures", {"better": ""}, "better"),
        ("measures", {"unit": ""}, "unit"),
        ("measures", {"target_percent": "-10"}, "target"),  # beside the value 5
        ("measures", {"target": "5%"}, "target"),
        ("measures", {"target": "1,5"}, "target"),
        ("measures", {"indicator": "antibiotics"}, "area"),
        ("measures", {"area": "S00"}, "indicator"),
        ("measures", {"indicator": "antibiotics", "area": "B0"}, "area"),  # it is counted in sub-areas only
        ("measures", {"indicator": "antibiotics", "area": "S31"}, "area"),  # of another board
        ("measures", {"indicator": "antibiotics", "area": "Nowhere"}, "area"),
        ("risks", {"likelihood": "0"}, "likelihood"),
        ("risks", {"impact": "6"}, "impact"),
        ("risks", {"impact": ""}, "impact"),
        ("cycles", {"ended_on": "2026-03-01", "study": "s", "act": "a"}, "ended_on"),  # before it began
        ("cycles", {"ended_on": "2026-03-10", "study": "Seen."}, "act"),
        ("cycles", {"measure": "12345"}, "measure"),
    ],
)
def test_what_cannot_be_meant_of_a_part_is_refused_by_field(one, ann, release, key, said, field):
    with pytest.raises(Wrong) as fault:
        planned.add(key, one, ann, release, **said)
    assert set(fault.value.faults) == {field}
    assert not getattr(one, key).exists()


def test_a_measure_may_be_of_the_atlas_at_an_area_by_name_or_code(one, ann, release):
    said = {"indicator": "antibiotics", "unit": "", "target": "", "target_percent": "−10"}
    named = planned.add("measures", one, ann, release, area="Alderbrook", **said)
    coded = planned.add("measures", one, ann, release, area="s01", **said)
    assert (named.area, coded.area, named.target_percent, named.target) == ("S00", "S01", -10.0, None)


def test_two_who_change_one_part_do_not_overwrite_each_other(one, ann, release):
    risk = planned.add("risks", one, ann, release)
    parts.change("risks", risk.pk, {"impact": "4"}, ann, 1, release)
    with pytest.raises(keeping.EditedMeanwhile) as meanwhile:
        parts.change("risks", risk.pk, {"impact": "1"}, ann, 1, release)
    assert meanwhile.value.now.impact == 4
    with pytest.raises(keeping.EditedMeanwhile):
        parts.remove("risks", risk.pk, ann, 1)


def test_a_measure_that_is_taken_out_leaves_its_figures_and_cycles_in_the_record(one, ann, release):
    measure = planned.add("measures", one, ann, release)
    cycle = planned.add("cycles", one, ann, release, measure=str(measure.pk))
    planned.entered(measure, "2026-01,4\n2026-02,5", ann)
    parts.remove("measures", measure.pk, ann, 1, "Not counted any more.")
    cycle.refresh_from_db()
    assert cycle.measure is None
    removed = Entry.objects.filter(action="removed")
    assert sorted(one.kind for one in removed) == ["delivery.figure", "delivery.figure", "delivery.measure"]
    assert {one.why for one in removed} == {"Not counted any more."}


def test_a_cycle_of_another_initiatives_measure_is_refused(one, ann, release):
    other = planned.add("measures", planned.initiative(ann, release), ann, release)
    with pytest.raises(Wrong, match="no measure of this initiative"):
        planned.add("cycles", one, ann, release, measure=str(other.pk))


def test_an_unknown_kind_of_part_is_told_with_those_there_are(one, ann, release):
    with pytest.raises(NotKnownError, match="milestones, measures, risks, cycles"):
        parts.add(one.pk, "wishes", {}, ann, release)


# Figures


@pytest.mark.parametrize(
    "text",
    ["2026-01,4\n2026-02,5.5", "month,value\r\n2026-01,4\r\n\r\n2026-02,5.5\r\n", "2026-01\t4\n2026-02\t5.5",
     "\ufeffperiod;value\n2026-01;4\n2026-02;5.5;", "month,value\r2026-01,4\r2026-02,5.5"],
)  # fmt: skip
def test_months_are_read_as_a_spreadsheet_gives_them(text):
    assert figures.read_months(text) == {date(2026, 1, 1): 4.0, date(2026, 2, 1): 5.5}


def test_an_empty_cell_is_not_known_and_never_zero():
    assert figures.read_months("2026-01,\n2026-02,0") == {date(2026, 2, 1): 0.0}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Give 1 to 400 lines"),
        ("2026-01,many", 'Line 1: the figure says "many", which is no number'),
        ("2026-01,1,5", "Line 1: more than a month and a figure stand there"),
        ('2026-01,"1,234"', "commas and spaces may mean two things"),
        ("2026-01,4\nspring,5", 'Line 2: "spring" is not a period'),
        ("2026,4", "Line 1: the period is no month such as 2026-04"),
        ("2026-01,4\n2026-01,5", "Line 1: rows 1, 2 give the same"),
        ("2026-01,-4", "less than nothing"),
        ("2026-01,1\n" * 401, "And 396 more"),
        ("x" * 40_001, "40,001 characters"),
    ],
)
def test_a_line_that_cannot_be_meant_stops_all_of_them(text, told):
    with pytest.raises(Wrong) as fault:
        figures.read_months(text)
    assert told in fault.value.faults["months"]


def test_a_month_on_file_changes_only_with_a_reason_and_the_same_again_is_nothing(one, ann, release):
    measure = planned.add("measures", one, ann, release)
    assert planned.entered(measure, "2026-01,4", ann) == (1, 0)
    assert planned.entered(measure, "2026-01,4\n2026-02,5", ann) == (1, 0)
    with pytest.raises(Wrong, match="on file for January 2026: say why"):
        planned.entered(measure, "2026-01,6\n2026-03,7", ann)
    assert Figure.objects.count() == 2  # March neither
    assert planned.entered(measure, "2026-01,6", ann, "Counted again.") == (0, 1)
    heading, *lines = figures.as_text(measure).splitlines()
    assert (heading, lines) == (f"month,value,fetched {figures.stamp(measure)}", ["2026-01,6", "2026-02,5"])
    assert figures.read_months(figures.as_text(measure)) == {date(2026, 1, 1): 6.0, date(2026, 2, 1): 5.0}


def test_months_that_somebody_corrected_meanwhile_are_not_set_back(one, ann, release):
    """March was 6 when the first writer looked; 60 is right."""
    measure = planned.add("measures", one, ann, release)
    planned.entered(measure, "2026-03,6", ann)
    seen = figures.stamp(measure)
    planned.entered(measure, "2026-03,60", ann, "A nought was missing.")
    with pytest.raises(keeping.EditedMeanwhile):
        figures.keep(measure.pk, ann, seen, "2026-02,5\n2026-03,6", "February came late.")
    assert [figure.value for figure in measure.figures.all()] == [60.0]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_that_was_fetched_says_what_was_on_file_then(one, ann, release, separator):
    measure = planned.add("measures", one, ann, release)
    assert figures.as_text(measure) == f"month,value,fetched {figures.stamp(measure)}\n"
    planned.entered(measure, "2026-03,6", ann)
    file = figures.as_text(measure).replace(",", separator)
    assert figures.stamp_in(file) == figures.stamp(measure)
    assert figures.stamp_in("") == figures.stamp_in("month,value,note\n2026-03,6") == ""
    again = figures.without_stamp(file)
    assert (figures.stamp_in(again), figures.read_months(again)) == ("", figures.read_months(file))


def test_no_figures_are_typed_in_that_the_atlas_has(one, ann, release):
    measure = planned.add("measures", one, ann, release, indicator="antibiotics", area="S00")
    with pytest.raises(Wrong, match="come from the atlas"):
        planned.entered(measure, "2026-01,4", ann)


# From an example


@pytest.fixture
def example(release, ann):
    said = {
        "summary": "Fewer broad ones.",
        "workstreams": ["planned_care"],
        "quality_effect": "No more infections.",
    }
    author = person("Author", (Role.AUTHOR, "S07"))
    return library_small.published(author, **said, cost_to_start_gbp=20_000, cost_a_year_gbp=5_000,
                                   saving_cash_gbp=900_000)  # fmt: skip


def test_an_initiative_from_an_example_brings_what_the_example_knows(example, ann, release):
    one = beginnings.from_example(example, ann, planned.org("S00"), STARTS, release)
    assert (one.title, one.aim, one.workstream) == (example.title, "Fewer broad ones.", "planned_care")
    assert (one.example, one.starts_on, one.ends_on) == (example, STARTS, date(2027, 5, 31))
    measure = one.measures.get()
    assert (measure.kind, measure.indicator, measure.area, measure.better) == (
        "quality",
        "antibiotics",
        "S00",
        "lower",
    )
    assert [(one.due_on - STARTS).days for one in one.milestones.order_by("due_on")] == [
        -56,
        -42,
        0,
        90,
        182,
        365,
    ]
    words = one.gateways.get(gate="case").quality_impact["effectiveness"]["words"]
    assert words.endswith("said: No more infections.")
    assert any(told.startswith("Judge its effect") for told in gateways.standing(one, "case").missing)


def test_what_it_cost_there_is_proposed_as_spent_here_and_what_it_saved_there_is_not(example, ann, release):
    one = beginnings.from_example(example, ann, planned.org("S00"), STARTS, release)
    found = one.proposals.order_by("pk").values_list("timing", "form", "pence")
    assert list(found) == [("one-off", "cash", -2_000_000), ("recurrent", "cash", -500_000)]
    assert not one.claims.exists()


def test_a_cost_that_nobody_told_is_proposed_as_nothing_at_all(example, ann, release):
    example.cost_to_start_gbp, example.cost_a_year_gbp = None, 0
    one = beginnings.from_example(example, ann, planned.org("S00"), STARTS, release)
    assert not one.proposals.exists()


def test_where_the_organisation_is_of_no_level_the_indicator_has_there_is_no_measure_yet(
    example, ann, release
):
    one = beginnings.from_example(example, ann, planned.org("B0"), STARTS, release)
    assert not one.measures.exists()  # antibiotics are counted in sub-areas only


def test_only_a_published_example_is_begun_from(example, ann):
    assert beginnings.published_example(example.pk, ann) == example
    with pytest.raises(NotKnownError):
        beginnings.published_example(example.pk + 1, ann)
    keeping.change(example, "x", "y", example.version, stage="withdrawn")
    with pytest.raises(NotKnownError):
        beginnings.published_example(example.pk, ann)


# From an opportunity


def test_an_initiative_from_an_opportunity_says_how_large_the_gap_is_and_promises_nothing(ann, release):
    plan = plans.start(ann, planned.org("B0"), 2026, {"title": "Plan"}, release)
    one = beginnings.from_opportunity("S00:antibiotics", ann, planned.org("B0"), STARTS, release, plan)
    assert one.title == "Broad-spectrum antibiotics: Alderbrook"
    assert one.opportunity == "S00:antibiotics"
    assert "20 to 60" in one.aim  # 40, half to one and a half of it
    assert one.aim.endswith("It says how large the gap is, not what closes it.")
    assert (one.workstream, one.plan) == ("medicines", plan)
    measure = one.measures.get()
    assert (measure.kind, measure.area, measure.better) == ("quality", "S00", "lower")
    assert one.milestones.count() == 6
    assert not one.proposals.exists()


@pytest.mark.parametrize(
    "key", ["", "S00", "S00:nothing", "X99:antibiotics", ":antibiotics", "S02:antibiotics"]
)
def test_what_names_no_opportunity_is_refused(ann, release, key):
    with pytest.raises(NotKnownError):
        beginnings.from_opportunity(key, ann, planned.org("B0"), STARTS, release)
    assert not Milestone.objects.exists()


def test_an_opportunity_of_another_place_is_none_of_ones_own(release, ann):
    far = person("Far", (Role.PLAN_MANAGER, "B3"))
    with pytest.raises(Wrong, match="Alderbrook and Far Board do not lie in each other"):
        beginnings.from_opportunity("S00:antibiotics", far, planned.org("B3"), STARTS, release)
    assert not Measure.objects.exists()


def test_nobody_begins_anything_where_they_do_not_plan(example, release):
    author = person("Other", (Role.AUTHOR, "S00"))
    with pytest.raises(Wrong, match="no plan manager of Alderbrook"):
        beginnings.from_example(example, author, planned.org("S00"), STARTS, release)
    assert not Measure.objects.exists()


def test_a_part_of_what_is_finished_or_stopped_is_not_changed(one, ann, release):
    risk = planned.add("risks", one, ann, release)
    gateways.stop(one.pk, ann, one.version, "No staff.")
    with pytest.raises(initiatives.NotOpen):
        parts.change("risks", risk.pk, {"impact": "1"}, ann, 1, release)
