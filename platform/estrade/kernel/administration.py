"""How tables look in the administration: to be read. What a rule decides is written by its verb and never here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class Table(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic when it runs
    """One table in the administration."""

    list_per_page = 50
    show_full_result_count = False


class AuditedReadOnly(Table):
    """A table that only verbs write, because they ask for rights, keep the audit log and record what happened."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
