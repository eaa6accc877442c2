"""The journal and the audit log, to be read. What a hidden board or a score says stays out of sight here too."""

from typing import Any

from django.contrib import admin
from django.utils.translation import pgettext_lazy

from estrade.journal.models import AuditEntry, AuditHead, Event, Snapshot, Stream
from estrade.kernel.administration import AuditedReadOnly


@admin.register(Stream)
class StreamAdmin(AuditedReadOnly):
    list_display = ["name", "edition", "head"]
    list_filter = ["edition"]
    list_select_related = ["edition"]
    search_fields = ["name"]


@admin.register(Event)
class EventAdmin(AuditedReadOnly):
    """Without the payload: that of `jury.board` is the true board, which the freeze hides."""

    list_display = ["stream", "seq", "kind", "edition", "actor", "at"]
    list_filter = ["edition", "kind"]
    list_select_related = ["edition", "actor"]
    date_hierarchy = "at"
    search_fields = ["stream", "kind"]
    ordering = ["-pk"]
    exclude = ["payload"]


@admin.register(Snapshot)
class SnapshotAdmin(AuditedReadOnly):
    """Without the body, for the same reason."""

    list_display = ["name", "edition", "seq"]
    list_filter = ["edition", "name"]
    list_select_related = ["edition"]
    search_fields = ["name"]
    exclude = ["body"]


@admin.register(AuditEntry)
class AuditEntryAdmin(AuditedReadOnly):
    """Who did what and why. Before and after are left out where they are scores."""

    list_display = ["number", "edition", "at", "actor", "action", "thing", "reason"]
    list_filter = ["edition", "action"]
    list_select_related = ["edition", "actor"]
    date_hierarchy = "at"
    search_fields = ["action", "thing", "reason"]
    ordering = ["-pk"]
    fields = ["edition", "number", "at", "actor", "action", "thing", "was", "became", "reason", "previous", "digest"]
    readonly_fields = ["was", "became"]

    @admin.display(description=pgettext_lazy("admin", "before"))
    def was(self, entry: AuditEntry) -> Any:
        return "-" if entry.action.startswith("score.") else entry.before

    @admin.display(description=pgettext_lazy("admin", "after"))
    def became(self, entry: AuditEntry) -> Any:
        return "-" if entry.action.startswith("score.") else entry.after


@admin.register(AuditHead)
class AuditHeadAdmin(AuditedReadOnly):
    list_display = ["edition", "number", "digest"]
    list_filter = ["edition"]
    list_select_related = ["edition"]
    search_fields = ["edition__name", "digest"]
