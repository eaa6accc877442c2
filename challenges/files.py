"""Files that come with a challenge: data, plans, pictures.

Owns which files those are. Who may write the challenge brings and removes them; who may read the challenge has them, so
before the opening they are as secret as it is.
"""

from collections.abc import Iterable

from django.db import transaction

from challenges.events import ChallengeWritten
from challenges.models import Challenge, ChallengeFile
from estrade.access.policy import can, require
from estrade.editions.models import Edition
from estrade.files.models import StoredFile
from estrade.files.uploads import Sending, keep_file, kept_before, open_upload, settle_upload, take_whole
from estrade.journal.audit import audit
from estrade.journal.log import ORGANISERS, challenge_stream, record
from estrade.kernel.clock import db_now
from estrade.kernel.refusal import Refused
from estrade.people.models import Person

MOST_FILES = 10
LIMIT_MB = 50


def add_challenge_file(*, person: Person, challenge_id: int, sending: Sending, pieces: Iterable[bytes]) -> ChallengeFile:
    """Give a file along with a challenge; the same sending again is the same file.

    Refused: files_too_many, not_found, wrong_role, wrong_phase, and what `estrade.files` refuses.
    """
    challenge = _writable(person, challenge_id)
    if stored := kept_before(person=person, client_id=sending.client_id):
        return ChallengeFile.objects.get(challenge=challenge, stored=stored)
    _check_count(challenge)
    upload = open_upload(
        person=person,
        edition=challenge.edition,
        purpose=f"challenge.{challenge.pk}",
        sending=sending,
        limit=LIMIT_MB * 1024**2,
    )
    take_whole(upload, pieces)
    settled = settle_upload(upload=upload)
    with transaction.atomic():
        challenge = _writable(person, challenge_id, lock=True)
        if stored := kept_before(person=person, client_id=sending.client_id):
            return ChallengeFile.objects.get(challenge=challenge, stored=stored)
        _check_count(challenge)
        added = ChallengeFile.objects.create(challenge=challenge, stored=keep_file(settled))
        _note(person, challenge, after=added.stored.name)
    return added


def remove_challenge_file(*, person: Person, challenge_id: int, file_id: int) -> None:
    """Take a file away; asked again, nothing happens."""
    with transaction.atomic():
        challenge = _writable(person, challenge_id, lock=True)
        gone = challenge.files.filter(pk=file_id).select_related("stored").first()
        if gone is not None:
            gone.delete()
            _note(person, challenge, before=gone.stored.name)


def challenge_file(*, person: Person | None, edition: Edition, challenge_slug: str, token: str) -> StoredFile:
    """A file of a challenge for whoever may read the challenge now. Refused("not_found") for everybody else."""
    visible = Challenge.objects.visible_to(person).select_related("edition")
    challenge = visible.filter(edition=edition, slug=challenge_slug).first()
    if challenge is None or not can(person, "challenge.read", challenge, at=db_now()):
        raise Refused("not_found")
    found = challenge.files.filter(stored__token=token).select_related("stored").first()
    if found is None:
        raise Refused("not_found")
    return found.stored


def _writable(person: Person, challenge_id: int, *, lock: bool = False) -> Challenge:
    visible = Challenge.objects.visible_to(person).select_related("edition")
    if lock:
        visible = visible.select_for_update(of=("self",))
    challenge = visible.filter(pk=challenge_id).first()
    if challenge is None:
        raise Refused("not_found")
    require(person, "challenge.write", challenge)
    return challenge


def _check_count(challenge: Challenge) -> None:
    if challenge.files.count() >= MOST_FILES:
        raise Refused("files_too_many", field="file", limit=MOST_FILES)


def _note(person: Person, challenge: Challenge, *, before: str | None = None, after: str | None = None) -> None:
    audit(
        edition_id=challenge.edition_id,
        actor_id=person.pk,
        action="challenge.file",
        thing=f"challenge {challenge.pk}",
        before=before,
        after=after,
    )
    record(
        ChallengeWritten(challenge=challenge.pk),
        edition_id=challenge.edition_id,
        on=[ORGANISERS, challenge_stream(challenge.pk)],
        actor_id=person.pk,
    )
