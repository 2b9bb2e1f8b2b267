"""Conversations: questions to an example's owner, topics, and peer groups; who may read, write, close and take down.

Of an example, everybody who sees it reads, and whoever has signed in writes. A topic (an indicator) is read by
everybody and open to those whose area has a lasting gap there, who wrote an example on it, or who publish. A peer group
(a topic, and an organisation with those like it) is for these alone, as far as they have the gap; who has written there
stays in.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from careatlas.engine.release import Release
from careatlas.errors import NotKnownError
from careatlas.improve.evidence import voices
from careatlas.improve.evidence.impartial import publishes
from careatlas.improve.evidence.matching import needs
from careatlas.improve.evidence.matching.needs import Need
from careatlas.improve.evidence.models import Example, Post, Stage, Thread
from careatlas.improve.evidence.notices import telling
from careatlas.improve.evidence.writing import examples
from careatlas.improve.evidence.writing.answers import Wrong, cleaned
from careatlas.improve.people import roles
from careatlas.improve.people.models import Organisation, Role, User
from careatlas.improve.record import keeping
from careatlas.present.peers import chosen_peers

LONGEST_TITLE, LONGEST_TEXT, LONGEST_WHY = 160, 8_000, 400
MOST_POSTS_AN_HOUR = 20  # of one person: each is a notice to many


class Closed(Exception):
    """Nothing more is said in this thread."""


def visible_to(user: User, release: Release) -> QuerySet[Thread]:
    """The newest first, with ``posts_shown``, how many posts stand."""
    of_example = Q(example__in=examples.visible_to(user).filter(stage__in=(Stage.PUBLISHED, Stage.WITHDRAWN)))
    of_topic = Q(example=None, organisation=None)
    found = Thread.objects.filter(of_example | of_topic | Q(pk__in=_groups_of(user, release)))
    shown = Count("posts", filter=Q(posts__is_taken_down=False))
    found = found.select_related("example", "organisation", "opened_by")
    return found.annotate(posts_shown=shown).order_by("-opened_at", "-pk")


def found(number: int, user: User, release: Release) -> Thread:
    """Raises NotKnownError where it is none, or none for this person."""
    thread = visible_to(user, release).filter(pk=number).first()
    if thread is None:
        raise NotKnownError("This conversation", "is not here.", "")
    return thread


def with_gap(release: Release, indicator: str, organisation: Organisation | None = None) -> list[Need]:
    """Areas with a lasting gap on a topic, the largest first: all, or those of a peer group."""
    levels = release.catalogue["indicators"].get(indicator, {}).get("area_types", [])
    found = [need for level in levels for need in needs.of_indicator(release, indicator, level)]
    if organisation is None:
        return found
    group = _peer_group(release, organisation)
    return [need for need in found if need.area in group]


def may_open(
    user: User,
    release: Release,
    *,
    example: Example | None,
    indicator: str,
    organisation: Organisation | None,
) -> bool:
    if not (user.is_authenticated and user.is_active):
        return False
    if example is not None:
        return example.stage == Stage.PUBLISHED
    if organisation is not None:
        return _is_of_group(user, release, indicator, organisation)
    return _has_a_say(user, release, indicator)


def may_write(user: User, thread: Thread, release: Release) -> bool:
    """In a thread that the person may read."""
    if thread.is_closed or not (user.is_authenticated and user.is_active):
        return False
    if thread.organisation_id is not None:
        return True  # who reads there belongs there
    if thread.example_id is not None:
        return thread.example.stage == Stage.PUBLISHED
    return _has_a_say(user, release, thread.indicator)


def moderates(user: User, thread: Thread) -> bool:
    """Publishers of the country, of the example's owner, and of the group's organisation."""
    over = thread.example.owner if thread.example else thread.organisation
    return publishes(user) or (over is not None and roles.may(user, Role.PUBLISHER, over))


@transaction.atomic
def start(
    user: User,
    release: Release,
    title: str,
    text: str,
    *,
    example: Example | None = None,
    indicator: str = "",
    organisation: Organisation | None = None,
) -> Thread:
    """Open a thread with its first post. Raises answers.Wrong; NotKnownError where the person may not."""
    if not may_open(user, release, example=example, indicator=indicator, organisation=organisation):
        raise NotKnownError("This conversation", "is not open to you.", "It is for areas with the same gap.")
    title, text = " ".join(cleaned(title).split()), cleaned(text)
    faults = _faults(user, text)
    if not title or len(title) > LONGEST_TITLE:
        faults = {
            "title": f"Say in one line what it is about, in at most {LONGEST_TITLE} characters."
        } | faults
    if faults:
        raise Wrong(faults)
    thread = keeping.create(
        Thread,
        user.email,
        "opened a conversation",
        example=example,
        indicator=example.indicator if example else indicator,
        organisation=organisation,
        title=title,
        opened_by=user,
    )
    _post(thread, user, text, release)
    return thread


@transaction.atomic
def reply(number: int, user: User, release: Release, text: str) -> Post:
    """Raises answers.Wrong; Closed; NotKnownError."""
    thread = found(number, user, release)
    locked = Thread.objects.select_for_update().get(pk=thread.pk)
    if locked.is_closed:
        raise Closed
    if not may_write(user, thread, release):
        raise NotKnownError("This conversation", "is not open to you.", "It is for areas with the same gap.")
    text = cleaned(text)
    faults = _faults(user, text)
    if faults:
        raise Wrong(faults)
    return _post(thread, user, text, release)


@transaction.atomic
def take_down(number: int, user: User, release: Release, version: int, why: str) -> Post:
    """By who wrote it, or by a publisher. The words stay in the record. Raises answers.Wrong; EditedMeanwhile."""
    post = Post.objects.select_related("thread").filter(pk=number).first()
    if post is None:
        raise NotKnownError("This post", "is not here.", "")
    thread = found(post.thread_id, user, release)
    if post.author_id != user.pk and not moderates(user, thread):
        raise NotKnownError("This post", "is none that you may take down.", "")
    why = " ".join(cleaned(why).split())
    if not why or len(why) > LONGEST_WHY:
        raise Wrong({"why": f"Say why, in at most {LONGEST_WHY} characters: readers see it in its place."})
    return keeping.change(
        post, user.email, f"taken down: {why}", version, is_taken_down=True, taken_down_why=why
    )


@transaction.atomic
def close(number: int, user: User, release: Release, version: int) -> Thread:
    """By who opened it, or by a publisher."""
    return _set_closed(number, user, release, version, True, "closed")


@transaction.atomic
def open_again(number: int, user: User, release: Release, version: int) -> Thread:
    return _set_closed(number, user, release, version, False, "opened again")


def may_close(user: User, thread: Thread) -> bool:
    return user.is_authenticated and (thread.opened_by_id == user.pk or moderates(user, thread))


def _set_closed(number: int, user: User, release: Release, version: int, is_closed: bool, why: str) -> Thread:
    thread = found(number, user, release)
    if not may_close(user, thread):
        raise NotKnownError("This conversation", "is none that you may close.", "")
    return keeping.change(thread, user.email, why, version, is_closed=is_closed)


def _post(thread: Thread, user: User, text: str, release: Release) -> Post:
    is_first = not thread.posts.exists()
    post = keeping.create(Post, user.email, "wrote in a conversation", thread=thread, author=user, text=text)
    told = [one for one in _interested(thread) if one.pk != user.pk and _sees(one, thread, release)]
    did = "asks" if is_first and thread.example_id else "opened" if is_first else "wrote in"
    telling.tell(told, f"{user.name} {did} “{thread.title}”.", f"/library/threads/{thread.pk}/")
    return post


def _interested(thread: Thread) -> set[User]:
    """Who follows it, its example or its topic; an example's author is asked, and who wrote in it hears the answer."""
    what = [("thread", str(thread.pk))]
    if thread.example_id:
        what.append(("example", str(thread.example_id)))
    elif thread.indicator:
        what.append(("indicator", thread.indicator))
    asked = {thread.example.author} if thread.example else set()
    wrote = User.objects.filter(post__thread=thread, is_active=True)
    return set(telling.followers(*what)) | asked | set(wrote)


def _sees(user: User, thread: Thread, release: Release) -> bool:
    return thread.organisation_id is None or visible_to(user, release).filter(pk=thread.pk).exists()


def _has_a_say(user: User, release: Release, indicator: str) -> bool:
    """On a topic: an area with the gap, an author of a published example on it, a publisher of the country."""
    if indicator not in release.catalogue["indicators"]:
        return False
    own = set(voices.organisations_of(user).values_list("pk", flat=True))
    has_gap = any(need.area in own for need in with_gap(release, indicator))
    wrote = Example.objects.filter(author=user, indicator=indicator, stage=Stage.PUBLISHED)
    return has_gap or wrote.exists() or publishes(user)


def _groups_of(user: User, release: Release) -> list[int]:
    """Threads of peer groups that the person belongs to."""
    if not (user.is_authenticated and user.is_active):
        return []
    grouped = Thread.objects.exclude(organisation=None).select_related("organisation")
    wrote = set(grouped.filter(posts__author=user).values_list("pk", flat=True))
    return [
        thread.pk
        for thread in grouped
        if thread.pk in wrote
        or moderates(user, thread)
        or _is_of_group(user, release, thread.indicator, thread.organisation)
    ]


def _is_of_group(user: User, release: Release, indicator: str, organisation: Organisation) -> bool:
    own = set(voices.organisations_of(user).values_list("pk", flat=True))
    if organisation.pk in own:
        return indicator in release.catalogue["indicators"]
    return any(need.area in own for need in with_gap(release, indicator, organisation))


def _peer_group(release: Release, organisation: Organisation) -> set[str]:
    if organisation.pk not in release.areas:
        return {organisation.pk}
    return {organisation.pk, *chosen_peers(release, organisation.pk)}


def _faults(user: User, text: str) -> dict[str, str]:
    if again_at := _waits_until(user):
        return {
            "text": f"You have written {MOST_POSTS_AN_HOUR} posts within an hour. Send this one from "
            f"{again_at:%H:%M} UTC on: your words stay on this page."
        }
    if not text:
        return {"text": "Write something."}
    if len(text) > LONGEST_TEXT:
        return {"text": f"{len(text):,} characters are too many: keep to {LONGEST_TEXT:,}."}
    return {}


def _waits_until(user: User) -> datetime | None:
    """When a person who has written much may write again, to the next minute; held until the end of the transaction,
    so that two posts at one moment are both counted."""
    User.objects.select_for_update().get(pk=user.pk)
    within = Post.objects.filter(author=user, at__gt=timezone.now() - timedelta(hours=1)).order_by("-at")
    earliest = within.values_list("at", flat=True)[MOST_POSTS_AN_HOUR - 1 : MOST_POSTS_AN_HOUR]
    return earliest[0] + timedelta(hours=1, minutes=1) if earliest else None
