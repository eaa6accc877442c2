"""Plays in the administration. The token opens seats, so it is not shown."""

from django.contrib import admin

from estrade.kernel.administration import AuditedReadOnly
from estrade.rehearsal.models import Play


@admin.register(Play)
class PlayAdmin(AuditedReadOnly):
    list_display = ["edition", "story", "elapsed", "length", "began_at", "alive_at", "is_paused"]
    list_filter = ["story", "is_paused"]
    list_select_related = ["edition"]
    search_fields = ["edition__name", "edition__slug"]
    exclude = ["token", "holder"]
