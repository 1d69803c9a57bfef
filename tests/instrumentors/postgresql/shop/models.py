"""What the shop has: authors, and the books that they wrote."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField, IntegerRangeField
from django.db import models
from django.db.models import Q


class Author(models.Model):
    name = models.TextField(unique=True)
    born = models.DateField(null=True)


class Tag(models.Model):
    name = models.TextField()


class Book(models.Model):
    title = models.CharField(max_length=100, db_index=True)
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(price__gte=0), name="not_free")]  # noqa: RUF012


class Thing(models.Model):
    """One column of each kind."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    made = models.DateTimeField(auto_now_add=True)
    lasts = models.DurationField()
    blob = models.BinaryField()
    share = models.FloatField()
    said = models.JSONField()
    words = ArrayField(models.TextField())
    pages = IntegerRangeField()
    where = models.GenericIPAddressField()
