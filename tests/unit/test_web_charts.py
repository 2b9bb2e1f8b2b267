"""Charts as files: rendered once, named by their release, never other than asked for."""

import os
import re

import pytest
import web_release

from careatlas.web import charts, pictures


@pytest.fixture
def release(tmp_path):
    return web_release.make_release(tmp_path)


@pytest.fixture
def client(release):
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


def test_a_chart_is_rendered_once_and_then_served_from_its_file(client, release, tmp_path, monkeypatch):
    address = f"/charts/{release.id}/completed/ranked.svg?period=2026-03"
    first = client.get(address)
    assert first.headers["Content-Type"] == "image/svg+xml"
    assert len(list((tmp_path / "cache" / release.id).glob("*.svg"))) == 1
    monkeypatch.setattr(charts, "to_svg", lambda spec: pytest.fail("rendered twice"))
    with web_release.client_of(tmp_path) as another_worker:
        assert another_worker.get(address).content == first.content


def test_changed_code_draws_a_chart_again_at_an_address_of_its_own(client, release, tmp_path, monkeypatch):
    page, address = "/indicators/completed/", f"/charts/{release.id}/completed/ranked.svg"
    before = re.findall(r'data-spec="([^"]+)"', client.get(page).content.decode())
    client.get(address)
    monkeypatch.setattr(pictures, "drawing_code", lambda: "changed")
    monkeypatch.setattr(charts, "drawing_code", lambda: "changed")
    monkeypatch.setattr(charts, "to_svg", lambda spec: "drawn otherwise")
    with web_release.client_of(tmp_path) as another_worker:
        assert another_worker.get(address).content == b"drawn otherwise"
        after = re.findall(r'data-spec="([^"]+)"', another_worker.get(page).content.decode())
    assert before
    assert len(after) == len(before)
    assert not set(after) & set(before)


def test_a_chart_may_be_kept_by_browsers_for_good(client, release):
    response = client.get(f"/charts/{release.id}/completed/trend.json?area=S05")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.json()["description"].startswith("Referral-to-treatment pathways completed")


@pytest.mark.parametrize(
    "address",
    [
        "/charts/{id}/completed/ranked.svg?period=1999-01",
        "/charts/{id}/completed/ranked.svg?area=S05&area_type=icb",
        "/charts/{id}/completed/pie.svg",
        "/charts/{id}/completed/ranked.bmp",
        "/charts/{id}/completed/ranked.svg?width=9999",
        "/charts/{id}/four_hours/map.svg",
        "/charts/{id}/four_hours/hexagons.svg",
        "/charts/{id}/areas/X99/spine.svg",
        "/charts/000009-000000000000/completed/ranked.svg",
        "/charts/current/completed/ranked.svg",
    ],
)
def test_a_chart_that_cannot_be_drawn_as_asked_is_refused(client, release, address):
    assert client.get(address.format(id=release.id)).status_code == 404


def test_a_chart_says_that_its_figures_are_not_real(client, release):
    assert b"no real figures" in client.get(f"/charts/{release.id}/areas/T01/spine.svg").content


def test_the_oldest_pictures_go_when_there_are_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(charts, "MOST_FILES", 4)
    folder = tmp_path / "000001-000000000000"
    folder.mkdir()
    for n in range(4):
        (folder / f"{n}.svg").write_text("x")
        os.utime(folder / f"{n}.svg", (n, n))
    charts._write(folder / "new.svg", b"x")
    assert sorted(path.name for path in folder.iterdir()) == ["1.svg", "2.svg", "3.svg", "new.svg"]


def test_a_disk_that_cannot_be_written_costs_no_chart(client, release, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert client.get(f"/charts/{release.id}/completed/ranked.svg").status_code == 200
