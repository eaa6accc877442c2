"""The play moved to the room of rehearsals, which plays the demonstration, too. A demonstration goes on where it stood."""

import secrets

from django.db import migrations

LAST_BALLOT = 390.0


def move(apps, schema_editor):
    seats = apps.get_model("judging", "Seat")
    visitor = list(seats.objects.filter(person__username="jury8").values_list("person_id", flat=True))
    for old in apps.get_model("demo", "Play").objects.all():
        apps.get_model("rehearsal", "Play").objects.create(
            edition_id=old.edition_id,
            story="afternoon",
            length=LAST_BALLOT,
            token=secrets.token_urlsafe(16),
            waits_for_eyes=True,
            elapsed=old.elapsed,
            began_at=old.began_at,
            alive_at=old.alive_at,
            is_paused=old.is_paused,
            told=old.told,
            taken=visitor,
            held_until=old.alive_at,
        )


class Migration(migrations.Migration):
    dependencies = [("demo", "0001_initial"), ("rehearsal", "0001_initial"), ("judging", "0003_ties")]
    operations = [migrations.RunPython(move, migrations.RunPython.noop), migrations.DeleteModel(name="Play")]
