"""Who sees plans and who writes them. Everything is scoped to an organisation and what lies below it.

Plan managers write. They, finance assurers and publishers see drafts; every other role sees what is past being an idea
and stands in no unfixed plan, and clinical leads also what waits for them: quality was judged. What somebody only said
of themselves at registering counts for nothing here: plans name money and people.
"""

from django.db.models import Q, QuerySet

from careatlas.improve.delivery.models import Claim, Form, Gateway, Initiative, Plan, Pool, Status
from careatlas.improve.people.models import Grant, Organisation, Role, User

WRITERS = (Role.PLAN_MANAGER,)
SEE_DRAFTS = (Role.PLAN_MANAGER, Role.FINANCE_ASSURER, Role.PUBLISHER)
SIGNERS = (Role.PLAN_MANAGER, Role.PUBLISHER)
CLINICAL_LEADS = (Role.ASSESSOR, Role.PUBLISHER)
READERS = tuple(Role)
NOBODY = Q(pk__in=())
OWN_OR_PLANS = ("organisation", "plan__organisation")  # of an initiative


def has(user: User, organisation: Organisation, *wanted: Role) -> bool:
    """Whether one of the roles was given to the person here or above."""
    return any(organisation.path.startswith(path) for path in _paths(user, wanted))


def managed_by(user: User) -> QuerySet[Organisation]:
    """Organisations of today for which the person may plan."""
    return reached_by(user, *WRITERS).filter(is_current=True)


def reached_by(user: User, *wanted: Role) -> QuerySet[Organisation]:
    """Organisations for which one of the roles was given to the person, there or above."""
    return Organisation.objects.filter(within(user, "", wanted))


def visible_plans(user: User) -> QuerySet[Plan]:
    seen = within(user, "organisation", SEE_DRAFTS)
    seen |= within(user, "organisation", READERS) & Q(baselined_at__isnull=False)
    return Plan.objects.filter(seen & OF_HERE).select_related("organisation")


def visible_initiatives(user: User) -> QuerySet[Initiative]:
    """A part of a plan is seen by whom its own organisation lets, and by whoever sees drafts of the plan."""
    given = _given(user)
    seen = _lie_in(given, OWN_OR_PLANS, SEE_DRAFTS)
    judged = Gateway.objects.filter(judged_by__isnull=False).values("initiative")
    seen |= _lie_in(given, ("organisation",), CLINICAL_LEADS) & Q(pk__in=judged)
    seen |= _lie_in(given, OWN_OR_PLANS, READERS) & TOLD
    found = Initiative.objects.filter(seen & OF_HERE)
    return found.select_related("organisation", "plan", "plan__organisation", "example")


def told_to_readers() -> QuerySet[Initiative]:
    """What every reader sees of their own organisation, wherever that is."""
    return Initiative.objects.filter(TOLD & OF_HERE)


def written_by(user: User) -> QuerySet[Initiative]:
    """Those that the person may change."""
    mine = within(user, OWN_OR_PLANS, WRITERS)
    return Initiative.objects.filter(mine & OF_HERE).select_related("organisation", "plan")


def visible_claims(user: User) -> QuerySet[Claim]:
    """Those of initiatives that the person sees; and, to finance of a pool's area, what somebody past an idea claims of
    it in cash, whoever that is: finance says whether a budget line fell."""
    cash = within(user, "pool__area", (Role.FINANCE_ASSURER,)) & Q(form=Form.CASH, pence__gt=0)
    here = Q(initiative__is_simulated=False) | Q(initiative__organisation__is_current=True)
    asked = cash & here & ~Q(initiative__status=Status.IDEA)
    return Claim.objects.filter(Q(initiative__in=visible_initiatives(user).values("pk")) | asked)


def visible_pools(user: User) -> QuerySet[Pool]:
    """Those of what the person has a role in, of all below it, and of what it lies in: these may be drawn on."""
    seen = within(user, "area", READERS)
    above = {code for path in _paths(user, READERS) for code in path.strip("/").split("/")}
    here = Q(is_simulated=False) | Q(area__is_current=True)
    return Pool.objects.filter((seen | Q(area__in=above)) & here).select_related("area")


TOLD = ~Q(status=Status.IDEA) & (Q(plan=None) | Q(plan__baselined_at__isnull=False))
# What the simulated country planned vanishes from an atlas that shows another.
OF_HERE = Q(is_simulated=False) | Q(organisation__is_current=True)


def within(user: User, fields: str | tuple[str, ...], wanted: tuple[Role, ...]) -> Q:
    """A condition: rows of which an organisation (reached by one of ``fields``; "" for organisations themselves) lies
    where the person was given one of the roles."""
    return _lie_in(_given(user), (fields,) if isinstance(fields, str) else fields, wanted)


def _lie_in(given: list[tuple[str, str]], fields: tuple[str, ...], wanted: tuple[Role, ...]) -> Q:
    condition = NOBODY
    for path in _of(given, wanted):
        for field in fields:
            condition |= Q(**{f"{field}__path__startswith" if field else "path__startswith": path})
    return condition


def _paths(user: User, wanted: tuple[Role, ...]) -> list[str]:
    return _of(_given(user), wanted)


def _of(given: list[tuple[str, str]], wanted: tuple[Role, ...]) -> list[str]:
    return [path for role, path in given if role in wanted]


def _given(user: User) -> list[tuple[str, str]]:
    """Roles, each with the path of the organisation in which it was given."""
    if not (user.is_authenticated and user.is_active):
        return []
    found = Grant.objects.filter(user=user, is_claimed=False).order_by("pk")
    return list(found.values_list("role", "organisation__path"))
