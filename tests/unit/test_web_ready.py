"""A server asks itself for a page of each kind before it listens: the first reader waits no longer than the next."""

import web_release

from careatlas.web.ready import make_ready


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
