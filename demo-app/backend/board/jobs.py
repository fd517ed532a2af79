"""The jobs: what can be asked, what can be changed, and what is refused."""

from django.db import transaction

from .answers import Refused, number_in, text_in
from .models import Driver, Job
from .pushes import push_after_commit

BOARD = "board"
# How many jobs a driver has at once.
MOST_JOBS = 3


def all_jobs():
    return [job.as_json() for job in Job.objects.order_by("pk")]


def all_drivers():
    return [driver.as_json() for driver in Driver.objects.order_by("pk")]


def edit_job(payload):
    """Changes what the payload names: the title, the driver or the status."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=number_in(payload, "id")).first()
        if job is None:
            raise Refused("There is no such job.", status=404)
        if "title" in payload:
            job.title = text_in(payload, "title", longest=80)
        if "driver" in payload:
            assign(job, payload["driver"])
        if "status" in payload:
            set_status(job, payload["status"])
        job.version += 1
        job.save()
        push_after_commit(BOARD, "jobChanged", {"job": job.as_json()})
    return job.as_json()


def assign(job, driver_id):
    if driver_id == job.driver_id:
        return
    if job.status == Job.Status.DONE:
        raise Refused("The job is done already.")
    if driver_id is None:
        if job.status == Job.Status.DRIVING:
            raise Refused("The job is on its way, so it needs a driver.")
        job.driver = None
        return
    # Locked, so that two dispatchers cannot give the same driver one job too many.
    driver = Driver.objects.select_for_update().filter(pk=driver_id).first() if isinstance(driver_id, int) else None
    if driver is None:
        raise Refused("There is no such driver.", status=404)
    if driver.jobs.exclude(status=Job.Status.DONE).count() >= MOST_JOBS:
        raise Refused(f"{driver.name} has {MOST_JOBS} jobs already.")
    job.driver = driver


def set_status(job, status):
    if status not in Job.Status.values:
        raise Refused("There is no such status.")
    if status != Job.Status.WAITING and job.driver_id is None:
        raise Refused("The job needs a driver first.")
    job.status = status
