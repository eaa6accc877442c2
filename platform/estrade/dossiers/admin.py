"""The release of dossiers in the administration, to be read."""

from django.contrib import admin

from estrade.dossiers.models import DossierRelease
from estrade.kernel.administration import AuditedReadOnly


@admin.register(DossierRelease)
class DossierReleaseAdmin(AuditedReadOnly):
    list_display = ["edition", "released_at", "with_comments", "person"]
    list_filter = ["edition", "with_comments"]
    list_select_related = ["edition", "person"]
    search_fields = ["edition__name"]
