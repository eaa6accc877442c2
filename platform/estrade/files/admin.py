"""Stored files in the administration: that they are there, never what is in them."""

from django.contrib import admin

from estrade.files.models import StoredFile, Upload
from estrade.kernel.administration import AuditedReadOnly

PERSON = ["person__first_name", "person__last_name", "person__username"]


@admin.register(StoredFile)
class StoredFileAdmin(AuditedReadOnly):
    list_display = ["name", "kind", "size", "edition", "person", "stored_at"]
    list_filter = ["edition", "kind"]
    list_select_related = ["edition", "person"]
    search_fields = ["name", "digest", *PERSON]
    exclude = ["token"]


@admin.register(Upload)
class UploadAdmin(AuditedReadOnly):
    list_display = ["name", "size", "edition", "person", "started_at"]
    list_filter = ["edition"]
    list_select_related = ["edition", "person"]
    search_fields = ["name", *PERSON]
    exclude = ["token"]
