"""The charts of the page that says why places differ, made from the release's rows."""

from typing import Any

from careatlas.engine.release import Release
from careatlas.present import explanation_charts
from careatlas.present.explain import share_note
from careatlas.present.periods import period_name
from careatlas.present.persistence import lasting_rows
from careatlas.present.standing_out_words import is_worked_out
from careatlas.present.theme import Spec
from careatlas.web import reading
from careatlas.web.choice import Choice
from careatlas.web.current import source_line
from careatlas.web.pictures import pictures
from careatlas.web.reading import Row

TITLES = {
    "shares": "What the differences come from",
    "gap": "What one area's difference comes from",
    "fifths": "By deprivation",
}
TABLES = {"shares": "shares", "gap": "gaps", "fifths": "inequality"}


def of_choice(release: Release, choice: Choice, table: str) -> list[Row]:
    """The rows of one table for the indicator, level and period chosen."""
    rows = reading.of_table(release, table, choice.indicator["id"], choice.area_type)
    return reading.in_period(rows, choice.period)


def shares_of(release: Release, choice: Choice) -> list[Row]:
    """The parts of the variance, with notes that do not deny what the table ``persistence`` says."""
    lasting = lasting_rows(release, choice.indicator["id"], choice.area_type)
    has_lasting = any(map(is_worked_out, lasting))
    return [row | {"note": share_note(row, has_lasting)} for row in of_choice(release, choice, "shares")]


def gap_of(release: Release, choice: Choice) -> list[Row]:
    """The parts of the chosen area's difference; none for the country as a whole."""
    return [row for row in of_choice(release, choice, "gaps") if row["area"] == choice.area_code]


def shares(release: Release, choice: Choice, width: int) -> Spec:
    rows = [row for row in shares_of(release, choice) if row["covariates"] == "all"]
    plural = release.catalogue["area_types"][choice.area_type]["plural"]
    return explanation_charts.shares_chart(
        [row for row in rows if row["share"] is not None],
        title=f"{choice.indicator['title']}: {TITLES['shares'].lower()}",
        subtitle=f"{plural}, {span(rows, choice)}.",
        source=source_line(release, choice.indicator),
        width=width,
    )


def gap(release: Release, choice: Choice, width: int) -> Spec:
    rows, whole = gap_of(release, choice), reading.country(release)
    name = (choice.area or whole)["name"]
    return explanation_charts.gap_chart(
        sorted(rows, key=lambda row: row["component"] == "all"),
        title=f"{name}: {choice.indicator['title']}",
        subtitle=f"Difference from {whole['name']}, {span(rows, choice)}.",
        source=source_line(release, choice.indicator),
        width=width,
    )


def fifths(release: Release, choice: Choice, width: int) -> Spec:
    whole = reading.country(release)
    national = reading.in_period(reading.values(release, choice.indicator["id"], "country"), choice.period)
    return explanation_charts.fifths_chart(
        of_choice(release, choice, "inequality"),
        choice.indicator,
        national=national[0] if national else None,
        country=whole["name"],
        source=source_line(release, choice.indicator),
        width=width,
    )


def span(rows: list[Row], choice: Choice) -> str:
    """The period, and how many up to it the rows are taken over."""
    name = period_name(choice.period.start, choice.period.end)
    periods = max((row["periods"] for row in rows), default=1)
    return name if periods == 1 else f"{periods} periods to {name}"


def figure(release: Release, choice: Choice, chart: str) -> dict[str, Any]:
    base = f"/charts/{release.id}/{choice.indicator['id']}/{chart}"
    return {
        "name": chart,
        "title": "",
        "alt": f"{TITLES[chart]}: {choice.indicator['title']}. The table below has the same numbers.",
        **pictures(base, choice.query()),
        "csv": f"/data/{TABLES[chart]}.csv{choice.table_query(area=chart == 'gap')}",
        "link": f"/indicators/{choice.indicator['id']}/why/{choice.query()}",
    }
