"""Examples of the simulated country: withdrawn from every atlas that shows another, so that none is taken for real."""

from careatlas.engine.release import Release
from careatlas.improve.evidence.models import Example, Stage
from careatlas.improve.people.simulated import WHO
from careatlas.improve.record import keeping

WHY = "It is of the simulated country, which this atlas shows no longer."


def keep_to_their_country(release: Release) -> None:
    if release.manifest["simulated"]:
        return
    for example in Example.objects.filter(is_simulated=True).exclude(stage=Stage.WITHDRAWN):
        keeping.change(example, WHO, WHY, example.version, stage=Stage.WITHDRAWN, comment=WHY)
