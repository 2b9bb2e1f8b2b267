"""What each person may see and change, thing by thing: the rules of the library in their own words.

Nothing here asks the code that is tested. An address takes from here what it needs: see `rules`.
"""

from collections.abc import Callable
from typing import Any

from careatlas.improve.delivery.models import (
    Claim,
    Initiative,
    Measure,
    Milestone,
    Plan,
    Pool,
    Proposal,
    Report,
    Return,
    Risk,
    Status,
)
from careatlas.improve.evidence.models import Adoption, Assessment, Example, Post, Stage, Thread, Token
from careatlas.improve.people.models import Grant, Role
from walkers.people import Person

SEE_DRAFTS = (Role.PLAN_MANAGER, Role.FINANCE_ASSURER, Role.PUBLISHER)

# Of examples


def house_of(path: str) -> str:
    """The board or the trust that a place lies in; nothing for regions and the country. Trusts lie in a region here."""
    codes = path.strip("/").split("/")
    return "/".join(codes[:3]) if len(codes) >= 3 else ""


def writes(person: Person, example: Example) -> bool:
    """An author's side, whoever of them began it."""
    return person.over(example.owner.path, Role.AUTHOR)


def is_open(example: Example) -> bool:
    return example.stage in (Stage.DRAFT, Stage.RETURNED)


def is_public(example: Example) -> bool:
    return example.stage == Stage.PUBLISHED or (
        example.stage == Stage.WITHDRAWN and example.published_at is not None
    )


def is_in_round(example: Example) -> bool:
    return example.stage == Stage.SUBMITTED or (
        example.stage == Stage.PUBLISHED and example.round > example.round_decided
    )


def judges(person: Person, example: Example) -> bool:
    """An assessor of another house who did not write it, while a round is open."""
    if not person.has(Role.ASSESSOR) or example.author_id == person.key or not is_in_round(example):
        return False
    for grant in person.grants():
        own = house_of(grant.organisation.path)
        if (own and own == house_of(example.owner.path)) or grant.organisation_id == example.owner_id:
            return False
    return True


def decides(person: Person, example: Example) -> bool:
    """A publisher of the country who neither wrote nor scored it, once it was handed in."""
    if not person.publishes() or example.author_id == person.key:
        return False
    scored = Assessment.objects.filter(example=example, round=example.round, assessor=person.key)
    return (example.stage == Stage.SUBMITTED or is_public(example)) and not scored.exists()


def sees(person: Person, example: Example) -> bool:
    if is_public(example):
        return True
    if person.user is None:
        return False
    return (
        example.author_id == person.key
        or writes(person, example)
        or person.over(example.owner.path, Role.PUBLISHER)
        or judges(person, example)
        or decides(person, example)
    )


def sees_scores(person: Person, assessment: Assessment) -> bool:
    """One's own; others' once two are in, and then by whom the rules of assessing name."""
    example = assessment.example
    if assessment.assessor_id == person.key:
        return True
    of_round = Assessment.objects.filter(example=example, round=assessment.round)
    if (
        assessment.handed_in_at is None
        or of_round.filter(is_third=False, handed_in_at__isnull=False).count() < 2
    ):
        return False
    if example.stage == Stage.PUBLISHED and assessment.round == example.round_decided:
        return True
    if person.user is None:
        return False
    is_owners = example.author_id == person.key or person.over(
        example.owner.path, Role.AUTHOR, Role.PUBLISHER
    )
    return (
        (assessment.round <= example.round_decided and is_owners)
        or of_round.filter(assessor=person.key).exists()
        or decides(person, example)
    )


def sees_result(person: Person, example: Example) -> bool:
    own = Assessment.objects.filter(example=example, handed_in_at__isnull=False)
    return any(sees_scores(person, one) for one in own)


# Of conversations, adoptions, people


def reads_thread(person: Person, thread: Thread) -> bool:
    if thread.example_id is not None:
        return is_public(thread.example)
    if thread.organisation_id is None:
        return True
    if person.user is None:
        return False
    return (
        person.over(thread.organisation.path)
        or person.publishes()
        or person.over(thread.organisation.path, Role.PUBLISHER)
        or thread.posts.filter(author=person.key).exists()
    )


def moderates(person: Person, thread: Thread) -> bool:
    over = thread.example.owner if thread.example_id else thread.organisation
    return person.publishes() or (over is not None and person.over(over.path, Role.PUBLISHER))


def closes(person: Person, thread: Thread) -> bool:
    return reads_thread(person, thread) and (thread.opened_by_id == person.key or moderates(person, thread))


def takes_down(person: Person, post: Post) -> bool:
    return reads_thread(person, post.thread) and (
        post.author_id == person.key or moderates(person, post.thread)
    )


def keeps_adoption(person: Person, adoption: Adoption) -> bool:
    return person.over(adoption.organisation.path, Role.AUTHOR, Role.PLAN_MANAGER)


def governs(person: Person, grant: Grant) -> bool:
    return person.over(grant.organisation.path, Role.PUBLISHER)


# Of plans and initiatives


def plans_for(person: Person, path: str) -> bool:
    """A plan manager there or above, by somebody's word and not by their own."""
    return _given(person, path, Role.PLAN_MANAGER)


def sees_plan(person: Person, plan: Plan) -> bool:
    path = plan.organisation.path
    return _given(person, path, *SEE_DRAFTS) or (
        plan.baselined_at is not None and _given(person, path, *Role)
    )


def writes_initiative(person: Person, initiative: Initiative) -> bool:
    paths = [initiative.organisation.path] + ([initiative.plan.organisation.path] if initiative.plan else [])
    return any(plans_for(person, path) for path in paths)


def sees_initiative(person: Person, initiative: Initiative) -> bool:
    """Drafts by who plans, assures or publishes; what was judged also by clinical leads; the rest by all readers, once
    it is past being an idea and its plan is fixed."""
    plan = initiative.plan
    paths = [initiative.organisation.path] + ([plan.organisation.path] if plan else [])
    if any(_given(person, path, *SEE_DRAFTS) for path in paths):
        return True
    if initiative.gateways.filter(judged_by__isnull=False).exists() and _given(
        person, paths[0], Role.ASSESSOR
    ):
        return True
    is_told = initiative.status != Status.IDEA and (plan is None or plan.baselined_at is not None)
    return is_told and any(_given(person, path, *Role) for path in paths)


def sees_report(person: Person, report: Report) -> bool:
    """Who sees drafts; once it is signed, every reader."""
    path = report.organisation.path
    return _given(person, path, *SEE_DRAFTS) or (report.signed_at is not None and _given(person, path, *Role))


def was_told(person: Person, row: Any) -> bool:
    """In a report that they see: it says what it said, whatever became of it."""
    word = f"zq_{row._meta.model_name}_{row.pk}_qz"
    return any(sees_report(person, one) and word in str(one.content) for one in Report.objects.all())


def signs_report(person: Person, report: Report) -> bool:
    return _given(person, report.organisation.path, Role.PLAN_MANAGER, Role.PUBLISHER)


def signs(person: Person, initiative: Initiative) -> bool:
    return _given(person, initiative.organisation.path, Role.PLAN_MANAGER, Role.PUBLISHER)


def agrees(person: Person, initiative: Initiative) -> bool:
    path = initiative.organisation.path
    return sees_initiative(person, initiative) and _given(person, path, Role.ASSESSOR, Role.PUBLISHER)


def makes_pools(person: Person, path: str) -> bool:
    return _given(person, path, *SEE_DRAFTS)


def sees_pool(person: Person, pool: Pool) -> bool:
    """Whoever has a role there, above it, or in what lies in it."""
    own = [grant.organisation.path for grant in person.grants() if not grant.is_claimed]
    return any(pool.area.path.startswith(path) or path.startswith(pool.area.path) for path in own)


def sees_claim(person: Person, claim: Claim) -> bool:
    return sees_initiative(person, claim.initiative) or _is_asked(person, claim)


def confirms(person: Person, claim: Claim) -> bool:
    """Finance over the pool's area, where the claim itself is seen."""
    is_finance = _given(person, claim.pool.area.path, Role.FINANCE_ASSURER)
    return is_finance and sees_claim(person, claim)


def _is_asked(person: Person, claim: Claim) -> bool:
    """Finance of a pool, whether a budget line fell: of what is claimed of it in cash, and by whom."""
    is_cash = claim.form == "cash" and claim.pence > 0 and claim.initiative.status != Status.IDEA
    return is_cash and _given(person, claim.pool.area.path, Role.FINANCE_ASSURER)


def _is_named(person: Person, initiative: Initiative) -> bool:
    return any(_is_asked(person, claim) for claim in initiative.claims.all())


def agrees_shares(person: Person, pool: Pool) -> bool:
    """Whoever writes something that claims a saving of it."""
    drawing = pool.claims.filter(pence__gt=0)
    return sees_pool(person, pool) and any(writes_initiative(person, one.initiative) for one in drawing)


def _given(person: Person, path: str, *wanted: Role) -> bool:
    return any(
        grant.role in wanted and not grant.is_claimed and path.startswith(grant.organisation.path)
        for grant in person.grants()
    )


# The canaries: whose words may be in an answer to whom


def _of_initiative(person: Person, part: Any) -> bool:
    return sees_initiative(person, part.initiative) or was_told(person, part)


SEEN_BY: dict[str, tuple[Any, Callable[[Person, Any], bool]]] = {
    "example": (Example, sees),
    "assessment": (Assessment, sees_scores),
    "post": (Post, lambda person, post: reads_thread(person, post.thread)),
    "grant": (Grant, governs),
    "token": (Token, lambda person, token: token.user_id == person.key),
    "plan": (Plan, sees_plan),
    "initiative": (
        Initiative,
        lambda person, one: sees_initiative(person, one) or was_told(person, one) or _is_named(person, one),
    ),
    "claim": (Claim, sees_claim),
    "proposal": (Proposal, lambda person, proposal: sees_initiative(person, proposal.initiative)),
    "pool": (Pool, sees_pool),
    "report": (Report, sees_report),
    "risk": (Risk, _of_initiative),
    "milestone": (Milestone, _of_initiative),
    "measure": (Measure, _of_initiative),
    "return": (Return, _of_initiative),
}
