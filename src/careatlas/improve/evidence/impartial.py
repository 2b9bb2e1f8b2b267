"""Who may judge an example: nobody its author, nobody of its owner, and nobody twice.

Of the owner is whoever has any role in the owner's board or anything in it (a trust that lies in no board stands for
itself). Where the owner is a region or the country, it is those with a role in that body itself, because its parts are
others. Whose roles lie elsewhere, or above, in the region or the country, may judge.
"""

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from careatlas.catalogue.library import load_gates
from careatlas.improve.evidence.models import Assessment, Example, Stage
from careatlas.improve.people import roles
from careatlas.improve.people.models import Grant, Kind, Organisation, Role, User

ABOVE_BOARDS = (Kind.NATIONAL, Kind.REGION)
NOBODY = Q(pk__in=())
OPEN_ROUND = Q(stage=Stage.SUBMITTED) | Q(stage=Stage.PUBLISHED, round__gt=F("round_decided"))


def assessable(user: User) -> Q:
    """A condition: examples with an open round that the person may read and assess."""
    return OPEN_ROUND & _impartial(user) if roles.has(user, Role.ASSESSOR) else NOBODY


def may_assess(user: User, example: Example) -> bool:
    return Example.objects.filter(assessable(user), pk=example.pk).exists()


def decidable_by(user: User) -> Q:
    """A condition: examples that the person decides on, as a publisher who neither wrote nor assessed them."""
    if not publishes(user):
        return NOBODY
    assessed = Assessment.objects.filter(example=OuterRef("pk"), round=OuterRef("round"), assessor=user)
    was_seen = Q(stage__in=(Stage.SUBMITTED, Stage.PUBLISHED)) | Q(
        stage=Stage.WITHDRAWN, published_at__isnull=False
    )
    return was_seen & ~Q(author=user) & ~Exists(assessed)


def may_decide(user: User, example: Example) -> bool:
    return Example.objects.filter(decidable_by(user), pk=example.pk).exists()


def assessors_for(example: Example) -> list[User]:
    """Who may take a place in the open round: not who has one."""
    placed = Assessment.objects.filter(example=example, round=example.round).values("assessor")
    found = _with(Role.ASSESSOR).exclude(pk__in=placed)
    return [user for user in found if may_assess(user, example)]


def deciders_on(example: Example) -> list[User]:
    return [user for user in _with(Role.PUBLISHER) if may_decide(user, example)]


def owned_by(user: User) -> Q:
    """A condition: examples that the person wrote, or whose owner they write or publish for; not where they only said
    so themselves."""
    if not (user.is_authenticated and user.is_active):
        return NOBODY
    condition = Q(author=user)
    confirmed = Grant.objects.filter(user=user, role__in=(Role.AUTHOR, Role.PUBLISHER), is_claimed=False)
    for path in confirmed.values_list("organisation__path", flat=True):
        condition |= Q(owner__path__startswith=path)
    return condition


def publishes(user: User) -> bool:
    """Whether the person is a publisher of the organisation whose publishers decide."""
    configured = load_gates().publishing_organisations
    found = (
        Organisation.objects.filter(code__in=configured)
        if configured
        else Organisation.objects.filter(kind=Kind.NATIONAL)
    )
    return any(roles.may(user, Role.PUBLISHER, organisation) for organisation in found)


def _with(role: Role) -> QuerySet[User]:
    return User.objects.filter(grants__role=role, is_active=True).distinct().order_by("pk")


def _impartial(user: User) -> Q:
    """Not written by the person, and not owned where the person belongs."""
    allowed = ~Q(author=user)
    for organisation in Organisation.objects.filter(grant__in=Grant.objects.filter(user=user)).distinct():
        allowed &= ~_owned_where(organisation)
    return allowed


def _owned_where(organisation: Organisation) -> Q:
    """Examples of those who are of one house with an organisation: all in its board; a region's or country's own."""
    if organisation.kind in ABOVE_BOARDS:
        return Q(owner=organisation)
    return Q(owner__path__startswith=_house(organisation))


def _house(organisation: Organisation) -> str:
    """The path of the highest body that the organisation lies in, regions and the country left out.

    ``ENG/Y60/QOP/03R/`` lies in ``ENG/Y60/QOP/``."""
    codes = organisation.path.strip("/").split("/")
    above = set(
        Organisation.objects.filter(code__in=codes, kind__in=ABOVE_BOARDS).values_list("code", flat=True)
    )
    down_to = next(place for place, code in enumerate(codes) if code not in above)
    return "".join(f"{code}/" for code in codes[: down_to + 1])
