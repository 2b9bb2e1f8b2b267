"""Plans and initiatives for the tests of delivery, on the places of `web_release`: T01 lies in region R0, S00 in board
B0."""

from datetime import date
from typing import Any

from careatlas.catalogue.delivery_gates import load_delivery_gates
from careatlas.engine.release import Release
from careatlas.improve.delivery.models import Initiative, Measure, Plan
from careatlas.improve.delivery.planning import figures, gateways, initiatives, parts, plans
from careatlas.improve.people.models import Organisation, User

STARTS, ENDS = date(2026, 4, 1), date(2027, 3, 31)
WHOLE = {
    "title": "Ringing patients",
    "aim": "Nobody stays away.",
    "owner": "Dr Ray",
    "workstream": "planned_care",
    "starts_on": "2026-04-01",
    "ends_on": "2027-03-31",
    "confidence": "80",
}
SAID = {
    "milestones": {"title": "First test", "due_on": "2026-05-01"},
    "measures": {"kind": "quality", "title": "Complaints", "unit": "complaints", "better": "lower", "target": "5"},
    "risks": {"title": "Nobody answers", "likelihood": "2", "impact": "3", "mitigation": "Ring twice."},
    "cycles": {"began_on": "2026-03-02", "plan": "Ring ten."},
}  # fmt: skip


def org(code: str) -> Organisation:
    return Organisation.objects.get(pk=code)


def plan(user: User, release: Release, code: str = "B0", year: int = 2026) -> Plan:
    return plans.start(user, org(code), year, {"title": f"Plan of {code}"}, release)


def initiative(
    user: User, release: Release, code: str = "B0", within: Plan | None = None, **said: Any
) -> Initiative:
    return initiatives.start(user, org(code), WHOLE | said, release, within)


def add(key: str, to: Initiative, user: User, release: Release, why: str = "", **said: Any) -> Any:
    return parts.add(to.pk, key, SAID[key] | said, user, release, why)


def entered(measure: Measure, text: str, user: User, why: str = "") -> figures.Kept:
    """By somebody who sees what is on file now."""
    return figures.keep(measure.pk, user, figures.stamp(measure), text, why)


def whole(user: User, release: Release, code: str = "B0", within: Plan | None = None) -> Initiative:
    """One that lacks nothing but signatures and what was judged of quality."""
    found = initiative(user, release, code, within)
    for key in ("milestones", "measures", "risks"):
        add(key, found, user, release)
    return found


def judged(likelihood: int = 2, impact: int = 0, **worse: int) -> dict[str, str]:
    """What a form says of every domain; ``judged(safety=-4)``: safety is likelier to be much worse."""
    said = {}
    for domain in load_delivery_gates().quality.domains:
        said[f"{domain.id}-likelihood"] = str(likelihood)
        said[f"{domain.id}-impact"] = str(worse.get(domain.id, impact))
        said[f"{domain.id}-words"] = "As we see it."
    return said


def passed(one: Initiative, user: User, *gates: str) -> Initiative:
    """Open gates, in their order, with quality judged as unchanged wherever it is asked for."""
    for id in gates:
        version = 0
        if gateways.standing(one, id).judges:
            version = gateways.judge(one.pk, id, judged(), user, version).version
        gateways.open_gate(one.pk, id, user, version)
        one.refresh_from_db()
    return one
