"""The log of changes: each entry's hash is of its words and of the hash before, so that tampering shows.

An entry taken out, altered or moved breaks the chain at that place. Entries cut off at the end leave a chain that is
whole but short: hold the head (`careatlas audit head`) somewhere else, and `careatlas audit verify --head` finds it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from careatlas.improve.record.models import Entry, Head

FIRST = "0" * 64
HASHED = ("number", "at", "who", "action", "kind", "key", "before", "after", "why", "previous")


def add(
    who: str, action: str, kind: str, key: str, before: Mapping[str, Any], after: Mapping[str, Any], why: str
) -> Entry:
    """Write an entry at the end of the chain, in the transaction that makes the change."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an entry is written in the transaction of its change")
    Head.objects.get_or_create(pk=1)
    head = Head.objects.select_for_update().get(pk=1)
    entry = Entry(
        number=head.number + 1,
        at=timezone.now(),
        who=who,
        action=action,
        kind=kind,
        key=key,
        before=_plain(before),
        after=_plain(after),
        why=why,
        previous=head.digest,
    )
    entry.digest = digest_of(entry)
    entry.save(force_insert=True)
    Head.objects.filter(pk=1).update(number=entry.number, digest=entry.digest)
    return entry


def digest_of(entry: Entry) -> str:
    """SHA-256 of everything the entry says, in one order and one way of writing."""
    said = {name: getattr(entry, name) for name in HASHED} | {"at": entry.at.isoformat()}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def head() -> str:
    """``number:hash`` of the last entry: keep it where whoever can write here cannot."""
    last = Entry.objects.last()
    return f"{last.number}:{last.digest}" if last else f"0:{FIRST}"


def faults(known_head: str | None = None) -> Iterator[str]:
    """What is wrong with the chain, from its beginning; nothing where it is whole.

    ``known_head``: one that was kept elsewhere; its entry must still be there and say the same."""
    number, previous, digests = 0, FIRST, {0: FIRST}
    for entry in Entry.objects.order_by("number").iterator():
        number += 1
        if entry.number != number:
            yield f"entry {number} is not there: {entry.number} follows {number - 1}"
            number = entry.number
        if entry.previous != previous:
            yield f"entry {entry.number} does not follow the one before it"
        if digest_of(entry) != entry.digest:
            yield f"entry {entry.number} is not what was written"
        previous = digests[entry.number] = entry.digest
    if known_head is not None:
        yield from _against(known_head, digests)


def _against(known_head: str, digests: Mapping[int, str]) -> Iterator[str]:
    number, _, digest = known_head.partition(":")
    if not number.isdecimal() or len(digest) != len(FIRST):
        yield f"{known_head!r} is no head: it reads NUMBER:HASH, as `careatlas audit head` prints it"
    elif int(number) not in digests:
        yield f"entry {number}, which the head names, is not there: the end was cut off"
    elif digests[int(number)] != digest:
        yield f"entry {number} is another than the head names: the chain was written anew"


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON will give it back, so that the hash is of what is read and not of what was meant."""
    return json.loads(json.dumps(dict(fields), cls=DjangoJSONEncoder))
