"""What is said about a job."""

import uuid

from django.db import transaction

from .answers import Refused, text_in
from .models import Job, Line
from .pushes import push_after_commit


def group_of(job_id):
    return f"chat-{job_id}"


def all_lines(job_id):
    return [line.as_json() for line in Line.objects.filter(job_id=job_id)]


def say(name, job_id, payload):
    text = text_in(payload, "text", longest=500)
    with transaction.atomic():
        if not Job.objects.filter(pk=job_id).exists():
            raise Refused("There is no such job.", status=404)
        line, is_new = Line.objects.get_or_create(
            pk=_uuid_in(payload), defaults={"job_id": job_id, "author": name, "text": text}
        )
        if line.job_id != job_id:
            raise Refused("There is a line of that id at another job.", status=409)
        if is_new:
            push_after_commit(group_of(job_id), "said", {"line": line.as_json()})
    return line.as_json()


def _uuid_in(payload):
    try:
        return uuid.UUID(payload.get("id"))
    except (AttributeError, TypeError, ValueError):
        raise Refused("The line has no id.") from None
