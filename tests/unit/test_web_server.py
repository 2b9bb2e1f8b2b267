"""What stands round Django: the charts' script, and files served straight from disk."""

import pytest

from careatlas.web import server


def test_the_charts_script_is_made_once_and_never_half(tmp_path, monkeypatch):
    import vl_convert

    said = []
    monkeypatch.setattr(
        vl_convert, "javascript_bundle", lambda snippet, vl_version: f"{snippet} // {vl_version}"
    )
    script = server.make_charts_script(tmp_path, said.append)
    assert script.read_text() == "window.vegaEmbed = vegaEmbed; // 6.4"
    assert [path.name for path in script.parent.iterdir()] == ["vega.js"]
    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda *_, **__: pytest.fail("made twice"))
    server.make_charts_script(tmp_path, said.append)
    assert len(said) == 1


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


def test_nothing_outside_the_static_folders_is_served():
    from werkzeug.test import Client

    from careatlas.web.wsgi import application

    for address in ("/static/../settings.py", "/static/%2e%2e/settings.py", "/static//etc/passwd"):
        with Client(application).get(address) as response:
            assert response.status_code == 404
