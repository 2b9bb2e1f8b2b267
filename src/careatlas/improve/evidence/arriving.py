"""What is done in the library when a release arrives: everything is measured again, and who got better is asked how.

It takes up to half a second an example, so commands do it (`careatlas build`, `careatlas library measure`), not a
page. The same release again does nothing.
"""

from careatlas.engine.release import Release
from careatlas.improve.evidence.assessing import deciding
from careatlas.improve.evidence.following import adopting
from careatlas.improve.evidence.matching import inviting
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.evidence.notices import telling


def take_in(release: Release) -> dict[str, int]:
    """How many examples and adoptions were measured, how many verdicts changed, how many were newly invited."""
    before = _verdicts()
    examples = deciding.remeasure(release)
    after = _verdicts()
    changed = [number for number, verdict in before.items() if after.get(number, verdict) != verdict]
    for example in Example.objects.filter(pk__in=changed).select_related("author"):
        telling.of_measure(example, before[example.pk])
    return {
        "examples": examples,
        "verdicts_changed": len(changed),
        "adoptions": adopting.remeasure(release),
        "invitations": inviting.invite_improvers(release),
    }


def _verdicts() -> dict[int, str]:
    return dict(Example.objects.filter(stage=Stage.PUBLISHED).values_list("pk", "verdict"))
