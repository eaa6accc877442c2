"""What happened, numbered without gaps per stream, and who did what."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Stream(models.Model):
    """The counter of one stream of one edition. Incremented last in the transaction that records."""

    edition = models.ForeignKey("editions.Edition", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    head = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "name"], name="one_counter_per_edition_and_stream")]

    def __str__(self) -> str:
        return f"{self.name} at {self.head}"


class Event(models.Model):
    """One domain event as one stream saw it. Never changed, never deleted."""

    edition = models.ForeignKey("editions.Edition", on_delete=models.CASCADE, related_name="+")
    stream = models.CharField(max_length=60)
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["edition", "stream", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "stream", "seq"], name="one_event_per_number_of_a_stream"),
            models.CheckConstraint(condition=Q(seq__gt=0), name="numbers_of_events_start_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.seq} {self.kind}"


class Snapshot(models.Model):
    """The whole of something live (a board, the results) after event `seq` of its stream. Overwritten."""

    edition = models.ForeignKey("editions.Edition", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    seq = models.PositiveBigIntegerField()
    body = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "name"], name="one_snapshot_per_edition_and_name")]

    def __str__(self) -> str:
        return f"{self.name} after {self.seq}"


class AuditEntry(models.Model):
    """Who did what to what, before, after and why. Chained by hash, so that an alteration shows."""

    edition = models.ForeignKey("editions.Edition", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    number = models.PositiveBigIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=60)
    thing = models.CharField(max_length=120)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["edition", "number"]
        verbose_name_plural = "audit entries"
        constraints = [models.UniqueConstraint(fields=["edition", "number"], name="one_audit_entry_per_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.thing}"


class AuditHead(models.Model):
    """The end of one edition's audit chain; its row lock puts the entries in order."""

    edition = models.OneToOneField("editions.Edition", on_delete=models.CASCADE, related_name="+")
    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"
