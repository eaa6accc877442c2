"""When the partners' dossiers open, and what is in them besides the solutions."""

from django.db import models

from estrade.editions.models import Edition
from estrade.people.models import Person


class DossierRelease(models.Model):
    """What the organisers decided about the dossiers of an edition. Without a row they open with the results, plain."""

    edition = models.OneToOneField(Edition, on_delete=models.CASCADE, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True, help_text="before the results are published")
    with_comments = models.BooleanField(default=False, help_text="what the jury wrote goes to the partners")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"dossiers of {self.edition}"
