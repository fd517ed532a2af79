"""Pushes to all links of a group."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction


def push_after_commit(group, route, payload):
    """Before the commit, a page could fetch older data after it was told of newer data. A rollback pushes nothing."""
    message = {"type": "push", "route": route, "payload": payload}
    # Robust: the change is made, even if nobody can be told.
    transaction.on_commit(lambda: async_to_sync(get_channel_layer().group_send)(group, message), robust=True)
