"""Files that people hand over: what is stored, and what is still arriving.

A row says whose the bytes are and what they are called; the bytes lie in the media folder under their SHA-256, once
however many rows name them.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from estrade.editions.models import Edition
from estrade.files.kinds import KINDS, Kind
from estrade.kernel.tokens import new_token


class StoredFile(models.Model):
    """One file of an edition, examined and complete. `digest` is the SHA-256 of what is stored, and its place on the disk."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=32, unique=True, default=new_token)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=[(key, key) for key in KINDS])
    size = models.PositiveBigIntegerField(help_text="bytes")
    digest = models.CharField(max_length=64, db_index=True)
    client_id = models.UUIDField(unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    stored_at = models.DateTimeField()

    class Meta:
        ordering = ["edition", "pk"]
        constraints = [models.CheckConstraint(condition=Q(size__gt=0), name="a_stored_file_is_not_empty")]

    def __str__(self) -> str:
        return self.name

    @property
    def what(self) -> Kind:
        return KINDS[self.kind]


class Upload(models.Model):
    """A file on its way in, for a day at most. What has arrived lies in a part of its own, which nobody can read."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=32, unique=True, default=new_token)
    client_id = models.UUIDField()
    purpose = models.CharField(max_length=80, help_text="what the file is for")
    name = models.CharField(max_length=120)
    declared = models.CharField(max_length=120, blank=True, help_text="what the browser says it is")
    size = models.PositiveBigIntegerField(help_text="bytes")
    started_at = models.DateTimeField()

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["started_at"], name="uploads_by_age")]
        constraints = [models.UniqueConstraint(fields=["person", "client_id"], name="one_upload_per_person_and_key")]

    def __str__(self) -> str:
        return self.name
