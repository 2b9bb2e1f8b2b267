"""The pages of assessing and deciding: what each person sees, and what becomes of forms sent twice, late or wrong."""

import re
from types import SimpleNamespace

import pytest
import web_release
from assessing_small import GATES, WORDS, handed_in, measurable, scores, submitted
from authored import person, signed_in
from django.test import Client
from django.utils.html import escape

from careatlas.improve.evidence.assessing import deciding, scoring
from careatlas.improve.evidence.measuring.effect import Effect
from careatlas.improve.evidence.models import Assessment, Example, Stage
from careatlas.improve.people.models import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home")).folder.parent.parent


@pytest.fixture(autouse=True)
def atlas(home, country):
    with web_release.client_of(home):
        yield


def text(response) -> str:
    return response.content.decode()


def here(example: Example) -> str:
    return f"/library/assess/{example.pk}/"


def deciding_on(example: Example) -> str:
    return f"/library/decisions/{example.pk}/"


def form(
    page: str, do: str, points: tuple[int, ...] = (), because: str = "Because.", **more: str
) -> dict[str, str]:
    """What a browser would send: the hidden fields of a page, scores and words."""
    hidden = dict(re.findall(r'type="hidden" name="(key|version)" value="([^"]*)"', page))
    said = {f"score-{gate}": str(score) for gate, score in zip(GATES, points, strict=False)}
    said |= {f"comment-{gate}": because for gate, _ in zip(GATES, points, strict=False)}
    return hidden | said | {"do": do} | more


def assess(client: Client, example: Example, *points: int, words: str = "Because."):
    client.post(here(example), form(text(client.get(here(example))), "take"))
    page = text(client.get(here(example)))
    return client.post(here(example), form(page, "hand_in", points, words))


def decide(client: Client, example: Example, do: str, **more: str):
    return client.post(deciding_on(example), form(text(client.get(deciding_on(example))), do, **more))


def test_from_the_queue_to_a_published_example(example, ann, ben, pat):
    client = signed_in(ann)
    assert "Earlier clinics" in text(client.get("/library/assess/"))
    page = text(client.get(here(example)))
    assert "<strong>waited</strong>" in page  # the example is there to be read
    assert "No saving, or it costs more than it gives back." not in page.split("How scores become")[0]
    done = assess(client, example, 4, 3, 3, 3)
    assert (done.status_code, done.headers["Location"]) == (302, f"{here(example)}result/")
    assert "It is final for this round" in text(client.get(done.headers["Location"]))

    assess(signed_in(ben), example, 4, 3, 3, 3)
    publisher = signed_in(pat)
    assert "Can be decided" in text(publisher.get("/library/decisions/"))
    before = text(publisher.get(deciding_on(example)))
    assert "Highly recommended, 81.3 of 100; proposed" in before
    assert decide(publisher, example, "publish").status_code == 302
    example.refresh_from_db()
    assert (example.stage, example.rating, example.verdict) == (
        Stage.PUBLISHED,
        "highly_recommended",
        "proposed",
    )
    public = text(Client().get(f"{here(example)}result/"))
    assert "Highly recommended" in public
    assert "Because." in public
    assert "Nothing was named to measure it by" in public
    assert not {"Ann", "Ben"} & set(re.findall(r"\w+", public))  # the public sees scores and no names


def test_each_score_has_its_anchor_and_a_radio_button(example, ann):
    client = signed_in(ann)
    client.post(here(example), form(text(client.get(here(example))), "take"))
    page = text(client.get(here(example)))
    for gate in deciding.load_gates().gates:
        for score, words in gate.anchors.items():
            label = re.search(
                rf'<label class="choice" for="score-{gate.id}-{score}">.*?</label>', page, re.DOTALL
            )
            assert f'name="score-{gate.id}" value="{score}"' in label[0]
            assert words.replace("'", "&#x27;") in label[0]


def test_the_rules_are_printed(example, ann, pat):
    for client, address in ((signed_in(ann), "/library/assess/"), (signed_in(pat), "/library/decisions/")):
        page = text(client.get(address))
        assert "overall 80 or more, and no gate below 3" in page
        assert "overall 60 or more, and no gate below 2" in page
        assert "a gate differs by 2 or more" in page
        assert "24 months" in page


# Who may open what


def test_every_page_is_closed_to_whoever_has_no_business_there(example, author, ann):
    own = person("own", (Role.ASSESSOR, "S00"))
    reader = person("reader", (Role.READER, "SIM"))
    publisher_below = person("below", (Role.PUBLISHER, "R0"))
    pages = {
        here(example): (author, own, reader, publisher_below),
        f"{here(example)}result/": (author, own, ann, reader, publisher_below),
        deciding_on(example): (author, own, ann, reader, publisher_below),
        "/library/assess/": (author, reader, publisher_below),
        "/library/decisions/": (author, own, ann, reader),
    }
    for address, people in pages.items():
        for user in people:
            assert signed_in(user).get(address).status_code == 404, (address, user.name)
    assert text(signed_in(publisher_below).get("/library/decisions/")).count("Earlier clinics") == 0
    assert "Earlier clinics" not in text(signed_in(own).get("/library/assess/"))


def test_signed_out_one_is_asked_to_sign_in_or_told_that_nothing_is_there(example):
    for address in (here(example), "/library/assess/", deciding_on(example), "/library/decisions/"):
        assert Client().get(address).headers["Location"].startswith("/account/sign-in/")
        assert Client().post(address, {"do": "publish"}).status_code in (302, 405)
    assert Client().get(f"{here(example)}result/").status_code == 404
    assert Client().get("/library/assess/999999/result/").status_code == 404


@pytest.mark.parametrize("do", ["take", "save", "hand_in", "leave"])
def test_the_owners_people_write_no_assessment(example, do):
    own = signed_in(person("own", (Role.ASSESSOR, "B0")))
    assert own.post(here(example), form("", do, (4, 4, 4, 4))).status_code == 404
    assert not Assessment.objects.exists()


@pytest.mark.parametrize("do", ["publish", "return", "withdraw", "review", "free"])
def test_only_publishers_of_the_country_decide(example, ann, ben, do):
    handed_in(example, ann, 4, 4, 4, 4)
    handed_in(example, ben, 4, 4, 4, 4)
    for user in (ann, person("below", (Role.PUBLISHER, "B0"))):
        sent = signed_in(user).post(deciding_on(example), {"do": do, "version": "1", "words": "x"})
        assert sent.status_code == 404
    example.refresh_from_db()
    assert (example.stage, example.version) == (Stage.SUBMITTED, 1)


# Blindness


def test_no_page_shows_anothers_scores_before_both_are_in(example, author, ann, ben, cas, pat):
    assess(signed_in(ann), example, 4, 3, 2, 4, words="Ann's own words")
    client = signed_in(ben)
    client.post(here(example), form(text(client.get(here(example))), "take"))
    for user in (ben, cas, author, pat):
        for address in (
            "/library/assess/",
            here(example),
            f"{here(example)}result/",
            "/library/decisions/",
            deciding_on(example),
        ):
            page = text(signed_in(user).get(address))
            assert "own words" not in page, (user.name, address)
            assert "Round 1</h" not in page, (user.name, address)
    assert "1 of 2 handed in" in text(signed_in(pat).get(deciding_on(example)))
    assert '" checked>' not in text(client.get(here(example)))  # nothing is suggested to the second


def test_disagreement_is_shown_and_a_third_reads_both(example, ann, ben, cas, pat):
    assess(signed_in(ann), example, 4, 4, 4, 4, words="Convincing")
    assess(signed_in(ben), example, 4, 1, 4, 4, words="Unsafe")
    page = text(signed_in(pat).get(deciding_on(example)))
    assert "The first two assessors disagree" in page
    assert "Two disagree; a third is wanted" in page
    assert 'value="publish"' not in page
    third = signed_in(cas)
    assert "a third is wanted" in text(third.get("/library/assess/"))
    third.post(here(example), form(text(third.get(here(example))), "take"))
    both = text(third.get(f"{here(example)}result/"))
    assert "Convincing" in both
    assert "Unsafe" in both
    third.post(here(example), form(text(third.get(here(example))), "hand_in", (3, 3, 3, 3)))
    page = text(signed_in(pat).get(deciding_on(example)))
    assert "Third assessor" in page
    assert "Recommended, 75 of 100" in page


# Drafts, faults, retries, old versions


def test_a_draft_is_saved_and_there_when_one_comes_back(example, ann):
    client = signed_in(ann)
    client.post(here(example), form(text(client.get(here(example))), "take"))
    saved = client.post(here(example), form(text(client.get(here(example))), "save", (2,), "So far <b>"))
    assert saved.headers["Location"] == f"{here(example)}?saved"
    page = text(client.get(saved.headers["Location"]))
    assert "Saved." in page
    assert "So far &lt;b&gt;" in page
    assert re.search(r'id="score-savings-2"[^>]* checked', page)


def test_handing_in_half_names_what_is_missing_and_keeps_what_was_typed(example, ann):
    client = signed_in(ann)
    client.post(here(example), form(text(client.get(here(example))), "take"))
    refused = client.post(here(example), form(text(client.get(here(example))), "hand_in", (2, 3), "Typed"))
    page = text(refused)
    assert refused.status_code == 422
    assert '<a href="#score-evidence-0">Evidence: Choose a score.</a>' in page
    assert '<a href="#comment-implementability">Implementability: Say why.</a>' in page
    assert page.count("Typed") == 2
    assert Assessment.objects.get().handed_in_at is None


def test_a_form_sent_twice_is_carried_out_once(example, ann, ben, pat):
    client = signed_in(ann)
    take = form(text(client.get(here(example))), "take")
    assert [client.post(here(example), take).status_code for _ in range(2)] == [302, 302]
    done = form(text(client.get(here(example))), "hand_in", (4, 4, 4, 4))
    places = [client.post(here(example), done).headers["Location"] for _ in range(2)]
    assert places == [f"{here(example)}result/"] * 2
    assert Assessment.objects.count() == 1
    handed_in(example, ben, 4, 4, 4, 4)
    publisher = signed_in(pat)
    publish = form(text(publisher.get(deciding_on(example))), "publish")
    assert [publisher.post(deciding_on(example), publish).status_code for _ in range(2)] == [302, 302]
    example.refresh_from_db()
    assert example.version == 2
    late = client.post(here(example), done)  # the round is over: the form leads where it led
    assert late.headers["Location"] == f"{here(example)}result/"


def test_two_windows_lose_nothing(example, ann):
    client = signed_in(ann)
    client.post(here(example), form(text(client.get(here(example))), "take"))
    old = text(client.get(here(example)))
    client.post(here(example), form(old, "save", (4,), "In the first window"))
    second = form(old, "save", (1,), "In the second window") | {"key": "another"}
    refused = client.post(here(example), second)
    page = text(refused)
    assert refused.status_code == 409
    assert "In the first window" in page
    assert "In the second window" in page
    assert Assessment.objects.get().comments == {"savings": "In the first window"}
    kept = client.post(here(example), form(page, "save", (1,), "Both windows"))
    assert kept.status_code == 302
    assert Assessment.objects.get().comments == {"savings": "Both windows"}


def test_the_last_place_is_given_once(example, ann, ben, cas):
    client = signed_in(cas)
    take = form(text(client.get(here(example))), "take")
    handed_in(example, ann, 3, 3, 3, 3)
    scoring.take(example, ben)
    late = client.post(here(example), take)
    assert late.status_code == 409
    assert "taken the places" in text(late)
    assert Assessment.objects.count() == 2


def test_a_decision_on_an_old_page_is_refused_and_its_words_are_kept(example, ann, ben, pat):
    publisher = signed_in(pat)
    old = form(text(publisher.get(deciding_on(example))), "return", words="Please name the costs.")
    other = person("other", (Role.PUBLISHER, "SIM"))
    deciding.return_to_author(example, other, example.version, "No.")
    again = Example.objects.get(pk=example.pk)
    Example.objects.filter(pk=example.pk).update(stage=Stage.SUBMITTED, round=2)
    refused = publisher.post(deciding_on(example), old)
    assert refused.status_code == 409
    assert "Please name the costs." in text(refused)
    again.refresh_from_db()
    assert again.comment == "No."


@pytest.mark.parametrize(
    ("do", "words"), [("return", "Say what the author should do."), ("", "Choose what to do.")]
)
def test_a_decision_needs_what_it_needs(example, pat, do, words):
    refused = decide(signed_in(pat), example, do)
    assert refused.status_code == 422
    assert words in text(refused)
    example.refresh_from_db()
    assert example.stage == Stage.SUBMITTED


def test_returned_and_withdrawn_carry_words(example, author, ann, ben, pat):
    publisher = signed_in(pat)
    assert (
        decide(publisher, example, "return", words="Name the costs.").headers["Location"]
        == "/library/decisions/"
    )
    example.refresh_from_db()
    assert (example.stage, example.comment) == (Stage.RETURNED, "Name the costs.")
    other = submitted(author)
    handed_in(other, ann, 3, 3, 3, 3)
    handed_in(other, ben, 3, 3, 3, 3)
    decide(publisher, other, "publish")
    assert decide(publisher, other, "withdraw").status_code == 422
    decide(publisher, other, "withdraw", words="It was recalled.")
    other.refresh_from_db()
    assert (other.stage, other.comment) == (Stage.WITHDRAWN, "It was recalled.")
    assert "It was recalled." in text(publisher.get(deciding_on(other)))
    assert Client().get(f"{here(other)}result/").status_code == 404


def test_reviews_due_are_listed_and_opened(example, ann, ben, pat):
    handed_in(example, ann, 3, 3, 3, 3)
    handed_in(example, ben, 3, 3, 3, 3)
    publisher = signed_in(pat)
    decide(publisher, example, "publish")
    assert "No review is due" in text(publisher.get("/library/decisions/"))
    Example.objects.filter(pk=example.pk).update(review_due="2020-01-01")
    assert "due since 1 January 2020" in text(publisher.get("/library/decisions/"))
    decide(publisher, example, "review")
    assert "Earlier clinics" in text(signed_in(ann).get("/library/assess/"))
    assert "Recommended" in text(Client().get(f"{here(example)}result/"))


def test_a_place_that_nobody_fills_goes_to_another(example, ann, cas, pat):
    place = scoring.take(example, ann)
    scoring.save(place, ann, 1, scores(1, 1, 1, 1), WORDS, "hidden")
    publisher = signed_in(pat)
    page = text(publisher.get(deciding_on(example)))
    assert "Ann: at it" in page
    freed = form(page, "free", assessment=str(place.pk), words="away")
    assert publisher.post(deciding_on(example), freed).status_code == 302
    assert not Assessment.objects.exists()
    assert "Earlier clinics" in text(signed_in(cas).get("/library/assess/"))


@pytest.mark.parametrize(
    "said",
    [
        {"score-savings": "9"},
        {"score-savings": "٣"},
        {"score-savings": "1e3"},
        {"version": "x" * 50},
        {"key": "\x00" * 9},
        {"comment-savings": "a\x00b"},
        {"do": "drop table"},
        {"assessment": "1 OR 1=1"},
    ],
)
def test_hostile_answers_are_no_mistake_of_ours(example, ann, pat, said):
    client = signed_in(ann)
    client.post(here(example), form(text(client.get(here(example))), "take"))
    page = text(client.get(here(example)))
    sent = client.post(here(example), form(page, "save") | said)
    assert sent.status_code in (302, 409, 422)
    decided = signed_in(pat).post(deciding_on(example), {"do": "free", "words": "x"} | said)
    assert decided.status_code in (302, 404, 409, 422)


def test_what_people_write_runs_nowhere(author, ann, ben, pat):
    evil = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](https://evil.test/y.png)"
    example = submitted(author, title="<script>alert(1)</script>", problem=evil)
    assess(signed_in(ann), example, 4, 4, 4, 4, words=evil)
    pages = [signed_in(ben).get(here(example)), signed_in(pat).get(deciding_on(example))]
    assess(signed_in(ben), example, 4, 4, 4, 4, words=evil)
    pages += [signed_in(ann).get(f"{here(example)}result/"), signed_in(pat).get(deciding_on(example))]
    pages += [signed_in(pat).get("/library/decisions/"), signed_in(ben).get("/library/assess/")]
    for page in map(text, pages):
        assert "<script>alert" not in page
        assert 'evil.test/y.png"' not in page
        assert 'href="javascript' not in page


def test_a_measured_effect_is_told_in_words(example, ann, ben, pat, monkeypatch):
    def measure(release, *asked, fixed_before):
        figures = {"percent": -12.04, "lower": -18.0, "upper": -6.0, "reason": "It fell by more than chance."}
        said = {"release": release.id, "verdict": "proven"} | figures
        return SimpleNamespace(to_json=lambda: said)

    monkeypatch.setattr(deciding.effect, "measure", measure)
    Example.objects.filter(pk=example.pk).update(
        indicator="completed", area="B0", starts_on="2025-09-01", direction="lower"
    )
    handed_in(example, ann, 3, 3, 3, 3)
    handed_in(example, ben, 3, 3, 3, 3)
    decide(signed_in(pat), example, "publish")
    page = text(Client().get(f"{here(example)}result/"))
    assert "It fell by more than chance." in page
    assert "−12.0" not in page  # the reason says the figures: a table comes once they can change
    deciding.remeasure(SimpleNamespace(id="000009-later"))
    page = text(Client().get(f"{here(example)}result/"))
    assert "−12.0% (−18.0 to −6.0)" in page


def test_what_a_release_is_too_short_to_show_is_published_as_proposed_with_the_reason(author, ann, ben, pat):
    """Measured in earnest: the small release has seven months after the start."""
    example = submitted(author, **measurable())
    handed_in(example, ann, 4, 4, 4, 4)
    handed_in(example, ben, 4, 4, 4, 4)
    decide(signed_in(pat), example, "publish")
    example.refresh_from_db()
    kept = Effect.from_json(example.effect)
    assert (example.verdict, kept.verdict, kept.tested) == ("proposed", "proposed", "registered")
    assert kept.reason
    assert escape(kept.reason) in text(Client().get(f"{here(example)}result/"))


def test_the_account_leads_to_what_one_may_do(author, ann, pat):
    for user, assesses, decides in ((author, False, False), (ann, True, False), (pat, False, True)):
        page = text(signed_in(user).get("/account/"))
        assert ("/library/assess/" in page, "/library/decisions/" in page) == (assesses, decides), user.name
