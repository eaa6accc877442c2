"""Whose turn it is, for eyes only."""

from django.contrib import admin

from estrade.kernel.administration import AuditedReadOnly
from estrade.scheduling.models import Lease


@admin.register(Lease)
class LeaseAdmin(AuditedReadOnly):
    list_display = ["name", "until", "done_at"]
    list_filter = ["until"]
    search_fields = ["name"]
