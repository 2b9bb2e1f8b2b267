"""Two rows in every table, with what is easily lost on the way: millionths of a second, other scripts, fractions,
nothing at all. For the tests of backups and of upgrades; works on models of today and on those of an older version.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from django.db import models

ROWS = 2
WORDS = "Zoë’s “ward” – 病院\u2028, a\\b\t<é>"


def fill(tables: Iterable[type[models.Model]]) -> None:
    for table in sorted(tables, key=_depth):
        for number in range(1, ROWS + 1):
            said = {field.attname: _value(field, number) for field in _fields(table)}
            row = table.objects.create(**said)
            table.objects.filter(pk=row.pk).update(**said)  # what would be stamped with today's date


def rows(tables: Iterable[type[models.Model]], columns: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """Every row of every table, as text that can be compared. ``columns``: only these."""
    found = {}
    for table in tables:
        label = table._meta.label_lower
        kept = columns[label] if columns else [field.attname for field in table._meta.concrete_fields]
        found[label] = [
            {name: _plain(row[name]) for name in kept} for row in table.objects.order_by("pk").values()
        ]
    return found


def _depth(table: type[models.Model]) -> int:
    """How many tables have to be filled before this one."""
    needed = {field.related_model for field in table._meta.concrete_fields if field.related_model} - {table}
    return max(map(_depth, needed), default=-1) + 1


def _fields(table: type[models.Model]) -> list[models.Field]:
    return [field for field in table._meta.concrete_fields if not isinstance(field, models.AutoField)]


def _value(field: models.Field, number: int) -> Any:
    if isinstance(field, models.ForeignKey):
        if field.related_model is field.model:
            return None
        return field.related_model.objects.order_by("pk")[number - 1].pk
    if field.null and number == 2:
        return None
    if isinstance(field, models.DateTimeField):
        return datetime(2026, 3, 29, 1, 59, 59, 123_456 + number, tzinfo=UTC)
    if isinstance(field, models.DateField):
        return date(2024, 2, 28 + number % 2)
    if isinstance(field, models.JSONField):
        return {"of": [1, 0.1, None, True, WORDS], "": {"number": number}}
    if isinstance(field, models.BooleanField):
        return number == 1
    if isinstance(field, models.IntegerField):
        return number
    if isinstance(field, models.FloatField):
        return number / 3
    if isinstance(field, models.GenericIPAddressField):
        return f"10.0.0.{number}"
    return f"{number}{WORDS}"[: field.max_length]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
