"""What a person wants to hear of: an example, a conversation, a topic (an indicator), or what a search would find."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.db import IntegrityError, transaction

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence import finding
from careatlas.improve.evidence.following import talking
from careatlas.improve.evidence.models import Follow
from careatlas.improve.evidence.writing import examples
from careatlas.improve.people.models import User
from careatlas.improve.record import keeping

KINDS = {"example": "example", "thread": "conversation", "indicator": "topic", "search": "search"}
MOST, LONGEST_KEY = 500, 200


@dataclass(frozen=True)
class Followed:
    """``title`` and ``address``: of what is followed, as far as its follower may still see it."""

    follow: Follow
    title: str
    address: str

    @property
    def kind(self) -> str:
        return KINDS[self.follow.kind]


def follow(user: User, kind: str, key: str, release: Release) -> None:
    """Following twice is following once. Raises NotKnownError for what is not there for this person."""
    key = _as_kept(kind, key)
    if _described(user, kind, key, release) is None:
        raise NotKnownError(key[:60] or "Nothing", "cannot be followed.", "Follow it from its page.")
    if user.follows.count() >= MOST:
        raise NotKnownError("You", f"follow {MOST} things already.", "Leave some of them.")
    try:
        with transaction.atomic():
            if not is_following(user, kind, key):
                keeping.create(Follow, user.email, "follows", user=user, kind=kind, key=key)
    except IntegrityError:  # the same at one moment
        return


@transaction.atomic
def unfollow(user: User, kind: str, key: str) -> None:
    for row in user.follows.select_for_update().filter(kind=kind, key=_as_kept(kind, key)):
        keeping.remove(row, user.email, "follows no more")


def is_following(user: User, kind: str, key: str) -> bool:
    return (
        user.is_authenticated
        and Follow.objects.filter(user=user, kind=kind, key=_as_kept(kind, key)).exists()
    )


def followed(user: User, release: Release) -> Iterable[Followed]:
    """All that the person follows, the newest first; what they may see no more is only named."""
    for row in user.follows.order_by("-pk"):
        title, address = _described(user, row.kind, row.key, release) or ("No longer there", "")
        yield Followed(row, title, address)


def _described(user: User, kind: str, key: str, release: Release) -> tuple[str, str] | None:
    """Title and address; None where it is not there for this person."""
    number = int(key) if key.isascii() and key.isdecimal() and len(key) < 12 else 0
    if kind == "example":
        example = examples.visible_to(user).filter(pk=number).first()
        return (example.title, f"/library/{number}/") if example else None
    if kind == "thread":
        thread = talking.visible_to(user, release).filter(pk=number).first()
        return (thread.title, f"/library/threads/{number}/") if thread else None
    if kind == "indicator":
        about = release.catalogue["indicators"].get(key)
        return (about["title"], f"/library/topics/{key}/") if about else None
    if kind == "search" and key:
        return _search_in_words(key, release), f"/library/?{key}"
    return None


def _search_in_words(key: str, release: Release) -> str:
    asked, titles = finding.Asked.read(dict(parse_qsl(key))), finding.titles_of(release)
    chosen = [titles[name].get(value, value) for name in finding.FACETS if (value := getattr(asked, name))]
    words = [f"“{asked.words}”"] if asked.words else []
    return "Search: " + ", ".join([*words, *chosen])


def _as_kept(kind: str, key: str) -> str:
    """A search in one way of writing, whatever order its parts came in. Raises NotKnownError."""
    if len(key) > LONGEST_KEY or kind not in KINDS:
        raise NotKnownError(key[:60] or kind[:12], "cannot be followed.", "Follow it from its page.")
    if kind != "search":
        return key
    asked = finding.Asked.read(dict(parse_qsl(key)))
    said = {name: getattr(asked, name) for name in ("words", *finding.FACETS)}
    return finding.Asked(**said).as_text()[:LONGEST_KEY]
