"""The room that brings data out and in."""

from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    """Backup and restore of an installation, export of an edition."""

    name = "estrade.archive"
    label = "archive"
