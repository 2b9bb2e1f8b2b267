"""For which organisations a person may speak: where they have a role, and below it where somebody confirmed it.

Who only said so at registering speaks for the one organisation they named and for nothing below.
"""

from django.db.models import Q, QuerySet

from careatlas.improve.people.models import Grant, Kind, Organisation, Role, User


def organisations_of(user: User, *roles: Role) -> QuerySet[Organisation]:
    """Those of today that the person speaks for by one of the roles; without any, by whatever role."""
    condition = Q(pk__in=())
    if user.is_authenticated and user.is_active:
        found = Grant.objects.filter(user=user, **({"role__in": roles} if roles else {}))
        for grant in found.select_related("organisation"):
            if grant.is_claimed:
                condition |= Q(pk=grant.organisation_id)
            else:
                condition |= Q(path__startswith=grant.organisation.path)
    return Organisation.objects.filter(condition, is_current=True)


def people_of(organisation: Organisation, *roles: Role) -> QuerySet[User]:
    """Who speaks for an organisation by one of the roles, there or above; regions and the country are not asked for
    what a board or trust did."""
    codes = organisation.path.strip("/").split("/")
    found = Grant.objects.filter(role__in=roles, organisation__in=codes, user__is_active=True)
    here = Q(organisation=organisation)
    found = found.filter(here | Q(is_claimed=False) & ~Q(organisation__kind__in=(Kind.NATIONAL, Kind.REGION)))
    return User.objects.filter(pk__in=found.values("user")).order_by("pk")
