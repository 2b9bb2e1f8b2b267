"""What stands round Django: the charts' script, and files served straight from disk."""

import socket
import subprocess
import sys

import pytest

from careatlas.errors import AtlasError
from careatlas.web import server


def test_the_charts_script_is_made_once_and_never_half(tmp_path, monkeypatch):
    said = []
    script = server.make_charts_script(tmp_path, said.append)
    assert "window.vegaEmbed=" in script.read_text(encoding="utf-8")
    assert [path.name for path in script.parent.iterdir()] == ["vega.js"]
    monkeypatch.setattr(server.subprocess, "run", lambda *_, **__: pytest.fail("made twice"))
    server.make_charts_script(tmp_path, said.append)
    assert len(said) == 1


def test_a_port_that_another_atlas_has_is_refused_before_anything_is_made(tmp_path):
    with socket.socket() as other:
        # As the page server itself does: without a check, two atlases would answer at one address in turn.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AtlasError, match=f"port {port}: is taken.*--port"):
            server.serve(tmp_path, port)
    assert list(tmp_path.iterdir()) == []
    server.refuse_unless_free("127.0.0.1", port)


@pytest.mark.parametrize("port", [-1, 99999])
def test_a_port_that_does_not_exist_is_refused(port):
    with pytest.raises(AtlasError, match="cannot be used"):
        server.refuse_unless_free("127.0.0.1", port)


@pytest.mark.django_db  # as each request begins, Django asks a connection it has whether it is still good
def test_files_carry_the_strict_headers_and_a_year_of_caching(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "careatlas.web.settings")
    from werkzeug.test import Client

    from careatlas.web.wsgi import application

    with Client(application).get("/static/atlas.css") as response:
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "max-age=31536000, public"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.django_db  # as each request begins, Django asks a connection it has whether it is still good
def test_nothing_outside_the_static_folders_is_served():
    from werkzeug.test import Client

    from careatlas.web.wsgi import application

    for address in ("/static/../settings.py", "/static/%2e%2e/settings.py", "/static//etc/passwd"):
        with Client(application).get(address) as response:
            assert response.status_code == 404


def test_no_worker_can_be_forked_while_the_names_of_hosts_are_being_imported():
    """A module that a thread is importing stays half imported in whatever is forked then: a letter waited for ever."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, careatlas.web.server; print('encodings.idna' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "True"
