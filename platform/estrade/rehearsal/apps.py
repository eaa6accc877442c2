"""The room where an event is played before it happens."""

from django.apps import AppConfig


class RehearsalConfig(AppConfig):
    """Copy, play, wipe, proof; and the engine that the demonstration is played with."""

    name = "estrade.rehearsal"
    label = "rehearsal"
