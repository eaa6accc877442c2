"""Write-ahead logging is a property of the SQLite file: set once here, never per connection."""

from typing import Any

from django.db import migrations


def write_ahead(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("journal", "0002_initial")]
    operations = [migrations.RunPython(write_ahead, migrations.RunPython.noop)]
