"""Teams and what they handed in, to be read. What a draft or a version says is on the pages of who may read it."""

from django.contrib import admin

from estrade.kernel.administration import AuditedReadOnly
from teams.models import (
    Absence,
    Approach,
    Composition,
    ContactConsent,
    DraftFile,
    Extension,
    KeptList,
    Membership,
    Merger,
    Notice,
    Profile,
    Question,
    Receipt,
    ReceiptCounter,
    ReceiptFile,
    Submission,
    SubmissionForm,
    Team,
    Wish,
)

PERSON = ["person__first_name", "person__last_name", "person__username"]


@admin.register(Team)
class TeamAdmin(AuditedReadOnly):
    list_display = ["number", "name", "edition", "challenge", "captain", "withdrawn_at"]
    list_filter = ["edition", "challenge", ("withdrawn_at", admin.EmptyFieldListFilter)]
    list_select_related = ["edition", "challenge", "captain"]
    search_fields = ["name", "captain__last_name"]
    # Whoever has the code is in the team.
    exclude = ["join_code"]


@admin.register(Membership)
class MembershipAdmin(AuditedReadOnly):
    list_display = ["person", "team", "edition", "joined_at"]
    list_filter = ["edition", "team"]
    list_select_related = ["person", "team", "edition"]
    search_fields = [*PERSON, "team__name"]


@admin.register(Merger)
class MergerAdmin(AuditedReadOnly):
    list_display = ["team", "into", "merged_at"]
    list_filter = ["team__edition"]
    list_select_related = ["team", "into"]
    search_fields = ["team__name", "into__name"]


@admin.register(Approach)
class ApproachAdmin(AuditedReadOnly):
    list_display = ["person", "kind", "team", "state", "made_at", "made_by"]
    list_filter = ["edition", "kind", "state"]
    list_select_related = ["person", "team", "made_by"]
    search_fields = [*PERSON, "team__name"]


@admin.register(Notice)
class NoticeAdmin(AuditedReadOnly):
    list_display = ["person", "team", "text", "posted_at"]
    list_filter = ["edition"]
    list_select_related = ["person", "team"]
    search_fields = [*PERSON, "team__name"]


@admin.register(Absence)
class AbsenceAdmin(AuditedReadOnly):
    list_display = ["person", "state", "marked_at", "marked_by"]
    list_filter = ["edition", "state"]
    list_select_related = ["person", "marked_by"]
    search_fields = PERSON


@admin.register(Profile)
class ProfileAdmin(AuditedReadOnly):
    list_display = ["person", "edition", "listed_as", "is_minor", "parental_consent", "skills"]
    list_filter = ["edition", "is_minor", "parental_consent"]
    list_select_related = ["person", "edition"]
    search_fields = PERSON


@admin.register(KeptList)
class KeptListAdmin(AuditedReadOnly):
    list_display = ["filename", "edition", "person", "kept_at", "imported_at"]
    list_filter = ["edition", ("imported_at", admin.EmptyFieldListFilter)]
    list_select_related = ["edition", "person"]
    search_fields = ["filename", *PERSON]
    # Who has the token and the right sees the list; what it holds is on that page.
    fields = ["filename", "edition", "person", "kept_at", "imported_at"]


@admin.register(Wish)
class WishAdmin(AuditedReadOnly):
    list_display = ["person", "kind", "other", "edition"]
    list_filter = ["edition", "kind"]
    list_select_related = ["person", "other", "edition"]
    search_fields = PERSON


@admin.register(Submission)
class SubmissionAdmin(AuditedReadOnly):
    list_display = ["team", "draft_revision", "draft_saved_at", "draft_saved_by", "current"]
    list_filter = ["team__edition"]
    list_select_related = ["team", "draft_saved_by", "current"]
    search_fields = ["team__name", "current__reference"]
    fields = ["team", "draft_revision", "draft_saved_at", "draft_saved_by", "current"]


@admin.register(Receipt)
class ReceiptAdmin(AuditedReadOnly):
    list_display = ["reference", "submission", "number", "state", "received_at", "closes_at", "person"]
    list_filter = ["submission__team__edition", "state"]
    list_select_related = ["submission__team", "person"]
    date_hierarchy = "received_at"
    search_fields = ["reference", "submission__team__name", "fingerprint"]
    fields = [
        "reference",
        "submission",
        "number",
        "state",
        "received_at",
        "closes_at",
        "person",
        "fingerprint",
        "accepted_reason",
    ]


@admin.register(ReceiptCounter)
class ReceiptCounterAdmin(AuditedReadOnly):
    list_display = ["initials", "last"]
    list_filter = ["initials"]
    search_fields = ["initials"]


@admin.register(Extension)
class ExtensionAdmin(AuditedReadOnly):
    list_display = ["team", "until", "reason", "granted_by", "granted_at"]
    list_filter = ["team__edition"]
    list_select_related = ["team", "granted_by"]
    search_fields = ["team__name", "reason"]


@admin.register(Composition)
class CompositionAdmin(AuditedReadOnly):
    list_display = ["edition", "state", "created_at", "created_by"]
    list_filter = ["edition", "state"]
    list_select_related = ["edition", "created_by"]
    search_fields = ["edition__slug", "edition__name"]
    # What it was given says who must be kept apart from whom.
    exclude = ["instance", "answer", "plan"]


@admin.register(Question)
class QuestionAdmin(AuditedReadOnly):
    list_display = ["challenge", "team", "asked_at", "answered_at", "to_all", "hidden_at"]
    list_filter = ["challenge__edition", "to_all"]
    list_select_related = ["challenge", "team"]
    search_fields = ["text", "answer"]


@admin.register(SubmissionForm)
class SubmissionFormAdmin(AuditedReadOnly):
    list_display = ["edition", "quota_mb", "changed_at"]
    list_filter = ["edition"]
    list_select_related = ["edition"]
    search_fields = ["edition__name"]


@admin.register(DraftFile)
class DraftFileAdmin(AuditedReadOnly):
    list_display = ["submission", "field", "person", "attached_at"]
    list_filter = ["submission__team__edition"]
    list_select_related = ["submission__team", "person"]
    search_fields = ["submission__team__name"]


@admin.register(ReceiptFile)
class ReceiptFileAdmin(AuditedReadOnly):
    list_display = ["receipt", "field", "stored"]
    list_filter = ["receipt__submission__team__edition"]
    list_select_related = ["receipt", "stored"]
    search_fields = ["receipt__reference", "stored__name"]


@admin.register(ContactConsent)
class ContactConsentAdmin(AuditedReadOnly):
    list_display = ["person", "edition", "given_at"]
    list_filter = ["edition"]
    list_select_related = ["person", "edition"]
    search_fields = PERSON
