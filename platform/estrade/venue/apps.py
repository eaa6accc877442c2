"""The room for one laptop in a hall."""

from django.apps import AppConfig


class VenueConfig(AppConfig):
    """The command that serves a hall, its hourly copies, its name in the network."""

    name = "estrade.venue"
    label = "venue"
