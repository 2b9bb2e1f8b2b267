"""Who sees plans and who writes them. Everything is scoped to an organisation and what lies below it.

Plan managers write. They, finance assurers and publishers see drafts; every other role sees what is past being an idea
and stands in no unfixed plan, and clinical leads also what waits for them: quality was judged. What somebody only said
of themselves at registering counts for nothing here: plans name money and people.
"""

from django.db.models import Q, QuerySet

from careatlas.improve.delivery.models import Gateway, Initiative, Plan, Status
from careatlas.improve.people.models import Grant, Organisation, Role, User

WRITERS = (Role.PLAN_MANAGER,)
SEE_DRAFTS = (Role.PLAN_MANAGER, Role.FINANCE_ASSURER, Role.PUBLISHER)
SIGNERS = (Role.PLAN_MANAGER, Role.PUBLISHER)
CLINICAL_LEADS = (Role.ASSESSOR, Role.PUBLISHER)
READERS = tuple(Role)
NOBODY = Q(pk__in=())


def has(user: User, organisation: Organisation, *wanted: Role) -> bool:
    """Whether one of the roles was given to the person here or above."""
    return any(organisation.path.startswith(path) for path in _paths(user, wanted))


def managed_by(user: User) -> QuerySet[Organisation]:
    """Organisations of today for which the person may plan."""
    return Organisation.objects.filter(_within(user, "", WRITERS), is_current=True)


def visible_plans(user: User) -> QuerySet[Plan]:
    seen = _within(user, "organisation", SEE_DRAFTS)
    seen |= _within(user, "organisation", READERS) & Q(baselined_at__isnull=False)
    return Plan.objects.filter(seen & _OF_HERE).select_related("organisation")


def visible_initiatives(user: User) -> QuerySet[Initiative]:
    """A part of a plan is seen by whom its own organisation lets, and by whoever sees drafts of the plan."""
    seen = _within(user, "organisation", SEE_DRAFTS) | _within(user, "plan__organisation", SEE_DRAFTS)
    judged = Gateway.objects.filter(judged_by__isnull=False).values("initiative")
    seen |= _within(user, "organisation", CLINICAL_LEADS) & Q(pk__in=judged)
    told = _within(user, "organisation", READERS) | _within(user, "plan__organisation", READERS)
    seen |= told & ~Q(status=Status.IDEA) & (Q(plan=None) | Q(plan__baselined_at__isnull=False))
    found = Initiative.objects.filter(seen & _OF_HERE)
    return found.select_related("organisation", "plan", "plan__organisation", "example")


def written_by(user: User) -> QuerySet[Initiative]:
    """Those that the person may change."""
    mine = _within(user, "organisation", WRITERS) | _within(user, "plan__organisation", WRITERS)
    return Initiative.objects.filter(mine & _OF_HERE).select_related("organisation", "plan")


# What the simulated country planned vanishes from an atlas that shows another.
_OF_HERE = Q(is_simulated=False) | Q(organisation__is_current=True)


def _within(user: User, field: str, wanted: tuple[Role, ...]) -> Q:
    column = f"{field}__path__startswith" if field else "path__startswith"
    condition = NOBODY
    for path in _paths(user, wanted):
        condition |= Q(**{column: path})
    return condition


def _paths(user: User, wanted: tuple[Role, ...]) -> list[str]:
    if not (user.is_authenticated and user.is_active):
        return []
    found = Grant.objects.filter(user=user, role__in=wanted, is_claimed=False)
    return list(found.values_list("organisation__path", flat=True))
