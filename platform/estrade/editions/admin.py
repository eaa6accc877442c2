"""Editions in the administration: words can be corrected, instants and rules cannot."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest

from estrade.editions.models import Announcement, Edition, Network, ProgrammeStep, Transition
from estrade.journal.audit import audit
from estrade.kernel.administration import AuditedReadOnly

WORDS = ["name", "theme", "lead", "place", "languages"]


@admin.register(Network)
class NetworkAdmin(AuditedReadOnly):
    list_display = ["name", "slug"]
    list_filter = ["name"]
    search_fields = ["name", "slug"]


@admin.register(Edition)
class EditionAdmin(AuditedReadOnly):
    """Words only, and each change is kept in the audit log. Times are moved in the control room."""

    list_display = ["name", "slug", "network", "kind", "starts_on", "submissions_close_at", "published_at", "rehearses"]
    list_filter = ["network", "kind", "starts_on", ("rehearses", admin.EmptyFieldListFilter)]
    list_select_related = ["network", "rehearses"]
    search_fields = ["name", "slug", "place"]
    readonly_fields = [field.name for field in Edition._meta.concrete_fields if field.name not in {*WORDS, "id"}]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def save_model(self, request: HttpRequest, obj: Edition, form: Any, change: bool) -> None:
        with transaction.atomic():
            before = {name: form.initial.get(name) for name in form.changed_data}
            after = {name: form.cleaned_data[name] for name in form.changed_data}
            # Only the words: a time that was moved meanwhile stays moved.
            obj.save(update_fields=[*after])
            audit(
                edition_id=obj.pk,
                actor_id=request.user.pk,
                action="edition.edit",
                thing=f"edition {obj.pk}",
                before=before,
                after=after,
            )


@admin.register(ProgrammeStep)
class ProgrammeStepAdmin(AuditedReadOnly):
    list_display = ["starts_at", "title", "edition", "is_key"]
    list_filter = ["edition", "is_key"]
    search_fields = ["title"]


@admin.register(Announcement)
class AnnouncementAdmin(AuditedReadOnly):
    list_display = ["at", "text", "edition", "author"]
    list_filter = ["edition"]
    list_select_related = ["edition", "author"]
    search_fields = ["text"]


@admin.register(Transition)
class TransitionAdmin(AuditedReadOnly):
    list_display = ["key", "edition", "revision", "due_at", "done_at"]
    list_filter = ["edition", "key"]
    search_fields = ["key"]
