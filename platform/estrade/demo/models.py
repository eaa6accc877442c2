"""How far the demonstration has been played."""

from django.db import models

from estrade.editions.models import Edition


class Play(models.Model):
    """One row: played seconds, and when the player was last alive, so that a stop never eats time."""

    edition = models.OneToOneField(Edition, on_delete=models.CASCADE, related_name="+")
    elapsed = models.FloatField(default=0, help_text="seconds played")
    began_at = models.DateTimeField()
    alive_at = models.DateTimeField()
    is_paused = models.BooleanField(default=False)
    told = models.JSONField(default=list, blank=True, help_text="acts already announced")

    def __str__(self) -> str:
        return f"{self.edition} at {self.elapsed:.0f} s"
