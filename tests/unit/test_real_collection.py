"""The atlas collection on the publishers' real files: as many figures, levels and publications as it promises."""

import pyarrow.compute as pc

from careatlas.present.collections import list_collection
from careatlas.present.publications import publications_of

FEWEST_INDICATORS, MOST_PRESCRIBING, FEWEST_LEVELS, FEWEST_PUBLICATIONS = 34, 12, 3, 10
SUBJECTS = {
    "prescribing", "waiting", "urgent_care", "cancer", "diagnostics", "mental_health", "maternity", "beds",
    "discharge", "workforce", "primary_care", "mortality",
}  # fmt: skip

LONG_TERM_CONDITIONS = {"endocrine_nutritional_and_metabolic", "problems_of_the_respiratory_system"}


def test_the_collection_has_real_values_at_several_levels_from_many_publications(real_release):
    """Values of areas, not of the country alone, and not rows that say missing."""
    rows = {row["indicator"]: row for row in list_collection(real_release, "atlas")}
    values = real_release.arrow("values", ["indicator", "area_type", "value"])
    values = values.filter(
        pc.and_(pc.is_valid(values["value"]), pc.not_equal(values["area_type"], "country"))
    )
    pairs = {
        (pair["indicator"], pair["area_type"])
        for pair in values.group_by(["indicator", "area_type"]).aggregate([]).to_pylist()
        if pair["indicator"] in rows
    }
    with_values = {indicator for indicator, _ in pairs}
    known = real_release.catalogue["indicators"]
    used = publications_of(real_release, (known[id] for id in with_values))
    assert with_values == set(rows)
    assert len(with_values) >= FEWEST_INDICATORS
    assert sum(known[id]["numerator"]["table"] == "prescribing" for id in rows) <= MOST_PRESCRIBING
    assert len({level for _, level in pairs}) >= FEWEST_LEVELS
    assert len({source["title"] for source in used}) >= FEWEST_PUBLICATIONS


def test_the_collection_is_spread_over_the_subjects_that_have_real_figures(real_release):
    """Long-term conditions stand under what they are of: diabetes, and the lungs."""
    rows = list_collection(real_release, "atlas")
    assert {row["theme"] for row in rows} >= SUBJECTS
    assert {row["category"] for row in rows} >= LONG_TERM_CONDITIONS


def test_own_figures_have_no_values_before_anybody_loads_them(real_release):
    rows = list_collection(real_release, "own_figures")
    assert rows
    assert all(row["periods"] == 0 and row["is_own_figures_only"] for row in rows)
