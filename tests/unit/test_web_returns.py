"""Monthly returns by their pages: sent in by one press, with words, twice, by two people, afterwards; and by whom."""

import re
from datetime import UTC, date, datetime

import ledger_small as small
import planned
import pytest
import web_release
from authored import person, signed_in
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from careatlas.improve.delivery.ledger import claims
from careatlas.improve.delivery.models import Figure, Initiative, Milestone, Plan, Return
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry
from careatlas.web.current import current_release

OCTOBER = date(2026, 10, 1)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 5, 12, tzinfo=UTC))


@pytest.fixture
def atlas(release, db):
    organisations.take_from(release)
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


@pytest.fixture
def ann(atlas):
    return person("Ann", (Role.PLAN_MANAGER, "B0"))


@pytest.fixture
def client(ann):
    return signed_in(ann)


@pytest.fixture
def one(ann, release):
    """Running since April, in a plan, with quality that held; it claims £1,200 in twelve even months."""
    made = planned.initiative(ann, release, within=planned.plan(ann, release))
    Initiative.objects.filter(pk=made.pk).update(status="running")
    small.measure(made, [9.0, 11.0] * 24, date(2026, 10, 1))
    small.claim(made, small.pool(year=2026), 120_000)
    return Initiative.objects.get(pk=made.pk)


def place(one, month="2026-10"):
    return f"/delivery/initiatives/{one.pk}/returns/{month}/"


def text_of(answer):
    return answer.content.decode()


def form_of(client, one):
    page = text_of(client.get(place(one)))
    return dict(re.findall(r'<input[^>]*name="([^"]+)" value="([^"]*)"', page)) | {"words": ""}


def sent(client, one, **said):
    return client.post(place(one), form_of(client, one) | said)


@pytest.fixture
def late(one):
    return Milestone.objects.create(initiative=one, title="First test", due_on=date(2026, 10, 5))


def test_a_return_without_exceptions_is_sent_in_by_one_press(client, one, ann):
    claim = one.claims.get()
    figures = {str(claim.pk): {"actual": 59_000, "outturn": 118_000}}
    before = {"figures": figures, "sent_in_at": timezone.now(), "sent_in_by": ann}
    Return.objects.create(initiative=one, month=date(2026, 9, 1), **before)
    said = form_of(client, one)
    assert said[f"actual-{claim.pk}"] == "690"  # 590 by September, and 100 planned of October
    assert "one press sends it in" in text_of(client.get(place(one)))
    answer = client.post(place(one), said)
    assert (answer.status_code, answer.headers["Location"]) == (303, place(one))
    kept = Return.objects.get(month=OCTOBER)
    assert kept.figures == {str(claim.pk): {"actual": 69_000, "outturn": 118_000}}
    assert (kept.sent_in_by, kept.version) == (ann, 1)
    assert "Sent in by Ann, 5 November 2026" in text_of(client.get(place(one)))


def test_the_same_form_sent_twice_is_one_return(client, one):
    said = form_of(client, one)
    first, again = client.post(place(one), said), client.post(place(one), said)
    assert (first.status_code, again.status_code) == (303, 303)
    assert Return.objects.count() == 1
    assert Entry.objects.filter(kind="delivery.return").count() == 1


def test_what_is_not_as_planned_asks_for_words_and_loses_none_of_what_was_typed(client, one):
    claim = one.claims.get()
    answer = sent(client, one, **{f"actual-{claim.pk}": "12.5", f"outturn-{claim.pk}": "1,000.5"})
    page = text_of(answer)
    assert answer.status_code == 422
    assert "£12.5 by the end of the month; £700 was planned" in page
    assert 'value="12.5"' in page
    assert 'value="1,000.5"' in page
    assert not Return.objects.exists()
    answer = sent(client, one, **{f"actual-{claim.pk}": "12.5"}, words="A second <clerk> starts.")
    assert answer.status_code == 303
    assert "A second &lt;clerk&gt; starts." in text_of(client.get(place(one)))


def test_what_is_no_amount_is_told_at_its_box(client, one):
    claim = one.claims.get()
    page = text_of(sent(client, one, **{f"actual-{claim.pk}": "ten"}))
    told = "Recurrent capacity, emergency admissions at Upper Board, actual: Give pounds such as"
    assert f'id="actual-{claim.pk}-wrong">{told}' in page
    assert 'value="ten"' in page


def test_two_who_send_it_in_at_once_see_both_and_the_second_may_go_on_with_a_reason(client, one):
    claim = one.claims.get()
    said = form_of(client, one)
    bea = signed_in(person("Bea", (Role.PLAN_MANAGER, "B0")))
    client.post(place(one), said | {"words": "Hers.", f"actual-{claim.pk}": "700"})
    answer = bea.post(place(one), said | {"words": "His.", f"actual-{claim.pk}": "710", "key": "another"})
    page = text_of(answer)
    assert answer.status_code == 409
    assert "Meanwhile somebody wrote: Hers." in page
    assert "Meanwhile somebody made it: £700" in page
    assert "His." in page
    assert 'name="version" value="1"' in page
    again = said | {"words": "His.", f"actual-{claim.pk}": "710", "key": "third", "version": "1"}
    assert bea.post(place(one), again).status_code == 422  # sent in by now: a reason is asked for
    assert bea.post(place(one), again | {"why": "Counted again."}).status_code == 303
    assert Return.objects.get().figures[str(claim.pk)]["actual"] == 71_000
    changes = text_of(client.get(f"/delivery/initiatives/{one.pk}/history/"))
    assert (
        f"figures: claim {claim.pk}: actual £700.00, outturn £1,200.00 → claim {claim.pk}: actual £710.00"
        in changes
    )


def test_what_was_said_the_last_time_stands_beside_the_box_and_is_not_sent_in_again_by_itself(
    client, one, late
):
    client.post(place(one, "2026-09"), {"version": "0", "key": "k", "words": "A second clerk starts."})
    assert "Said for September 2026: A second clerk starts." in text_of(client.get(place(one)))
    assert sent(client, one).status_code == 422


def test_a_milestone_that_somebody_changed_meanwhile_is_told_beside_what_was_typed(client, one, late):
    said = form_of(client, one) | {f"done_on-{late.pk}": "2026-10-04"}
    keeping.change(late, "bea@nhs.test", "known since", 1, done_on=date(2026, 10, 3))
    answer = client.post(place(one), said)
    page = text_of(answer)
    assert answer.status_code == 409
    assert 'value="2026-10-04"' in page
    assert "Meanwhile somebody made it: 3 October 2026" in page
    assert not Return.objects.exists()
    said |= {f"milestone-{late.pk}": "2", "key": "again"}
    assert client.post(place(one), said).status_code == 303
    late.refresh_from_db()
    assert late.done_on == date(2026, 10, 4)


def test_one_that_was_stopped_meanwhile_is_not_sent_in(client, one):
    said = form_of(client, one)
    Initiative.objects.filter(pk=one.pk).update(status="stopped")
    answer = client.post(place(one), said)
    assert answer.status_code == 422
    assert "It is stopped by now: nothing was sent in." in text_of(answer)


def test_a_reader_reads_it_and_sends_in_nothing(client, one, release):
    Plan.objects.update(baselined_at=timezone.now())
    sent(client, one, words="All is well.")
    reader = signed_in(person("Reader", (Role.READER, "B0")))
    page = text_of(reader.get(place(one)))
    assert "All is well." in page
    assert 'method="post"' not in page
    assert reader.post(place(one), {"version": "1", "words": "Mine."}).status_code == 404
    stranger = signed_in(person("Far", (Role.PLAN_MANAGER, "B1")))
    assert stranger.get(place(one)).status_code == 404


def test_months_that_are_none_of_the_plans_are_not_here_and_those_to_come_have_no_form(client, one):
    assert client.get(place(one, "2026-03")).status_code == 404
    assert client.get(place(one, "2026-13")).status_code == 404
    page = text_of(client.get(place(one, "2026-11")))
    assert "The month is not over" in page
    assert 'method="post"' not in page


def test_quality_is_excused_by_name_in_a_form_of_its_own(client, one, ann, release):
    Figure.objects.filter(measure__initiative=one, month__gte=one.starts_on).delete()
    claims.add(one, one.claims.get().pool, ann, 1_000, "recurrent", "capacity")
    page = text_of(client.get(place(one)))
    assert "Quality is not known, figures are missing: Readmissions." in page
    assert "who never wrote any of its claims can say why" in page
    assert 'id="excuse"' not in page
    pat = signed_in(person("Pat", (Role.PUBLISHER, "B0")))
    assert 'id="excuse"' in text_of(pat.get(place(one)))
    said = {"do": "excuse", "version": "0", "key": "k", "excuse": "The ward moved."}
    assert pat.post(place(one), said).status_code == 303
    page = text_of(client.get(place(one)))
    assert "</strong>: Pat (it holds once the return is sent in)" in page
    assert "The ward moved." in page
    answer = sent(client, one, words="Counted from now on.")
    assert answer.status_code == 303
    assert Return.objects.get().excused_by.name == "Pat"


# Many at once


def test_my_returns_are_listed_by_plan_and_sent_in_by_one_press(client, one, ann, release, late):
    second = planned.initiative(ann, release, within=one.plan, title="Second")
    Initiative.objects.filter(pk=second.pk).update(status="running")
    small.measure(second, [9.0, 11.0] * 24, OCTOBER)
    page = text_of(client.get("/delivery/returns/"))
    assert "Returns for October 2026" in page
    assert "Ready to send in: 1. Not as planned: 1. Sent in: 0." in page
    assert "Late since 5 October 2026: First test." in page
    answer = client.post(f"/delivery/plans/{one.plan_id}/returns/2026-10/")
    assert answer.headers["Location"] == f"/delivery/returns/?plan={one.plan_id}&month=2026-10"
    page = text_of(client.get(answer.headers["Location"]))
    assert "Ready to send in: 0. Not as planned: 1. Sent in: 1." in page
    assert "sent in by Ann, 5 November 2026" in page


def test_who_writes_no_plan_has_no_returns(atlas):
    page = text_of(signed_in(person("Reader", (Role.READER, "B0"))).get("/delivery/returns/"))
    assert "You write no plan of that year." in page


def test_an_initiatives_page_lists_its_returns_and_those_that_wait(client, one):
    client.post(place(one, "2026-09"), {"version": "0", "key": "k", "words": "All is well."})
    page = text_of(client.get(f"/delivery/initiatives/{one.pk}/"))
    assert f'Not sent in: <a href="{place(one)}">October 2026</a>.' in page
    september = f'<a href="{place(one, "2026-09")}">September 2026</a>'
    assert f'{september} <span class="quiet">Ann, 5 November 2026: All is well.' in page


def test_a_return_takes_few_questions_to_the_database(client, one):
    """However many claim on the same pool: the whole ledger is never worked through."""
    small.sized(one.claims.get().pool, current_release(), 60_000, 15_000, last_day=date(2026, 10, 31))

    def asked():
        with CaptureQueriesContext(connection) as questions:
            client.get(place(one))
        return len(questions)

    asked()  # sign-in's own
    alone = asked()
    for number in range(20):
        other = small.initiative("B0", f"Other {number}", status="running")
        small.claim(other, one.claims.get().pool, 10_000)
    assert asked() == alone
    assert alone <= 35


def test_where_nothing_goes_on_this_year_the_last_month_of_the_latest_plan_is_shown(
    client, one, ann, release
):
    Initiative.objects.exclude(pk=one.pk).delete()
    Plan.objects.filter(pk=one.plan_id).update(year=2024)
    assert "Returns for March 2025" in text_of(client.get("/delivery/returns/"))
