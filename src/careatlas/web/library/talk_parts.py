"""What pages of conversations show beside the words: examples and areas pinned, lists, and the way there."""

from typing import Any

from django.http import HttpRequest

from careatlas.engine.release import Release
from careatlas.improve.evidence import voices
from careatlas.improve.evidence.following import talking
from careatlas.improve.evidence.matching import choosing
from careatlas.improve.evidence.models import Thread
from careatlas.improve.people.models import Organisation
from careatlas.web.library.match_pages import LIBRARY
from careatlas.web.pages import crumb

TOPICS = crumb("Conversations", "/library/topics/")
MOST_PINNED = 5
MOST_AREAS = 40


def pinned_to(release: Release, indicator: str, group: Organisation | None) -> dict[str, Any]:
    """Examples and areas that stand beside a conversation on a topic; none where the release has it no more."""
    about = release.catalogue["indicators"].get(indicator)
    if about is None:
        return {}
    found = talking.with_gap(release, indicator, group)
    rows = [
        {"need": need, "name": release.areas[need.area]["name"], "area": need.area}
        for need in found[:MOST_AREAS]
    ]
    pinned = choosing.pinned(release, indicator)[:MOST_PINNED]
    return {
        "topic": about,
        "pinned": pinned,
        "areas": rows,
        "areas_left_out": len(found) - len(rows),
        "has_group": group is not None,
    }


def own_gaps(request: HttpRequest, release: Release) -> list[dict[str, str]]:
    """Topics in which an area that the person speaks for has a gap: of boards and trusts, not of whole countries."""
    own = set(voices.organisations_of(request.user).values_list("pk", flat=True))
    if not own or len(own) > MOST_AREAS:
        return []
    titles = release.catalogue["indicators"]
    return [
        {"id": id, "title": about["title"]}
        for id, about in titles.items()
        if any(need.area in own for need in talking.with_gap(release, id))
    ]


def own_groups(request: HttpRequest, release: Release, indicator: str) -> list[Organisation]:
    """Peer groups on a topic that the person could open: of their own areas with the gap."""
    own = voices.organisations_of(request.user)
    with_gap = {need.area for need in talking.with_gap(release, indicator)}
    return list(own.filter(pk__in=with_gap).order_by("name")[:MOST_AREAS])


def about_examples(user: Any, release: Release, indicator: str) -> list[dict[str, Any]]:
    found = talking.visible_to(user, release).filter(indicator=indicator).exclude(example=None)
    return [listed(release, one) for one in found[:20]]


def listed(release: Release, one: Thread) -> dict[str, Any]:
    about = release.catalogue["indicators"].get(one.indicator)
    return {
        "thread": one,
        "address": address_of(one),
        "of": _of(one, about["title"] if about else one.indicator),
    }


def _of(one: Thread, topic: str) -> str:
    if one.example_id is not None:
        return f"about the example “{one.example.title}”"
    if one.organisation_id is not None:
        return f"{topic}: {one.organisation.name} and those like it"
    return topic


def way_to(release: Release, found: Thread) -> list[dict[str, str]]:
    if found.example_id is not None:
        return [LIBRARY, crumb(found.example.title, f"/library/{found.example_id}/")]
    about = release.catalogue["indicators"].get(found.indicator)
    return [LIBRARY, TOPICS] + ([crumb(about["title"], topic_address(found.indicator))] if about else [])


def topic_address(indicator: str) -> str:
    return f"/library/topics/{indicator}/"


def address_of(one: Thread) -> str:
    return f"/library/threads/{one.pk}/"
