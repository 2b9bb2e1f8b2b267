"""The only way to write: create, change, remove, each with who and why; and ``once``, for what may be sent twice.

Two people who change the same row are never merged silently: the second is refused with what the first wrote.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.db.models import F

from careatlas.improve.record import chain
from careatlas.improve.record.models import Answered, Kept

Row = TypeVar("Row", bound=Kept)
NOT_LOGGED = frozenset(
    {"password", "one_time_secret", "token_digest"}
)  # the log says that they changed, not to what


class EditedMeanwhile(Exception):
    """Somebody else has changed the row since it was read: ``now`` is the row as it stands."""

    def __init__(self, now: Kept) -> None:
        self.now = now
        super().__init__(f"{kind_of(now)} {now.pk} is at version {now.version}")


def kind_of(row: models.Model | type[models.Model]) -> str:
    return row._meta.label_lower


@transaction.atomic
def create(kind: type[Row], who: str, why: str, /, **fields: Any) -> Row:
    row = kind.objects.create(**fields)
    chain.add(who, "created", kind_of(kind), str(row.pk), {}, _told(row, fields), why)
    return row


@transaction.atomic
def change(row: Row, who: str, why: str, version: int, /, **fields: Any) -> Row:
    """``version``: the one the writer saw. Raises EditedMeanwhile where it is no longer that one.

    Nothing is written, and no entry made, where every field says so already."""
    kind = row._meta.model  # type() of the user of a request is of its wrapper
    now = kind.objects.select_for_update().get(pk=row.pk)
    if now.version != version:
        raise EditedMeanwhile(now)
    fields = {name: value for name, value in fields.items() if getattr(now, name) != value}
    if not fields:
        return now
    before = _told(now, fields)
    if not kind.objects.filter(pk=row.pk, version=version).update(**fields, version=F("version") + 1):
        raise EditedMeanwhile(kind.objects.get(pk=row.pk))
    changed = kind.objects.get(pk=row.pk)
    chain.add(who, "changed", kind_of(kind), str(row.pk), before, _told(changed, fields), why)
    return changed


@transaction.atomic
def remove(row: Kept, who: str, why: str) -> None:
    fields = [field.attname for field in row._meta.concrete_fields]
    chain.add(who, "removed", kind_of(row), str(row.pk), _told(row, dict.fromkeys(fields)), {}, why)
    row.delete()


def once(who: str, key: str, do: Callable[[], str]) -> str:
    """Carry out a request and give the place it leads to; sent again with the same key, only that place."""
    try:
        with transaction.atomic():
            found = Answered.objects.filter(who=who, key=key).first()
            if found is None:
                found = Answered.objects.create(who=who, key=key, place=do())
            return found.place
    except (IntegrityError, EditedMeanwhile):  # where it came twice at one moment, the other was first
        found = Answered.objects.filter(who=who, key=key).first()
        if found is None:
            raise
        return found.place


def _told(row: models.Model, fields: dict[str, Any]) -> dict[str, Any]:
    names = {row._meta.get_field(name).attname for name in fields}
    return {name: "not shown" if name in NOT_LOGGED else getattr(row, name) for name in sorted(names)}
