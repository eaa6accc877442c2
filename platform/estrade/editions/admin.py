"""Editions in the administration: words can be corrected, instants and rules cannot."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from estrade.editions.models import Announcement, Edition, Network, ProgrammeStep, Transition
from estrade.journal.audit import audit
from estrade.kernel.administration import AuditedReadOnly

WORDS = ["name", "theme", "lead", "place", "languages"]


# Name of the list, the column that leads to the edition, what the link says.
LISTS = [
    ("people_person", "roles__edition", _("people")),
    ("people_role", "edition", _("roles")),
    ("challenges_challenge", "edition", _("challenges")),
    ("teams_team", "edition", _("teams")),
    ("teams_receipt", "submission__team__edition", _("receipts")),
    ("journal_event", "edition", _("journal")),
    ("journal_auditentry", "edition", _("audit log")),
]


@admin.register(Network)
class NetworkAdmin(AuditedReadOnly):
    list_display = ["name", "slug"]
    list_filter = ["name"]
    search_fields = ["name", "slug"]


@admin.register(Edition)
class EditionAdmin(AuditedReadOnly):
    """Words only, and each change is kept in the audit log. Times are moved in the control room."""

    list_display = [
        "name", "slug", "network", "kind", "starts_on", "submissions_close_at", "published_at", "rehearses", "see_also",
    ]  # fmt: skip
    list_filter = ["network", "kind", "starts_on", ("rehearses", admin.EmptyFieldListFilter)]
    list_select_related = ["network", "rehearses"]
    date_hierarchy = "starts_on"
    search_fields = ["name", "slug", "place"]
    readonly_fields = ["see_also"] + [field.name for field in Edition._meta.concrete_fields if field.name not in {*WORDS, "id"}]

    @admin.display(description=_("See also"))
    def see_also(self, edition: Edition) -> SafeString:
        """Lists of other rooms, of this edition only."""
        lists = [(reverse(f"admin:{name}_changelist"), column, label) for name, column, label in LISTS]
        links = [(f"{address}?{column}__id__exact={edition.pk}", label) for address, column, label in lists]
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

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
    list_select_related = ["edition"]
    date_hierarchy = "starts_at"
    search_fields = ["title"]


@admin.register(Announcement)
class AnnouncementAdmin(AuditedReadOnly):
    list_display = ["at", "text", "edition", "author"]
    list_filter = ["edition"]
    list_select_related = ["edition", "author"]
    date_hierarchy = "at"
    search_fields = ["text"]


@admin.register(Transition)
class TransitionAdmin(AuditedReadOnly):
    list_display = ["key", "edition", "revision", "due_at", "done_at"]
    list_filter = ["edition", "key"]
    list_select_related = ["edition"]
    search_fields = ["key"]
