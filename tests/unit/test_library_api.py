"""The library's routes of the API: read by everybody, written with a key, done once, and never over another's words."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import web_release
from assessing_small import submitted
from authored import person
from axes.models import AccessFailureLog
from django.core.cache import cache
from django.utils import timezone

from careatlas.improve.evidence import tokens
from careatlas.improve.evidence.models import Example, Stage, Token
from careatlas.improve.people import organisations, roles
from careatlas.improve.people.models import Role
from careatlas.web import api_keys
from careatlas.web.api import api
from careatlas.web.sign_in import SIGNED_IN_AT

pytestmark = pytest.mark.django_db
EXAMPLES = "/api/v1/library/examples"
JSON = "application/json"


@pytest.fixture
def client(release):
    cache.clear()
    organisations.take_from(release)
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


@pytest.fixture
def ann(client):
    return person("ann", (Role.AUTHOR, "B0"))


@pytest.fixture
def clock(monkeypatch):
    """Stands where it was put: also for what the database stamps."""

    class Clock:
        now = datetime(2026, 5, 1, 12, tzinfo=UTC)

    monkeypatch.setattr(timezone, "now", lambda: Clock.now)
    return Clock


def key_of(user, may_write=True) -> dict[str, str]:
    _, words = tokens.make(user, "the test", 90, may_write)
    return {"Authorization": f"Bearer {words}"}


def published(author, title="Falls clinic", **more) -> Example:
    said = {"stage": Stage.PUBLISHED, "published_at": datetime(2026, 1, 1, tzinfo=UTC)} | more
    return submitted(author, title=title, **said)


def begin(client, key, said=None, once="one"):
    headers = key | ({"Idempotency-Key": once} if once else {})
    return client.post(EXAMPLES, said or {"title": "Good", "owner": "B0"}, content_type=JSON, headers=headers)


def patch(client, key, number, said, version):
    headers = key | ({"If-Match": f'"{version}"'} if version is not None else {})
    return client.patch(f"{EXAMPLES}/{number}", said, content_type=JSON, headers=headers)


def test_everybody_reads_what_is_published_and_nothing_else(client, ann):
    one = published(ann, overall=72.5, rating="recommended")
    draft = published(ann, title="Falls draft", stage=Stage.DRAFT, published_at=None)
    answer = client.get(EXAMPLES, {"words": "falls"}).json()
    assert [row["title"] for row in answer["rows"]] == ["Falls clinic"]
    assert (answer["rows"][0]["number"], answer["rows"][0]["overall"]) == (one.pk, 72.5)
    assert client.get(f"{EXAMPLES}/{one.pk}").headers["ETag"] == f'"{one.version}"'
    assert client.get(f"{EXAMPLES}/{draft.pk}").status_code == 404
    assert client.get(f"{EXAMPLES}/{draft.pk}", headers=key_of(ann, False)).json()["title"] == "Falls draft"


def test_answers_are_kept_nowhere_on_the_way(client, ann):
    assert client.get(EXAMPLES).json()["total"] == 0
    published(ann)
    again = client.get(EXAMPLES)
    assert again.json()["total"] == 1
    assert "no-store" in again.headers["Cache-Control"]


def test_what_is_withdrawn_says_so(client, ann):
    one = published(ann, stage=Stage.WITHDRAWN, comment="The figures were wrong.")
    answer = client.get(f"{EXAMPLES}/{one.pk}")
    assert (answer.status_code, "figures were wrong" in answer.json()["detail"]) == (410, True)
    assert "People" not in answer.content.decode()


def test_an_example_is_begun_filled_fixed_and_handed_in(client, ann):
    key = key_of(ann)
    began = begin(client, key)
    assert (began.status_code, began.json()["stage"]) == (201, "draft")
    number, version = began.json()["number"], began.json()["version"]
    incomplete = client.post(
        f"{EXAMPLES}/{number}/submit", headers=key | {"Idempotency-Key": "s", "If-Match": str(version)}
    )
    assert incomplete.status_code == 422
    lacking = {one["field"] for one in incomplete.json()["missing"]}
    assert {"summary", "problem", "cost_to_start_gbp"} <= lacking
    text = (
        "summary",
        "problem",
        "what_was_done",
        "quality_effect",
        "evidence",
        "implementation",
        "how_money_is_realised",
    )
    said = dict.fromkeys(text, "Words.") | {
        "setting": "community",
        "programme": next(iter(_programmes())),
        "cost_to_start_gbp": 0,
        "indicator": "completed",
        "area": "B0",
        "starts_on": "2026-04-01",
        "direction": "higher",
    }
    changed = patch(client, key, number, said, version)
    assert changed.status_code == 200, changed.json()
    version = changed.json()["version"]
    fixed = client.post(f"{EXAMPLES}/{number}/measure", headers=key | {"If-Match": str(version)})
    assert fixed.status_code == 200, fixed.json()
    headers = key | {"Idempotency-Key": "s2", "If-Match": str(fixed.json()["version"])}
    for _ in range(2):
        sent = client.post(f"{EXAMPLES}/{number}/submit", headers=headers)
        assert (sent.status_code, sent.json()["stage"]) == (200, "submitted")
    assert Example.objects.get(pk=number).round == 1
    late = patch(client, key, number, {"summary": "Other."}, sent.json()["version"])
    assert (late.status_code, late.json()["now"]["stage"]) == (409, "submitted")


def _programmes():
    from careatlas.improve.evidence.writing import sections
    from careatlas.web.current import current_release

    return sections.programmes(current_release())


def test_a_request_that_is_sent_again_makes_one_example(client, ann):
    key = key_of(ann)
    numbers = {begin(client, key).json()["number"] for _ in range(3)}
    assert len(numbers) == Example.objects.count() == 1
    assert begin(client, key, once="two").json()["number"] not in numbers
    assert begin(client, key, once=None).status_code == 400


def test_an_older_version_never_overwrites_anothers_words(client, ann):
    ben = person("ben", (Role.AUTHOR, "B0"))
    one = begin(client, key_of(ann)).json()
    first = patch(client, key_of(ann), one["number"], {"problem": "Ann's"}, one["version"])
    refused = patch(client, key_of(ben), one["number"], {"problem": "Ben's"}, one["version"])
    assert (first.status_code, refused.status_code) == (200, 409)
    assert refused.json()["now"]["problem"] == "Ann's"
    elsewhere = patch(client, key_of(ben), one["number"], {"evidence": "Ben's"}, one["version"])
    assert (elsewhere.status_code, elsewhere.json()["problem"]) == (200, "Ann's")
    assert patch(client, key_of(ben), one["number"], {"evidence": "x"}, None).status_code == 428


def test_the_same_change_sent_again_changes_nothing(client, ann):
    one = begin(client, key_of(ann)).json()
    sent = [patch(client, key_of(ann), one["number"], {"problem": "Once"}, one["version"]) for _ in range(3)]
    versions = {answer.json()["version"] for answer in sent}
    assert versions == {one["version"] + 1}


def test_every_fault_is_named_and_nothing_is_written(client, ann):
    one = begin(client, key_of(ann)).json()
    said = {"problem": "Good words", "setting": "moon", "saving_cash_gbp": -5}
    refused = patch(client, key_of(ann), one["number"], said, one["version"])
    assert (refused.status_code, set(refused.json()["wrong"])) == (422, {"setting", "saving_cash_gbp"})
    assert Example.objects.get().problem == ""
    for body in ({"stage": "published"}, {"rating": "recommended"}, {"problem": 5}, {"owner": ["B0"]}):
        assert patch(client, key_of(ann), one["number"], body, one["version"]).status_code == 422
    assert begin(client, key_of(ann), {"title": "Theirs", "owner": "B3"}, "b").status_code == 422
    assert begin(client, key_of(ann), {"summary": "No title"}, "c").status_code == 422


def test_nobody_writes_on_what_is_not_theirs(client, ann):
    one = begin(client, key_of(ann)).json()
    eve = person("eve", (Role.AUTHOR, "B3"))
    assert patch(client, key_of(eve), one["number"], {"problem": "x"}, 1).status_code == 404
    for what in ("submit", "withdraw", "measure"):
        headers = key_of(eve) | {"If-Match": "1", "Idempotency-Key": "k"}
        answer = client.post(f"{EXAMPLES}/{one['number']}/{what}", {}, content_type=JSON, headers=headers)
        assert answer.status_code == 404


def test_an_unsafe_route_takes_a_key_that_may_write_and_nothing_else(client, ann):
    client.force_login(ann, backend="careatlas.web.sign_in.ByPassword")
    session = client.session
    session[SIGNED_IN_AT] = time.time()
    session.save()
    for headers in (
        {},
        {"Authorization": "Bearer careatlas_wrong"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
    ):
        assert begin(client, headers).status_code == 401
    assert begin(client, key_of(ann, may_write=False)).status_code == 403
    assert Example.objects.count() == 0


def test_every_unsafe_operation_of_the_api_is_behind_a_key():
    operations = [
        operation
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
        if set(operation.methods) - {"GET", "HEAD"}
    ]
    assert len(operations) >= 5
    assert all(
        [isinstance(one, api_keys.Key) for one in operation.auth_callbacks] == [True]
        for operation in operations
    )
    assert all(operation.throttle_objects == [api_keys.pace] for operation in operations)


def test_a_key_ends_with_its_day_its_withdrawal_and_its_owner(client, ann):
    token, words = tokens.make(ann, "the test", 30, True)
    key = {"Authorization": f"Bearer {words}"}
    assert client.get(EXAMPLES, headers=key).status_code == 200
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(EXAMPLES, headers=key).status_code == 401
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now() + timedelta(days=1))
    tokens.withdraw(token.pk, ann)
    assert client.get(EXAMPLES, headers=key).status_code == 401
    key = key_of(ann)
    roles.disable(ann, "the test", "left")
    assert client.get(EXAMPLES, headers=key).status_code == 401


def test_a_key_does_no_more_than_its_owner_may_now(client, ann):
    key = key_of(ann)
    roles.withdraw(ann.grants.get(), "the test", "moved on")
    assert begin(client, key).status_code == 422
    assert Example.objects.count() == 0


def test_only_the_hash_of_a_key_is_kept(client, ann):
    from careatlas.improve.record.models import Entry

    token, words = tokens.make(ann, "the test", 30, True)
    kept = "".join(f"{entry.before}{entry.after}" for entry in Entry.objects.all())
    assert words not in f"{token.__dict__}{kept}"
    assert token.token_digest not in kept


def test_when_a_key_was_last_used_is_known_and_is_no_change(client, ann):
    token, words = tokens.make(ann, "the test", 30, False)
    client.get(EXAMPLES, headers={"Authorization": f"Bearer {words}"})
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.version == 1


def test_too_many_requests_of_one_are_slowed_and_of_others_not(client, ann, monkeypatch):
    monkeypatch.setattr(api_keys.pace, "_writes", 3)
    key = key_of(ann)
    answers = [patch(client, key, 999, {}, 1).status_code for _ in range(5)]
    assert answers == [404, 404, 404, 429, 429]
    assert 0 < int(patch(client, key, 999, {}, 1).headers["Retry-After"]) <= 60
    assert patch(client, key_of(person("ben", (Role.AUTHOR, "B0"))), 999, {}, 1).status_code == 404


def test_twenty_wrong_keys_a_minute_from_one_address_and_the_next_waits_whatever_it_is(client, ann, clock):
    right = key_of(ann)
    wrong = {"Authorization": "Bearer careatlas_no"}
    for ask in (client.get, client.post):
        assert [ask(EXAMPLES, headers=wrong).status_code for _ in range(10)] == [401] * 10
    for key in (wrong, right):
        refused = client.get(EXAMPLES, headers=key)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        assert "Wait a minute" in refused.json()["detail"]
    assert client.get(EXAMPLES, headers=right, REMOTE_ADDR="10.0.0.9").status_code == 200
    assert client.get(EXAMPLES).status_code == 200  # without a key nothing is tried
    clock.now += timedelta(seconds=61)
    assert client.get(EXAMPLES, headers=right).status_code == 200


def test_wrong_keys_and_wrong_passwords_of_one_address_are_counted_apart(client, ann):
    for _ in range(21):
        client.get(EXAMPLES, headers={"Authorization": "Bearer careatlas_no"})
    entered = client.post("/account/sign-in/", {"email": "eve@nhs.test", "password": "another sentence"})
    assert entered.status_code == 422
    AccessFailureLog.objects.update(path_info="/account/sign-in/")
    assert client.get(EXAMPLES, headers=key_of(ann)).status_code == 200


def test_of_a_wrong_key_its_words_are_not_kept_and_the_rest_a_day(client, clock):
    wrong = {"Authorization": "Bearer careatlas_secret"}
    client.get(EXAMPLES, headers=wrong)
    assert "careatlas_secret" not in str(AccessFailureLog.objects.values())
    clock.now += timedelta(days=1, minutes=1)
    client.get(EXAMPLES, headers=wrong)
    assert AccessFailureLog.objects.count() == 1


def test_another_site_cannot_use_a_key_from_a_browser(client, ann):
    headers = key_of(ann) | {"Sec-Fetch-Site": "cross-site", "Idempotency-Key": "x"}
    assert (
        client.post(EXAMPLES, {"title": "x", "owner": "B0"}, content_type=JSON, headers=headers).status_code
        == 403
    )


def test_matching_is_answered_as_the_command_does(client, ann):
    answer = client.get("/api/v1/library/for/B0").json()
    assert answer["total"] == len(answer["rows"])
    one = published(ann, indicator="completed", area="B0", direction="higher")
    assert client.get(f"{EXAMPLES}/{one.pk}/gain").status_code == 200
    assert client.get("/api/v1/library/for/nowhere").status_code == 404


@pytest.mark.parametrize("query", ["setting=moon", "order=best", "region=XX", "limit=0", "offset=-1"])
def test_what_no_example_can_be_is_refused(client, ann, query):
    assert client.get(f"{EXAMPLES}?{query}").status_code in (404, 422)


def test_the_contract_says_how_to_ask(client):
    told = client.get("/api/v1/openapi.json").json()
    begin = told["paths"]["/api/v1/library/examples"]["post"]
    assert begin["security"]
    fields = told["components"]["schemas"]["ExampleIn"]
    assert fields["additionalProperties"] is False
    assert "what_was_done" in fields["properties"]
