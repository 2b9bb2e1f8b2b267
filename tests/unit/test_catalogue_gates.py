"""Gates, scores and ratings: the arithmetic by hand, and what a file of gates may not say."""

from pathlib import Path

import pytest
import yaml

from careatlas.catalogue.gates import Gates, faults_in
from careatlas.catalogue.library import CONTENT, load_catalogue, load_gates
from careatlas.errors import AtlasError

GATES = load_gates()


def scores(*points: float) -> dict[str, float]:
    return dict(zip(GATES.ids, points, strict=True))


def test_there_are_four_gates_with_words_for_each_score_and_equal_weights():
    assert GATES.ids == ["savings", "quality", "evidence", "implementability"]
    assert not GATES.are_weighted
    for gate in GATES.gates:
        assert list(gate.anchors) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("points", "overall", "rating"),
    [
        ((4, 4, 4, 4), 100, "highly_recommended"),
        ((4, 3, 3, 3), 81.25, "highly_recommended"),  # 13 / 4 = 3.25, times 25
        ((3, 3, 3, 3), 75, "recommended"),
        ((4, 4, 4, 2), 87.5, "recommended"),  # high enough, but a gate below 3
        ((4, 4, 4, 1), 81.25, "none"),  # ... and below 2
        ((3, 2, 2, 3), 62.5, "recommended"),
        ((3, 2, 2, 2), 56.25, "none"),
        ((0, 0, 0, 0), 0, "none"),
        ((2.5, 2.5, 2.5, 2.5), 62.5, "recommended"),
        ((4, 4, 2.5, 4), 90.625, "recommended"),  # the mean of 2 and 3 is below 3
    ],
)
def test_the_overall_score_is_the_mean_times_25_and_the_rating_asks_every_gate(points, overall, rating):
    assert GATES.overall(scores(*points)) == overall
    assert GATES.rating(scores(*points)) == rating


def test_exactly_at_the_threshold_is_reached():
    heavy = _changed(weight=(2, 1, 1, 1))  # (2 x 4 + 3 + 3 + 2) / 5 = 3.2: 80
    assert heavy.overall(scores(4, 3, 3, 2)) == 80
    assert heavy.rating(scores(4, 3, 3, 3)) == "highly_recommended"
    assert heavy.are_weighted


def test_assessors_disagree_where_a_gate_differs_by_two_or_the_rating_differs():
    assert GATES.differing(scores(3, 3, 3, 3), scores(3, 1, 4, 3)) == ["quality"]
    assert GATES.disagree(scores(4, 4, 4, 4), scores(4, 4, 4, 2))
    assert not GATES.differing(scores(4, 3, 3, 3), scores(3, 3, 3, 3))
    assert GATES.disagree(scores(4, 3, 3, 3), scores(3, 3, 3, 3))  # highly recommended against recommended
    assert not GATES.disagree(scores(3, 3, 3, 3), scores(3, 3, 3, 2))


def test_ratings_are_called_as_the_file_says():
    assert GATES.title_of("highly_recommended") == "Highly recommended"
    assert GATES.title_of("none") == "Not recommended"


def test_a_gate_brought_in_later_is_none_of_an_earlier_round():
    earlier = {"savings": 3, "quality": 3, "evidence": 3}
    assert GATES.scored_in([earlier]).overall(earlier) == 75


def _changed(**fields: object) -> Gates:
    """The gates with a field of each gate, or a field of the whole, changed."""
    said = yaml.safe_load((CONTENT / "library" / "gates.yaml").read_text())
    for name, value in fields.items():
        if name in ("weight", "anchors", "id"):
            for gate, one in zip(said["gates"], value, strict=True):
                gate[name] = one
        else:
            said[name] = value
    return Gates.model_validate(said)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"id": ("a", "a", "b", "c")}, 'two gates are called "a"'),
        ({"weight": (0, 1, 1, 1)}, "weight is 0"),
        ({"anchors": [{0: "a", 1: "b", 2: "c", 3: "d"}] * 4}, "anchors are given for [0, 1, 2, 3]"),
        ({"anchors": [{0: "a", 1: "b", 2: "c", 3: "d", 4: "A "}] * 4}, "two scores have the same words"),
        ({"gates": []}, "there is no gate"),
        ({"differ_by": 0}, "differ_by is 0"),
        ({"review_after_months": 0}, "review_after_months is 0"),
        ({"ratings": [{"id": "none", "title": "x", "overall_at_least": 1, "no_gate_below": 1}]}, "is taken"),
        (
            {"ratings": [{"id": "a", "title": "x", "overall_at_least": 101, "no_gate_below": 1}]},
            "cannot be met",
        ),
        (
            {
                "ratings": [
                    {"id": "a", "title": "x", "overall_at_least": 10, "no_gate_below": 1},
                    {"id": "b", "title": "y", "overall_at_least": 20, "no_gate_below": 1},
                ]
            },
            "best first",
        ),
    ],
)
def test_what_a_file_of_gates_may_not_say(changed, fault):
    found = " ".join(" ".join(one) for one in faults_in(_changed(**changed)))
    assert fault in found


def test_the_atlas_says_where_a_file_of_gates_is_wrong(tmp_path: Path):
    (tmp_path / "library").mkdir()
    text = (CONTENT / "library" / "gates.yaml").read_text()
    (tmp_path / "library" / "gates.yaml").write_text(text.replace("differ_by: 2 ", "differ_by: 9 "))
    with pytest.raises(AtlasError, match=r"library/gates\.yaml: differ_by is 9"):
        load_gates(tmp_path)


def test_the_gates_are_read_with_the_rest_of_the_content():
    assert load_catalogue().gates == GATES
