"""The routes of the board, and those of the chat of one job."""

import asyncio
import functools

from channels.db import database_sync_to_async
from django_channels_router import AsyncSocketRouterConsumer

from . import chat, jobs, tokens
from .answers import Refused, answer, text_in
from .positions import positions

TICK_SECONDS = 1


def route(handler):
    """What a handler returns is the payload of the answer, and a `Refused` is an answer too."""

    @functools.wraps(handler)
    async def on_route(self, payload, headers):
        try:
            return answer(await handler(self, payload if isinstance(payload, dict) else {}, headers))
        except Refused as refused:
            return answer({"message": refused.message}, refused.status)

    return on_route


def signed_in(handler):
    """A route for people with a valid token: the handler gets their name instead of the headers."""

    @functools.wraps(handler)
    async def for_person(self, payload, headers):
        return await handler(self, payload, await database_sync_to_async(tokens.name_in)(headers))

    return route(for_person)


class Link(AsyncSocketRouterConsumer):
    """A link that anybody may open: each message proves who sent it."""

    async def connect(self):
        await self.accept()

    async def watch(self, group):
        await self.channel_layer.group_add(group, self.channel_name)

    async def unwatch(self, group):
        await self.channel_layer.group_discard(group, self.channel_name)

    async def push(self, event):
        """A message of the channel layer becomes a push."""
        await self.send_push(event["route"], event["payload"])

    async def send_push(self, route, payload):
        await self.send_json({"route": route, "headers": None, "payload": payload, "status": 200})


class BoardConsumer(Link):
    routes = [
        {"route": name}
        for name in (
            "login",
            "refreshToken",
            "expireTokens",
            "getJobs",
            "getDrivers",
            "editJob",
            "watchBoard",
            "unwatchBoard",
        )
    ]
    ticker = None

    @route
    async def on_login(self, payload, headers):
        return await database_sync_to_async(tokens.new_pass)(text_in(payload, "name", longest=40))

    @route
    async def on_refresh_token(self, payload, headers):
        return await database_sync_to_async(tokens.refreshed)(payload.get("refresh"))

    @signed_in
    async def on_expire_tokens(self, payload, name):
        await database_sync_to_async(tokens.expire)(name)

    @signed_in
    async def on_get_jobs(self, payload, name):
        return await database_sync_to_async(jobs.all_jobs)()

    @signed_in
    async def on_get_drivers(self, payload, name):
        return await database_sync_to_async(jobs.all_drivers)()

    @signed_in
    async def on_edit_job(self, payload, name):
        return await database_sync_to_async(jobs.edit_job)(payload)

    @signed_in
    async def on_watch_board(self, payload, name):
        await self.watch(jobs.BOARD)
        self.ticker = self.ticker or asyncio.create_task(self.tick())

    @route
    async def on_unwatch_board(self, payload, headers):
        await self.unwatch(jobs.BOARD)
        self.stop_ticker()

    async def disconnect(self, code):
        await self.unwatch(jobs.BOARD)
        self.stop_ticker()

    async def tick(self):
        while True:
            at = [{"driver": number, "x": x, "y": y} for number, (x, y) in enumerate(positions(), start=1)]
            await self.send_push("positions", {"positions": at})
            await asyncio.sleep(TICK_SECONDS)

    def stop_ticker(self):
        if self.ticker:
            self.ticker.cancel()
            self.ticker = None


class ChatConsumer(Link):
    routes = [{"route": name} for name in ("getLines", "say", "watchChat", "unwatchChat")]

    @property
    def job(self):
        return self.scope["url_route"]["kwargs"]["job"]

    @signed_in
    async def on_get_lines(self, payload, name):
        return await database_sync_to_async(chat.all_lines)(self.job)

    @signed_in
    async def on_say(self, payload, name):
        return await database_sync_to_async(chat.say)(name, self.job, payload)

    @signed_in
    async def on_watch_chat(self, payload, name):
        await self.watch(chat.group_of(self.job))

    @route
    async def on_unwatch_chat(self, payload, headers):
        await self.unwatch(chat.group_of(self.job))

    async def disconnect(self, code):
        await self.unwatch(chat.group_of(self.job))
