"""The API and the CSV files: the release's rows, with the release's names."""

import csv
import io

import pytest
import web_release

from careatlas.engine.tables import RELEASE


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return web_release.make_release(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def client(release):
    with web_release.client_of(release.folder.parent.parent) as client:
        yield client


def csv_of(client, address):
    body = b"".join(client.get(address).streaming_content).decode()
    return list(csv.DictReader(io.StringIO(body)))


@pytest.mark.parametrize(
    "table", ["areas", "values", "comparisons", "completeness", "files", "reconciliation"]
)
def test_rows_have_the_release_s_own_column_names_and_values(client, release, table):
    answer = client.get(f"/api/v1/{table}").json()
    assert answer["release"] == release.id
    assert answer["total"] == len(release.arrow(table))
    assert list(answer["rows"][0]) == RELEASE[table].column_names
    kept = release.rows(table)[0]
    as_sent = {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in kept.items()
    }
    assert answer["rows"][0] == as_sent


def test_missing_is_null_and_never_zero(client):
    asked = "/api/v1/values?indicator=completed&area=S02&period=2026-03"
    (row,) = client.get(asked).json()["rows"]
    assert (row["status"], row["value"], row["count"]) == ("missing", None, None)


def test_a_period_may_be_given_by_its_code_or_its_name(client):
    for period in ("2026-01", "January 2026"):
        rows = client.get("/api/v1/values", {"area": "S05", "period": period}).json()["rows"]
        assert [row["period_end"] for row in rows] == ["2026-01-31"]


def test_long_answers_come_in_pages(client):
    first = client.get("/api/v1/values?indicator=completed&limit=10").json()
    second = client.get("/api/v1/values?indicator=completed&limit=10&offset=10").json()
    assert len(first["rows"]) == len(second["rows"]) == 10
    assert first["rows"] != second["rows"]
    assert first["total"] == second["total"] > 20


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=many", "offset=-1"])
def test_a_page_of_impossible_size_is_refused(client, query):
    assert client.get(f"/api/v1/values?{query}").status_code == 422


@pytest.mark.parametrize("query", ["values?status=mising", "comparisons?benchmark=peer"])
def test_a_word_that_no_row_can_have_is_refused_not_answered_with_nothing(client, query):
    assert client.get(f"/api/v1/{query}").status_code == 422


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/api/v1/values?indicator=nope", "nope: is not an indicator"),
        ("/api/v1/values?area=X99", "X99: is not an area"),
        ("/api/v1/values?area_type=planet", "planet: is not an area type"),
        ("/api/v1/values?period=lately", "is not a period"),
        ("/api/v1/values?indicator=completed&period=1999-01", "no figures for that period"),
        ("/api/v1/areas/X99", "X99: is not an area"),
        ("/api/v1/indicators/nope", "nope: is not an indicator"),
        ("/api/v1/nowhere", "Page not found"),
    ],
)
def test_what_is_not_known_is_a_404_that_says_what_to_do(client, address, says):
    response = client.get(address)
    assert response.status_code == 404
    detail = response.json()["detail"]
    assert says in detail or "address" in detail


def test_areas_and_indicators_can_be_looked_up_one_by_one(client):
    assert client.get("/api/v1/areas/s05").json()["name"] == "Fernhollow"
    found = client.get("/api/v1/indicators/completed").json()
    assert found["area_types"] == ["sub_icb", "icb", "region"]
    assert found["definition"]["numerator"]["table"] == "rtt"
    listed = [one["id"] for one in client.get("/api/v1/indicators").json()]
    assert sorted(listed) == ["antibiotics", "completed", "four_hours", "medicines_spend"]


def test_search_answers_with_addresses(client):
    (found,) = client.get("/api/v1/search?q=old+royal").json()
    assert (found["kind"], found["area"], found["address"]) == ("hospital", "T00", "/areas/T00/")
    assert client.get("/api/v1/search?q=").status_code == 422


def test_the_description_names_every_column_with_its_meaning_and_type(client):
    schemas = client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    for table in ("areas", "values", "comparisons", "completeness", "files", "reconciliation"):
        described = schemas[f"{table.capitalize()}Row"]["properties"]
        assert list(described) == RELEASE[table].column_names
        assert all(one["description"] and one["anyOf"] for one in described.values())


def test_the_api_s_own_page_lists_every_path_and_loads_nothing_from_elsewhere(client):
    page = client.get("/api/").content.decode()
    for path, verbs in client.get("/api/v1/openapi.json").json()["paths"].items():
        assert all(f"{verb.upper()} {path}" in page for verb in verbs)


@pytest.mark.parametrize(
    "address", ["/api/v1/values", "/api/v1/areas/S05", "/", "/data/values.csv", "/healthz"]
)
@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
def test_only_reading_is_possible(client, address, verb):
    assert getattr(client, verb)(address).status_code == 405


def test_a_csv_holds_the_rows_of_the_api(client):
    asked = "indicator=completed&area_type=sub_icb&period=2026-03"
    from_csv = csv_of(client, f"/data/values.csv?{asked}")
    from_api = client.get(f"/api/v1/values?{asked}").json()["rows"]
    assert len(from_csv) == len(from_api) == 32
    for sheet, row in zip(from_csv, from_api, strict=True):
        assert sheet == {name: "" if value is None else str(value) for name, value in row.items()}


def test_any_column_filters_a_csv_and_its_name_says_so(client, release):
    rows = csv_of(client, "/data/values.csv?status=hidden")
    assert [row["area"] for row in rows] == [web_release.HIDDEN]
    named = client.get("/data/values.csv?status=hidden").headers["Content-Disposition"]
    assert named == f'attachment; filename="care-atlas-{release.id}-values-hidden.csv"'
    assert client.get("/data/values.csv?colour=red").status_code == 404


def test_a_file_s_name_cannot_be_bent(client):
    named = client.get('/data/values.csv?status=x"%0d%0aSet-Cookie:a').headers["Content-Disposition"]
    assert '"' not in named.removeprefix('attachment; filename="').removesuffix('"')
    assert "\r" not in named


def test_a_table_too_large_to_give_whole_asks_for_one_specialty_or_area(client):
    refused = client.get("/data/waits.csv")
    assert refused.status_code == 404
    assert "area, specialty" in refused.content.decode()
    assert client.get("/data/waits.csv?specialty=total").status_code == 200
    assert client.get("/data/waits.csv?specialty=total&weeks=1").status_code == 404
