"""The ledger's pages: a pool made, filled and changed; a claim looked at before it is kept; figures that open to their
rows; the map of overlaps; and what is not told to whom."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime

import pytest
import web_release
from authored import person, signed_in
from django.utils import timezone
from ledger_small import APRIL, YEAR, claim, cost, held, initiative, pool, sized

from careatlas.improve.delivery.models import Claim, Cost, Plan, Pool, Proposal, Status
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record import keeping
from careatlas.improve.record.models import Entry

POUND = 100  # pence
NEW_POOL = {
    "organisation": "B0", "programme": "planned_care", "cost_line": "emergency_admissions", "year": f"{YEAR}",
    "began_on": f"{YEAR}-04-01", "indicator": "completed", "unit_cost": "1,250.50", "unit_cost_source": "Costs 2024/25",
}  # fmt: skip
SAID = {"direction": "saves", "pounds": "60", "timing": "recurrent", "form": "capacity", "key": "k"}


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
def hospital(atlas, release):
    """A pool of £100, at least £30 of it, told to the end of its year."""
    made = pool()
    sized(made, release, 100 * POUND, 30 * POUND)
    return made


def running(title="Hospital at home", organisation="B0", **more):
    """Past being an idea, with a measure of quality that held."""
    return held(initiative(organisation, title, status=Status.RUNNING, **more))


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def of_claims(one) -> str:
    return f"/delivery/initiatives/{one.pk}/claims/new/"


def looked_and_kept(client, one, said):
    """Look, then keep what was looked at."""
    page = text_of(client.post(of_claims(one), said | {"do": "look"}))
    looked = re.search(r'name="looked" value="(\w+)"', page)[1]
    return page, client.post(of_claims(one), said | {"do": "keep", "looked": looked})


# Pools


def test_a_pool_is_made_once_and_says_what_it_is_worked_out_from(client):
    answer = client.post("/delivery/pools/new/", NEW_POOL | {"key": "k"})
    made = Pool.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/delivery/pools/{made.pk}/")
    assert client.post("/delivery/pools/new/", NEW_POOL | {"key": "k"}).headers == answer.headers
    assert made.unit_cost_pence == 1_250_50
    page = text_of(client.get(f"/delivery/pools/{made.pk}/"))
    assert "Emergency admissions, Upper Board" in page
    assert "at £1,250 each (Costs 2024/25)" in page
    assert "Not enough history" in page  # three months before April 2025 are on file
    assert "unit cost: empty" not in page


def test_faults_of_a_pool_stand_on_its_form_with_what_was_said(client):
    answer = client.post(
        "/delivery/pools/new/", NEW_POOL | {"unit_cost": "12,5", "cost_line": "", "year": "26"}
    )
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Give pounds such as 12500, 12,500 or 12500.50." in page
    assert "Cost line: not answered yet." in page
    assert 'value="12,5"' in page
    assert not Pool.objects.exists()


def test_a_pool_that_would_hold_the_same_is_refused_with_the_one_that_does(client, hospital):
    page = text_of(client.post("/delivery/pools/new/", NEW_POOL | {"organisation": "S00"}))
    assert f"Pool {hospital.pk} (Emergency admissions, 2025/26) stands at Upper Board, above it" in page


def test_a_pool_shows_its_size_with_interval_months_and_release(client, hospital, release):
    page = text_of(client.get(f"/delivery/pools/{hospital.pk}/"))
    assert "<strong>£100</strong> (95% interval £30.0 to £100); 12 months told of, to March 2026" in page
    assert release.id in page


def test_costs_are_entered_by_month_and_never_over_somebody_elses(client, ann):
    made = pool()
    here = f"/delivery/pools/{made.pk}/"
    stamp = re.search(r'name="seen" value="(\w+)"', text_of(client.get(here)))[1]
    said = {"months": "2025-04,1250.50\n2025-05,", "why": "From the accounts.", "seen": stamp}
    assert client.post(f"{here}costs/", said).status_code == 303
    assert Cost.objects.get().pence == 1_250_50
    late = client.post(f"{here}costs/", said | {"months": "2025-04,9"})
    page = text_of(late)
    assert late.status_code == 409
    assert "Somebody else changed this meanwhile" in page
    assert "2025-04,9</textarea>" in page
    assert "£1,250.50" in page  # theirs
    assert Cost.objects.get().pence == 1_250_50
    stamp = re.search(r'name="seen" value="(\w+)"', page)[1]
    assert (
        client.post(f"{here}costs/", {"away": "2025-04", "why": "Not final.", "seen": stamp}).status_code
        == 303
    )
    assert not Cost.objects.exists()
    wrong = client.post(f"{here}costs/", {"months": "2025-04,many", "why": "x", "seen": stamp})
    assert wrong.status_code == 409 or "no number" in text_of(wrong)


def test_costs_entered_by_month_become_a_size(client, release):
    """Months of £1,000 and then £900: twelve times £100 less. Nothing else varies, so the interval lies around it."""
    made = pool()
    cost(made, [1_000 * POUND] * 48 + [900 * POUND] * 12, date(YEAR - 4, 4, 1))
    page = text_of(client.get(f"/delivery/pools/{made.pk}/"))
    assert "12 months told of, to March 2026" in page
    size = made.sizes.get()
    assert size.lower_pence <= 1_200 * POUND <= size.upper_pence


def test_a_registered_change_of_counting_is_kept_with_its_reason_and_two_writers_see_both(client, hospital):
    here = f"/delivery/pools/{hospital.pk}/"
    said = {
        "do": "counting",
        "version": 1,
        "counting_changed_on": "2025-09-01",
        "counting_changed_why": "Unit moved",
    }
    assert "Say why" in text_of(client.post(here, said))
    assert client.post(here, said | {"why": "The trust's notice."}).status_code == 303
    hospital.refresh_from_db()
    assert hospital.counting_changed_on == date(2025, 9, 1)
    late = client.post(here, said | {"why": "Mine", "counting_changed_why": "Merger"})
    assert late.status_code == 409
    assert "Meanwhile somebody made it: Unit moved" in text_of(late)
    assert "The trust&#x27;s notice." in text_of(client.get(here))


def test_a_pool_that_nobody_draws_on_is_removed(client, hospital):
    here = f"/delivery/pools/{hospital.pk}/"
    drawn = claim(running(), hospital, 60 * POUND)
    answer = client.post(here, {"do": "remove", "version": 1, "why": "Twice."})
    assert "Claims draw on it" in text_of(answer)
    drawn.delete()
    assert client.post(here, {"do": "remove", "version": 1, "why": "Twice."}).status_code == 303
    assert not Pool.objects.exists()


# Claims


def test_a_claim_is_kept_only_after_a_look_at_what_the_pool_holds(client, hospital):
    """90 are asked of 100 already: with 60 more, two fifths go to the new one, 40 of the 100 and 12 of the sure 30."""
    claim(running("Falls team"), hospital, 90 * POUND)
    one = running()
    said = SAID | {"pool": hospital.pk}
    page, kept = looked_and_kept(client, one, said)
    assert "The pool holds £100 (95% interval £30.0 to £100)" in page
    assert "1 other initiative draws on it already, for £90.0 in the year." in page
    assert "More is asked than there is: £150 of the months told of, and it holds £100." in page
    assert "Allocated to it by rule: £40.0 de-duplicated, £40.0 evidenced, £12.0 in the headline" in page
    assert not Claim.objects.filter(initiative=one).exists() or kept.status_code == 303
    made = Claim.objects.get(initiative=one)
    assert (made.pence, made.phasing) == (60 * POUND, [5 * POUND] * 12)
    assert kept.headers["Location"] == f"/delivery/claims/{made.pk}/"


def test_what_was_not_looked_at_is_not_kept(client, hospital):
    one, said = running(), SAID | {"pool": hospital.pk}
    answer = client.post(of_claims(one), said | {"do": "keep"})
    looked = re.search(r'name="looked" value="(\w+)"', text_of(answer))[1]
    client.post(of_claims(one), said | {"do": "keep", "looked": looked, "pounds": "61"})
    assert not Claim.objects.exists()


def test_a_claim_sent_twice_is_entered_once(client, hospital):
    one, said = running(), SAID | {"pool": hospital.pk}
    _, kept = looked_and_kept(client, one, said)
    _, again = looked_and_kept(client, one, said)
    assert again.headers["Location"] == kept.headers["Location"]
    assert Claim.objects.count() == 1


def test_twelve_amounts_make_the_whole_and_must_add_up_to_what_is_said(client, hospital):
    one = running()
    months = {"month-1": "10", "month-12": "50.50"}
    said = SAID | {"pool": hospital.pk} | months
    page = text_of(client.post(of_claims(one), said))
    assert "The months add up to £60.50, and the amount is £60.00" in page
    looked_and_kept(client, one, said | {"pounds": ""})
    made = Claim.objects.get()
    assert (made.pence, made.phasing) == (6050, [1000, *[0] * 10, 5050])


def test_what_is_spent_instead_is_a_claim_below_nought(client, hospital):
    looked_and_kept(client, running(), SAID | {"pool": hospital.pk, "direction": "spends", "share": "12.5"})
    assert (Claim.objects.get().pence, Claim.objects.get().share) == (-60 * POUND, 0.125)


def test_an_idea_is_told_that_it_draws_on_nothing_yet(client, hospital):
    one = held(initiative(status=Status.IDEA))
    page, _ = looked_and_kept(client, one, SAID | {"pool": hospital.pk})
    assert "until then it draws on nothing" in page
    assert "£60.0 de-duplicated" in page
    assert "An idea: not counted until its first gate is open" in text_of(
        client.get(f"/delivery/initiatives/{one.pk}/")
    )
    assert "It is not counted" in text_of(client.get(f"/delivery/claims/{Claim.objects.get().pk}/"))


def test_every_fault_of_a_claim_is_said_at_once_and_nothing_is_lost(client, hospital):
    one = running()
    answer = client.post(of_claims(one), {"pounds": "a lot", "month-3": "x", "share": "200", "pool": "0"})
    assert answer.status_code == 422
    page = text_of(answer)
    assert "Choose the pool that it draws on." in page
    assert "Give pounds such as" in page
    assert "above 0 and at most 100, in percent" in page
    for label in ("What it does", "Recurrent or one-off", "Form"):
        assert f"{label}: choose one." in page
    assert 'value="a lot"' in page


def test_without_a_pool_the_way_to_make_one_is_shown_and_leads_back(client):
    one = running(plan=Plan.objects.create(organisation_id="B0", year=YEAR, title="Ours"))
    page = text_of(client.get(of_claims(one)))
    assert "No pool lies in or around Upper Board in the year of its plan yet." in page
    assert f'href="/delivery/pools/new/?initiative={one.pk}"' in page
    page = text_of(client.get(f"/delivery/pools/new/?initiative={one.pk}"))
    assert f'name="year" value="{YEAR}"' in page
    answer = client.post("/delivery/pools/new/", NEW_POOL | {"initiative": one.pk})
    assert answer.headers["Location"] == f"{of_claims(one)}?pool={Pool.objects.get().pk}"


def test_a_claim_is_changed_with_a_reason_and_keeps_its_months_in_proportion(client, hospital):
    made = claim(running(), hospital, 120, phasing=[100, *[0] * 10, 20])
    here = f"/delivery/claims/{made.pk}/"
    said = {"direction": "saves", "pounds": "2.40", "timing": "one-off", "form": "capacity", "version": 1}
    said |= {"month-1": "1", "month-12": "0.20"}  # as the form shows them
    assert "Say why" in text_of(client.post(here, said | {"do": "look"}))
    said |= {"why": "Recounted."}
    page = text_of(client.post(here, said | {"do": "look"}))
    assert "£2.4 saved, one-off capacity released" in page
    looked = re.search(r'name="looked" value="(\w+)"', page)[1]
    assert client.post(here, said | {"do": "keep", "looked": looked}).status_code == 303
    made.refresh_from_db()
    assert (made.pence, made.phasing, made.timing) == (240, [200, *[0] * 10, 40], "one-off")
    page = text_of(client.get(here))
    assert "amount: £1.20 → £2.40" in page
    assert "Recounted." in page


def test_two_who_change_a_claim_see_both_and_nothing_is_lost(client, hospital):
    made = claim(running(), hospital, 120)
    here = f"/delivery/claims/{made.pk}/"
    said = {
        "direction": "saves",
        "pounds": "3",
        "timing": "recurrent",
        "form": "capacity",
        "version": 1,
        "why": "Mine",
    }
    looked = re.search(r'name="looked" value="(\w+)"', text_of(client.post(here, said | {"do": "look"})))[1]
    Claim.objects.filter(pk=made.pk).update(pence=600, phasing=[50] * 12, version=2)
    answer = client.post(here, said | {"do": "keep", "looked": looked})
    page = text_of(answer)
    assert answer.status_code == 409
    assert 'value="3"' in page
    assert "Meanwhile somebody made it: 6" in page
    assert 'name="version" value="2"' in page


def test_a_claim_is_withdrawn_with_a_reason_and_the_record_keeps_it(client, hospital):
    made = claim(running(), hospital, 120)
    here = f"/delivery/claims/{made.pk}/"
    assert client.post(here, {"do": "withdraw", "version": 1, "why": ""}).status_code == 422
    answer = client.post(here, {"do": "withdraw", "version": 1, "why": "Counted twice."})
    assert answer.headers["Location"] == f"/delivery/initiatives/{made.initiative_id}/#saves"
    assert not Claim.objects.exists()
    assert Entry.objects.get(action="removed").why == "Counted twice."


@pytest.mark.parametrize("status", [Status.STOPPED, Status.FINISHED])
def test_a_claim_of_what_is_over_is_not_raised_only_withdrawn(client, hospital, status):
    made = claim(running(), hospital, 300)
    here = f"/delivery/claims/{made.pk}/"
    said = SAID | {"version": 1, "why": "More."}
    looked = re.search(r'name="looked" value="(\w+)"', text_of(client.post(here, said | {"do": "look"})))[1]
    type(made.initiative).objects.filter(pk=made.initiative_id).update(status=status)
    for said_now in ({"do": "look"}, {"do": "keep", "looked": looked}):
        answer = client.post(here, said | said_now)
        assert answer.status_code == 422
        assert f"It is {status.label.lower()}: it takes no new claims" in text_of(answer)
    assert Claim.objects.get().pence == 300
    page = text_of(client.get(here))
    assert (
        f"Its initiative is {status.label.lower()}: the claim is not changed any more, only withdrawn."
        in page
    )
    assert 'value="look"' not in page
    pool_page = text_of(client.get(f"/delivery/pools/{hospital.pk}/"))
    assert "Agree shares" not in pool_page
    shares = {f"share-{made.pk}": "50", f"version-{made.pk}": 1, "why": "All agreed."}
    answer = client.post(f"/delivery/pools/{hospital.pk}/shares/", shares)
    assert answer.status_code == 422
    assert f"Hospital at home is {status.label.lower()}: its share stays." in text_of(answer)
    assert client.post(here, {"do": "withdraw", "version": 1, "why": "Twice."}).status_code == 303


def test_months_before_anything_could_be_saved_are_refused_beside_their_boxes(client, hospital):
    one = running()
    type(one).objects.filter(pk=one.pk).update(starts_on=date(YEAR, 10, 1))
    said = SAID | {"pool": hospital.pk, "month-1": "60"}
    answer = client.post(of_claims(one), said)
    page = text_of(answer)
    assert answer.status_code == 422
    assert re.search('class="wrong" id="months-wrong">Nothing is saved before October 2025', page)
    assert 'name="month-1" value="60"' in page
    looked_and_kept(client, one, SAID | {"pool": hospital.pk})
    assert Claim.objects.get().phasing == [0] * 6 + [10 * POUND] * 6


def test_shares_that_do_not_add_up_are_told_and_split_nothing(client, hospital):
    """Of 100, two who ask for 90 each have 50 each while their shares are 75 and 50."""
    one, two = (claim(running(title), hospital, 90 * POUND) for title in ("A", "B"))
    said = {f"share-{one.pk}": "75", f"version-{one.pk}": 1, f"share-{two.pk}": "50", f"version-{two.pk}": 1}
    client.post(f"/delivery/pools/{hospital.pk}/shares/", said | {"why": "All."})
    page = text_of(client.get(f"/delivery/pools/{hospital.pk}/"))
    assert "2 of 2 claims on it have a share, together 125%" in page
    assert "as all who claim on it agreed" not in page
    assert page.count('data-label="De-duplicated">£50.0') == 2


def test_finance_of_the_pools_own_area_is_shown_what_is_claimed_of_it_in_cash_and_confirms_it(atlas, release):
    """A region claims on a trust's pool: the trust's finance knows its budget lines, and sees nothing else of it."""
    trusts = pool("T01")
    sized(trusts, release, 100 * POUND, 30 * POUND)
    draft = Plan.objects.create(organisation_id="R0", year=YEAR, title="Ours")
    regions = running("Fewer agency shifts", "R0", plan=draft)
    cash, capacity = (claim(regions, trusts, 60 * POUND, form=form) for form in ("cash", "capacity"))
    idea = claim(running("A thought", "R0"), trusts, 60 * POUND, form="cash")
    type(regions).objects.filter(pk=idea.initiative_id).update(status=Status.IDEA)
    fin = signed_in(person("Fin", (Role.FINANCE_ASSURER, "T01")))
    here = f"/delivery/claims/{cash.pk}/"
    page = text_of(fin.get(here))
    assert "Which budget line fell" in page
    assert "Claimed by Fewer agency shifts, North" in page
    its_page = f"/delivery/initiatives/{regions.pk}/"
    assert its_page not in page
    for hidden in (its_page, f"/delivery/claims/{capacity.pk}/", f"/delivery/claims/{idea.pk}/"):
        assert fin.get(hidden).status_code == 404
    assert f'href="{here}"' in text_of(fin.get(f"/delivery/pools/{trusts.pk}/"))
    reader = signed_in(person("Rea", (Role.READER, "T01")))
    assert reader.get(here).status_code == 404
    assert fin.post(here, {"do": "withdraw", "version": 1, "why": "x"}).status_code == 404
    assert fin.post(here, {"do": "confirm", "version": 1, "why": "Ward 3, by £60"}).status_code == 303
    cash.refresh_from_db()
    assert cash.confirmed_by.name == "Fin"


def test_finance_confirms_cash_and_whoever_wrote_it_is_not_asked(client, hospital, ann):
    one = running()
    _, kept = looked_and_kept(client, one, SAID | {"pool": hospital.pk, "form": "cash"})
    here = kept.headers["Location"]
    assert "Confirm that it is cash" not in text_of(client.get(here))
    carl = signed_in(person("Carl", (Role.FINANCE_ASSURER, "R0")))
    assert "Which budget line fell" in text_of(carl.get(here))
    assert carl.post(here, {"do": "confirm", "version": 1, "why": "Ward 3, by £60"}).status_code == 303
    page = text_of(client.get(here))
    assert "Confirmed as cash by Carl, 20 March 2026: Ward 3, by £60" in page
    assert "it has to be confirmed anew" in page


def test_shares_are_agreed_on_the_pools_page_and_then_split_it(client, hospital):
    """Of 100, two who ask for 90 each get 75 and 25 by their shares, instead of 50 each."""
    one, two = (claim(running(title), hospital, 90 * POUND) for title in ("A", "B"))
    here = f"/delivery/pools/{hospital.pk}/"
    assert "by what they claim" in text_of(client.get(here))
    said = {f"share-{one.pk}": "75", f"version-{one.pk}": 1, f"share-{two.pk}": "25", f"version-{two.pk}": 1}
    assert "Say who agreed" in text_of(client.post(f"{here}shares/", said))
    assert client.post(f"{here}shares/", said | {"why": "All, on 3 March."}).status_code == 303
    page = text_of(client.get(here))
    assert "as all who claim on it agreed" in page
    assert "£75.0" in page
    late = client.post(f"{here}shares/", said | {f"share-{one.pk}": "50", "why": "Mine"})
    assert late.status_code == 409
    assert 'value="50"' in text_of(late)
    assert "75% entered" in text_of(late)


# Proposals


def test_a_proposal_becomes_a_claim_or_is_put_aside_with_a_reason(client, hospital):
    one = running()
    for pounds in (20_000, 3_000):
        said = {"timing": "one-off", "form": "cash", "pence": -pounds * POUND, "source": "As spent elsewhere"}
        keeping.create(Proposal, "ann", "begun from an example", initiative=one, **said)
    first, second = Proposal.objects.order_by("pk")
    page = text_of(client.get(f"/delivery/initiatives/{one.pk}/"))
    assert f"{of_claims(one)}?proposal={first.pk}" in page
    form = text_of(client.get(f"{of_claims(one)}?proposal={first.pk}"))
    assert 'value="20000"' in form
    assert '<option value="spends" selected>' in form
    said = {
        "direction": "spends",
        "pounds": "20000",
        "timing": "one-off",
        "form": "cash",
        "proposal": first.pk,
    }
    looked_and_kept(client, one, said | {"pool": hospital.pk, "key": "p"})
    assert Claim.objects.get().pence == -20_000 * POUND
    aside = f"/delivery/proposals/{second.pk}/aside/"
    assert client.post(aside, {"why": ""}).status_code == 422
    assert client.post(aside, {"why": "We have the room."}).status_code == 303
    assert not Proposal.objects.exists()
    page = text_of(client.get(f"/delivery/initiatives/{one.pk}/history/"))
    assert "We have the room." in page
    assert f"made claim {Claim.objects.get().pk} of it" in page


# The initiative's page


def test_an_initiative_says_what_it_saves_and_what_stands_in_the_way(client, hospital):
    one, other = running(), running("Falls team")
    claim(one, hospital, 60 * POUND)
    claim(other, hospital, 90 * POUND)
    bare = initiative(title="Bare", status=Status.RUNNING)
    claim(bare, hospital, 60 * POUND)
    page = text_of(client.get(f"/delivery/initiatives/{one.pk}/"))
    assert "more asked than there is" in page
    assert "Quality held until March 2026." in page
    # 60 of 210 asked, of £100 and of the sure £30
    assert re.search(r"£60\.0.*£28\.6.*£28\.6.*£8\.6", page)
    page = text_of(client.get(f"/delivery/initiatives/{bare.pk}/"))
    assert "No measure of quality: nothing counts without one." in page


# The ledger


@pytest.fixture
def two_boards(hospital, release):
    """£60 and £90 asked of £100 in one board, £50 of £80 in another, of which £40 are sure."""
    beside = pool("B1")
    sized(beside, release, 80 * POUND, 40 * POUND)
    one = claim(running("A", workstream="planned_care"), hospital, 60 * POUND)
    two = claim(running("B"), hospital, 90 * POUND, timing="one-off")
    three = claim(running("C", "B1"), beside, 50 * POUND)
    return one, two, three


def figures_of(client, address):
    return list(csv.DictReader(io.StringIO(client.get(address).getvalue().decode())))


@pytest.mark.parametrize(
    "by", ["region", "board", "part", "workstream", "family", "programme", "pool", "initiative", "month"]
)
def test_whatever_way_it_is_added_up_the_ledger_says_the_same(two_boards, by):
    """De-duplicated: 40 and 60 of the 100, and all 50: recurrent 90, one-off 60. Headline: 12, 18 of 30; 40 of 40."""
    everywhere = signed_in(person("Reg", (Role.PLAN_MANAGER, "R0")))
    page = text_of(everywhere.get(f"/delivery/ledger/?organisation=R0&year={YEAR}&by={by}"))
    totals = page[page.index('id="kinds-caption"') : page.index('id="sums-caption"')]
    cells = re.findall(r'data-label="[^"]+">(?:<strong>)?([^<]+)', totals)
    assert cells == ["£110", "none", "£90.0", "£90.0", "£52.0", "£90.0", "none", "£60.0", "£60.0", "£18.0"]
    rows = figures_of(everywhere, f"/delivery/ledger/rows.csv?organisation=R0&year={YEAR}&by={by}")
    assert len(rows) == 36  # three claims, twelve months
    assert sum(int(row["deduplicated_pence"]) for row in rows) == 150 * POUND
    assert {row["pool_lower_95_pence"] for row in rows} == {"3000", "4000"}


def test_each_figure_opens_to_the_rows_it_is_the_sum_of(two_boards, release):
    everywhere = signed_in(person("Reg", (Role.PLAN_MANAGER, "R0")))
    page = everywhere.get(f"/delivery/ledger/?organisation=R0&year={YEAR}&by=board").content.decode()
    query = re.search(r'/delivery/ledger/rows/(\?[^"]*key=B1[^"]*)"', page)[1].replace("&amp;", "&")
    rows = text_of(everywhere.get(f"/delivery/ledger/rows/{query}"))
    assert "Board: Middle Board" in rows
    assert "C</a>" in rows
    assert "A</a>" not in rows
    assert "April 2025 to March 2026" in rows
    told = json.loads(everywhere.get(f"/delivery/ledger/rows.json{query}").content)
    assert sum(row["headline_pence"] for row in told) == 40 * POUND
    assert {row["release"] for row in told} == {release.id}


def test_what_cannot_be_told_is_not_nought(client, release):
    unknown = pool()
    sized(unknown, release, None, upper_pence=None, last_day=None, months=0, reason="Not enough history.")
    claim(running(), unknown, 60 * POUND)
    page = text_of(client.get(f"/delivery/ledger/?year={YEAR}&by=pool"))
    assert "not told yet" in page
    assert "£0" not in page
    assert "Not enough history." in page
    row = figures_of(client, f"/delivery/ledger/rows.csv?year={YEAR}")[0]
    assert (row["deduplicated_pence"], row["not_told_yet_pence"]) == ("", "500")


def test_shares_are_worked_over_everybodys_claims_and_only_ones_own_are_shown(two_boards):
    lone = signed_in(person("Lone", (Role.READER, "B0")))
    page = text_of(lone.get("/delivery/ledger/?organisation=SIM"))
    assert "£40.0" in page  # of 100, beside B's 90
    assert len(figures_of(lone, "/delivery/ledger/rows.csv?organisation=SIM")) == 24  # A and B
    stranger = signed_in(person("Far", (Role.READER, "B3")))
    assert "Nothing that you see is claimed" in text_of(stranger.get("/delivery/ledger/?organisation=SIM"))
    empty = stranger.get("/delivery/ledger/rows.csv?organisation=SIM").getvalue().decode()
    assert empty.startswith("initiative,initiative_title,")
    assert json.loads(stranger.get("/delivery/ledger/rows.json?organisation=SIM").content) == []


def test_ideas_are_listed_and_in_no_sum(client, hospital):
    claim(initiative(title="A thought", status=Status.IDEA), hospital, 60 * POUND)
    page = text_of(client.get(f"/delivery/ledger/?year={YEAR}"))
    assert "Ideas, not counted" in page
    assert re.search("£60.0 saved, recurrent capacity released: <a[^>]*>A thought</a>", page)
    assert 'id="kinds-caption"' not in page


def test_another_split_is_chosen_by_its_words(two_boards, client):
    """By Shapley: A gets (60 + 10) / 2, B (90 + 40) / 2, as in `methods.attribution`."""
    page = text_of(client.get(f"/delivery/ledger/?year={YEAR}&by=initiative&split=shapley"))
    assert "£35.0" in page
    assert "£65.0" in page
    assert "By what each adds, on average over all orders of coming first" in page


@pytest.mark.parametrize("query", ["by=shoe", "split=luck", "organisation=NOWHERE", "year=26"])
def test_what_is_none_of_the_choices_is_said_to_be_none(client, query):
    assert client.get(f"/delivery/ledger/?{query}").status_code == 404


def test_a_title_that_a_spreadsheet_would_run_is_text_in_the_file(client, hospital):
    claim(running("=HYPERLINK(1)"), hospital, 60 * POUND)
    assert (
        figures_of(client, f"/delivery/ledger/rows.csv?year={YEAR}")[0]["initiative_title"]
        == "'=HYPERLINK(1)"
    )


# The map


def test_the_map_has_pools_that_are_asked_for_too_much_first(client, hospital, release):
    calm, over = pool("B0", "maternity"), hospital
    sized(calm, release, 500 * POUND, 100 * POUND)
    one = running()
    claim(one, calm, 60 * POUND)
    claim(one, over, 60 * POUND)
    claim(running("Falls team"), over, 90 * POUND)
    page = text_of(client.get(f"/delivery/overlaps/?organisation=B0&year={YEAR}"))
    assert page.index("Emergency admissions, Upper Board</a>") < page.index("Maternity, Upper Board</a>")
    assert "2 pools; 1 shared; of 1 more is asked than there is." in page
    assert "Initiatives that draw on several pools" in page
    spec = json.loads(client.get(f"/delivery/overlaps.json?organisation=B0&year={YEAR}").content)
    assert "Emergency admissions, Upper Board: 2 ask £150, it holds £100" in spec["description"]
    assert client.get(f"/delivery/overlaps.svg?organisation=B0&year={YEAR}").content.startswith(b"<svg")


def test_a_pool_that_came_to_lie_in_another_of_its_line_is_told_and_not_evidenced(client, hospital, release):
    """Without the board's own, all £80 that S00 claims would be evidenced."""
    below = pool("S00")
    sized(below, release, 80 * POUND, 40 * POUND)
    claim(running("Mine", "S00"), below, 80 * POUND)
    words = f"Pool {hospital.pk} (Emergency admissions, 2025/26) stands at Upper Board, above it, and holds the same"
    for address in (
        f"/delivery/pools/{below.pk}/",
        f"/delivery/overlaps/?year={YEAR}",
        "/delivery/ledger/rows/",
    ):
        assert f"{words} savings. Nothing of it is evidenced." in text_of(client.get(address))
    rows = json.loads(client.get(f"/delivery/ledger/rows.json?year={YEAR}").content)
    told = ("deduplicated_pence", "evidenced_pence", "headline_pence")
    assert [sum(row[name] for row in rows) for name in told] == [80 * POUND, 0, 0]
    assert {row["pool_note"] for row in rows} == {f"{words} savings."}


def test_of_an_initiative_that_one_does_not_see_only_whose_it_is_and_how_much_is_told(client, hospital):
    claim(running("Secret of the region", "R0"), hospital, 90 * POUND)
    claim(running(), hospital, 60 * POUND)
    for address in (f"/delivery/pools/{hospital.pk}/", f"/delivery/overlaps/?year={YEAR}"):
        page = text_of(client.get(address))
        assert "Secret" not in page
        assert "n initiative you do not see" in page
        assert "North" in page
        assert "£90.0" in page
    spec = client.get(f"/delivery/overlaps.json?year={YEAR}").content.decode()
    assert "Secret" not in spec


def test_the_menu_leads_to_ledger_and_map(client):
    page = text_of(client.get("/delivery/"))
    assert 'href="/delivery/ledger/"' in page
    assert 'href="/delivery/overlaps/"' in page


# Who reaches what


def test_a_reader_sees_pools_and_finds_no_form(hospital):
    made = claim(running(), hospital, 60 * POUND)
    reader = signed_in(person("Rea", (Role.READER, "S00")))
    page = text_of(reader.get(f"/delivery/pools/{hospital.pk}/"))
    assert "Change it" not in page
    assert "Agree shares" not in page
    assert reader.get(f"/delivery/claims/{made.pk}/").status_code == 404
    assert (
        reader.post(f"/delivery/pools/{hospital.pk}/", {"do": "remove", "version": 1, "why": "x"}).status_code
        == 404
    )
    near = signed_in(person("Nea", (Role.READER, "B0")))
    page = text_of(near.get(f"/delivery/claims/{made.pk}/"))
    assert "Change it" not in page
    assert near.post(f"/delivery/claims/{made.pk}/", SAID | {"do": "look"}).status_code == 404
    assert (
        near.post(f"/delivery/claims/{made.pk}/", {"do": "withdraw", "version": 1, "why": "x"}).status_code
        == 404
    )
    assert (
        near.post(f"/delivery/pools/{hospital.pk}/shares/", {f"share-{made.pk}": "5", "why": "x"}).status_code
        == 404
    )
    stranger = signed_in(person("Far", (Role.READER, "B1")))
    assert stranger.get(f"/delivery/pools/{hospital.pk}/").status_code == 404


def test_what_was_written_cannot_become_a_tag(client, hospital):
    made = claim(running("<script>x</script>"), hospital, 60 * POUND)
    for address in (f"/delivery/claims/{made.pk}/", f"/delivery/pools/{hospital.pk}/", "/delivery/overlaps/",
                    "/delivery/ledger/?by=initiative", "/delivery/ledger/rows/"):  # fmt: skip
        page = text_of(client.get(address))
        assert "&lt;script&gt;x" in page
        assert "<script>x" not in page


def test_a_stopped_initiative_takes_no_new_claim(client, hospital):
    one = running()
    type(one).objects.filter(pk=one.pk).update(status=Status.STOPPED)
    _, kept = looked_and_kept(client, one, SAID | {"pool": hospital.pk})
    assert kept.status_code == 422
    assert "It is stopped: it takes no new claims." in text_of(kept)
    assert APRIL.year == YEAR
