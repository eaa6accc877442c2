"""Challenges in the administration."""

from django.contrib import admin

from challenges.models import Challenge, ChallengeFile, Step
from estrade.kernel.administration import AuditedReadOnly


@admin.register(Challenge)
class ChallengeAdmin(AuditedReadOnly):
    list_display = ["slug", "edition", "partner", "position", "capacity", "waiting_since", "published_at"]
    list_filter = ["edition", "partner", ("published_at", admin.EmptyFieldListFilter)]
    list_select_related = ["edition", "partner"]
    search_fields = ["slug", "title", "partner__name"]


@admin.register(Step)
class StepAdmin(AuditedReadOnly):
    list_display = ["challenge", "kind", "at", "person", "words"]
    list_filter = ["challenge__edition", "kind"]
    list_select_related = ["challenge", "person"]
    search_fields = ["challenge__slug", "words"]


@admin.register(ChallengeFile)
class ChallengeFileAdmin(AuditedReadOnly):
    list_display = ["stored", "challenge"]
    list_filter = ["challenge__edition"]
    list_select_related = ["stored", "challenge"]
    search_fields = ["stored__name", "challenge__slug"]
