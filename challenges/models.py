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
        return self.filter(published | _looked_after_by(person))

    def managed_by(self, person: Person) -> "Self":
        """A partner's own and an organiser's all."""
        return self.filter(_looked_after_by(person))


def _looked_after_by(person: Person) -> Q:
    mine = Role.objects.filter(person=person, edition=models.OuterRef("edition"))
    own = mine.filter(role=Role.Name.PARTNER, organisation=models.OuterRef("partner"))
    return Q(models.Exists(own)) | Q(models.Exists(mine.filter(role=Role.Name.ORGANISER)))


class Challenge(models.Model):
    """One problem of one partner in one edition."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="challenges")
    partner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="challenges")
    slug = models.SlugField()
    position = models.PositiveSmallIntegerField(default=0)
    title = models.JSONField(help_text="language: text")
    question = models.JSONField(help_text="language: one sentence")
    body = models.JSONField(default=dict, blank=True, help_text="language: Markdown")
    provided = models.JSONField(default=dict, blank=True, help_text="language: Markdown")
    expected = models.JSONField(default=dict, blank=True, help_text="language: Markdown")
    links = models.JSONField(default=dict, blank=True, help_text="language: one link per line, address first")
    eligibility = models.JSONField(default=dict, blank=True, help_text="language: text")
    open_to = models.JSONField(default=dict, blank=True, help_text="slugs of schools and levels; empty: everybody")
    tags = models.JSONField(default=dict, blank=True, help_text="language: words joined by middle dots")
    referent = models.JSONField(default=dict, blank=True, help_text="language: who is on site, where and when")
    capacity = models.PositiveSmallIntegerField(null=True, blank=True, help_text="teams at most")
    revision = models.PositiveIntegerField(default=1, help_text="raised whenever the words change")
    waiting_since = models.DateTimeField(null=True, blank=True, help_text="since when it awaits approval")
    published_at = models.DateTimeField(null=True, blank=True)

    objects = ChallengeQuerySet.as_manager()

    class Meta:
        ordering = ["edition", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["edition", "slug"], name="one_challenge_per_edition_and_slug")]

    def __str__(self) -> str:
        return self.slug

    @property
    def state(self) -> str:
        """draft, waiting (for approval) or published."""
        if self.published_at is not None:
            return "published"
        return "waiting" if self.waiting_since is not None else "draft"

    def phase(self, now: datetime) -> Phase:
        return self.edition.phase(now)

    def roles_of(self, person: Person | None) -> frozenset[str]:
        roles = self.edition.roles_of(person)
        if "partner" in roles and person is not None and self.partner_id in person_partner_ids(person, self.edition_id):
            roles |= {"own:partner"}
        return roles


class Step(models.Model):
    """One step in the life of a challenge. Never changed: together they are its history."""

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", "submitted for approval"
        SENT_BACK = "sent_back", "sent back with a remark"
        PUBLISHED = "published", "published"
        AMENDED = "amended", "amended"

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    words = models.CharField(max_length=500, blank=True, help_text="the remark, or why it changed")
    changed = models.JSONField(default=list, blank=True, help_text="which parts an amendment changed")

    class Meta:
        ordering = ["challenge", "at", "pk"]

    def __str__(self) -> str:
        return f"{self.challenge} {self.kind}"


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
