"""Gateways: what is still missing at each, how quality is judged, and who opens them or keeps them shut.

A gate opens in its turn, once all it asks for is there, by a named person; the status follows. Where any domain of
quality may get much worse, a clinical lead who did not judge it agrees first; where it may get worse still, no
signature opens the gate. Better is never set off against worse.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from careatlas.catalogue.delivery_gates import (
    IMPACTS,
    LIKELIHOODS,
    DeliveryGate,
    is_judged,
    load_delivery_gates,
)
from careatlas.errors import NotKnownError
from careatlas.improve.delivery.models import Gateway, Initiative, MeasureKind, Status
from careatlas.improve.delivery.planning import answers, initiatives, who
from careatlas.improve.evidence.writing.answers import Wrong, cleaned
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

QUALITY = "quality_impact"
NOBODY_AGREED: dict[str, Any] = {
    "clinical_lead": None, "clinical_post": "", "clinical_why": "", "clinical_at": None,
}  # fmt: skip
LONGEST_WORDS = 2_000


class Standing(NamedTuple):
    """A gate as an initiative stands before it. ``missing``: what to do before it can open, in words."""

    gate: DeliveryGate
    gateway: Gateway
    missing: list[str]
    harm: int

    @property
    def is_open(self) -> bool:
        return self.gateway.is_open

    @property
    def band(self) -> str:
        band = load_delivery_gates().quality.band(self.harm)
        return band.title if band else ""

    @property
    def asks_clinical_lead(self) -> bool:
        return self.harm >= load_delivery_gates().quality.clinical_lead_from

    @property
    def judges(self) -> bool:
        return QUALITY in self.gate.needs


def standings(initiative: Initiative) -> list[Standing]:
    """Every gate in its order; one that nobody has come to yet has a gateway that is not kept, with what was judged at
    the gate before."""
    kept = {
        one.gate: one for one in initiative.gateways.select_related("signed_by", "clinical_lead", "judged_by")
    }
    found, judged = [], {}
    for gate in load_delivery_gates().gates:
        gateway = kept.get(gate.id) or Gateway(
            initiative=initiative, gate=gate.id, quality_impact=judged, version=0
        )
        judged = gateway.quality_impact or judged
        found.append(_standing(initiative, gate, gateway, found))
    return found


def standing(initiative: Initiative, id: str) -> Standing:
    """Raises NotKnownError."""
    found = next((one for one in standings(initiative) if one.gate.id == id), None)
    if found is None:
        raise NotKnownError(id, "is no gate.", f"Gates: {', '.join(load_delivery_gates().ids)}.")
    return found


def read_quality(said: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What was said of each domain, as ``<domain>-likelihood``, ``-impact`` and ``-words``. Raises Wrong."""
    found, faults = {}, {}
    for domain in load_delivery_gates().quality.domains:
        likelihood = _score(said.get(f"{domain.id}-likelihood", ""), LIKELIHOODS)
        impact = _score(said.get(f"{domain.id}-impact", ""), IMPACTS)
        words = cleaned(str(said.get(f"{domain.id}-words", "")))
        if likelihood is ... or impact is ...:
            faults[f"{domain.id}-likelihood"] = f"{domain.title}: that is none of the choices."
        elif (likelihood is None) != (impact is None):
            faults[f"{domain.id}-likelihood"] = f"{domain.title}: choose both, how likely and how much."
        elif likelihood is not None and impact and not words:
            faults[f"{domain.id}-words"] = (
                f"{domain.title}: say what changes, for whom, and how you would see it."
            )
        elif len(words) > LONGEST_WORDS:
            faults[f"{domain.id}-words"] = f"{domain.title}: keep to {LONGEST_WORDS:,} characters."
        found[domain.id] = {"likelihood": likelihood, "impact": impact, "words": words}
    answers.refuse(faults)
    return found


@transaction.atomic
def judge(number: int, id: str, said: Mapping[str, Any], user: User, version: int) -> Gateway:
    """Keep how quality was judged at a gate that is not open. ``version``: 0 where nothing was kept yet. What a
    clinical lead agreed to before is agreed no more. Raises Wrong; NotOpen; EditedMeanwhile; NotKnownError."""
    initiative = initiatives.opened(number, user)
    now = standing(initiative, id)
    if now.is_open:
        raise Wrong({"gate": f"The gate “{now.gate.title}” is open: what was judged for it stands."})
    judged = read_quality(said)
    if judged == now.gateway.quality_impact and now.gateway.pk:
        return now.gateway
    fields = {QUALITY: judged, "judged_by": user, **NOBODY_AGREED}
    return _kept(now.gateway, user, f"judged quality for “{now.gate.title}”", version, fields)


@transaction.atomic
def agree(number: int, id: str, user: User, version: int, post: str, why: str) -> Gateway:
    """A clinical lead's sign-off. Raises as `judge` does."""
    initiative = _held_for(number, user, who.CLINICAL_LEADS)
    now = standing(initiative, id)
    post, why = " ".join(cleaned(post).split()), cleaned(why)
    faults = {}
    if now.is_open or not now.asks_clinical_lead:
        faults["gate"] = "No clinical lead is asked for here."
    elif now.gateway.judged_by_id == user.pk:
        faults["gate"] = "You judged it yourself: a clinical lead is somebody else."
    if not post or len(post) > 120:
        faults["post"] = "Say in which post you agree, such as: Medical director."
    if not why or len(why) > LONGEST_WORDS:
        faults["why"] = f"Say why this may go on all the same, in at most {LONGEST_WORDS:,} characters."
    answers.refuse(faults)
    fields = {
        "clinical_lead": user,
        "clinical_post": post,
        "clinical_why": why,
        "clinical_at": timezone.now(),
    }
    return _kept(now.gateway, user, f"agreed as a clinical lead to “{now.gate.title}”", version, fields)


@transaction.atomic
def open_gate(number: int, id: str, user: User, version: int, why: str = "") -> Gateway:
    """Sign that it may go on; the status follows. Open already: as it is. Raises as `judge` does."""
    initiative = _held_for(number, user, who.SIGNERS)
    if initiative.status in initiatives.OVER:
        raise initiatives.NotOpen(initiative)
    now = standing(initiative, id)
    if now.is_open:
        return now.gateway
    if now.missing:
        raise Wrong({"gate": " ".join(now.missing)})
    fields = _signed(user, True, why)
    gateway = _kept(now.gateway, user, f"opened the gate “{now.gate.title}”", version, fields)
    _follow(initiative, user)
    return gateway


@transaction.atomic
def keep_shut(number: int, id: str, user: User, version: int, why: str) -> Gateway:
    """Refuse it, or take back that it was opened, with the reason; only the last open one can be shut again."""
    initiative = _held_for(number, user, who.SIGNERS)
    now = standing(initiative, id)
    faults = {}
    if not cleaned(why):
        faults["why"] = "Say why it stays shut, and what would have to change."
    later = [
        one.gate.title
        for one in standings(initiative)
        if one.is_open and one.gate in load_delivery_gates().after(id)
    ]
    if later:
        faults["gate"] = f"“{later[-1]}” is open behind it: shut that one first."
    answers.refuse(faults)
    gateway = _kept(
        now.gateway, user, f"kept the gate “{now.gate.title}” shut", version, _signed(user, False, why)
    )
    _follow(initiative, user)
    return gateway


@transaction.atomic
def stop(number: int, user: User, version: int, why: str) -> Initiative:
    """It goes on no longer; what it did stays. Raises Wrong; NotOpen; EditedMeanwhile; NotKnownError."""
    initiative = initiatives.opened(number, user)
    why = cleaned(why)
    if not why or len(why) > LONGEST_WORDS:
        raise Wrong(
            {"stop-why": f"Say why it stops, in at most {LONGEST_WORDS:,} characters: others will ask."}
        )
    return keeping.change(initiative, user.email, "stopped", version, status=Status.STOPPED, stopped_why=why)


@transaction.atomic
def take_up(number: int, user: User, version: int) -> Initiative:
    """Go on with one that was stopped, from where its gates stand. Raises as `stop` does."""
    initiative = initiatives.held(number, user)
    if initiative.status != Status.STOPPED:
        return initiative
    status = status_by_gates(initiative)
    return keeping.change(initiative, user.email, "taken up again", version, status=status, stopped_why="")


def status_by_gates(initiative: Initiative) -> Status:
    is_open = set(initiative.gateways.filter(is_open=True).values_list("gate", flat=True))
    leads = [gate.leads_to for gate in load_delivery_gates().gates if gate.leads_to and gate.id in is_open]
    return Status(leads[-1]) if leads else Status.IDEA


def _standing(
    initiative: Initiative, gate: DeliveryGate, gateway: Gateway, before: list[Standing]
) -> Standing:
    gates = load_delivery_gates()
    harm = gates.quality.worst(gateway.quality_impact) if QUALITY in gate.needs else 0
    missing = [f"Open the gate “{one.gate.title}” first." for one in before if not one.is_open]
    missing += [gates.needs[need] for need in gate.needs if not _THERE[need](initiative, gateway)]
    if harm >= gates.quality.stops_from:
        missing.append(
            "It could do so much harm that no signature opens the gate: change what is planned first."
        )
    elif harm >= gates.quality.clinical_lead_from and gateway.clinical_lead_id is None:
        missing.append("It could do harm: a clinical lead who did not judge it has to agree first.")
    return Standing(gate, gateway, [] if gateway.is_open else missing, harm)


def _follow(initiative: Initiative, user: User) -> None:
    status = status_by_gates(initiative)
    if initiative.status not in (status, Status.STOPPED):
        keeping.change(initiative, user.email, "as its gates stand", initiative.version, status=status)


def _kept(gateway: Gateway, user: User, why: str, version: int, fields: dict[str, Any]) -> Gateway:
    if gateway.pk is not None:
        return keeping.change(gateway, user.email, why, version, **fields)
    first = {"initiative": gateway.initiative, "gate": gateway.gate, QUALITY: gateway.quality_impact}
    return keeping.create(Gateway, user.email, why, **(first | fields))


def _signed(user: User, is_open: bool, why: str) -> dict[str, Any]:
    why = cleaned(why)
    if len(why) > LONGEST_WORDS:
        raise Wrong({"why": f"Keep to {LONGEST_WORDS:,} characters."})
    return {"is_open": is_open, "signed_by": user, "signed_at": timezone.now(), "why": why}


def _held_for(number: int, user: User, wanted: tuple[Any, ...]) -> Initiative:
    initiative = initiatives.seen(number, user)
    if not who.has(user, initiative.organisation, *wanted):
        raise NotKnownError(f"Initiative {number}", "is none that you may sign.", "See the list of yours.")
    return Initiative.objects.select_for_update().get(pk=number)


def _score(said: Any, known: range) -> Any:
    """None where nothing was said, ... where it cannot be meant."""
    text = str("" if said is None else said).strip()
    if not text:
        return None
    return int(text) if text.lstrip("-").isdecimal() and text.isascii() and int(text) in known else ...


def _has_target(initiative: Initiative) -> bool:
    measures = initiative.measures.all()
    return any(one.target is not None or one.target_percent is not None for one in measures)


def _is_all_judged(gateway: Gateway) -> bool:
    domains = load_delivery_gates().quality.domains
    said = gateway.quality_impact
    return gateway.judged_by_id is not None and all(is_judged(said.get(domain.id, {})) for domain in domains)


_THERE: dict[str, Callable[[Initiative, Gateway], bool]] = {
    "aim": lambda initiative, gateway: bool(initiative.aim),
    "owner": lambda initiative, gateway: bool(initiative.owner),
    "workstream": lambda initiative, gateway: bool(initiative.workstream) or initiative.plan_id is None,
    "days": lambda initiative, gateway: bool(initiative.starts_on and initiative.ends_on),
    "confidence": lambda initiative, gateway: initiative.confidence is not None,
    "milestones": lambda initiative, gateway: initiative.milestones.exists(),
    "quality_measure": lambda initiative, gateway: initiative.measures.filter(
        kind=MeasureKind.QUALITY
    ).exists(),
    "target": lambda initiative, gateway: _has_target(initiative),
    "risks": lambda initiative, gateway: initiative.risks.exists(),
    QUALITY: lambda initiative, gateway: _is_all_judged(gateway),
    "milestones_done": lambda initiative, gateway: not initiative.milestones.filter(done_on=None).exists(),
    "cycles_ended": lambda initiative, gateway: not initiative.cycles.filter(ended_on=None).exists(),
    "risks_closed": lambda initiative, gateway: not initiative.risks.filter(is_closed=False).exists(),
}
