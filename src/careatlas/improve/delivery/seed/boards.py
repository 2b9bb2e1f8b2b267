"""One board's plan for a year: its pools, what is done, what is claimed, and what is told of it by month."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from careatlas.improve.delivery import months
from careatlas.improve.delivery.ledger import claims, pools
from careatlas.improve.delivery.models import Claim, Cost, Form, Initiative, Plan, Pool, Return
from careatlas.improve.delivery.months import first_day, first_of_year, month_of
from careatlas.improve.delivery.planning import initiatives, plans
from careatlas.improve.delivery.seed import costs, works
from careatlas.improve.delivery.seed.parts import Parts
from careatlas.improve.delivery.seed.scene import Drawn, Scene, at_nine
from careatlas.improve.delivery.seed.works import LINES, Work
from careatlas.improve.people.models import Organisation, User
from careatlas.improve.record import keeping
from careatlas.sources.simulated_country.planting import EFFECTS

YEARS_OF_WORK = 3
ROUNDED_TO_PENCE = 100_000
CHANCE_OF_WORDS = 0.1
Row = dict[str, Any]


class Board:
    """A plan in the making. ``is_whole``: with all its milestones, cycles, figures and monthly returns. ``planted``: by
    cost line, what is planted there rather than drawn."""

    def __init__(
        self,
        scene: Scene,
        organisation: Organisation,
        manager: User,
        is_whole: bool,
        planted: dict[str, float],
    ) -> None:
        self.scene, self.organisation, self.manager = scene, organisation, manager
        self.is_whole, self.planted = is_whole, planted
        said = {"title": f"Plan for {plans.in_words(scene.year)}", "lead": self._owner()}
        self.plan: Plan = plans.start(manager, organisation, scene.year, said, scene.release)
        self.drawn: dict[str, Drawn] = {}

    def carries_out(self, work: Work, harm: int = 0) -> Initiative:
        """Planned, through its gates, and running; told of by month."""
        drawn = self._draw_on(work.line)
        ends_on = date(self.scene.year + YEARS_OF_WORK, 3, 31)
        initiative = self._begun(work, starts_on=drawn.pool.began_on, ends_on=ends_on)
        parts = Parts(self.scene, initiative, work, self.manager)
        parts.milestones(self.is_whole)
        quality = parts.measures(drawn, self.is_whole)
        parts.risks()
        if self.is_whole:
            parts.cycle(quality)
        self._claim(initiative, work, drawn)
        parts.gates(harm)
        self._tell_by_month(parts.initiative)
        return parts.initiative

    def has_in_mind(self, work: Work) -> None:
        """An idea, with what it would claim: nobody has said when it begins."""
        drawn = self._draw_on(work.line)
        self._claim(self._begun(work), work, drawn)

    def fix(self) -> None:
        """What is planned is the baseline from now on."""
        self.plan = plans.baseline(self.plan.pk, self.manager, self.plan.version)

    def truth(self) -> list[Row]:
        return [
            {"pool": one.pool.pk, "area": self.organisation.pk, "cost_line": line, "planted": one.planted}
            for line, one in self.drawn.items()
        ]

    def _begun(self, work: Work, **days: date) -> Initiative:
        said = {
            "title": work.title,
            "aim": work.aim,
            "owner": self._owner(),
            "workstream": work.workstream,
            "confidence": int(self.scene.by_lot.choice([60, 70, 80, 90])),
            **days,
        }
        return initiatives.start(self.manager, self.organisation, said, self.scene.release, self.plan)

    def _claim(self, initiative: Initiative, work: Work, drawn: Drawn) -> None:
        for share, form in ((work.believes, work.form), (-work.spends, Form.CASH)):
            pence = round(drawn.yearly_pence * share / ROUNDED_TO_PENCE) * ROUNDED_TO_PENCE
            if pence:
                claims.add(initiative, drawn.pool, self.manager, pence, work.timing, form)

    def _draw_on(self, line: str) -> Drawn:
        if line not in self.drawn:
            self.drawn[line] = self._seen(line) if LINES[line].indicator else self._entered(line)
        return self.drawn[line]

    def _seen(self, name: str) -> Drawn:
        """A pool of an indicator of the atlas: from the day on which the country's own truth has something begun."""
        line, april = LINES[name], first_day(first_of_year(self.scene.year))
        began_on, planted = self.scene.began.get((line.indicator, self.organisation.pk), (april, 0.0))
        pool = self._pool(name, began_on)
        counts = self.scene.counts[line.indicator].get(self.organisation.pk, {})
        before = [count for month, count in counts.items() if month < month_of(began_on)][-months.YEAR :]
        yearly = np.mean(before or [0.0]) * months.YEAR * line.unit_cost_pence
        return Drawn(pool, float(yearly), planted, {})

    def _entered(self, name: str) -> Drawn:
        """A pool of costs that finance enters by month."""
        start = first_of_year(self.scene.year)
        pool = self._pool(name, first_day(start))
        by_lot = float(self.scene.by_lot.choice((0.0, *EFFECTS)))
        planted = self.planted.get(name, by_lot)
        by_month = costs.simulated(start, self.scene.last, planted, self.scene.by_lot)
        for month, pence in by_month.items():
            keeping.create(
                Cost, self.manager.email, "from the ledger of accounts",
                pool=pool, month=first_day(month), pence=pence,
            )  # fmt: skip
        yearly = sum(by_month[month] for month in range(start - months.YEAR, start))
        return Drawn(pool, float(yearly), planted, by_month)

    def _pool(self, name: str, began_on: date) -> Pool:
        line = LINES[name]
        fields = {
            "programme": line.programme,
            "cost_line": name,
            "year": self.scene.year,
            "began_on": began_on,
            "indicator": line.indicator,
            "unit_cost_pence": line.unit_cost_pence,
            "unit_cost_source": works.UNIT_COST_SOURCE if line.indicator else "",
        }
        return pools.make(self.manager, self.organisation, fields, self.scene.release)

    def _tell_by_month(self, initiative: Initiative) -> None:
        """A return for every month on file; where little is told, for the last one."""
        april, last = first_of_year(self.scene.year), self.scene.last
        on_course = float(self.scene.by_lot.uniform(0.7, 1.1))
        told = list(initiative.claims.order_by("pk"))
        first = max(april, month_of(initiative.starts_on)) if self.is_whole else last
        for month in range(first, last + 1):
            is_told = self.scene.by_lot.random() < CHANCE_OF_WORDS
            keeping.create(
                Return, self.manager.email, f"the return for {months.in_words(month)}",
                initiative=initiative, month=first_day(month),
                words=str(self.scene.by_lot.choice(works.RETURN_WORDS)) if is_told else "",
                figures=_figures(told, month + 1 - april, on_course),
                sent_in_at=at_nine(first_day(month + 1), 8), sent_in_by=self.manager,
            )  # fmt: skip

    def _owner(self) -> str:
        return str(self.scene.by_lot.choice(works.OWNERS))


def _figures(told: Sequence[Claim], so_far: int, on_course: float) -> dict[str, dict[str, int]]:
    """As their owner sees them: of the first months of the year, and of the whole year."""

    def pounds(pence: float) -> int:
        return round(pence * on_course / costs.PENCE) * costs.PENCE

    return {
        str(claim.pk): {"actual": pounds(sum(claim.phasing[:so_far])), "outturn": pounds(claim.pence)}
        for claim in told
    }
