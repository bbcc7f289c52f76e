"""Live events: tell every open desk that calls of its brands changed (LISTEN/NOTIFY, no broker).

An event says only *that* something changed; what is shown is read anew, under the agent's own login. One database
connection listens for each process, however many desks are open. After a lost connection every desk reads again, so
nothing is missed.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Collection
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from allauth.mfa.utils import is_mfa_enabled
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from werda.store.models.agent import Agent
from werda.store.roles import Database

log = logging.getLogger(__name__)

STILL_HERE: Final = 15.0
"""Seconds of silence after which a comment keeps proxies from closing the stream."""
AGAIN: Final = 600.0
"""Seconds after which a stream ends and the browser comes again, so that signing out holds for streams too."""
_RECONNECT: Final = 1.0


class Bell:
    """Rings for desks. One for each event loop."""

    def __init__(self) -> None:
        self._desks: dict[asyncio.Event, frozenset[int]] = {}
        self._listening: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def heard_by(self, brands: Collection[int]) -> Any:
        """An event that is set whenever a call of these brands changed."""
        rung = asyncio.Event()
        rung.set()  # whoever comes reads once more: what changed between their page and now is in it
        self._desks[rung] = frozenset(brands)
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        try:
            yield rung
        finally:
            del self._desks[rung]
            if not self._desks:
                self._listening.cancel()
                self._listening = None

    def _ring(self, brand: int | None) -> None:
        for rung, brands in self._desks.items():
            if brand is None or brand in brands:
                rung.set()

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**_parameters(), autocommit=True) as listening:
                    await listening.execute("listen werda_live")
                    self._ring(None)  # and again, for what happened before anybody listened
                    async for notice in listening.notifies():
                        self._ring(int(notice.payload.partition(":")[0]))
            except (OSError, psycopg.Error) as problem:
                log.warning("live events: the database is away (%s)", type(problem).__name__)
            await asyncio.sleep(_RECONNECT)


_bells: WeakKeyDictionary[asyncio.AbstractEventLoop, Bell] = WeakKeyDictionary()


def _bell() -> Bell:
    return _bells.setdefault(asyncio.get_running_loop(), Bell())


def _parameters() -> dict[str, Any]:
    database: Database = settings.WERDA_DATABASE
    return {"connect_timeout": 5, **database.parameters(settings.WERDA_DATABASE_ROLE), "dbname": database.name}


async def changes(brands: Collection[int]) -> AsyncIterator[str]:
    """Server-sent events: one `message` whenever calls of these brands changed."""
    loop = asyncio.get_running_loop()
    end = loop.time() + AGAIN
    with _bell().heard_by(brands) as rung:
        yield "retry: 2000\n\n"
        while loop.time() < end:
            try:
                async with asyncio.timeout(STILL_HERE):
                    await rung.wait()
            except TimeoutError:
                yield ": still here\n\n"
                continue
            rung.clear()
            yield "data: changed\n\n"


async def live(request: HttpRequest) -> HttpResponseBase:
    """The stream of the signed-in agent."""
    agent = await request.auser()
    assert isinstance(agent, Agent), "the middleware lets nobody else come this far"
    if not await sync_to_async(is_mfa_enabled)(agent):
        return redirect("mfa_activate_totp")
    await sync_to_async(
        lambda: connection.close()
    )()  # a stream lasts for minutes and reads nothing: it keeps no connection
    response = StreamingHttpResponse(changes(agent.brands), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response
