"""How far a play has come, and which process plays it."""

from django.db import models
from django.db.models import Q

from estrade.editions.models import Edition


class Play(models.Model):
    """A copy of an edition (or the sample edition) that simulated people play, until it is wiped."""

    class Story(models.TextChoices):
        WHOLE = "whole", "from the opening to the last ballot"
        AFTERNOON = "afternoon", "the last afternoon of the sample"

    edition = models.OneToOneField(Edition, on_delete=models.CASCADE, related_name="play")
    story = models.CharField(max_length=12, choices=Story.choices, default=Story.WHOLE)
    length = models.FloatField(help_text="seconds from the opening to the last ballot")
    token = models.CharField(max_length=32, unique=True, help_text="opens the page of seats; also tells one play from the next")
    waits_for_eyes = models.BooleanField(default=False, help_text="stands still while no page is open")
    elapsed = models.FloatField(default=0, help_text="seconds played")
    began_at = models.DateTimeField()
    alive_at = models.DateTimeField(help_text="last beat, so that a stop never eats time")
    is_paused = models.BooleanField(default=False)
    told = models.JSONField(default=list, blank=True, help_text="acts already announced")
    taken = models.JSONField(default=list, blank=True, help_text="people whose seat somebody has taken")
    facts = models.JSONField(default=dict, blank=True, help_text="how good each team is, how severe each juror")
    added = models.JSONField(default=dict, blank=True, help_text="what the set-up lacked: kind to number")
    holder = models.CharField(max_length=80, blank=True, help_text="the process that plays")
    held_until = models.DateTimeField(help_text="after this any process may go on")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(length__gt=0), name="a_play_has_a_length")]

    def __str__(self) -> str:
        return f"{self.edition} at {self.elapsed:.0f} s"
