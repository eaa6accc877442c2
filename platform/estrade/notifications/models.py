"""Letters: what is sent by mail, as rows."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from estrade.editions.models import Edition


class Letter(models.Model):
    """One mail to one person for one cause. Written once, sent at most once more than the mail server admits to."""

    class Kind(models.TextChoices):
        SIGN_IN_CODE = "sign_in_code", "sign-in code"
        INVITATION = "invitation", "invitation"
        RECEIPT = "receipt", "receipt"
        REMINDER_DAY = "reminder_day", "reminder a day before"
        REMINDER_HOUR = "reminder_hour", "reminder an hour before"
        REMINDER_MINUTES = "reminder_minutes", "reminder ten minutes before"
        EXTENSION = "extension", "extra time"
        CHALLENGE_PUBLISHED = "challenge_published", "challenge published"
        CHALLENGE_SENT_BACK = "challenge_sent_back", "challenge sent back"
        QUESTION_ANSWERED = "question_answered", "question answered"

    # They open a door: nobody needs to read them once they are sent.
    SECRET: ClassVar[frozenset[str]] = frozenset({Kind.SIGN_IN_CODE, Kind.INVITATION})

    kind = models.CharField(max_length=20, choices=Kind.choices)
    about = models.CharField(max_length=40, help_text="what caused it, among its kind")
    cause = models.CharField(max_length=400, unique=True, help_text="kind, what caused it, and for whom")
    edition = models.ForeignKey(Edition, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    address = models.EmailField()
    language = models.CharField(max_length=8)
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    written_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="after this nobody wants it any more")
    try_at = models.DateTimeField(help_text="not before")
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-written_at", "-pk"]
        indexes = [
            models.Index(fields=["kind", "about"], name="letters_by_cause"),
            models.Index(fields=["try_at"], condition=models.Q(sent_at__isnull=True), name="letters_to_be_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about} to {self.address}"
