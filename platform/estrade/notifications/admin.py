"""Letters, to see what left and what waits. Their words stay out: they are other people's mail."""

from django.contrib import admin

from estrade.kernel.administration import AuditedReadOnly
from estrade.notifications.models import Letter


@admin.register(Letter)
class LetterAdmin(AuditedReadOnly):
    list_display = ["kind", "address", "edition", "written_at", "sent_at", "tries", "problem"]
    list_filter = ["kind", "sent_at"]
    search_fields = ["address"]
    exclude = ["text", "html"]
