from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("board", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="TokenEpoch",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("epoch", models.PositiveIntegerField(default=0)),
            ],
        ),
    ]
