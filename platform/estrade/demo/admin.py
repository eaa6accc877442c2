"""The demonstration in the administration."""

from django.contrib import admin

from estrade.demo.models import Play
from estrade.kernel.administration import AuditedReadOnly


@admin.register(Play)
class PlayAdmin(AuditedReadOnly):
    list_display = ["edition", "elapsed", "began_at", "alive_at", "is_paused"]
    list_filter = ["is_paused"]
    list_select_related = ["edition"]
    search_fields = ["edition__name"]
