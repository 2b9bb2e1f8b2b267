"""Examples as somebody meets them: which they see, which they write on, and those of theirs that are open.

Whoever asks for an example asks here, or they would see a stranger's draft. Writing is in `drafting`; who may judge and
decide is in `impartial`.
"""

from django.db.models import Q, QuerySet

from careatlas.errors import NotKnownError
from careatlas.improve.evidence.impartial import assessable, decidable_by
from careatlas.improve.evidence.models import Example, Invitation, Stage
from careatlas.improve.evidence.writing.answers import Wrong
from careatlas.improve.people import roles
from careatlas.improve.people.models import Grant, Organisation, Role, User

OPEN = (Stage.DRAFT, Stage.RETURNED)
NOBODY = Q(pk__in=())


class NotOpen(Exception):
    """The example is with the assessors, published or withdrawn: its words stand."""

    def __init__(self, example: Example) -> None:
        self.example = example
        super().__init__(f"example {example.pk} is {example.stage}")


def visible_to(user: User) -> QuerySet[Example]:
    """Published ones, for everybody (withdrawn afterwards: they stay, to say so); those one works on; those that
    one may assess or, as a publisher, decide on."""
    condition = Q(stage=Stage.PUBLISHED) | Q(stage=Stage.WITHDRAWN, published_at__isnull=False)
    if user.is_authenticated and user.is_active:
        condition |= _works_on(user) | Q(author=user) | assessable(user)
        condition |= decidable_by(user) | roles.within(user, Role.PUBLISHER, "owner")
    return Example.objects.filter(condition).select_related("owner", "author")


def handed_out_to(user: User) -> QuerySet[Example]:
    """Those whose words, files and pictures the person may take away: what was withdrawn, only who works on it."""
    return visible_to(user).filter(~Q(stage=Stage.WITHDRAWN) | _works_on(user))


def worked_on_by(user: User) -> QuerySet[Example]:
    """Those of the person's organisations, at whatever stage; of a place one only said to be at, one's own alone."""
    return Example.objects.filter(_works_on(user)).select_related("owner", "author")


def invitations(user: User) -> QuerySet[Invitation]:
    """Improvements the atlas found at the person's organisations, which nobody declined or wrote up."""
    return invitations_ever(user).filter(is_declined=False, example=None).order_by("-change_start", "pk")


def invitations_ever(user: User) -> QuerySet[Invitation]:
    """Those written up or declined too: the form of one may be sent again."""
    found = Invitation.objects.filter(roles.within(user, Role.AUTHOR, "organisation"))
    return found.select_related("organisation", "example")


def opened(number: int, user: User) -> Example:
    """The example to be changed, held until the end of the transaction. Raises NotKnownError; NotOpen."""
    opened_now(number, user)
    example = Example.objects.select_for_update().get(pk=number)
    if example.stage not in OPEN:
        raise NotOpen(example)
    return example


def opened_now(number: int, user: User) -> Example:
    """The same as it stands at this moment, held by nobody."""
    example = worked_on_by(user).filter(pk=number).first()
    if example is None:
        raise NotKnownError(f"Example {number}", "is none that you may write on.", "See the list of yours.")
    if example.stage not in OPEN:
        raise NotOpen(example)
    return example


def _works_on(user: User) -> Q:
    if not (user.is_authenticated and user.is_active):
        return NOBODY
    condition = Q(author=user) & roles.within(user, Role.AUTHOR, "owner")
    confirmed = Grant.objects.filter(user=user, role=Role.AUTHOR, is_claimed=False)
    for path in confirmed.values_list("organisation__path", flat=True):
        condition |= Q(owner__path__startswith=path)
    return condition


def may_write_for(user: User, owner: Organisation) -> None:
    if not roles.may(user, Role.AUTHOR, owner):
        raise Wrong({"owner": f"You are no author of {owner.name}. Its publishers can make you one."})
