"""Who is told what, in the atlas: notices of what people follow, and of what happens to their own.

A notice never tells of what its reader may not see, and the same is not said twice while it is unread. Letters are in
`digests`: nobody gets one before asking for it.
"""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from django.db.models import Q, QuerySet
from django.utils import timezone

from careatlas.errors import NotKnownError
from careatlas.improve.evidence import finding, impartial, voices
from careatlas.improve.evidence.models import Adoption, Example, Follow, Invitation, Notice
from careatlas.improve.people.models import Role, User

LONGEST = 300


def tell(users: Iterable[User], text: str, address: str) -> int:
    """Give each a notice, unless they have the same one unread. Gives how many got it."""
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    wanted = {user.pk for user in users if user.is_active}
    unread = Notice.objects.filter(user__in=wanted, seen_at=None, text=text, address=address)
    wanted -= set(unread.values_list("user_id", flat=True))
    Notice.objects.bulk_create(Notice(user_id=pk, text=text, address=address) for pk in sorted(wanted))
    return len(wanted)


def followers(*what: tuple[str, str]) -> QuerySet[User]:
    """Who follows any of these: pairs of kind and key."""
    condition = Q(pk__in=())
    for kind, key in what:
        condition |= Q(follows__kind=kind, follows__key=key)
    return User.objects.filter(condition, is_active=True).distinct().order_by("pk")


def of_third_wanted(example: Example) -> None:
    """Two assessors disagree: to those who may be the third."""
    text = f"A third assessor is wanted: two disagree on “{example.title}”."
    tell(impartial.assessors_for(example), text, _to_assess(example))


def of_decision_due(example: Example) -> None:
    """All scores are in: to the publishers who may decide."""
    text = f"“{example.title}” waits for a decision: all scores are in."
    tell(impartial.deciders_on(example), text, _to_decide(example))


def third_found(example: Example) -> None:
    """Nobody else has to come."""
    _settle(_to_assess(example))


def round_is_over(example: Example) -> None:
    """Nobody has to assess or decide any more."""
    _settle(_to_assess(example), _to_decide(example))


def of_publication(example: Example) -> None:
    """A newly published example: its author, and those who wanted to hear of its topic or of such a search."""
    address = f"/library/{example.pk}/"
    tell([example.author], f"Your example “{example.title}” is published.", address)
    about = set(followers(("indicator", example.indicator))) if example.indicator else set()
    answering = [("search", key) for key in _searches() if _answers(example, key)]
    about |= set(followers(*answering))
    tell(about - {example.author}, f"New in the library: “{example.title}”, {example.owner.name}.", address)


def of_adoption(adoption: Adoption) -> None:
    example = adoption.example
    told = set(followers(("example", str(example.pk)))) | {example.author}
    words = f"{adoption.organisation.name} does what “{example.title}” describes."
    tell(told - {adoption.user}, words, f"/library/{example.pk}/adopters/")


def of_result(adoption: Adoption, words: str) -> None:
    """What was measured of an adoption is not what it was before."""
    example = adoption.example
    told = set(followers(("example", str(example.pk)))) | {example.author, adoption.user}
    text = f"{words}: “{example.title}” at {adoption.organisation.name}, by the newest figures."
    tell(told, text, f"/library/adoptions/{adoption.pk}/")


def of_measure(example: Example, before: str) -> None:
    """An example's own verdict changed with a new release."""
    told = set(followers(("example", str(example.pk)))) | {example.author}
    text = f"“{example.title}” was {before} and is now {example.verdict}, by the newest figures."
    tell(told, text, f"/library/{example.pk}/")


def of_invitation(invitation: Invitation, title: str) -> None:
    """To those who write for the organisation that got better."""
    authors = voices.people_of(invitation.organisation, Role.AUTHOR)
    text = (
        f"Care Atlas found that {invitation.organisation.name} got better: “{title}”. Will you write up how?"
    )
    tell(authors, text, "/library/mine/")


def unread(user: User) -> int:
    return Notice.objects.filter(user=user, seen_at=None).count()


def notices(user: User) -> QuerySet[Notice]:
    """The newest first."""
    return Notice.objects.filter(user=user).order_by("-at", "-pk")


def mark_read(user: User, up_to: int) -> None:
    """``up_to``: the newest notice that its reader saw, so that none that came meanwhile is lost."""
    Notice.objects.filter(user=user, seen_at=None, pk__lte=up_to).update(seen_at=timezone.now())


def _to_assess(example: Example) -> str:
    return f"/library/assess/{example.pk}/"


def _to_decide(example: Example) -> str:
    return f"/library/decisions/{example.pk}/"


def _settle(*addresses: str) -> None:
    """What these notices asked for is done: they no longer count as unread, and no letter brings them."""
    Notice.objects.filter(address__in=addresses, seen_at=None).update(seen_at=timezone.now())


def _searches() -> list[str]:
    return list(Follow.objects.filter(kind="search").order_by("key").values_list("key", flat=True).distinct())


def _answers(example: Example, search: str) -> bool:
    """Whether a search that somebody keeps finds the example; one that is no search any more finds nothing."""
    try:
        return example.pk in finding.matching(finding.Asked.read(dict(parse_qsl(search))))
    except NotKnownError:
        return False
