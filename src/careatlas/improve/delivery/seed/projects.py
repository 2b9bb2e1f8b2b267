"""An improvement project of a sub-area: no plan and no money, its own figures by month, tried in small cycles."""

from datetime import timedelta

from careatlas.improve.delivery.models import Cycle, Direction, Figure, Measure, MeasureKind
from careatlas.improve.delivery.months import YEAR, first_day
from careatlas.improve.delivery.planning import initiatives
from careatlas.improve.delivery.seed import works
from careatlas.improve.delivery.seed.parts import Parts
from careatlas.improve.delivery.seed.scene import Scene
from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record import keeping

YEARS_OF_WORK = 3
MISSED, MISSED_SINCE, SPREAD = 11.0, 8.5, 0.8  # percent of appointments


def project(scene: Scene, board: Organisation, manager: User) -> None:
    starts_on = first_day(scene.last + 1 - YEAR // 2)
    ends_on = starts_on.replace(year=starts_on.year + YEARS_OF_WORK)
    said = {name: getattr(works.PROJECT, name) for name in ("title", "aim", "workstream")}
    said |= {"owner": works.OWNERS[0], "confidence": 80, "starts_on": starts_on, "ends_on": ends_on}
    place = board.parts.order_by("path").first() or board
    initiative = initiatives.start(manager, place, said, scene.release)
    parts = Parts(scene, initiative, works.PROJECT, manager)
    parts.milestones(is_whole=False)
    parts.risks()
    measure = keeping.create(
        Measure, manager.email, "a new measure",
        initiative=initiative, kind=MeasureKind.QUALITY, title="Appointments missed", unit="% of appointments",
        better=Direction.LOWER, target=MISSED_SINCE,
    )  # fmt: skip
    for month in range(scene.last + 1 - 2 * YEAR, scene.last + 1):
        usual = MISSED if first_day(month) < starts_on else MISSED_SINCE
        value = round(float(scene.by_lot.normal(usual, SPREAD)), 1)
        keeping.create(Figure, manager.email, "entered", measure=measure, month=first_day(month), value=value)
    for number, words in enumerate(works.PROJECT_CYCLES):
        began_on = starts_on + timedelta(60 * number)
        keeping.create(
            Cycle, manager.email, "a new cycle",
            initiative=initiative, measure=measure, began_on=began_on, ended_on=began_on + timedelta(45), **words,
        )  # fmt: skip
    parts.gates()
