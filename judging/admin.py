"""Judging in the administration: that something was scored, never how. No value, comment or ranking is shown here."""

from django.contrib import admin

from estrade.kernel.administration import AuditedReadOnly
from judging.models import (
    Advance,
    Ballot,
    Categorised,
    Category,
    Correction,
    Criterion,
    FeedbackRelease,
    HelpCall,
    JuryRecord,
    LateDecision,
    Minute,
    Nudge,
    PaperSheet,
    Placing,
    Prize,
    Room,
    Round,
    Rubric,
    Score,
    ScoreRevision,
    Seat,
    Signature,
    SignOff,
    Tie,
    Void,
    Vote,
)

JUROR = ["seat__person__first_name", "seat__person__last_name", "seat__code"]


@admin.register(Rubric)
class RubricAdmin(AuditedReadOnly):
    list_display = ["edition", "version", "sealed_at"]
    list_filter = ["edition"]
    list_select_related = ["edition"]
    search_fields = ["edition__name"]


@admin.register(Criterion)
class CriterionAdmin(AuditedReadOnly):
    list_display = ["key", "rubric", "position", "weight", "lowest", "highest", "step"]
    list_filter = ["rubric__edition"]
    list_select_related = ["rubric__edition"]
    search_fields = ["key", "label"]


@admin.register(Round)
class RoundAdmin(AuditedReadOnly):
    list_display = ["edition", "number", "is_final", "rubric", "closed_at"]
    list_filter = ["edition"]
    list_select_related = ["edition", "rubric__edition"]
    search_fields = ["edition__name"]


@admin.register(Room)
class RoomAdmin(AuditedReadOnly):
    list_display = ["round", "number", "name", "on_stage"]
    list_filter = ["round__edition"]
    list_select_related = ["round__edition", "on_stage"]
    search_fields = ["name", "round__edition__name"]


@admin.register(Placing)
class PlacingAdmin(AuditedReadOnly):
    list_display = ["team", "room", "round"]
    list_filter = ["round__edition"]
    list_select_related = ["team", "room", "round__edition"]
    search_fields = ["team__name", "room__name"]


@admin.register(Advance)
class AdvanceAdmin(AuditedReadOnly):
    list_display = ["round", "team"]
    list_filter = ["round__edition"]
    list_select_related = ["round__edition", "team"]
    search_fields = ["team__name"]


@admin.register(Seat)
class SeatAdmin(AuditedReadOnly):
    list_display = ["code", "person", "round", "number", "charter_at", "stood_down_at"]
    list_filter = ["round__edition"]
    list_select_related = ["person", "round__edition"]
    search_fields = ["code", "person__first_name", "person__last_name"]


@admin.register(Tie)
class TieAdmin(AuditedReadOnly):
    list_display = ["seat", "about"]
    list_filter = ["seat__round__edition"]
    list_select_related = ["seat__person", "about"]
    search_fields = [*JUROR, "about__last_name"]


@admin.register(Ballot)
class BallotAdmin(AuditedReadOnly):
    list_display = ["seat", "team", "scored", "completed_at", "touched_at", "barred_reason"]
    list_filter = ["team__edition", ("completed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["seat__person", "team"]
    search_fields = [*JUROR, "team__name"]
    exclude = ["comment", "comment_version", "feedback", "feedback_version"]


@admin.register(HelpCall)
class HelpCallAdmin(AuditedReadOnly):
    list_display = ["seat", "called_at", "claimed_by", "claimed_at", "closed_at"]
    list_filter = ["seat__round__edition", ("closed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["seat__person", "claimed_by"]
    search_fields = ["seat__code", "seat__person__last_name"]


@admin.register(Score)
class ScoreAdmin(AuditedReadOnly):
    list_display = ["ballot", "criterion", "version", "received_at"]
    list_filter = ["ballot__team__edition", "criterion", "ballot__team"]
    list_select_related = ["ballot__seat", "ballot__team", "criterion"]
    search_fields = ["ballot__seat__code", "ballot__team__name", "criterion__key"]
    fields = ["ballot", "criterion", "version", "received_at"]


@admin.register(ScoreRevision)
class ScoreRevisionAdmin(AuditedReadOnly):
    list_display = ["id", "ballot", "criterion", "version", "is_late", "received_at", "person"]
    list_filter = ["ballot__team__edition", "is_late", "criterion"]
    list_select_related = ["ballot__seat", "ballot__team", "criterion", "person"]
    search_fields = ["client_id", "ballot__seat__code", "ballot__team__name"]
    fields = ["client_id", "ballot", "criterion", "base_version", "version", "is_late", "device_at", "received_at", "person"]


@admin.register(Category)
class CategoryAdmin(AuditedReadOnly):
    list_display = ["name", "edition", "position", "of"]
    list_filter = ["edition"]
    list_select_related = ["edition"]
    search_fields = ["name"]


@admin.register(Categorised)
class CategorisedAdmin(AuditedReadOnly):
    list_display = ["team", "category"]
    list_filter = ["team__edition"]
    list_select_related = ["team", "category"]
    search_fields = ["team__name"]


@admin.register(Prize)
class PrizeAdmin(AuditedReadOnly):
    list_display = ["name", "edition", "amount", "currency", "sponsor", "decided_by", "rank"]
    list_filter = ["edition", "decided_by", "sponsor"]
    list_select_related = ["edition", "sponsor"]
    search_fields = ["name"]
    exclude = ["chosen"]


@admin.register(SignOff)
class SignOffAdmin(AuditedReadOnly):
    list_display = ["round", "signed_by", "signed_at", "method", "reveal_step"]
    list_filter = ["round__edition"]
    list_select_related = ["round__edition", "signed_by"]
    search_fields = ["round__edition__name", "inputs_hash"]
    exclude = ["standings"]


@admin.register(Signature)
class SignatureAdmin(AuditedReadOnly):
    list_display = ["round", "role", "person", "at"]
    list_filter = ["round__edition", "role"]
    list_select_related = ["round__edition", "person"]
    search_fields = ["round__edition__name", "inputs_hash"]


@admin.register(Void)
class VoidAdmin(AuditedReadOnly):
    list_display = ["ballot", "person", "at", "reason"]
    list_filter = ["ballot__team__edition"]
    list_select_related = ["ballot__seat__person", "ballot__team", "person"]
    search_fields = ["ballot__seat__code", "ballot__team__name"]


@admin.register(Minute)
class MinuteAdmin(AuditedReadOnly):
    """That something was minuted, not what: texts speak of scores."""

    list_display = ["round", "kind", "person", "at"]
    list_filter = ["round__edition", "kind"]
    list_select_related = ["round__edition", "person"]
    search_fields = ["round__edition__name"]
    exclude = ["text", "order"]


@admin.register(PaperSheet)
class PaperSheetAdmin(AuditedReadOnly):
    list_display = ["ballot", "first", "first_at", "second", "second_at", "settled_by", "done_at"]
    list_filter = ["ballot__team__edition"]
    list_select_related = ["ballot__seat__person", "ballot__team", "first", "second", "settled_by"]
    search_fields = ["ballot__seat__code", "ballot__team__name"]
    exclude = ["first_marks", "second_marks", "comment", "feedback"]


@admin.register(Correction)
class CorrectionAdmin(AuditedReadOnly):
    list_display = ["ballot", "kind", "person", "at", "decided_by", "decided_at", "is_confirmed"]
    list_filter = ["ballot__team__edition", "kind"]
    list_select_related = ["ballot__seat__person", "ballot__team", "person", "decided_by"]
    search_fields = ["ballot__seat__code", "ballot__team__name", "reason"]
    exclude = ["value"]


@admin.register(LateDecision)
class LateDecisionAdmin(AuditedReadOnly):
    list_display = ["ballot", "is_accepted", "person", "at", "reason"]
    list_filter = ["ballot__team__edition", "is_accepted"]
    list_select_related = ["ballot__seat__person", "ballot__team", "person"]
    search_fields = ["ballot__seat__code", "ballot__team__name", "reason"]


@admin.register(Nudge)
class NudgeAdmin(AuditedReadOnly):
    list_display = ["seat", "person", "at", "seen_at"]
    list_filter = ["seat__round__edition"]
    list_select_related = ["seat__person", "person"]
    search_fields = ["seat__code"]


@admin.register(JuryRecord)
class JuryRecordAdmin(AuditedReadOnly):
    list_display = ["sign_off", "version", "made_at", "person", "reason"]
    list_filter = ["sign_off__round__edition"]
    list_select_related = ["sign_off__round__edition", "person"]
    search_fields = ["digest", "sign_off__round__edition__name"]
    exclude = ["content"]


@admin.register(FeedbackRelease)
class FeedbackReleaseAdmin(AuditedReadOnly):
    list_display = ["round", "person", "at"]
    list_filter = ["round__edition"]
    list_select_related = ["round__edition", "person"]
    search_fields = ["round__edition__name"]


@admin.register(Vote)
class VoteAdmin(AuditedReadOnly):
    """That somebody voted, not for whom."""

    list_display = ["prize", "person", "at"]
    list_filter = ["prize__edition"]
    list_select_related = ["prize", "person"]
    search_fields = ["person__last_name"]
    exclude = ["team"]
