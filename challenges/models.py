"""Challenges: problems that partners pose."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from estrade.editions.models import Edition
from estrade.editions.phases import Phase
from estrade.files.models import StoredFile
from estrade.people.models import Organisation, Person, Role

if TYPE_CHECKING:
    from typing import Self


class ChallengeQuerySet(models.QuerySet["Challenge"]):
    def visible_to(self, person: Person | None) -> "Self":
        """Published ones for everybody; a partner's own and an organiser's all, drafts included."""
        published = Q(published_at__isnull=False)
        if person is None or not person.is_authenticated:
            return self.filter(published)
        mine = Role.objects.filter(person=person, edition=models.OuterRef("edition"))
        own = mine.filter(role=Role.Name.PARTNER, organisation=models.OuterRef("partner"))
        organiser = mine.filter(role=Role.Name.ORGANISER)
        return self.filter(published | models.Exists(own) | models.Exists(organiser))


class Challenge(models.Model):
    """One problem of one partner in one edition."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="challenges")
    partner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="challenges")
    slug = models.SlugField()
    position = models.PositiveSmallIntegerField(default=0)
    title = models.JSONField(help_text="language: text")
    question = models.JSONField(help_text="language: one sentence")
    body = models.JSONField(default=dict, blank=True, help_text="language: Markdown")
    tags = models.JSONField(default=dict, blank=True, help_text="language: words joined by middle dots")
    referent = models.JSONField(default=dict, blank=True, help_text="language: who is on site, where and when")
    capacity = models.PositiveSmallIntegerField(null=True, blank=True, help_text="teams at most")
    published_at = models.DateTimeField(null=True, blank=True)

    objects = ChallengeQuerySet.as_manager()

    class Meta:
        ordering = ["edition", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["edition", "slug"], name="one_challenge_per_edition_and_slug")]

    def __str__(self) -> str:
        return self.slug

    def phase(self, now: datetime) -> Phase:
        return self.edition.phase(now)

    def roles_of(self, person: Person | None) -> frozenset[str]:
        roles = self.edition.roles_of(person)
        if "partner" in roles and person is not None and self.partner_id in person_partner_ids(person, self.edition_id):
            roles |= {"own:partner"}
        return roles


def person_partner_ids(person: Person, edition_id: int) -> frozenset[int]:
    """The organisations a person speaks for as a partner in an edition."""
    ids = person.roles.filter(edition_id=edition_id, role=Role.Name.PARTNER).values_list("organisation_id", flat=True)
    return frozenset(pk for pk in ids if pk is not None)


class ChallengeFile(models.Model):
    """A file that a partner gives along with a challenge: whoever may read the challenge may have it."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="files")
    stored = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["challenge", "pk"]
        constraints = [models.UniqueConstraint(fields=["challenge", "stored"], name="each_file_once_per_challenge")]

    def __str__(self) -> str:
        return str(self.stored)
