"""The gates an initiative passes, how its effect on quality is judged, and the lines that money is saved on
(``content/delivery``).

Harm is likelihood times how much worse, domain by domain. What gets better elsewhere is never set against it.
"""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from careatlas.catalogue.definition import Definition
from careatlas.catalogue.library import load_for_delivery
from careatlas.errors import DefinitionError, raise_all

LIKELIHOODS, IMPACTS = range(1, 6), range(-5, 6)
Need = Literal[
    "aim", "owner", "workstream", "days", "confidence", "milestones", "quality_measure", "target", "risks",
    "quality_impact", "milestones_done", "cycles_ended", "risks_closed",
]  # fmt: skip


class DeliveryGate(Definition):
    """``leads_to``: the status that an initiative has once it is open; none: it stays what it was."""

    id: str
    title: str
    question: str
    needs: list[Need]
    leads_to: Literal["planned", "running", "finished"] | None = None


class QualityDomain(Definition):
    id: str
    title: str
    question: str


class Band(Definition):
    """What a score of ``at_least`` so much is called."""

    id: str
    title: str
    at_least: int


class QualityImpact(Definition):
    """``bands``: highest first. ``clinical_lead_from``: from this harm on somebody clinical signs besides;
    ``stops_from``: from this harm on nobody can open a gate."""

    domains: list[QualityDomain]
    likelihoods: dict[int, str]
    impacts: dict[int, str]
    bands: list[Band]
    clinical_lead_from: int
    stops_from: int

    def harm(self, likelihood: int, impact: int) -> int:
        """0 where nothing gets worse.

        >>> load_delivery_gates().quality.harm(4, -3), load_delivery_gates().quality.harm(4, 3)
        (12, 0)
        """
        return likelihood * max(0, -impact)

    def band(self, score: int) -> Band | None:
        """None below the lowest: nothing to fear."""
        return next((band for band in self.bands if score >= band.at_least), None)

    def worst(self, judged: Mapping[str, Mapping[str, Any]]) -> int:
        """The greatest harm in any domain; ``judged`` as an initiative's gateway keeps it."""
        return max(
            (self.harm(one["likelihood"], one["impact"]) for one in judged.values() if is_judged(one)),
            default=0,
        )


class StandardMilestone(Definition):
    title: str
    days_from_start: int


class DeliveryGates(Definition):
    """``gates`` in the order in which they open."""

    gates: list[DeliveryGate]
    needs: dict[Need, str]
    quality: QualityImpact
    milestones: list[StandardMilestone]

    @property
    def ids(self) -> list[str]:
        return [gate.id for gate in self.gates]

    def after(self, id: str) -> list[DeliveryGate]:
        return self.gates[self.ids.index(id) + 1 :]


class CostLine(Definition):
    id: str
    title: str
    covers: str


def is_judged(one: Mapping[str, Any]) -> bool:
    """Whether somebody has said how likely and how large; words alone are a start."""
    return one.get("likelihood") is not None and one.get("impact") is not None


@functools.cache
def load_delivery_gates() -> DeliveryGates:
    """Every fault at once where there are any."""
    found = load_for_delivery("gates", DeliveryGates)
    raise_all([DefinitionError("content/delivery/gates.yaml", *fault) for fault in faults_in(found)])
    return found


@functools.cache
def load_cost_lines() -> dict[str, CostLine]:
    """By id, in the order of the file."""
    lines = load_for_delivery("cost_lines", list[CostLine])
    ids = [line.id for line in lines]
    twice = sorted({id for id in ids if ids.count(id) > 1})
    raise_all(
        [
            DefinitionError(
                "content/delivery/cost_lines.yaml", f'"{id}" stands twice.', "Rename one of them."
            )
            for id in twice
        ]
    )
    return dict(zip(ids, lines, strict=True))


def faults_in(gates: DeliveryGates) -> Iterator[tuple[str, str]]:
    """What a file that reads well may still get wrong: what was found, what to do."""
    if not gates.gates:
        yield "there is no gate.", "Name at least one."
    for what, ids in (("gates", gates.ids), ("domains", [one.id for one in gates.quality.domains])):
        for id in sorted({id for id in ids if ids.count(id) > 1}):
            yield f'two {what} are called "{id}".', "Rename one of them."
    for gate in gates.gates:
        for need in gate.needs:
            if need not in gates.needs:
                yield f"{gate.id}: nothing is said where {need} is not there.", "Add words under needs."
    leads = [gate.leads_to for gate in gates.gates if gate.leads_to]
    if leads != [status for status in ("planned", "running", "finished") if status in leads]:
        yield f"the gates lead to {', '.join(leads)}.", "Order them: planned, running, finished, each once."
    if "running" not in leads or "finished" not in leads:
        yield (
            "no gate leads to running, or none to finished.",
            "An initiative has to be able to start and end.",
        )
    yield from _faults_of_quality(gates.quality)


def _faults_of_quality(quality: QualityImpact) -> Iterator[tuple[str, str]]:
    if not quality.domains:
        yield "quality has no domain.", "Name at least one."
    for name, found, wanted in (
        ("likelihoods", quality.likelihoods, LIKELIHOODS),
        ("impacts", quality.impacts, IMPACTS),
    ):
        if sorted(found) != list(wanted):
            yield f"{name} are given for {sorted(found)}.", f"Give words for {wanted[0]} to {wanted[-1]}."
    least = [band.at_least for band in quality.bands]
    if not least or least != sorted(set(least), reverse=True) or least[-1] != 1:
        yield f"the bands begin at {least}.", "Order them, highest first, the last from 1."
    if not 1 <= quality.clinical_lead_from <= quality.stops_from <= 25:
        yield (
            f"a clinical lead is asked from {quality.clinical_lead_from}, and all stops at {quality.stops_from}.",
            "Give 1 to 25, the first not above the second.",
        )
