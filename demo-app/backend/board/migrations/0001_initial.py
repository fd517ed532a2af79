import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Driver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("vehicle", models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=80)),
                ("address", models.CharField(max_length=80)),
                ("x", models.FloatField()),
                ("y", models.FloatField()),
                (
                    "status",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("driving", "Driving"), ("done", "Done")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "driver",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="jobs", to="board.driver"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Line",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("author", models.CharField(max_length=40)),
                ("text", models.CharField(max_length=500)),
                ("said_at", models.DateTimeField(auto_now_add=True)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="board.job"
                    ),
                ),
            ],
            options={
                "ordering": ["said_at"],
            },
        ),
    ]
