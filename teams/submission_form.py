"""The form of an edition's submissions: which fields teams find there, and how an organiser changes them.

Owns the form. A change counts from then on: versions that were handed in keep the labels they were answered under, and
answers to a field that is gone stay in the draft unseen.
"""

from django.db import transaction

from estrade.access.policy import require
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, PARTICIPANTS, record
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person
from teams.events import SubmissionFormChanged
from teams.form_fields import Asked, checked_form, default_form, form_of_rows, rows_of
from teams.models import SubmissionForm


def form_of(edition: Edition) -> Asked:
    """What this edition asks of its teams. One query."""
    stored = SubmissionForm.objects.filter(edition=edition).first()
    if stored is None:
        return default_form(edition.kind)
    return form_of_rows(stored.required, stored.fields, stored.quota_mb)


def change_form(*, person: Person, edition_id: int, asked: Asked) -> Asked:
    """Replace the form. The same form again changes nothing. Refused: form_field_invalid, form_too_long, too_long."""
    asked = checked_form(asked)
    with transaction.atomic():
        edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
        if edition is None:
            raise Refused("not_found")
        require(person, "submission.form", edition)
        before = form_of(edition)
        if before == asked:
            return asked
        now = {"required": list(asked.required), "fields": rows_of(asked.fields), "quota_mb": asked.quota_mb}
        SubmissionForm.objects.update_or_create(edition=edition, defaults={**now, "changed_at": db_now()})
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="submission.form",
            thing=f"edition {edition_id}",
            before={"required": list(before.required), "fields": rows_of(before.fields), "quota_mb": before.quota_mb},
            after=now,
        )
        record(SubmissionFormChanged(fields=len(asked.fields)), edition_id=edition_id, on=[ORGANISERS, PARTICIPANTS],
               actor_id=person.pk)  # fmt: skip
    return asked
