"""The table of icons on an area's page: what it shows where the last point is a gap."""

import pytest
from small_release import monthly, release_of

from careatlas.web.area_signals import section


@pytest.mark.parametrize(
    ("status", "shown"),
    [("hidden", "× hidden"), ("incomplete", "incomplete †"), ("missing", "missing")],
)
def test_a_last_month_without_a_full_return_says_why(tmp_path, status, shown):
    rows = monthly("four_hours", "provider", "T00", [*[70.0, 72.0] * 8, None])
    rows[-1]["status"] = status
    (line,) = section(release_of(tmp_path, values=rows), {"code": "T00"}, {})["rows"]
    assert line["value"] == shown


def test_a_full_return_shows_its_figure(tmp_path):
    rows = monthly("four_hours", "provider", "T00", [*[70.0, 72.0] * 8, 71.0])
    (line,) = section(release_of(tmp_path, values=rows), {"code": "T00"}, {})["rows"]
    assert line["value"] == "71.0%"
