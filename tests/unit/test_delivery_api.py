"""Delivery's routes of the API: read with a key as far as its owner sees, written once, never over another's words."""

from datetime import UTC, date, datetime

import ledger_small
import planned
import pytest
import web_release
from authored import person
from django.core.cache import cache
from django.utils import timezone

from careatlas.improve.delivery.models import Claim, Figure, Initiative, Milestone, Return
from careatlas.improve.delivery.planning import parts, plans
from careatlas.improve.evidence import tokens
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.improve.record.models import Entry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 8, 10, 9, 30, tzinfo=UTC)
API, JSON = "/api/v1/delivery", "application/json"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def client(release):
    cache.clear()
    organisations.take_from(release)
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


@pytest.fixture
def ann(client):
    return person("ann", (Role.PLAN_MANAGER, "B0"))


@pytest.fixture
def plan(ann, release):
    """One running initiative with a milestone, a measure of quality and a risk; it claims £1,200 of a pool of £600."""
    made = planned.plan(ann, release)
    one = planned.whole(ann, release, within=made)
    Initiative.objects.filter(pk=one.pk).update(status="running")
    pool = ledger_small.pool(year=2026)
    ledger_small.sized(pool, release, 60_000, 20_000)
    ledger_small.claim(one, pool, 120_000)
    return made


def key_of(user, may_write=True) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.make(user, 'the test', 90, may_write)[1]}"}


def rows(client, user, path: str, **asked) -> list[dict]:
    answer = client.get(f"{API}{path}", asked, headers=key_of(user, False))
    assert answer.status_code == 200, answer.content
    assert answer.json()["total"] == len(answer.json()["rows"])
    return answer.json()["rows"]


def send(client, verb, user, path, said, version=None, once=None):
    headers = key_of(user) | ({"If-Match": f'"{version}"'} if version is not None else {})
    headers |= {"Idempotency-Key": once} if once else {}
    return getattr(client, verb)(f"{API}{path}", said, content_type=JSON, headers=headers)


def test_a_plan_and_all_that_belongs_to_it_is_read_as_the_models_name_it(client, ann, plan):
    (one,) = rows(client, ann, "/plans", year=2026)
    assert (one["number"], one["organisation"], one["title"], one["baselined_at"]) == (
        plan.pk,
        "B0",
        "Plan of B0",
        None,
    )
    (initiative,) = rows(client, ann, "/initiatives", plan=plan.pk, status="running")
    assert (initiative["workstream"], initiative["starts_on"], initiative["confidence"]) == (
        "planned_care", "2026-04-01", 80,
    )  # fmt: skip
    of = {"initiative": initiative["number"]}
    assert [row["due_on"] for row in rows(client, ann, "/milestones", **of)] == ["2026-05-01"]
    assert [(row["kind"], row["target"]) for row in rows(client, ann, "/measures", **of)] == [
        ("quality", 5.0)
    ]
    (claim,) = rows(client, ann, "/claims", **of)
    assert (claim["pence"], claim["phasing"], claim["form"]) == (120_000, [10_000] * 12, "capacity")
    for path, row in (("initiatives", initiative), ("claims", claim), ("plans", one)):
        answer = client.get(f"{API}/{path}/{row['number']}", headers=key_of(ann))
        assert (answer.json(), answer.headers["ETag"]) == (row, f'"{row["version"]}"')


def test_a_pool_has_its_size_with_interval_and_months_or_the_reason(client, ann, plan, release):
    other = ledger_small.pool("S00", "beds", 2026)
    ledger_small.sized(
        other, release, None, upper_pence=None, months=0, last_day=None, reason="Not enough history."
    )
    first, second = rows(client, ann, "/pools", year=2026)
    assert (first["pence"], first["lower_pence"], first["upper_pence"], first["months"]) == (
        60_000,
        20_000,
        60_000,
        12,
    )
    assert first["last_day"] == "2027-03-31"
    assert (second["pence"], second["reason"]) == (None, "Not enough history.")
    assert client.get(f"{API}/pools/{other.pk}", headers=key_of(ann)).json() == second


def test_the_ledger_says_the_same_whichever_way_it_is_added_up(client, ann, plan):
    """£1,200 is claimed of a pool of £600: £600 are there to share out; quality has no figures, so nothing counts."""
    for by in ("workstream", "part", "board", "pool", "initiative", "kind"):
        (row,) = rows(client, ann, "/ledger", year=2026, by=by)
        assert row["kind"] == "recurrent capacity"
        assert [row[f"{name}_pence"] for name in ("claimed", "deduplicated", "evidenced", "headline")] == [
            120_000, 60_000, 0, 0,
        ]  # fmt: skip
    assert [row["claimed_pence"] for row in rows(client, ann, "/ledger", year=2026, by="month")] == [
        10_000
    ] * 12
    leaves = rows(client, ann, "/ledger/rows", year=2026)
    assert sum(leaf["deduplicated_pence"] for leaf in leaves) == 60_000
    assert {leaf["pool_lower_95_pence"] for leaf in leaves} == {20_000}
    assert client.get(f"{API}/ledger?year=2026&by=moon", headers=key_of(ann)).status_code == 422


def test_what_a_person_may_not_see_is_not_there(client, ann, plan):
    numbers = {
        "plans": plan.pk,
        "initiatives": Initiative.objects.get().pk,
        "milestones": Milestone.objects.get().pk,
        "measures": Initiative.objects.get().measures.get().pk,
        "claims": Claim.objects.get().pk,
    }
    for who in (person("rae", (Role.READER, "B0")), person("eve", (Role.PLAN_MANAGER, "B1"))):
        for path, number in numbers.items():
            assert rows(client, who, f"/{path}") == []
            answer = client.get(f"{API}/{path}/{number}", headers=key_of(who))
            assert answer.status_code == 404, path
            assert answer.json()["detail"]
        assert rows(client, who, "/ledger", year=2026) == []
    plans.baseline(plan.pk, ann, 1)
    reader = person("ron", (Role.READER, "B0"))
    assert [row["title"] for row in rows(client, reader, "/plans")] == ["Plan of B0"]
    assert len(rows(client, reader, "/claims")) == 1


def test_without_a_key_nothing_is_told_and_one_that_only_reads_changes_nothing(client, ann, plan):
    for path in ("/plans", "/claims", "/ledger?year=2026", "/report"):
        assert client.get(f"{API}{path}").status_code == 401
    answer = client.patch(
        f"{API}/milestones/{Milestone.objects.get().pk}", {"done_on": None}, content_type=JSON,
        headers=key_of(ann, may_write=False) | {"If-Match": "1"},
    )  # fmt: skip
    assert answer.status_code == 403


def test_a_milestone_is_done_or_expected_under_the_version_that_was_read(client, ann, plan):
    number = Milestone.objects.get().pk
    done = send(client, "patch", ann, f"/milestones/{number}", {"forecast_on": "2026-09-01"}, 1)
    assert (done.status_code, done.json()["forecast_on"], done.headers["ETag"]) == (200, "2026-09-01", '"2"')
    late = send(client, "patch", ann, f"/milestones/{number}", {"done_on": "2026-08-09"}, 1)
    assert (late.status_code, late.json()["now"]["forecast_on"]) == (409, "2026-09-01")
    assert Milestone.objects.get().done_on is None
    again = send(
        client, "patch", ann, f"/milestones/{number}", {"done_on": "2026-08-09", "forecast_on": None}, 2
    )
    assert (again.json()["done_on"], again.json()["forecast_on"]) == ("2026-08-09", None)
    future = send(client, "patch", ann, f"/milestones/{number}", {"done_on": "2026-12-01"}, 3)
    assert (future.status_code, set(future.json()["wrong"])) == (422, {"done_on"})
    assert send(client, "patch", ann, f"/milestones/{number}", {"title": "Mine"}, 3).status_code == 422
    assert send(client, "patch", ann, f"/milestones/{number}", {}).status_code == 428


def test_figures_come_in_by_month_and_change_only_with_the_reason(client, ann, plan):
    path = f"/measures/{Initiative.objects.get().measures.get().pk}/figures"
    said = {"figures": [{"month": "2026-04-01", "value": 7}, {"month": "2026-05-01", "value": 6.5}]}
    assert send(client, "post", ann, path, said).json() == {"new": 2, "changed": 0}
    assert send(client, "post", ann, path, said).json() == {"new": 0, "changed": 0}
    said["figures"][0]["value"] = 8
    assert set(send(client, "post", ann, path, said).json()["wrong"]) == {"why"}
    assert send(client, "post", ann, path, said | {"why": "counted anew"}).json() == {"new": 0, "changed": 1}
    assert [row["value"] for row in rows(client, ann, path)] == [8, 6.5]
    for wrong in (
        {"month": "2026-04-02", "value": 1},
        {"month": "2026-04-01", "value": "x"},
        {"month": "2026-06-01"},
    ):
        assert send(client, "post", ann, path, {"figures": [wrong], "why": "x"}).status_code == 422
    twice = {"figures": [{"month": "2026-06-01", "value": n} for n in (1, 2)]}
    assert send(client, "post", ann, path, twice).status_code == 422
    assert Figure.objects.count() == 2


def test_a_claim_is_made_once_and_changed_with_the_reason(client, ann, plan):
    said = {"initiative": Initiative.objects.get().pk, "pool": Claim.objects.get().pool_id,
            "timing": "one-off", "form": "cash", "pence": -1_200}  # fmt: skip
    made = [send(client, "post", ann, "/claims", said, once="k").json() for _ in range(2)]
    assert made[0] == made[1]
    assert (made[0]["phasing"], Claim.objects.count()) == ([-100] * 12, 2)
    assert send(client, "post", ann, "/claims", said).status_code == 400
    path = f"/claims/{made[0]['number']}"
    changed = send(client, "patch", ann, path, {"pence": -2_400, "why": "dearer"}, 1)
    assert (changed.json()["phasing"], changed.json()["version"]) == ([-200] * 12, 2)
    assert Entry.objects.last().why == "dearer"
    assert send(client, "patch", ann, path, {"pence": -2_400}, 2).status_code == 422
    assert send(client, "patch", ann, path, {"pence": 1, "why": "x"}, 1).status_code == 409
    wrong = send(client, "post", ann, "/claims", said | {"pence": 0, "form": "gold"}, once="z")
    assert (wrong.status_code, set(wrong.json()["wrong"])) == (422, {"pence", "form"})
    elsewhere = ledger_small.pool("B1", "beds", 2026).pk
    assert send(client, "post", ann, "/claims", said | {"pool": elsewhere}, once="y").status_code == 422


def test_a_return_is_read_pre_filled_and_sent_in_once(client, ann, plan):
    """To the end of July a third of £1,200 is planned: £400."""
    initiative, claim = Initiative.objects.get().pk, Claim.objects.get().pk
    path = f"/initiatives/{initiative}/returns/2026-07"
    before = client.get(f"{API}{path}", headers=key_of(ann)).json()
    assert (before["version"], before["is_sent"], before["lines"][0]["planned"]) == (0, False, 40_000)
    said = {"figures": {str(claim): {"actual": 12_345, "outturn": None}}, "words": "Slow start."}
    for _ in range(2):
        sent = send(client, "post", ann, path, said, 0, once="july")
        assert (sent.status_code, sent.json()["is_sent"], sent.headers["ETag"]) == (200, True, '"1"')
    assert Return.objects.get().figures == {str(claim): {"actual": 12_345, "outturn": None}}
    (row,) = rows(client, ann, "/returns", month="2026-07")
    assert (row["initiative"], row["words"], row["sent_in_by"]) == (initiative, "Slow start.", "Ann")
    late = send(client, "post", ann, path, said | {"words": "Other"}, 0, once="other")
    assert (late.status_code, late.json()["now"]["words"]) == (409, "Slow start.")
    strange = {"figures": {"99999": {"actual": 1}}, "words": "x"}
    assert send(client, "post", ann, path, strange, 1, once="s").status_code == 404
    assert client.get(f"{API}/initiatives/{initiative}/returns/soon", headers=key_of(ann)).status_code == 404


def test_what_is_over_is_not_changed_and_says_so(client, ann, plan):
    Initiative.objects.update(status="stopped")
    refused = send(
        client, "patch", ann, f"/milestones/{Milestone.objects.get().pk}", {"forecast_on": None}, 1
    )
    assert (refused.status_code, refused.json()["now"]["status"]) == (409, "stopped")
    assert "is stopped: what it says stands" in refused.json()["detail"]


def test_nobody_writes_on_what_is_not_theirs(client, ann, plan, release):
    plans.baseline(plan.pk, ann, 1)
    reader = person("rae", (Role.READER, "B0"))
    one, entries = Initiative.objects.get(), Entry.objects.count()
    tried = [
        send(client, "patch", reader, f"/milestones/{Milestone.objects.get().pk}", {"done_on": None}, 1),
        send(client, "patch", reader, f"/claims/{Claim.objects.get().pk}", {"pence": 1, "why": "x"}, 1),
        send(client, "post", reader, f"/measures/{one.measures.get().pk}/figures",
             {"figures": [{"month": "2026-04-01", "value": 7}]}),
        send(client, "post", reader, f"/initiatives/{one.pk}/returns/2026-07", {"words": "x"}, 0, once="a"),
        send(client, "post", reader, "/claims", {"initiative": one.pk, "pool": 1, "timing": "one-off",
             "form": "cash", "pence": 1}, once="b"),
    ]  # fmt: skip
    assert [answer.status_code for answer in tried] == [404] * 5
    assert set(Entry.objects.filter(number__gt=entries).values_list("kind", flat=True)) <= {"evidence.token"}


def test_the_report_card_is_the_one_of_the_page(client, ann, plan):
    answer = client.get(f"{API}/report?organisation=B0&month=2026-07", headers=key_of(ann))
    assert answer.status_code == 200
    assert answer.json()["organisation"]["code"] == "B0"
    assert client.get(f"{API}/report?organisation=NOPE", headers=key_of(ann)).status_code == 404


def test_rows_come_in_pages(client, ann, plan, release):
    one = Initiative.objects.get()
    for day in range(2, 6):
        parts.add(one.pk, "milestones", {"title": f"{day}", "due_on": f"2026-05-0{day}"}, ann, release)
    answer = client.get(f"{API}/milestones?limit=2&offset=1", headers=key_of(ann)).json()
    assert (answer["total"], [row["title"] for row in answer["rows"]]) == (5, ["2", "3"])
    assert Milestone.objects.first().due_on == date(2026, 5, 1)


def test_the_description_says_what_every_field_and_parameter_is(client):
    described = client.get("/api/v1/openapi.json").json()
    ours = {path: verbs for path, verbs in described["paths"].items() if "/delivery/" in path}
    assert len(ours) == 18
    for path, verbs in ours.items():
        for verb, operation in verbs.items():
            assert operation["summary"], (verb, path)
            assert operation["security"] == [{"Key": []}]
            for one in operation.get("parameters", []):
                assert one["schema"].get("description") or one.get("description"), (path, one["name"])
    for name in ("PlanRow", "ClaimRow", "PoolRow", "SumRow", "AskedReturn"):
        fields = described["components"]["schemas"][name]["properties"]
        assert all(field.get("description") for field in fields.values()), name
