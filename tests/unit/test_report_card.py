"""The report card by hand: what was planned, returned and proven, line by line; how initiatives stand; what is kept."""

import csv
import io
import json
from datetime import UTC, date, datetime

import ledger_small
import numpy as np
import pytest
from authored import person
from authored import whole as whole_example
from django.utils import timezone
from ledger_small import YEAR, claim, held, initiative, measure, org, pool, sized

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.ledger import claims
from careatlas.improve.delivery.ledger.sums import claims_of, ledger
from careatlas.improve.delivery.models import Claim, Initiative, Milestone, Plan, Report, Return, Risk
from careatlas.improve.delivery.reporting import card_choice, card_files, kept
from careatlas.improve.delivery.reporting.card import card
from careatlas.improve.delivery.reporting.card_words import document
from careatlas.improve.evidence.models import Stage
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.present.document import Grid

pytestmark = pytest.mark.django_db
JULY = date(YEAR, 7, 1)
BASELINE, LATER = datetime(YEAR, 4, 1, tzinfo=UTC), datetime(YEAR, 5, 9, tzinfo=UTC)
CAPACITY = "recurrent capacity"
ADDED = (
    "gross_pence", "reprovision_pence", "net_pence", "plan_of_year_pence", "plan_to_date_pence",
    "plan_returned_pence", "outturn_pence", "claimed_pence", "untold_pence",
)  # fmt: skip


@pytest.fixture(autouse=True)
def places(release, db):
    organisations.take_from(release)


@pytest.fixture
def clock(monkeypatch):
    """Sets what time it is; at first the baseline's day."""

    def set_to(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_to(BASELINE)
    return set_to


@pytest.fixture
def ann():
    return person("Ann", (Role.PLAN_MANAGER, "B0"))


def running(code="B0", title="Hospital at home", **more):
    """One whose quality held, of a plan that was fixed at the start of the year."""
    said = {"organisation_id": code, "year": YEAR, "baselined_at": BASELINE}
    plan, _ = Plan.objects.get_or_create(organisation_id=code, year=YEAR, defaults=said | {"title": "Ours"})
    return held(initiative(code, title, status="running", plan=plan, **more))


def returned(one, month, **figures):
    """``figures``: actual and outturn of its only claim."""
    numbers = one.claims.values_list("pk", flat=True)
    said = {str(number): figures for number in numbers}
    return Return.objects.create(
        initiative=one, month=month, figures=said, words="", sent_in_at=datetime(YEAR, 9, 1, tzinfo=UTC)
    )


def money(found, kind=CAPACITY):
    return next(each for each in found["whole"]["money"] if each["kind"] == kind)


def standing(found):
    return found["whole"]["standings"]


def words_of(found):
    return [words for one in found["exceptions"]["shown"] for words in one["words"]]


# What was planned and what was returned


def test_four_months_of_a_hundred_were_planned_and_three_hundred_came(release):
    one = running(confidence=80)
    claim(one, pool(), 1200)
    returned(one, JULY, actual=300, outturn=1000)
    found = money(card(release, org("B0"), JULY))
    assert (found["plan_of_year_pence"], found["plan_to_date_pence"]) == (1200, 400)
    assert (found["actual_to_date_pence"], found["variance_pence"]) == (300, -100)
    assert (found["outturn_pence"], found["confidence_percent"]) == (1000, 80)


def test_without_a_return_the_actual_is_not_known_and_the_outturn_is_what_is_claimed(release):
    claim(running(), pool(), 1200)
    found = card(release, org("B0"), JULY)
    assert money(found)["actual_to_date_pence"] is None
    assert money(found)["variance_pence"] is None
    assert money(found)["outturn_pence"] == 1200
    assert standing(found) == {"not known": 1}
    assert (found["whole"]["returned"], found["whole"]["asked"]) == (0, 1)


def test_an_older_return_is_held_against_the_plan_of_its_own_month(release):
    """Returned in June: 300 were planned until then and 300 came, however much July planned."""
    one = running()
    claim(one, pool(), 1200)
    returned(one, date(YEAR, 6, 1), actual=300, outturn=None)
    returned(one, date(YEAR, 8, 1), actual=900, outturn=None)  # later than what is reported
    found = card(release, org("B0"), JULY)
    assert (money(found)["plan_to_date_pence"], money(found)["plan_returned_pence"]) == (400, 300)
    assert money(found)["variance_pence"] == 0
    assert (found["whole"]["returned"], found["whole"]["returned_before"]) == (0, 1)


def test_of_two_claims_only_the_one_that_was_returned_is_held_against_its_plan(release):
    one, other = running(title="First"), running(title="Second")
    claim(one, pool(), 1200)
    claim(other, pool(cost_line="diagnostics"), 2400)
    returned(one, JULY, actual=400, outturn=1200)
    found = money(card(release, org("B0"), JULY))
    assert (found["plan_to_date_pence"], found["plan_returned_pence"], found["variance_pence"]) == (
        1200,
        400,
        0,
    )


def test_what_was_changed_since_the_plan_was_fixed_is_planned_as_it_was(release, clock, ann):
    one = running()
    made = claim(one, pool(), 1200)
    clock(LATER)
    made = claims.change(made.pk, ann, 1, "More beds.", {"pence": 2400})
    claims.change(made.pk, ann, 2, "Fewer again, and as cash.", {"pence": 600, "form": "cash"})
    found = card(release, org("B0"), JULY)
    assert money(found)["plan_of_year_pence"] == 1200
    assert money(found)["net_pence"] == 0
    assert money(found, "recurrent cash")["plan_of_year_pence"] == 0
    assert money(found, "recurrent cash")["net_pence"] == 600


def test_a_claim_made_since_is_in_no_plan_and_one_withdrawn_since_still_is(release, clock, ann):
    one, other = running(title="First"), running(title="Second")
    dropped = claim(one, pool(), 1200)
    clock(LATER)
    claims.withdraw(dropped.pk, ann, 1, "It will not come.")
    claims.add(other, pool(cost_line="diagnostics"), ann, 600, "recurrent", "capacity")
    found = card(release, org("B0"), JULY)
    assert (money(found)["plan_of_year_pence"], money(found)["net_pence"]) == (1200, 600)
    assert money(found)["variance_pence"] == -400  # what was withdrawn saves nothing: that is known
    assert found["not_counted"]["withdrawn_since_baseline"] == [{"kind": CAPACITY, "pence": 1200}]
    assert found["not_counted"]["claimed_since_baseline"] == [{"kind": CAPACITY, "pence": 600}]


def test_a_claim_that_came_and_went_since_was_never_planned(release, clock, ann):
    one = running()
    clock(LATER)
    passing = claims.add(one, pool(), ann, 600, "recurrent", "capacity")
    claims.withdraw(passing.pk, ann, 1, "It was a mistake.")
    assert card(release, org("B0"), JULY)["whole"]["money"] == []


def test_kinds_stand_apart_and_what_is_spent_is_a_line_below_nothing(release):
    one = running(confidence=50)
    there = pool()
    claim(one, there, 1200)
    claim(one, there, -240)
    claim(one, there, 100, timing="one-off", form="cash")
    found = card(release, org("B0"), JULY)
    assert [each["kind"] for each in found["whole"]["money"]] == [CAPACITY, "one-off cash"]
    assert [money(found)[f"{name}_pence"] for name in ("gross", "reprovision", "net")] == [1200, -240, 960]
    assert money(found, "one-off cash")["net_pence"] == 100


def test_confidence_is_weighted_by_what_is_claimed(release):
    """900 at 90 %, 100 at 40 %: 85 %; one that says none is left out."""
    for title, pence, confidence in (("First", 900, 90), ("Second", 100, 40), ("Third", 5000, None)):
        claim(running(title=title, confidence=confidence), pool(cost_line=title.lower()), pence)
    assert money(card(release, org("B0"), JULY))["confidence_percent"] == 85


# What is proven


def test_claims_of_60_and_90_on_a_pool_of_100_get_what_the_ledger_gives_them(release):
    there = pool()
    sized(there, release, 100, 30)
    claim(running(title="First", workstream="planned_care"), there, 60)
    claim(running("S00", "Second", workstream="medicines"), there, 90)
    found = card(release, org("B0"), date(YEAR + 1, 3, 1))
    stages = ("claimed", "deduplicated", "evidenced", "cautious")
    assert [money(found)[f"{stage}_pence"] for stage in stages] == [150, 100, 100, 30]
    assert [[line["money"][0][f"{stage}_pence"] for stage in stages] for line in found["workstreams"]] == [
        [90, 60, 60, 18],
        [60, 40, 40, 12],
    ]
    assert (money(found)["pool_pence"], money(found)["pool_lower_pence"]) == (100, 30)
    assert (found["data_from"], found["data_until"]) == ("2026-03", "2026-03")
    (drawn,) = found["over_drawn"]["shown"]
    assert (drawn["asked_so_far_pence"], drawn["there_pence"], drawn["initiatives"]) == (150, 100, 2)
    assert drawn["drawing"]["shown"] == [
        {"organisation": org("S00").name, "pence": 90},
        {"organisation": "Upper Board", "pence": 60},
    ]


def test_pools_that_are_independent_of_each_other_are_surer_together(release):
    """100 (70 to 100) and 100 (60 to 100): 200, and below it the root of 30² + 40² = 50."""
    for cost_line, lower in (("emergency_admissions", 70), ("diagnostics", 60)):
        there = pool(cost_line=cost_line)
        sized(there, release, 100, lower)
        claim(running(title=cost_line), there, 10)
    found = money(card(release, org("B0"), JULY))
    assert [found[f"pool{limit}_pence"] for limit in ("", "_lower", "_upper")] == [200, 150, 200]
    assert (found["pools"], found["pools_told"], found["most_months_told"]) == (2, 2, 12)


def test_where_no_data_tell_of_a_pool_its_stages_are_none_and_not_nothing(release):
    there = pool()
    sized(there, release, None, reason="Not enough history", last_day=None)
    claim(running(), there, 120)
    found = card(release, org("B0"), JULY)
    assert money(found)["deduplicated_pence"] is None
    assert money(found)["cautious_pence"] is None
    assert money(found)["untold_pence"] == 120
    assert found["not_counted"]["reasons"] == [{"reason": "Not enough history", "pools": 1}]
    table = next(
        block
        for one in document(found).sections
        for block in one.blocks
        if "proof" in getattr(block, "id", "")
    )
    assert table.rows[-1][2:5] == ("not told yet",) * 3


def test_ideas_are_told_and_in_no_sum(release):
    one = running()
    claim(one, pool(), 1200)
    idea = initiative(title="Perhaps", status="idea", plan=one.plan)
    claim(idea, pool(cost_line="diagnostics"), 500)
    found = card(release, org("B0"), JULY)
    assert money(found)["net_pence"] == 1200
    assert (found["whole"]["initiatives"], found["whole"]["ideas"]) == (1, 1)
    assert found["not_counted"]["of_ideas"] == [{"kind": CAPACITY, "pence": 500}]
    (counted,) = next(one for one in document(found).sections if one.id == "not-counted").blocks
    assert counted.items[:2] == (
        "1 idea, which claim recurrent capacity £5.0: until its first gate is open an idea counts nowhere.",
        "Recurrent capacity: £12.0 is claimed of months or pools that data do not tell of yet.",
    )


def test_lines_by_workstream_and_by_organisation_add_up_to_the_ledger_to_the_penny(release):
    """Forty initiatives anywhere, each of any workstream, claiming anything, a fifth of it spent instead."""
    lot = np.random.default_rng(7)
    pools = [pool(code, cost_line=f"line {n}") for n in range(4) for code in ("B0", "B1", "B2", "R1")]
    for place, one in enumerate(pools[:-2]):
        sized(one, release, int(lot.integers(-500, 9000)), -500, last_day=date(YEAR, 4 + place % 8, 30))
    for number in range(40):
        code = lot.choice(["R0", "R1", "B0", "B2", "S00", "S09", "S31", "T01"])
        one = initiative(str(code), f"Initiative {number}", status="running",
                         workstream=str(lot.choice(["planned_care", "medicines", "urgent_care", ""])))  # fmt: skip
        pence = int(lot.integers(1, 7777)) * (-1 if number % 5 == 0 else 1)
        kind = {
            "timing": str(lot.choice(["recurrent", "one-off"])),
            "form": str(lot.choice(["cash", "capacity"])),
        }
        claim(one, lot.choice(pools), pence, **kind)
    for whose in (None, org("R0")):
        found = card(release, whose, JULY)
        whole = {each["kind"]: each for each in found["whole"]["money"]}
        for way in ("workstreams", "families", "organisations"):
            for kind, each in whole.items():
                of_kind = [m for line in found[way] for m in line["money"] if m["kind"] == kind]
                for name in ADDED:
                    assert sum(one[name] for one in of_kind) == each[name], (way, kind, name)
                for stage in ("deduplicated", "evidenced", "cautious"):
                    together = sum(one[f"{stage}_pence"] or 0 for one in of_kind)
                    assert together == (each[f"{stage}_pence"] or 0), (way, kind, stage)
        totals = ledger(release, claims_of(YEAR, whose)).totals()
        assert {kind: each["claimed_pence"] for kind, each in whole.items()} == {
            kind: amounts.claimed for kind, amounts in totals.items()
        }


# How they stand


def on_plan(release, **more):
    one = running(**more)
    claim(one, pool(), 1200)
    returned(one, JULY, actual=400, outturn=1200)
    return one


def test_green_takes_milestones_money_and_quality(release):
    one = on_plan(release)
    Milestone.objects.create(initiative=one, title="Begin", due_on=date(YEAR, 5, 1), done_on=date(YEAR, 5, 2))
    Milestone.objects.create(initiative=one, title="Go on", due_on=date(YEAR, 8, 1))
    found = card(release, org("B0"), JULY)
    assert (found["whole"]["status"], standing(found)) == ("green", {"green": 1})
    assert found["exceptions"]["shown"] == []
    assert (found["milestones"]["due"], found["milestones"]["done"]) == (1, 1)
    assert [one["milestone"] for one in found["milestones"]["coming"]["shown"]] == ["Go on"]


def test_a_late_milestone_or_less_than_planned_is_amber_and_says_so(release):
    one = on_plan(release)
    late = Milestone.objects.create(initiative=one, title="Begin", due_on=date(YEAR, 7, 31))
    found = card(release, org("B0"), JULY)
    assert standing(found) == {"amber": 1}
    assert words_of(found) == [f"Late since 31 July {YEAR}: Begin."]
    assert [one["milestone"] for one in found["milestones"]["late"]["shown"]] == ["Begin"]
    late.delete()
    Return.objects.update(figures={str(one.claims.get().pk): {"actual": 350, "outturn": 1200}})
    found = card(release, org("B0"), JULY)
    assert standing(found) == {"amber": 1}
    assert words_of(found) == ["Recurrent capacity: £3.5 returned, and £4.0 planned."]


def test_quality_that_got_worse_blocks_green_until_a_named_person_says_why(release):
    one = initiative(title="Harmed", status="running", starts_on=ledger_small.APRIL)
    readmissions = measure(one, [9.0, 11.0] * 18 + [20.0] * 4, last=JULY)
    claim(one, pool(), 1200)
    mine = returned(one, JULY, actual=400, outturn=1200)
    found = card(release, org("B0"), JULY)
    assert (found["whole"]["status"], standing(found)) == ("blocked", {"blocked": 1})
    assert words_of(found) == ["Got worse: Readmissions."]
    mine.excuse, mine.excused_by = "The coding changed.", person("Cara", (Role.PLAN_MANAGER, "B0"))
    mine.excused = [readmissions.pk]
    mine.save()
    found = card(release, org("B0"), JULY)
    assert standing(found) == {"green": 1}
    assert words_of(found) == [
        "Got worse: Readmissions. Cara says why that does not count against it: The coding changed."
    ]


def test_a_line_stands_as_the_worst_of_its_initiatives(release):
    on_plan(release)
    claim(initiative(title="Unmeasured", status="running"), pool(cost_line="diagnostics"), 100)
    initiative(title="Next year", status="planned", starts_on=date(YEAR, 12, 1))
    found = card(release, org("B0"), JULY)
    assert found["whole"]["status"] == "blocked"
    assert standing(found) == {"blocked": 1, "green": 1, "not started": 1}
    assert found["not_counted"]["without_quality_measure"] == 2


def test_the_words_of_the_months_own_return_stand_beside_its_exception(release):
    one = on_plan(release)
    Milestone.objects.create(initiative=one, title="Begin", due_on=date(YEAR, 5, 1))
    Return.objects.update(words="The lift was broken.")
    (told,) = card(release, org("B0"), JULY)["exceptions"]["shown"]
    assert told["said"] == "The lift was broken."
    (told,) = card(release, org("B0"), date(YEAR, 8, 1))["exceptions"]["shown"]
    assert told["said"] == ""  # those words were of July


def test_the_greatest_open_risks_come_first(release):
    one = on_plan(release)
    for title, likelihood in (("Small", 1), ("Great", 5), ("Middling", 3)):
        Risk.objects.create(
            initiative=one, title=title, likelihood=likelihood, impact=3, mitigation="Ring twice."
        )
    Risk.objects.create(initiative=one, title="Past", likelihood=5, impact=5, is_closed=True)
    shown = card(release, org("B0"), JULY)["risks"]["shown"]
    assert [(one["risk"], one["score"], one["band"]) for one in shown] == [
        ("Great", 15, "Extreme"), ("Middling", 9, "High"), ("Small", 3, "Low"),
    ]  # fmt: skip


def test_examples_in_use_are_told_once_they_are_published_those_with_evidence_first(release):
    author = person("Ray", (Role.AUTHOR, "T01"))
    used, better, draft = (whole_example(author, title=title) for title in ("Used", "Better", "Draft"))
    for one in (used, better):
        one.stage = Stage.PUBLISHED
        one.save()
    there = pool()
    sized(there, release, 1000, 500)
    claim(running(title="First", example=better), there, 600)
    running(title="Second", example=used)
    running(title="Third", example=draft)
    shown = card(release, org("B0"), JULY)["examples"]["shown"]
    assert [(one["title"], one["evidenced"]) for one in shown] == [("Better", 1), ("Used", 0)]
    assert shown[0]["cautious"] == [{"kind": CAPACITY, "pence": 500}]


# Whose, and which


def test_a_reader_is_told_of_what_is_past_being_an_idea_in_plans_that_are_fixed(release):
    on_plan(release)
    draft = Plan.objects.create(organisation_id="B1", year=YEAR, title="Draft")
    claim(held(initiative("B1", "Not yet", status="planned", plan=draft)), pool("B1"), 700)
    reader, manager = person("Rea", (Role.READER, "R0")), person("Man", (Role.PLAN_MANAGER, "R0"))
    assert [line["key"] for line in card(release, org("R0"), JULY, user=reader)["organisations"]] == ["B0"]
    assert [line["key"] for line in card(release, org("R0"), JULY, user=manager)["organisations"]] == [
        "B0",
        "B1",
    ]
    nobody = card(release, org("R0"), JULY, user=person("No"))
    assert (nobody["whole"]["initiatives"], nobody["over_drawn"]["shown"]) == (0, [])


def test_one_workstream_alone(release):
    claim(running(title="First", workstream="planned_care"), pool(), 60)
    claim(running(title="Second", workstream="medicines"), pool(cost_line="diagnostics"), 90)
    found = card(release, org("B0"), JULY, "medicines")
    assert money(found)["net_pence"] == 90
    assert document(found).title == f"Report card: Upper Board, Medicines, July {YEAR}"


def test_other_years_are_another_card(release):
    claim(running(), pool(), 60)
    assert card(release, org("B0"), date(YEAR + 1, 4, 1))["whole"]["initiatives"] == 0


def test_a_card_is_asked_for_by_code_and_month_and_refuses_what_has_not_ended(release):
    today = date(YEAR, 9, 10)
    assert card_choice.chosen(release, "b0", "", "", today) == (org("B0"), date(YEAR, 8, 1), None)
    on_plan(release)
    assert card_choice.chosen(release, "", "", "", today).month == JULY  # the last that was returned
    assert card_choice.chosen(release, "", "", "medicines", today)[::2] == (org("SIM"), "medicines")
    for asked, words in (
        (("nowhere", "", ""), "is no organisation"),
        (("B0", f"{YEAR}-09", ""), "has not ended"),
        (("B0", "July", ""), "is no month"),
        (("B0", "", "sewing"), "is no workstream"),
    ):
        with pytest.raises(NotKnownError, match=words):
            card_choice.chosen(release, *asked, today)


# Files, and what is kept


def test_a_file_says_the_same_of_a_card_that_went_through_a_database(release):
    hostile = "=cmd|' /C calc'!A0"
    on_plan(release, workstream=hostile)
    initiative(title="Next year", status="planned", starts_on=date(YEAR, 12, 1), workstream=hostile)
    claim(
        initiative(title="Unmeasured", status="running", workstream=hostile),
        pool(cost_line="diagnostics"),
        100,
    )
    found = card(release, None, JULY)
    again = json.loads(json.dumps(found, sort_keys=True))  # a database keeps no order of names
    assert again == found
    for make in card_files.FILES.values():
        assert make(again, None) == make(found, None)
    rows = list(csv.DictReader(io.StringIO(card_files.as_csv(found).decode())))
    assert [row["level"] for row in rows] == ["organisation", "workstream", "family", "all"]
    assert {row["net_pence"] for row in rows} == {"1300"}
    assert {row["deduplicated_pence"] for row in rows} == {""}  # not told, and not 0
    assert rows[1]["title"] == f"'{hostile}"  # no formula in a spreadsheet
    pdf = card_files.as_pdf(found)
    assert pdf.startswith(b"%PDF-")
    assert b"Date>" not in pdf  # the same file whenever it is printed


def test_every_table_of_the_document_is_whole(release):
    on_plan(release)
    grids = [
        block
        for one in document(card(release, None, JULY)).sections
        for block in one.blocks
        if isinstance(block, Grid)
    ]
    assert grids
    for grid in grids:
        assert {len(row) for row in grid.rows} == {len(grid.columns)} == {len(grid.wide)}
        assert len(grid.addresses) == len(grid.rows)


def test_what_was_kept_is_printed_as_it_was_whatever_changed_since(release, clock, ann):
    one = on_plan(release)
    clock(datetime(YEAR, 8, 9, tzinfo=UTC))
    report = kept.keep(ann, release, org("B0"), JULY)
    before = {kind: make(report.content, kept.mark_of(report)) for kind, make in card_files.FILES.items()}
    clock(datetime(YEAR, 9, 9, tzinfo=UTC))
    made = one.claims.get()
    claims.change(made.pk, ann, made.version, "Half of it.", {"pence": 600})
    Initiative.objects.update(title="Another name")
    again = Report.objects.get(pk=report.pk)
    assert {
        kind: make(again.content, kept.mark_of(again)) for kind, make in card_files.FILES.items()
    } == before
    assert money(card(release, org("B0"), JULY, user=ann))["net_pence"] == 600


def test_a_report_is_signed_once_by_name_and_post_and_then_seen_by_readers(release, clock, ann):
    on_plan(release)
    report, reader = kept.keep(ann, release, org("B0"), JULY), person("Rea", (Role.READER, "B0"))
    assert not kept.visible_reports(reader).exists()
    with pytest.raises(Wrong, match="post"):
        kept.sign(report.pk, ann, 1, " ", "")
    signed = kept.sign(report.pk, ann, 1, "Director of planning", "As we see it.")
    assert kept.visible_reports(reader).get() == report
    assert kept.sign(report.pk, person("Bo", (Role.PUBLISHER, "B0")), 9, "Chair", "").signed_by == ann
    last = document(signed.content, kept.mark_of(signed)).sections[-1]
    assert [block.text for block in last.blocks][1:] == [
        f"Signed by Ann, Director of planning, on 1 April {YEAR}.",
        "“As we see it.”",
    ]
    assert signed.content == report.content


def test_who_may_not_keep_or_sign_does_not(release, clock, ann):
    on_plan(release)
    with pytest.raises(Wrong, match="Middle Board"):
        kept.keep(ann, release, org("B1"), JULY)
    report = kept.keep(person("Fin", (Role.FINANCE_ASSURER, "B0")), release, org("B0"), JULY)
    with pytest.raises(NotKnownError, match="none that you may sign"):
        kept.sign(report.pk, person("Fay", (Role.FINANCE_ASSURER, "B0")), 1, "Accountant", "")
    with pytest.raises(NotKnownError, match="none that you may see"):
        kept.sign(report.pk, person("Far", (Role.PLAN_MANAGER, "B1")), 1, "Manager", "")


def test_two_who_sign_at_once_are_told_apart(release, clock, ann):
    on_plan(release)
    report = kept.keep(ann, release, org("B0"), JULY)
    with pytest.raises(keeping.EditedMeanwhile):
        kept.sign(report.pk, ann, 7, "Director", "")
    assert Claim.objects.count() == 1
