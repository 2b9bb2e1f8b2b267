"""The chain of changes, and what was answered to a request that may be sent twice."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Entry(models.Model):
    """One change. The database itself refuses to alter or remove an entry (migration 0002)."""

    number = models.BigIntegerField(primary_key=True)  # 1, 2, 3 ...: order by this, never by the clock
    at = models.DateTimeField()
    who = models.CharField(max_length=254)
    action = models.CharField(max_length=20)  # created, changed, removed
    kind = models.CharField(max_length=60)  # such as evidence.example
    key = models.CharField(max_length=60)
    before = models.JSONField(encoder=DjangoJSONEncoder)  # of the fields that changed
    after = models.JSONField(encoder=DjangoJSONEncoder)
    why = models.TextField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("number",)
        indexes = (models.Index(fields=("kind", "key")),)


class Head(models.Model):
    """The one row that writers queue for, so that numbers and hashes follow one another."""

    number = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="0" * 64)


class Answered(models.Model):
    """A request that was carried out, by the key its form came with; sent again it leads to the same place."""

    who = models.CharField(max_length=254)
    key = models.CharField(max_length=64)
    place = models.CharField(max_length=400)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("who", "key"), name="answered_once"),)


class Kept(models.Model):
    """A row that `keeping` changes: whoever changes it names the version they saw."""

    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True
