"""Delivery's pages: a plan from its first line to its baseline, an initiative through its gates, what two people write
at once, what is sent twice, what is wrong; and who reaches what."""

import re
from datetime import UTC, datetime

import library_small
import planned
import pytest
import web_release
from authored import person, signed_in
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from careatlas.improve.delivery.models import Figure, Initiative, Milestone, Plan, Risk
from careatlas.improve.delivery.planning import plans, seen
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role

NEW = "/delivery/initiatives/new/"
RISK = {"title": "Fire", "likelihood": "2", "impact": "5", "key": "one"}


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 20, 12, tzinfo=UTC))


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
    return planned.whole(ann, release)


def text_of(answer) -> str:
    return answer.content.decode()


def place(one: Initiative, *more: str) -> str:
    return "/".join([f"/delivery/initiatives/{one.pk}", *more, ""])


# Plans


def test_a_plan_is_begun_filled_fixed_and_then_seen_by_its_readers(client, ann, atlas):
    answer = client.post(
        "/delivery/plans/new/", {"organisation": "B0", "year": "2026", "title": "Our plan", "key": "k"}
    )
    plan = Plan.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/delivery/plans/{plan.pk}/")
    again = client.post(
        "/delivery/plans/new/", {"organisation": "B0", "year": "2026", "title": "Our plan", "key": "k"}
    )
    assert again.headers["Location"] == answer.headers["Location"]  # sent twice, begun once
    reader = signed_in(person("Reader", (Role.READER, "B0")))
    assert reader.get(f"/delivery/plans/{plan.pk}/").status_code == 404
    said = {"organisation": "B0", "title": "Ringing", "plan": str(plan.pk), "key": "i"}
    client.post(NEW, said)
    page = text_of(client.get(f"/delivery/plans/{plan.pk}/"))
    assert "Draft." in page
    assert "Ringing" in page
    client.post(f"/delivery/plans/{plan.pk}/baseline/", {"version": plan.version})
    page = text_of(reader.get(f"/delivery/plans/{plan.pk}/"))
    assert "Baseline of 20 March 2026" in page
    assert "Ringing" not in page  # an idea still
    assert "Our plan" in text_of(reader.get("/delivery/"))


def test_faults_of_a_new_plan_stand_on_its_form_with_what_was_said(client):
    answer = client.post("/delivery/plans/new/", {"organisation": "B3", "year": "26", "title": "Ours"})
    page = text_of(answer)
    assert answer.status_code == 422
    assert "no plan manager of Far Board" in page
    assert "the year in which it begins" in page
    assert 'value="Ours"' in page
    assert not Plan.objects.exists()


def test_an_empty_plan_is_not_fixed_and_says_why(client, ann, release):
    plan = planned.plan(ann, release)
    answer = client.post(f"/delivery/plans/{plan.pk}/baseline/", {"version": 1})
    assert answer.status_code == 422
    assert "There is nothing in it yet" in text_of(answer)


def test_two_who_change_a_plan_see_both_versions(client, ann, release):
    plan = planned.plan(ann, release)
    client.post(f"/delivery/plans/{plan.pk}/", {"version": 1, "title": "Hers", "lead": ""})
    answer = client.post(f"/delivery/plans/{plan.pk}/", {"version": 1, "title": "His", "lead": ""})
    page = text_of(answer)
    assert answer.status_code == 409
    assert 'value="His"' in page
    assert "Meanwhile somebody made it: Hers" in page
    assert 'name="version" value="2"' in page
    client.post(f"/delivery/plans/{plan.pk}/", {"version": 2, "title": "His", "lead": ""})
    assert plans.plan_seen(plan.pk, ann).title == "His"


# Initiatives


def test_an_initiative_goes_from_an_idea_to_running_by_its_pages(client, one):
    for gate in ("idea", "case", "start"):
        here = place(one, "gates", gate)
        if gate != "idea":
            client.post(here, planned.judged() | {"do": "judge", "version": 0})
        version = re.search(r'name="version" value="(\d+)"', text_of(client.get(here)))[1]
        assert client.post(here, {"do": "open", "version": version}).status_code == 303
    one.refresh_from_db()
    assert one.status == "running"
    page = text_of(client.get(place(one, "gates", "start")))
    assert "<strong>Open</strong>: Ann, 20 March 2026" in page


def test_a_gate_that_lacks_something_says_all_of_it(client, ann, release):
    bare = planned.initiative(ann, release, aim="", owner="")
    answer = client.post(place(bare, "gates", "idea"), {"do": "open", "version": 0})
    assert answer.status_code == 422
    assert "Say what it is to achieve. Name who answers for it." in text_of(answer)
    page = text_of(client.get(place(bare, "gates", "case")))
    assert "Open the gate “Idea” first." in page
    assert 'value="open"' not in page  # nothing to sign yet


def test_what_was_judged_in_part_stays_in_the_boxes(client, one):
    said = planned.judged() | {
        "do": "judge",
        "version": 0,
        "safety-impact": "",
        "equity-words": "Who lives far off.",
    }
    answer = client.post(place(one, "gates", "case"), said)
    assert answer.status_code == 422
    page = text_of(answer)
    assert "Safety: choose both, how likely and how much." in page
    assert "Who lives far off." in page
    assert not one.gateways.exists()


def test_a_clinical_lead_is_offered_what_waits_for_them_and_nobody_else_is(client, one):
    here = place(one, "gates", "case")
    client.post(here, planned.judged(safety=-4) | {"do": "judge", "version": 0})
    doctor = signed_in(person("Dora", (Role.ASSESSOR, "B0")))
    assert "Agree as a clinical lead" in text_of(doctor.get(here))
    assert "Agree as a clinical lead" not in text_of(client.get(here))
    doctor.post(here, {"do": "agree", "version": 1, "post": "Medical director", "why": "It is watched."})
    assert "<strong>Agreed</strong>: Dora, Medical director" in text_of(client.get(here))


def test_two_who_change_an_initiative_see_both_versions_and_nothing_is_lost(client, one):
    said = {"version": 1, "title": one.title, "aim": "Hers."}
    client.post(place(one), said)
    answer = client.post(place(one), said | {"aim": "His."})
    page = text_of(answer)
    assert answer.status_code == 409
    assert "His.</textarea>" in page
    assert "Meanwhile somebody made it: Hers." in page


def test_a_part_sent_twice_is_added_once_and_a_wrong_one_stays_in_the_form(client, one):
    for _ in range(2):
        assert client.post(place(one, "add", "risks"), RISK).status_code == 303
    assert Risk.objects.filter(title="Fire").count() == 1
    answer = client.post(place(one, "add", "risks"), RISK | {"key": "two", "title": "Flood", "impact": ""})
    assert answer.status_code == 422
    assert 'value="Flood"' in text_of(answer)
    assert "Impact: not answered yet." in text_of(answer)


def test_a_part_is_changed_on_a_page_of_its_own_and_taken_out_there(client, one):
    risk = one.risks.get()
    here = f"/delivery/risks/{risk.pk}/"
    assert "Nobody answers" in text_of(client.get(here))
    client.post(
        here, {"version": 1, "title": risk.title, "likelihood": "5", "impact": "3", "is_closed": "on"}
    )
    risk.refresh_from_db()
    assert (risk.likelihood, risk.is_closed) == (5, True)
    late = client.post(here, {"version": 1, "title": "Mine", "likelihood": "1", "impact": "3"})
    assert late.status_code == 409
    assert "Meanwhile somebody made it: 5: Almost certain" in text_of(late)
    assert client.post(here, {"version": 2, "do": "remove", "why": "Gone."}).status_code == 303
    assert not Risk.objects.exists()


def test_a_box_that_is_not_ticked_is_unticked(client, one):
    risk = one.risks.get()
    said = {"title": risk.title, "likelihood": "5", "impact": "3"}
    client.post(f"/delivery/risks/{risk.pk}/", said | {"version": 1, "is_closed": "on"})
    client.post(f"/delivery/risks/{risk.pk}/", said | {"version": 2})
    risk.refresh_from_db()
    assert not risk.is_closed


def test_one_that_stopped_takes_nothing_more_and_is_taken_up_again(client, one):
    answer = client.post(place(one, "stop"), {"version": 1, "why": ""})
    assert answer.status_code == 422
    client.post(place(one, "stop"), {"version": 1, "why": "No staff."})
    page = text_of(client.get(place(one)))
    assert "It was stopped." in page
    assert "No staff." in page
    assert "Add a risk" not in page
    answer = client.post(place(one, "add", "risks"), RISK)
    assert answer.status_code == 422
    assert "The initiative is stopped: nothing was changed." in text_of(answer)
    client.post(place(one, "take-up"), {"version": 2})
    assert "Add a risk" in text_of(client.get(place(one)))


def test_an_initiative_is_brought_into_a_plan(client, ann, one, release):
    plan = planned.plan(ann, release)
    assert "Plan of B0" in text_of(client.get(place(one)))
    client.post(place(one, "join"), {"version": 1, "plan": plan.pk})
    one.refresh_from_db()
    assert one.plan == plan


def test_the_history_tells_who_changed_what_and_why(client, one):
    client.post(place(one), {"version": 1, "title": "Ringing all", "why": "A better name."})
    page = text_of(client.get(place(one, "history")))
    assert "A better name." in page
    assert "title: Ringing patients → Ringing all" in page
    assert "ann@nhs.test" in page


# Beginnings


def test_an_initiative_begins_from_an_example_by_the_button_on_its_page(client, ann):
    example = library_small.published(
        person("Author", (Role.AUTHOR, "S07")), cost_to_start_gbp=20_000, effect=None
    )
    button = f"{NEW}?example={example.pk}"
    assert button in text_of(client.get(f"/library/{example.pk}/"))
    assert button not in text_of(
        signed_in(person("Reader", (Role.READER, "B0"))).get(f"/library/{example.pk}/")
    )
    assert 'value="2026-06-12"' in text_of(client.get(button))  # twelve weeks on
    said = {"organisation": "S00", "example": example.pk, "starts_on": "2026-06-01", "key": "k"}
    answer = client.post(NEW, said)
    page = text_of(client.get(answer.headers["Location"]))
    assert "Begun from the example" in page
    assert "One-off, cash: £20,000 spent" in page
    assert Milestone.objects.count() == 6
    assert client.post(NEW, said).headers["Location"] == answer.headers["Location"]
    assert Initiative.objects.count() == 1


def test_an_initiative_begins_from_an_opportunity(atlas):
    client = signed_in(person("Cleo", (Role.PLAN_MANAGER, "B2")))
    page = text_of(client.get(f"{NEW}?opportunity=S20:antibiotics"))
    assert "what closes it" in page
    assert re.search(r'<option value="S20" selected>', page)
    said = {"organisation": "S20", "opportunity": "S20:antibiotics", "starts_on": "2026-06-01"}
    page = text_of(client.get(client.post(NEW, said).headers["Location"]))
    assert "Begun from the opportunity" in page
    assert "4.0% of items" in page  # 40 of 1,000
    assert client.get(f"{NEW}?opportunity=S20:nothing").status_code == 404


def test_where_opportunities_stand_an_initiative_can_begin(atlas):
    assert '<option value="S20:antibiotics">' in text_of(atlas.get("/areas/S20/"))
    assert '<option value="T01:four_hours">' in text_of(atlas.get("/providers/T01/"))


def test_a_start_that_is_no_day_is_said_to_be_none(client):
    said = {"organisation": "S00", "opportunity": "S20:antibiotics", "starts_on": "soon"}
    answer = client.post(NEW, said)
    assert answer.status_code == 422
    assert "Give the day from which it could have an effect." in text_of(answer)


def test_who_plans_nowhere_is_told_so_and_begins_nothing(atlas, release):
    reader = signed_in(person("Reader", (Role.READER, "B0")))
    for address in (NEW, "/delivery/plans/new/"):
        assert "You are no plan manager" in text_of(reader.get(address))
        assert (
            reader.post(address, {"organisation": "B0", "title": "Mine", "year": "2026"}).status_code == 422
        )
    assert not Initiative.objects.exists()
    assert not Plan.objects.exists()


# Measures and figures


def test_a_figure_of_the_atlas_is_shown_with_interval_period_and_denominator(client, ann, one, release):
    planned.add(
        "measures", one, ann, release, title="Broad ones", indicator="antibiotics", area="S00", target=""
    )
    page = text_of(client.get(place(one)))
    # 60 of 1,000 are 6 %: 100 x (60 +- 1.96 x sqrt(60)) / 1,000 is 4.5 to 7.5
    assert "6.0% of items" in page
    assert "4.5% to 7.5%; March 2026; of 1,000" in page


def test_figures_are_pasted_or_sent_as_a_file_and_come_back_as_one(client, one):
    measure = one.measures.get()
    here = f"/delivery/measures/{measure.pk}/figures/"

    def sent(**said):
        seen = re.search(r'name="seen" value="(\w+)"', text_of(client.get(here)))[1]
        return client.post(here, {"seen": seen} | said)

    assert sent(months="2026-01,4\n2026-02,5").status_code == 303
    assert sent(file=SimpleUploadedFile("ours.csv", b"month,value\n2026-03,6\n")).status_code == 303
    fetched = client.get(f"/delivery/measures/{measure.pk}/figures.csv").content.decode()
    assert fetched.splitlines()[1:] == ["2026-01,4", "2026-02,5", "2026-03,6"]
    assert "February 2026" in text_of(client.get(here))
    page = text_of(client.get(place(one)))
    assert "6 complaints" in page
    wrong = sent(months="2026-04,many")
    assert wrong.status_code == 422
    assert "2026-04,many" in text_of(wrong)
    assert "which is no number" in text_of(wrong)
    changed = sent(months="2026-01,9")
    assert "on file for January 2026: say why they change" in text_of(changed)
    assert Figure.objects.get(month="2026-01-01").value == 4


def test_a_file_fetched_before_somebody_corrected_a_month_does_not_set_it_back(client, ann, one):
    """March was 6 when the file was fetched; a colleague makes it 60; the file comes back for February's sake."""
    measure = one.measures.get()
    here = f"/delivery/measures/{measure.pk}/figures/"
    planned.entered(measure, "2026-02,5\n2026-03,6", ann)
    fetched = client.get(f"{here[:-1]}.csv").content.replace(b"2026-02,5", b"2026-02,5.5")
    planned.entered(measure, "2026-03,60", ann, "A nought was missing.")
    late = client.post(here, {"file": SimpleUploadedFile("ours.csv", fetched), "why": "February came late."})
    page = text_of(late)
    assert late.status_code == 409
    assert "Somebody else changed this meanwhile" in page
    assert "On file now, where the box says something else: February 2026, 5; March 2026, 60." in page
    assert "month,value\n2026-02,5.5\n2026-03,6\n</textarea>" in page  # without the stamp of then
    assert sorted(figure.value for figure in measure.figures.all()) == [5, 60]
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    kept = client.post(
        here, {"months": "month,value\n2026-02,5.5", "seen": seen, "why": "February came late."}
    )
    assert kept.status_code == 303
    assert sorted(figure.value for figure in measure.figures.all()) == [5.5, 60]


def test_a_file_that_is_no_text_is_refused_in_words(client, one):
    here = f"/delivery/measures/{one.measures.get().pk}/figures/"
    answer = client.post(here, {"file": SimpleUploadedFile("ours.xlsx", b"PK\x03\x04\xff\xfe")})
    assert answer.status_code == 422
    assert "save it from the spreadsheet as CSV" in text_of(answer)
    large = SimpleUploadedFile("ours.csv", b"2026-01,1\n" * 30_000)
    assert "too large" in text_of(client.post(here, {"file": large}))


def test_what_was_written_cannot_become_a_tag(client, ann, one, release):
    planned.add("risks", one, ann, release, title="<script>x</script>", mitigation="<b>y</b>")
    page = text_of(client.get(place(one)))
    assert "<script>x" not in page
    assert "<b>y" not in page


# Who reaches what


@pytest.mark.parametrize(("role", "where", "status"), [
    (Role.PLAN_MANAGER, "R0", 200), (Role.PUBLISHER, "B0", 200), (Role.FINANCE_ASSURER, "SIM", 200),
    (Role.READER, "B0", 404), (Role.PLAN_MANAGER, "B3", 404), (Role.PLAN_MANAGER, "S00", 404),
])  # fmt: skip
def test_an_idea_is_seen_where_the_rules_say_and_404_elsewhere(one, role, where, status):
    assert signed_in(person("Who", (role, where))).get(place(one)).status_code == status


def test_who_sees_but_does_not_write_finds_no_form_and_changes_nothing(one):
    publisher = signed_in(person("Bea", (Role.PUBLISHER, "B0")))
    page = text_of(publisher.get(place(one)))
    assert "Add a risk" not in page
    assert "Change this" not in page
    assert publisher.post(place(one), {"version": 1, "title": "Mine"}).status_code == 404
    assert publisher.post(place(one, "add", "risks"), RISK).status_code == 404
    assert publisher.get(f"/delivery/risks/{one.risks.get().pk}/").status_code == 404
    one.refresh_from_db()
    assert one.title == "Ringing patients"


def test_who_has_not_signed_in_is_asked_to(atlas, one):
    assert atlas.get("/delivery/").headers["Location"].startswith("/account/sign-in/")
    assert atlas.get(place(one)).headers["Location"].startswith("/account/sign-in/")


def test_many_initiatives_take_no_more_questions_of_the_database_than_few(client, ann, one, release):
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/delivery/")
        return len(asked)

    client.get("/delivery/")
    few = questions()
    for _ in range(5):
        planned.whole(ann, release)
    assert questions() == few


def test_what_is_due_and_not_as_planned_is_told_once_each(client, ann, one, release):
    for title, due_on in (("Late one", "2026-03-01"), ("Next one", "2026-04-01"), ("Far one", "2026-09-01")):
        planned.add("milestones", one, ann, release, title=title, due_on=due_on)
    page = text_of(client.get("/delivery/"))
    assert [page.count(title) for title in ("Late one", "Next one", "Far one")] == [1, 1, 0]
    assert "Late since 1 March 2026: Late one." in page


def test_of_much_that_is_not_as_planned_the_worst_is_told_and_the_rest_is_counted(client, ann, one, release):
    for number in range(5):
        planned.add("milestones", one, ann, release, title=f"Step {number}", due_on="2026-03-01")
    page = text_of(client.get("/delivery/"))
    assert "Late since 1 March 2026: Step 2." in page
    assert "Step 3" not in page
    assert "and 2 more" in page


def test_entered_figures_make_a_control_chart_with_gaps_where_a_month_is_not_known(client, ann, one, release):
    """4, 6, 4, 6 with a month between: a mean of 5, moving ranges of 2 either side of the gap, limits 5 +- 2.66 x 2."""
    measure = one.measures.get()
    here = f"/delivery/measures/{measure.pk}/chart/"
    assert "takes four figures" in text_of(client.get(here))
    planned.entered(measure, "2026-01,4\n2026-02,6\n2026-04,4\n2026-05,6", ann)
    rows = seen.chart_points(measure, release)
    assert [row["value"] for row in rows] == [4, 6, None, 4, 6]
    assert rows[2]["point"] == "missing"
    assert (rows[0]["mean"], rows[0]["upper"]) == (5, pytest.approx(5 + 2.66 * 2, abs=0.01))
    page = text_of(client.get(here))
    assert "January 2026 to May 2026" in page
    assert client.get(f"/delivery/measures/{measure.pk}/chart.svg").content.startswith(b"<svg")
    stranger = signed_in(person("Far", (Role.READER, "B3")))
    assert stranger.get(here).status_code == 404


def test_entered_figures_stand_beside_business_as_usual_and_the_target(client, ann, one, release):
    """About 100 a month for three years, then 85: 15 % fewer, where a tenth fewer was wanted."""
    months = [f"{year}-{month:02d}" for year in range(2023, 2027) for month in range(1, 13)]
    values = [*([99, 101, 100, 102, 98] * 8)[:39], *[85] * 9]  # one starts in April 2026
    measure = planned.add("measures", one, ann, release, title="Visits", target="", target_percent="-10")
    planned.entered(measure, "\n".join(map("{},{}".format, months, values)), ann)
    page = text_of(client.get(f"/delivery/measures/{measure.pk}/chart/"))
    assert "April 2026 to December 2026: 765 counted; business as usual would have been" in page
    assert "Target, 10% fewer than business as usual: met" in page
    assert "It rests on 39 known months before" in page
    picture = f"/delivery/measures/{measure.pk}/usual.json"
    assert "business as usual of Visits" in client.get(picture).content.decode()
    assert signed_in(person("Far", (Role.READER, "B3"))).get(picture).status_code == 404


def test_where_nothing_can_be_set_beside_business_as_usual_it_is_said_why(client, ann, one, release):
    measure = one.measures.get()
    page = text_of(client.get(f"/delivery/measures/{measure.pk}/chart/"))
    assert "Nothing can be said: Complaints: has no figures yet. Enter them by month." in page
    assert client.get(f"/delivery/measures/{measure.pk}/usual.svg").status_code == 404


def test_an_indicator_has_the_same_control_chart_as_in_the_atlas(client, ann, one, release):
    of_atlas = {"indicator": "completed", "area": "B0", "target": "", "title": "Completed"}
    measure = planned.add("measures", one, ann, release, **of_atlas)
    page = text_of(client.get(f"/delivery/measures/{measure.pk}/chart/"))
    assert "January 2025 to March 2026" in page
    assert f"/delivery/measures/{measure.pk}/chart.svg?drawn_by=" in page
