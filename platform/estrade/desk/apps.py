"""The desk, and the administration that it lends to Django."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class DeskConfig(AppConfig):
    """The binder of control room, front page and API root."""

    name = "estrade.desk"
    default = True

    def ready(self) -> None:
        # Imported here: the words are translated by an app registry that is only now complete.
        from estrade.desk.names import name_everything  # noqa: PLC0415 - needs the apps loaded

        name_everything()


class AdministrationConfig(admin_apps.AdminConfig):
    """Django's admin under Estrade's sign-in."""

    default = False
    default_site = "estrade.desk.administration.Administration"
