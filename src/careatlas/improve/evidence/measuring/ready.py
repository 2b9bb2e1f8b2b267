"""What all measurements of a level share, worked out before somebody waits for it: it takes seconds a level."""

from careatlas.engine.release import Release
from careatlas.improve.evidence.measuring.on_offer import best_of_all
from careatlas.improve.evidence.models import Adoption, Example, Stage


def make_ready(release: Release) -> list[str]:
    """The levels that were made ready: those at which the library measures something. An empty one costs nothing."""
    areas = {*_areas_of_examples(), *_areas_of_adoptions()} & release.areas.keys()
    levels = sorted({release.areas[area]["area_type"] for area in areas})
    for level in levels:
        best_of_all(release, level)
    return levels


def _areas_of_examples() -> list[str]:
    return list(Example.objects.exclude(stage=Stage.WITHDRAWN).values_list("area", flat=True).distinct())


def _areas_of_adoptions() -> list[str]:
    return list(Adoption.objects.filter(stopped_on=None).values_list("organisation_id", flat=True).distinct())
