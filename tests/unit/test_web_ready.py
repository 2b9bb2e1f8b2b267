"""A server asks itself for a page of each kind before it listens: the first reader waits no longer than the next."""

import pytest
import web_release
from authored import example, person

from careatlas.improve.evidence.measuring import on_offer
from careatlas.improve.evidence.measuring import ready as measuring_ready
from careatlas.improve.evidence.models import Stage
from careatlas.improve.people import organisations
from careatlas.improve.people.models import Role
from careatlas.web import ready
from careatlas.web.ready import make_ready

pytestmark = pytest.mark.django_db


def _asked(home) -> dict[str, int]:
    """What a server on these releases asks of itself, and how each was answered."""
    answers = {}

    with web_release.client_of(home) as client:

        def application(environ, start_response):
            answered = client.get(environ["PATH_INFO"])
            answers[environ["PATH_INFO"]] = answered.status_code
            return [answered.content]

        make_ready(application)
    return answers


def test_a_page_of_each_kind_is_asked_for_and_answers(tmp_path):
    web_release.make_release(tmp_path)
    answers = _asked(tmp_path)
    assert set(answers.values()) == {200}
    kinds = {tuple(part for part in address.split("/") if part)[:1] for address in answers}
    assert kinds == {
        (),
        ("indicators",),
        ("areas",),
        ("providers",),
        ("sources",),
        ("methods",),
        ("api",),
        ("search",),
        ("compare",),
        ("waiting-times",),
    }
    assert {address.split("/")[3] for address in answers if address.count("/") == 4} == {"why", "over-time"}
    assert {"/areas/SIM/", "/areas/T00/"} <= set(answers)  # each kind of area has a page of its own making


def test_without_a_release_nothing_is_asked(tmp_path):
    assert _asked(tmp_path) == {}


def test_a_damaged_release_does_not_keep_the_server_from_starting(tmp_path):
    release = web_release.make_release(tmp_path)
    (release.folder / "manifest.json").write_text("{")
    assert _asked(tmp_path) == {}


@pytest.fixture
def worked_out(monkeypatch):
    """The levels whose placebos were worked out."""
    asked = []
    monkeypatch.setattr(measuring_ready, "best_of_all", lambda release, level: asked.append(level))
    return asked


def test_an_empty_library_costs_nothing(tmp_path, worked_out):
    web_release.make_release(tmp_path)
    _asked(tmp_path)
    assert worked_out == []


def test_what_effects_are_held_against_is_there_for_the_levels_that_the_library_measures(
    tmp_path, worked_out
):
    release = web_release.make_release(tmp_path)
    organisations.take_from(release)
    ann = person("Ann", (Role.AUTHOR, "SIM"))
    for area, stage in (
        ("S01", Stage.PUBLISHED),
        ("S02", Stage.DRAFT),
        ("B0", Stage.WITHDRAWN),
        ("", Stage.DRAFT),
    ):
        example(ann, "S01", stage, area=area)
    _asked(tmp_path)
    assert worked_out == ["sub_icb"]


def test_a_reader_finds_it_worked_out(tmp_path):
    release = web_release.make_release(tmp_path)
    organisations.take_from(release)
    example(person("Ann", (Role.AUTHOR, "T01")), "T01", Stage.PUBLISHED, area="T01")
    on_offer.best_of_all.cache_clear()
    _asked(tmp_path)
    assert on_offer.best_of_all.cache_info().misses == 1
    with web_release.client_of(tmp_path):
        on_offer.best_of_all(ready.current_release(), "provider")
    assert on_offer.best_of_all.cache_info().hits == 1
