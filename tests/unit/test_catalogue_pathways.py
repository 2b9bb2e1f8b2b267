"""Pathways name indicators and programmes that exist, and say what a step lacks."""

import pytest

from careatlas.catalogue.library import load_catalogue
from careatlas.catalogue.pathway import Pathway, Step, faults_in

SOUND = Pathway(
    id="heart",
    title="Heart",
    programme="circulation",
    steps=[Step(title="Prevention", indicators=["smoking"]), Step(title="Outcome", not_on_file="Deaths.")],
)


def faults_of(pathway):
    return [what for _, what, _ in faults_in({"heart": pathway}, {"smoking"}, {"circulation"})]


def test_at_least_five_pathways_run_from_prevention_to_outcome():
    pathways = load_catalogue().pathways
    assert len(pathways) >= 5
    for pathway in pathways.values():
        assert [step.title for step in pathway.steps] == ["Prevention", "Primary care", "Activity", "Outcome"]


def test_a_sound_pathway_has_no_faults():
    assert faults_of(SOUND) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"programme": "hearts"}, "programme hearts is not known."),
        (
            {"steps": [Step(title="Prevention", indicators=["smokng"])]},
            "step 'Prevention' names smokng, which is no indicator.",
        ),
        ({"steps": [Step(title="Prevention")]}, "step 'Prevention' is empty."),
    ],
)
def test_each_fault_is_told(changed, told):
    assert faults_of(SOUND.model_copy(update=changed)) == [told]
