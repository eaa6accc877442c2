"""Which table belongs to what: the one list that backup, export, copy and wipe are driven by.

Owns the answer to "whose is this row?" and the order in which tables can be written. Reads and writes
nothing itself. A table that is missing here fails a test.
Words: a table is *of an edition* when each of its rows belongs to one edition, along a path of foreign
keys; it is *shared* when several editions may point at a row; it is *of the instance* when it belongs to
the installation and not to what people did; it is *passing* when it may be lost at any moment.
"""

from functools import cache

from django.apps import apps
from django.db.models import ForeignKey, Model

# Table to the path from its rows to their edition. An Edition is its own.
OF_AN_EDITION = {
    "editions.Edition": "pk",
    "editions.ProgrammeStep": "edition",
    "editions.Announcement": "edition",
    "editions.Transition": "edition",
    "people.Role": "edition",
    "people.PersonalCode": "edition",
    "files.StoredFile": "edition",
    "people.Invitation": "edition",
    "challenges.Challenge": "edition",
    "challenges.Step": "challenge__edition",
    "challenges.ChallengeFile": "challenge__edition",
    "teams.Profile": "edition",
    "teams.ContactConsent": "edition",
    "teams.Wish": "edition",
    "teams.Team": "edition",
    "teams.Membership": "edition",
    "teams.Merger": "team__edition",
    "teams.Approach": "edition",
    "teams.Notice": "edition",
    "teams.Absence": "edition",
    "teams.Submission": "team__edition",
    "teams.Receipt": "submission__team__edition",
    "teams.SubmissionForm": "edition",
    "teams.DraftFile": "submission__team__edition",
    "teams.ReceiptFile": "receipt__submission__team__edition",
    "teams.Extension": "team__edition",
    "teams.Composition": "edition",
    "teams.Question": "challenge__edition",
    "judging.Rubric": "edition",
    "judging.Criterion": "rubric__edition",
    "judging.Round": "edition",
    "judging.Room": "round__edition",
    "judging.Placing": "round__edition",
    "judging.Advance": "round__edition",
    "judging.Seat": "round__edition",
    "judging.Tie": "seat__round__edition",
    "judging.Ballot": "team__edition",
    "judging.HelpCall": "seat__round__edition",
    "judging.Score": "ballot__team__edition",
    "judging.ScoreRevision": "ballot__team__edition",
    "judging.Category": "edition",
    "judging.Categorised": "team__edition",
    "judging.Prize": "edition",
    "judging.Vote": "prize__edition",
    "judging.SignOff": "round__edition",
    "dossiers.DossierRelease": "edition",
    "judging.Signature": "round__edition",
    "judging.Void": "ballot__team__edition",
    "judging.PaperSheet": "ballot__team__edition",
    "judging.Correction": "ballot__team__edition",
    "judging.LateDecision": "ballot__team__edition",
    "judging.Minute": "round__edition",
    "judging.Nudge": "seat__round__edition",
    "judging.FeedbackRelease": "round__edition",
    "judging.JuryRecord": "sign_off__round__edition",
    "journal.Stream": "edition",
    "journal.Event": "edition",
    "journal.Snapshot": "edition",
    "journal.AuditEntry": "edition",
    "journal.AuditHead": "edition",
}
SHARED = frozenset({"editions.Network", "people.Person", "people.Organisation", "teams.ReceiptCounter"})
# Letters stay, so that a restored installation writes none a second time. What opens an account stays with it.
OF_THE_INSTANCE = frozenset(
    {
        "auth.Group", "auth.Permission", "contenttypes.ContentType", "admin.LogEntry", "notifications.Letter",
        "people.SecondFactor", "people.RecoveryCode",
    }
)  # fmt: skip
PASSING = frozenset(
    {
        "sessions.Session",
        "people.Presence",
        "people.Attempt",
        "people.MailCode",
        "teams.KeptList",
        "files.Upload",
        "rehearsal.Play",
        "scheduling.Lease",
    }
)


@cache
def in_order() -> tuple[type[Model], ...]:
    """Every table of an edition and every shared one, so that a row comes after the rows it points at.

    A pointer that closes a circle (a submission's current receipt) is left out of the order: see `closing_circles`.
    """
    wanted = [apps.get_model(label) for label in (*sorted(SHARED), *OF_AN_EDITION)]
    placed: list[type[Model]] = []
    waiting = list(wanted)
    while waiting:
        ready = [model for model in waiting if all(one in placed for one in _points_at(model) if one in wanted)]
        assert ready, f"a circle of tables: {waiting}"
        placed += ready
        waiting = [model for model in waiting if model not in ready]
    return tuple(placed)


def closing_circles(model: type[Model]) -> tuple[str, ...]:
    """Fields of a table that may point at rows written later: they are filled in at the end."""
    return ("current",) if model is apps.get_model("teams.Submission") else ()


def label_of(model: type[Model]) -> str:
    """The name of a table as it stands in this list."""
    return f"{model._meta.app_label}.{model._meta.object_name}"


def _points_at(model: type[Model]) -> set[type[Model]]:
    return {
        field.related_model
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.name not in closing_circles(model) and field.related_model is not model
        and isinstance(field.related_model, type)
    }  # fmt: skip
