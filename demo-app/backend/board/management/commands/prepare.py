"""Brings the database up to date, and fills it if it is empty."""

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from board.models import Driver, Job

DRIVERS = [
    ("Amira", "Cargo bike"),
    ("Bo", "Van"),
    ("Carmen", "Scooter"),
    ("Dev", "Cargo bike"),
    ("Elif", "Van"),
]

# Title, address, place on the map, status, and the number of the driver.
JOBS = [
    ("Wedding flowers", "Orangery, 4 Park Lane", (26, 22), "driving", 1),
    ("Piano, third floor", "18 Mill Street", (70, 41), "waiting", 2),
    ("Legal papers to sign", "Court House, Room 12", (46, 24), "waiting", None),
    ("Birthday cake, 40 candles", "7 Harbour Row", (96, 58), "driving", 3),
    ("Blood samples", "St. Anne's Laboratory", (78, 20), "driving", 5),
    ("Two bicycles for repair", "Spoke & Sons, 2 Bridge End", (22, 57), "waiting", 2),
    ("Lunch for twelve", "Studio Nord, 31 Canal Walk", (44, 44), "waiting", 2),
    ("Spare key", "Flat 9, 55 Hill Road", (114, 22), "waiting", None),
    ("Antique mirror", "Gallery Weiss, 1 Old Square", (64, 73), "done", 4),
]


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        call_command("migrate", verbosity=0, interactive=False)
        with transaction.atomic():
            if not Driver.objects.exists():
                fill()


def fill():
    drivers = [Driver.objects.create(name=name, vehicle=vehicle) for name, vehicle in DRIVERS]
    for title, address, (x, y), status, number in JOBS:
        driver = drivers[number - 1] if number else None
        Job.objects.create(title=title, address=address, x=x, y=y, status=status, driver=driver)
