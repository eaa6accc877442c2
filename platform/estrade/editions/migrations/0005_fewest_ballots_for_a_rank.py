from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('editions', '0004_team_rules_and_minors'),
    ]

    operations = [
        migrations.AddField(
            model_name='edition',
            name='fewest_ballots',
            field=models.PositiveSmallIntegerField(default=2, help_text='ballots that a team needs for a rank'),
        ),
    ]
