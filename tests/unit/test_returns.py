"""What a return is pre-filled with, when it asks for words, who sends it in and who excuses."""

from datetime import UTC, date, datetime

import ledger_small as small
import planned
import pytest
from authored import person
from django.utils import timezone

from careatlas.errors import NotKnownError
from careatlas.improve.delivery.ledger import claims, quality
from careatlas.improve.delivery.models import Initiative, Milestone, Plan, Return, Risk
from careatlas.improve.delivery.planning import history
from careatlas.improve.delivery.planning.initiatives import NotOpen
from careatlas.improve.delivery.reporting import returns, sending
from careatlas.improve.delivery.reporting.prefill import UNKNOWN
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record.keeping import EditedMeanwhile

APRIL, AUGUST, OCTOBER, DECEMBER = (date(2026, month, 1) for month in (4, 8, 10, 12))
A_YEAR = 120_000  # pence that a claim is of; 10,000 a month


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2027, 1, 5, 12, tzinfo=UTC))


@pytest.fixture
def places(release, db):
    organisations.take_from(release)


@pytest.fixture
def ann(places):
    return person("Ann", (Role.PLAN_MANAGER, "B0"))


@pytest.fixture
def plan(ann, release):
    made = planned.plan(ann, release)
    Plan.objects.filter(pk=made.pk).update(baselined_at=timezone.now())
    return Plan.objects.get(pk=made.pk)


@pytest.fixture
def running(ann, release, plan):
    """Makes initiatives of the plan that run since April, with quality that held until December."""

    def make(title="Ringing patients", figures=(9.0, 11.0) * 24, last=DECEMBER):
        made = planned.initiative(ann, release, within=plan, title=title)
        Initiative.objects.filter(pk=made.pk).update(status="running")
        small.measure(made, list(figures), last)
        made.refresh_from_db()
        return made

    return make


@pytest.fixture
def one(running):
    return running()


@pytest.fixture
def pool(places):
    return small.pool(year=2026)


def line_of(initiative, month, release):
    [line] = returns.asked_of(initiative, month, release).lines
    return line


def was_sent(initiative, month, actual, outturn=A_YEAR):
    figures = {str(claim.pk): {"actual": actual, "outturn": outturn} for claim in initiative.claims.all()}
    return Return.objects.create(
        initiative=initiative, month=month, figures=figures, sent_in_at=timezone.now()
    )


def sent_in(initiative, user, release, month=OCTOBER, version=0, **said):
    return sending.send(initiative.pk, month, said, user, version, release)


# What it is filled in with


def test_actual_is_what_the_data_allocate_and_the_plan_of_months_not_told_yet(one, running, pool, release):
    # By October two claims ask for 70,000 each of a pool of 60,000: 30,000 each. Spread over seven months, the first
    # five have 4,286 each and the last two 4,285. Of November and December the plan is 10,000 each.
    claim = small.claim(one, pool, A_YEAR)
    small.claim(running("Another"), pool, A_YEAR)
    small.sized(pool, release, 60_000, 15_000, upper_pence=90_000, last_day=date(2026, 10, 31), months=7)
    was_sent(one, date(2026, 7, 1), 1)  # data come before what was said
    assert [line_of(one, month, release).actual for month in (AUGUST, OCTOBER, DECEMBER)] == [
        5 * 4_286,
        30_000,
        30_000 + 2 * 10_000,
    ]
    assert line_of(one, OCTOBER, release).planned == 70_000
    assert line_of(one, DECEMBER, release).claim == claim
    assert line_of(one, DECEMBER, release).basis == (
        "Allocated by rule to October 2026, of a pool of £600 (95% interval £150 to £900), and as planned since."
    )


def test_an_idea_draws_nothing_from_the_pool(one, running, pool, release):
    small.claim(one, pool, A_YEAR)
    idea = running("Another")
    small.claim(idea, pool, A_YEAR)
    Initiative.objects.filter(pk=idea.pk).update(status="idea")
    small.sized(pool, release, 60_000, 15_000, last_day=date(2026, 10, 31), months=7)
    assert line_of(one, OCTOBER, release).actual == 60_000


def test_without_data_it_is_the_last_return_and_the_plan_since(one, pool, release):
    small.claim(one, pool, A_YEAR)
    was_sent(one, AUGUST, 41_000, outturn=110_000)
    line = line_of(one, OCTOBER, release)
    assert (line.actual, line.outturn) == (41_000 + 2 * 10_000, 110_000)
    assert line.basis == "As the return of August 2026 said, and as planned since."


def test_a_pool_that_cannot_be_told_is_not_nought(one, pool, release):
    small.claim(one, pool, A_YEAR)
    small.sized(pool, release, None, reason="Not enough history.")
    line = line_of(one, OCTOBER, release)
    assert (line.actual, line.outturn, line.basis) == (None, A_YEAR, UNKNOWN)


def test_in_its_first_month_a_claim_is_as_planned(one, pool, release):
    small.claim(one, pool, 60_000, phasing=[0] * 6 + [10_000] * 6)
    assert line_of(one, OCTOBER, release).actual == 10_000
    assert line_of(one, AUGUST, release).actual == 0  # none was planned: that is known
    assert line_of(one, date(2026, 11, 1), release).actual is None


def test_a_new_financial_year_begins_at_nought(one, ann, release, places):
    was_sent(one, date(2026, 3, 1), 500_000)
    small.claim(one, small.pool(year=2026), A_YEAR)
    assert line_of(one, APRIL, release).actual == 10_000


def test_what_is_spent_is_not_read_from_the_pool(one, pool, release):
    claim = small.claim(one, pool, -A_YEAR)
    small.sized(pool, release, 60_000, 15_000)
    was_sent(one, AUGUST, -50_000)
    assert line_of(one, OCTOBER, release).actual == -70_000
    assert line_of(one, OCTOBER, release).claim == claim


def test_only_pools_of_the_months_year_are_asked_about(one, pool, release):
    small.claim(one, pool, A_YEAR)
    small.claim(one, small.pool(cost_line="outpatients", year=2025), A_YEAR)
    assert [line.claim.pool.year for line in returns.asked_of(one, OCTOBER, release).lines] == [2026]


# What asks for words


def test_as_planned_nothing_asks_for_words(one, pool, release):
    small.claim(one, pool, A_YEAR)
    was_sent(one, date(2026, 9, 1), 53_000)  # and 10,000 of October: a tenth below 70,000, which is tolerated
    now = returns.asked_of(one, OCTOBER, release)
    assert (now.lines[0].actual, now.exceptions, now.is_ready) == (63_000, [], True)


def test_more_than_a_tenth_below_the_plan_asks_for_words(one, pool, release):
    small.claim(one, pool, A_YEAR)
    was_sent(one, date(2026, 9, 1), 52_999, outturn=107_999)
    told = returns.asked_of(one, OCTOBER, release).exceptions
    assert told == [
        "Recurrent capacity, emergency admissions at Upper Board: £630 by the end of the month; £700 was planned.",
        "Recurrent capacity, emergency admissions at Upper Board: £1,080 expected for the year; £1,200 was planned.",
    ]


def test_a_late_milestone_a_slip_and_a_red_risk_ask_for_words_as_they_stand_at_the_months_end(one, release):
    Milestone.objects.create(initiative=one, title="First test", due_on=date(2026, 10, 31))
    Milestone.objects.create(initiative=one, title="Second", due_on=date(2026, 11, 1))
    third = {"due_on": date(2026, 12, 1), "forecast_on": date(2027, 2, 1)}
    Milestone.objects.create(initiative=one, title="Third", **third)
    Risk.objects.create(initiative=one, title="Nobody answers", likelihood=5, impact=4)
    assert returns.asked_of(one, OCTOBER, release).exceptions == [
        "Late since 31 October 2026: First test.",
        "Expected on 1 February 2027 instead of 1 December 2026: Third.",
        "Extreme risk: Nobody answers.",
    ]


def test_quality_that_got_worse_asks_for_words(running, release):
    worse = running("Worse", [9.0, 11.0] * 19 + [40.0] * 10)
    [told] = returns.asked_of(worse, OCTOBER, release).exceptions
    assert told == "Quality got worse: Readmissions."


def test_before_its_start_nobody_is_asked_for_quality(running, release):
    """It starts in November: October's return is ready, November's asks for what is missing."""
    later = running("Later", [9.0, 11.0] * 18, OCTOBER)
    Initiative.objects.filter(pk=later.pk).update(starts_on=date(2026, 11, 1))
    later.refresh_from_db()
    october, november = (returns.asked_of(later, month, release) for month in (OCTOBER, date(2026, 11, 1)))
    assert (october.exceptions, october.is_ready) == ([], True)
    assert november.exceptions == ["Quality is not known, figures are missing: Readmissions."]
    assert october.quality.missing == ("Readmissions",)  # in the ledger it blocks all the same


# Sending in


def test_what_is_not_as_planned_is_sent_in_with_words_only(one, pool, ann, release):
    claim = small.claim(one, pool, A_YEAR)
    said = {f"actual-{claim.pk}": "100", f"outturn-{claim.pk}": ""}
    with pytest.raises(Wrong) as fault:
        sent_in(one, ann, release, **said)
    assert "£100 by the end of the month; £700 was planned" in fault.value.faults["words"]
    kept = sent_in(one, ann, release, words="A second clerk starts.", **said)
    assert kept.figures == {str(claim.pk): {"actual": 10_000, "outturn": None}}  # not known is not nought
    assert (kept.sent_in_by, kept.words) == (ann, "A second clerk starts.")


def test_what_stands_on_the_page_already_is_not_told_again(one, ann, release):
    Milestone.objects.create(initiative=one, title="First test", due_on=date(2026, 10, 5))
    with pytest.raises(Wrong) as fault:
        sent_in(one, ann, release)
    assert fault.value.faults == {"words": "Say what is done about what is not as planned."}


def test_what_cannot_be_meant_is_told_all_at_once_and_nothing_is_kept(one, pool, ann, release):
    claim = small.claim(one, pool, A_YEAR)
    said = {f"actual-{claim.pk}": "ten", f"outturn-{claim.pk}": "1,00", "words": "x" * 4_001}
    with pytest.raises(Wrong) as fault:
        sent_in(one, ann, release, **said)
    assert sorted(fault.value.faults) == [f"actual-{claim.pk}", f"outturn-{claim.pk}", "words"]
    assert not Return.objects.exists()


def test_once_sent_in_it_changes_with_a_reason_and_the_record_keeps_both(one, pool, ann, release):
    claim = small.claim(one, pool, A_YEAR)
    first = sent_in(one, ann, release, **{f"actual-{claim.pk}": "700"})
    with pytest.raises(Wrong) as fault:
        sent_in(one, ann, release, version=1, **{f"actual-{claim.pk}": "690"})
    assert fault.value.faults == {"why": "It was sent in already: say why it changes."}
    sent_in(one, ann, release, version=1, why="An invoice was late.", **{f"actual-{claim.pk}": "690"})
    changed = history.of_initiative(one)[0]
    assert (changed.kind, changed.why) == ("return", "An invoice was late.")
    before, after = changed.fields["figures"]
    assert (before[str(claim.pk)]["actual"], after[str(claim.pk)]["actual"]) == (70_000, 69_000)
    assert Return.objects.get().sent_in_at == first.sent_in_at
    assert sent_in(one, ann, release, version=2).version == 2  # as it stands: nothing is written


def test_what_was_said_of_a_claim_that_was_withdrawn_since_stays(one, pool, ann, release):
    claim, gone = small.claim(one, pool, A_YEAR), small.claim(one, pool, 60_000, timing="one-off")
    sent_in(one, ann, release, **{f"actual-{claim.pk}": "700", f"actual-{gone.pk}": "350"})
    said = Return.objects.get().figures[str(gone.pk)]
    claims.withdraw(gone.pk, ann, 1, "The ward stayed open.")
    kept = sent_in(one, ann, release, version=1, words="All the same.", why="Said more.")
    assert kept.figures[str(gone.pk)] == said == {"actual": 35_000, "outturn": 60_000}


def test_whoever_saw_an_older_one_is_told_what_stands_there(one, ann, release):
    sent_in(one, ann, release, words="Mine.")
    with pytest.raises(EditedMeanwhile) as meanwhile:
        sent_in(one, person("Bea", (Role.PLAN_MANAGER, "B0")), release, words="Hers.")
    assert meanwhile.value.now.words == "Mine."


def test_months_to_come_ideas_and_what_is_stopped_are_sent_in_by_nobody(one, ann, release):
    with pytest.raises(Wrong, match="January 2027 is not over"):
        sent_in(one, ann, release, month=date(2027, 1, 1))
    with pytest.raises(NotKnownError, match="no month of its plan"):
        sent_in(one, ann, release, month=date(2026, 3, 1))
    for status, refused in (("idea", Wrong), ("stopped", NotOpen)):
        Initiative.objects.filter(pk=one.pk).update(status=status)
        with pytest.raises(refused):
            sent_in(one, ann, release)
    assert not Return.objects.exists()


def test_readers_send_in_nothing(one, release):
    with pytest.raises(NotKnownError):
        sent_in(one, person("Reader", (Role.READER, "B0")), release)


def test_a_milestone_is_marked_done_as_the_return_is_sent_in(one, ann, release):
    first = Milestone.objects.create(initiative=one, title="First test", due_on=date(2026, 10, 5))
    said = {f"done_on-{first.pk}": "2026-10-04", f"forecast_on-{first.pk}": "", f"milestone-{first.pk}": "1"}
    sent_in(one, ann, release, **said)  # done in time: no word is asked for
    first.refresh_from_db()
    assert (first.done_on, first.version) == (date(2026, 10, 4), 2)
    with pytest.raises(EditedMeanwhile):
        sent_in(one, ann, release, version=1, **said | {f"done_on-{first.pk}": "2026-10-05"})


def test_a_milestone_of_the_future_is_not_done_and_the_return_stays_unsent(one, ann, release):
    first = Milestone.objects.create(initiative=one, title="First test", due_on=date(2026, 10, 5))
    said = {f"done_on-{first.pk}": "2027-10-04", f"milestone-{first.pk}": "1", "words": "We will."}
    with pytest.raises(Wrong, match="First test: What is done lies behind us"):
        sent_in(one, ann, release, **said)
    assert not Return.objects.exists()


# Excusing


@pytest.fixture
def worse(running, ann, pool, release):
    """Since April, and known to October."""
    made = running("Worse", [9.0, 11.0] * 18 + [40.0] * 7, OCTOBER)
    claims.add(made, pool, ann, A_YEAR, "recurrent", "capacity")
    return made


def lets_through(initiative, release):
    return quality.judged([initiative], release)[initiative.pk].lets_through


def test_who_claims_does_not_excuse_and_somebody_else_does(worse, ann, release):
    with pytest.raises(Wrong, match="You claim what it saves"):
        sent_in(worse, ann, release, words="We look into it.", excuse="Counted anew.")
    sent_in(worse, ann, release, words="We look into it.")
    assert not lets_through(worse, release)
    pat = person("Pat", (Role.PUBLISHER, "R0"))
    kept = sending.excuse(worse.pk, OCTOBER, "Counted anew.", pat, 1, release)
    assert (kept.excused_by, kept.sent_in_by, kept.version) == (pat, ann, 2)
    assert lets_through(worse, release)
    sending.excuse(worse.pk, OCTOBER, "", pat, 2, release)
    assert not lets_through(worse, release)


def test_an_excuse_said_before_the_return_holds_once_it_is_sent_in_and_for_its_month(worse, ann, release):
    sending.excuse(worse.pk, OCTOBER, "Counted anew.", person("Pat", (Role.ASSESSOR, "B0")), 0, release)
    assert not lets_through(worse, release)
    sent_in(worse, ann, release, version=1, words="We look into it.")
    assert lets_through(worse, release)
    sent_in(worse, ann, release, month=date(2026, 11, 1), words="Still.")
    assert not lets_through(worse, release)  # it is asked for anew


def test_who_takes_their_claim_back_does_not_excuse_either(worse, ann, release):
    claim = worse.claims.get()
    claims.withdraw(claim.pk, ann, claim.version, "For a moment.")
    assert not sending.may_excuse(ann, worse)
    with pytest.raises(Wrong, match="You claim what it saves"):
        sent_in(worse, ann, release, words="We look into it.", excuse="Counted anew.")


def test_an_excuse_is_kept_with_the_measures_it_is_of_and_said_again_it_is_of_those_of_today(worse, release):
    pat, first = person("Pat", (Role.PUBLISHER, "B0")), worse.measures.get()
    kept = sending.excuse(worse.pk, OCTOBER, "Counted anew.", pat, 0, release)
    assert kept.excused == [first.pk]
    second = small.measure(worse, [], title="Deaths")  # no figure yet: missing
    kept = sending.excuse(worse.pk, OCTOBER, "Counted anew.", pat, 1, release)
    assert (kept.excused, kept.version) == ([first.pk, second.pk], 2)


def test_who_sends_in_the_same_words_again_widens_no_excuse(worse, ann, release):
    pat, first = person("Pat", (Role.PUBLISHER, "B0")), worse.measures.get()
    sending.excuse(worse.pk, OCTOBER, "Counted anew.", pat, 0, release)
    small.measure(worse, [], title="Deaths")
    kept = sent_in(worse, ann, release, version=1, words="We look into it.", excuse="Counted anew.")
    assert (kept.excused, kept.excused_by) == ([first.pk], pat)
    assert not lets_through(worse, release)


def test_another_plan_manager_excuses_in_the_form_itself(worse, release):
    bea = person("Bea", (Role.PLAN_MANAGER, "B0"))
    kept = sent_in(worse, bea, release, words="We look into it.", excuse="Counted anew.")
    assert (kept.excused_by, kept.excuse) == (bea, "Counted anew.")
    assert sent_in(worse, bea, release, version=1).excuse == "Counted anew."  # not said: as it was


def test_nothing_is_excused_where_quality_held_nor_by_readers_nor_without_words(one, worse, release):
    pat = person("Pat", (Role.PUBLISHER, "B0"))
    with pytest.raises(Wrong, match="Nothing is to be excused"):
        sending.excuse(one.pk, OCTOBER, "Counted anew.", pat, 0, release)
    with pytest.raises(Wrong, match="Say why"):
        sending.excuse(worse.pk, OCTOBER, " ", pat, 0, release)
    with pytest.raises(NotKnownError):
        sending.excuse(worse.pk, OCTOBER, "Fine.", person("Reader", (Role.READER, "B0")), 0, release)
    assert not Return.objects.exists()


# A whole plan


def test_one_press_sends_in_all_of_a_plan_that_need_no_words(one, running, plan, ann, release):
    late, sent = running("Late"), running("Sent")
    Milestone.objects.create(initiative=late, title="First test", due_on=date(2026, 10, 5))
    sent_in(sent, ann, release, words="By itself.")
    assert sending.send_ready(plan.pk, OCTOBER, ann, release) == (1, 1)
    assert set(Return.objects.values_list("initiative", "words")) == {(one.pk, ""), (sent.pk, "By itself.")}
    assert sending.send_ready(plan.pk, OCTOBER, ann, release) == (0, 1)  # pressed again: nothing more


def test_returns_are_counted_by_plan_for_whoever_writes_it(one, running, plan, ann, release):
    idea = running("An idea")
    Initiative.objects.filter(pk=idea.pk).update(status="idea")
    sent_in(running("Sent"), ann, release)
    [found] = returns.plans_asked(ann, OCTOBER)
    assert (found, found.due, found.sent) == (plan, 2, 1)
    assert not returns.plans_asked(ann, date(2026, 3, 1)).exists()  # of the year before there is no plan
    assert not returns.plans_asked(person("Pat", (Role.PUBLISHER, "B0")), OCTOBER).exists()
    with pytest.raises(NotKnownError):
        sending.send_ready(plan.pk, OCTOBER, person("Far", (Role.PLAN_MANAGER, "B1")), release)


def test_months_wait_from_the_last_return_on_to_the_end_of_the_plans_year(one, ann, release):
    def waiting(*today):
        return [f"{month:%Y-%m}" for month in returns.waiting_months(one, date(*today))]

    assert waiting(2026, 4, 30) == []
    assert waiting(2027, 1, 5) == ["2026-12"]  # nobody sends in what lies before the first
    sent_in(one, ann, release)
    assert waiting(2027, 1, 5) == ["2026-11", "2026-12"]
    assert waiting(2028, 1, 5)[-1] == "2027-03"
    one.status = "finished"
    assert waiting(2027, 1, 5) == []


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "1999-04", "2026-04-01", "٢٠٢٦-٠٤", ""])
def test_what_is_no_month_is_not_known(text):
    with pytest.raises(NotKnownError):
        returns.month_named(text)
