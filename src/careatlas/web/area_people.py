"""Who lives in an area: the population pyramid of its page."""

from typing import Any

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.present import pyramid
from careatlas.present.theme import Spec
from careatlas.web import reading
from careatlas.web.area_beside import figure_of
from careatlas.web.current import source_line, titles_of_table
from careatlas.web.reading import Row


def spec(release: Release, code: str, width: int) -> Spec:
    own = reading.area(release, code)
    rows = _residents(release, own["code"])
    if not rows:
        raise NotKnownError(own["name"], "has no population by age and sex in this release.", "")
    titles = "; ".join(titles_of_table(release, "population"))
    return pyramid.pyramid(
        rows,
        own["name"],
        national=_country_rows(release, own, rows),
        country=reading.country(release)["name"],
        source=(f"Source: {titles}. " if titles else "") + source_line(release, None),
        width=width,
    )


def section(release: Release, own: Row) -> dict[str, Any] | None:
    """The pyramid's part of an area's page; None where the release has no residents of it."""
    rows = _residents(release, own["code"])
    if not rows:
        return None
    whole = reading.country(release)
    found = pyramid.bands(rows, _country_rows(release, own, rows))
    return {
        "sentence": pyramid.in_words(found, own["name"], whole["name"]),
        "year": rows[0]["period_end"].year,
        "source": "; ".join(titles_of_table(release, "population")),
        "has_country": bool(found) and found[0]["male_country"] is not None,
        "rows": [band | {"name": pyramid.band_name(band["age_band"])} for band in reversed(found)],
        "figure": figure_of(release, own, "population", "People by age and sex", "")
        | {"csv": f"/data/population.csv?area={own['code']}"},
    }


def _country_rows(release: Release, own: Row, rows: list[Row]) -> list[Row]:
    if own["area_type"] == "country":
        return []
    return [
        row
        for row in release.of_area("population", reading.country(release)["code"])
        if row["period_end"] == rows[0]["period_end"]
    ]


def _residents(release: Release, code: str) -> list[Row]:
    """Residents of an area in the latest year on file; none where no source gives them."""
    rows = release.of_area("population", code)
    last = max((row["period_end"] for row in rows), default=None)
    return [row for row in rows if row["period_end"] == last]
