"""What belongs to an initiative of the simulated country: milestones, measures, risks, a cycle, and its gates."""

from datetime import timedelta
from typing import Any

from careatlas.catalogue.delivery_gates import load_delivery_gates
from careatlas.improve.delivery.models import (
    Cycle,
    Direction,
    Figure,
    Gateway,
    Initiative,
    Measure,
    MeasureKind,
    Milestone,
    Risk,
    Status,
)
from careatlas.improve.delivery.months import first_day, month_of
from careatlas.improve.delivery.seed import works
from careatlas.improve.delivery.seed.scene import Drawn, Scene, at_nine
from careatlas.improve.delivery.seed.works import Work
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

IN_USE_EVERYWHERE = 182  # days from the start: the milestone that is late where one is
CHANCE_LATE = 0.2
GATES = {"idea": -120, "case": -80, "start": -7}  # days from the start on which each was signed
PENCE = 100


class Parts:
    """Of one initiative, as its manager enters them."""

    def __init__(self, scene: Scene, initiative: Initiative, work: Work, manager: User) -> None:
        self.scene, self.initiative, self.work, self.manager = scene, initiative, work, manager

    def milestones(self, is_whole: bool) -> None:
        """All that were due are done, but where one is late; of few things told, every second."""
        is_late = self.scene.by_lot.random() < CHANCE_LATE
        for usual in load_delivery_gates().milestones[:: 1 if is_whole else 2]:
            due_on = self.initiative.starts_on + timedelta(days=usual.days_from_start)
            days = int(self.scene.by_lot.integers(0, 10))
            waits = is_late and usual.days_from_start >= IN_USE_EVERYWHERE
            done = due_on < self.scene.today and not waits
            self._add(
                Milestone,
                title=usual.title,
                due_on=due_on,
                done_on=min(due_on + timedelta(days), self.scene.today) if done else None,
                forecast_on=due_on + timedelta(90) if waits else None,
                owner=self.initiative.owner,
            )

    def measures(self, drawn: Drawn, is_whole: bool) -> Measure:
        """One of quality at the board, and what should fall: with its figures where these are entered."""
        quality = self._add_indicator(MeasureKind.QUALITY, self.work.quality)
        target = -round(100 * self.work.believes)
        if drawn.pool.indicator:
            self._add_indicator(MeasureKind.ACTIVITY, drawn.pool.indicator, target)
        else:
            line = works.COST_WORDS[drawn.pool.cost_line]
            cost = self._add(
                Measure, kind=MeasureKind.FINANCE, title=line, unit="£ a month", better=Direction.LOWER,
                target_percent=target,
            )  # fmt: skip
            if is_whole:
                self._figures(cost, {month: pence / PENCE for month, pence in drawn.costs.items()})
        if is_whole and self.work in (works.OWN_STAFF, works.ONE_ROTA):
            self._workforce()
        return quality

    def risks(self) -> None:
        likelihood, impact = (int(each) for each in self.scene.by_lot.integers(1, 4, 2))
        self._add(
            Risk, title=self.work.risk, likelihood=likelihood, impact=impact, mitigation=self.work.mitigation,
            owner=self.initiative.owner,
        )  # fmt: skip

    def cycle(self, measure: Measure) -> None:
        began = self.initiative.starts_on
        self._add(Cycle, measure=measure, began_on=began, ended_on=began + timedelta(60), **works.CYCLE)

    def gates(self, harm: int = 0) -> None:
        """Judged by the manager, signed by a publisher; where there is ``harm``, agreed to by a clinical lead."""
        judged = self._judged(harm)
        for gate, days in GATES.items():
            signed_at = at_nine(self.initiative.starts_on, days)
            said: dict[str, Any] = {
                "is_open": True,
                "signed_by": self.scene.people["publisher"],
                "signed_at": signed_at,
            }
            if gate != "idea":
                said |= {"quality_impact": judged, "judged_by": self.manager}
                if harm:
                    said |= works.AGREED | {
                        "clinical_lead": self.scene.people["assessor.one"],
                        "clinical_at": signed_at,
                    }
            self._add(Gateway, gate=gate, **said)
        self.initiative = keeping.change(
            self.initiative,
            self.manager.email,
            "as its gates stand",
            self.initiative.version,
            status=Status.RUNNING,
        )

    def _judged(self, harm: int) -> dict[str, dict[str, Any]]:
        """Of every domain; ``harm`` is what safety may lose, one in three times."""
        said = {}
        for domain in load_delivery_gates().quality.domains:
            impact = int(self.scene.by_lot.choice([0, 0, 1, 2]))
            said[domain.id] = {"likelihood": 3, "impact": impact, "words": works.DOMAIN_WORDS[impact]}
        if harm:
            said["safety"] |= {"impact": -harm, "words": self.work.risk}
        return said

    def _workforce(self) -> None:
        start = month_of(self.initiative.starts_on)
        months = range(start - 12, self.scene.last + 1)
        noise = self.scene.by_lot.normal(0, 0.6, len(months))
        share = self._add(
            Measure, kind=MeasureKind.WORKFORCE, title="Shifts filled by agency", unit="% of shifts",
            better=Direction.LOWER, target=9.0,
        )  # fmt: skip
        usual = {month: 12.0 if month < start else 10.0 for month in months}
        self._figures(
            share, {month: round(usual[month] + each, 1) for month, each in zip(months, noise, strict=True)}
        )

    def _add_indicator(self, kind: MeasureKind, indicator: str, target: int | None = None) -> Measure:
        about = self.scene.release.catalogue["indicators"][indicator]
        is_higher = about["polarity"] == "higher_is_better"
        return self._add(
            Measure,
            kind=kind,
            title=about["short_title"],
            indicator=indicator,
            area=self.initiative.organisation_id,
            unit=about["unit"][:60],
            better=Direction.HIGHER if is_higher else Direction.LOWER,
            target_percent=target,
        )

    def _figures(self, measure: Measure, values: dict[int, float]) -> None:
        for month, value in values.items():
            keeping.create(
                Figure, self.manager.email, "entered", measure=measure, month=first_day(month), value=value
            )

    def _add(self, kind: Any, /, **fields: Any) -> Any:
        why = f"a new {kind._meta.verbose_name}"
        return keeping.create(kind, self.manager.email, why, initiative=self.initiative, **fields)
