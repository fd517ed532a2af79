from django.db import models


class Driver(models.Model):
    name = models.CharField(max_length=40)
    vehicle = models.CharField(max_length=40)

    def as_json(self):
        return {"id": self.pk, "name": self.name, "vehicle": self.vehicle}


class Job(models.Model):
    class Status(models.TextChoices):
        WAITING = "waiting"
        DRIVING = "driving"
        DONE = "done"

    title = models.CharField(max_length=80)
    address = models.CharField(max_length=80)
    # Where it is on the map.
    x = models.FloatField()
    y = models.FloatField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    driver = models.ForeignKey(Driver, null=True, on_delete=models.SET_NULL, related_name="jobs")
    # Grows with each change, so that a page never replaces newer data by older.
    version = models.PositiveIntegerField(default=1)

    def as_json(self):
        return {
            "id": self.pk,
            "title": self.title,
            "address": self.address,
            "x": self.x,
            "y": self.y,
            "status": self.status,
            "driver": self.driver_id,
            "version": self.version,
        }


class TokenEpoch(models.Model):
    """The tokens of a person that are of an earlier epoch are worth nothing. Who has no row is in epoch 0."""

    name = models.CharField(max_length=40, primary_key=True)
    epoch = models.PositiveIntegerField(default=0)


class Line(models.Model):
    """What somebody said about a job."""

    # From the page: if it sends a line twice, it is still one line.
    id = models.UUIDField(primary_key=True)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="lines")
    author = models.CharField(max_length=40)
    text = models.CharField(max_length=500)
    said_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["said_at"]

    def as_json(self):
        return {
            "id": str(self.pk),
            "author": self.author,
            "text": self.text,
            "saidAt": self.said_at.isoformat(),
        }
