"""Dossiers are handed over here.

Owns when they open, what is in them, and the trace of each one that is taken along. A partner gets the solutions to all
of its own challenges and nothing else; an organiser any partner's, or everybody's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from estrade.access.policy import require
from estrade.dossiers.models import DossierRelease
from estrade.dossiers.reads import Folder, all_folders, organisation_of, partner_folders, terms_of
from estrade.dossiers.writing import dossier_pieces, plain_part
from estrade.editions.models import Edition
from estrade.journal.audit import audit
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.attempts import count_attempt
from estrade.people.models import Organisation, Person

DOSSIERS_PER_HOUR = 30


@dataclass(frozen=True)
class Dossier:
    """What leaves: a name for the file, and its bytes as they come."""

    filename: str
    pieces: Iterator[bytes]


def release_dossiers(*, person: Person, edition_id: int, released: bool, with_comments: bool) -> DossierRelease:
    """Open the dossiers before the results are published, or not; with what the jury wrote, or without."""
    with transaction.atomic():
        edition = Edition.objects.select_for_update(no_key=True).filter(pk=edition_id).first()
        if edition is None:
            raise Refused("not_found")
        now = db_now()
        require(person, "dossier.release", edition, at=now)
        release, _made = DossierRelease.objects.get_or_create(edition=edition)
        before = {"released": release.released_at is not None, "with_comments": release.with_comments}
        after = {"released": released, "with_comments": with_comments}
        if before == after:
            return release
        release.released_at = (release.released_at or now) if released else None
        release.with_comments, release.person = with_comments, person
        release.save()
        audit(
            edition_id=edition_id,
            actor_id=person.pk,
            action="dossier.release",
            thing=f"edition {edition_id}",
            before=before,
            after=after,
        )
    return release


def own_dossier(*, person: Person, edition: Edition) -> Dossier:
    """The dossier of the partner this person speaks for. Refused: dossier_closed, too_many_attempts, wrong_role."""
    now = db_now()
    require(person, "folder.read", edition, at=now)
    if not terms_of(edition, now).is_open:
        raise Refused("dossier_closed")
    folders = [folder for folder in partner_folders(edition=edition, person=person, now=now) if folder.is_open]
    organisation = organisation_of(person, edition)
    return _handed_over(person, edition, folders, organisation)


def any_dossier(*, person: Person, edition: Edition, organisation_id: int | None = None) -> Dossier:
    """One partner's dossier for an organiser, or all in one. Refused: too_many_attempts, wrong_role, wrong_phase, not_found."""
    now = db_now()
    require(person, "dossier.release", edition, at=now)
    organisation = None
    if organisation_id is not None:
        organisation = Organisation.objects.filter(pk=organisation_id, challenges__edition=edition).first()
        if organisation is None:
            raise Refused("not_found")
    folders = all_folders(edition=edition, person=person, now=now, organisation_id=organisation_id)
    return _handed_over(person, edition, folders, organisation)


def _handed_over(person: Person, edition: Edition, folders: list[Folder], organisation: Organisation | None) -> Dossier:
    count_attempt(f"dossier:{person.pk}", limit=DOSSIERS_PER_HOUR)
    title = organisation.name if organisation else edition.name
    pieces = dossier_pieces(folders, edition=edition, title=title, now=db_now())
    solutions = [solution for folder in folders for solution in folder.solutions]
    with transaction.atomic():
        audit(
            edition_id=edition.pk,
            actor_id=person.pk,
            action="dossier.download",
            thing=f"organisation {organisation.pk}" if organisation else f"edition {edition.pk}",
            after={"solutions": len(solutions), "files": sum(len(one.files) for one in solutions)},
        )
    return Dossier(f"{edition.slug} {plain_part(title)}.zip", pieces)
