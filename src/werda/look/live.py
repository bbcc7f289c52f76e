"""Live events: tell every open page that something of its own changed (LISTEN/NOTIFY, no broker).

An event says only *that* something changed; what is shown is read anew, under the reader's own login. One database
connection listens for each process and channel, however many pages are open. After a lost connection every page reads
again, so nothing is missed.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.http import StreamingHttpResponse

from werda.store.roles import Database

log = logging.getLogger(__name__)

STILL_HERE: Final = 15.0
"""Seconds of silence after which the stream says that it lives: proxies keep it open, and a page can miss it."""
AGAIN: Final = 600.0
"""Seconds after which a stream ends and the browser comes again, so that signing out holds for streams too."""
_RECONNECT: Final = 1.0


class Bell:
    """Rings for pages that wait for a channel's events; `whose` reads from a payload whose event it is."""

    def __init__(self, channel: str, whose: Callable[[str], int]) -> None:
        self._channel = channel
        self._whose = whose
        self._pages: dict[asyncio.Event, frozenset[int]] = {}
        self._listening: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def heard_by(self, readers: Collection[int]) -> Any:
        """An event that is set whenever something of one of these changed."""
        rung = asyncio.Event()
        rung.set()  # whoever comes reads once more: what changed between their page and now is in it
        self._pages[rung] = frozenset(readers)
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        try:
            yield rung
        finally:
            del self._pages[rung]
            if not self._pages:
                self._listening.cancel()
                self._listening = None

    def _ring(self, whose: int | None) -> None:
        for rung, readers in self._pages.items():
            if whose is None or whose in readers:
                rung.set()

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**_parameters(), autocommit=True) as listening:
                    await listening.execute(f"listen {self._channel}".encode())
                    self._ring(None)  # and again, for what happened before anybody listened
                    async for notice in listening.notifies():
                        self._ring(self._whose(notice.payload))
            except (OSError, psycopg.Error) as problem:
                log.warning("live events: the database is away (%s)", type(problem).__name__)
            await asyncio.sleep(_RECONNECT)


_bells: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Bell]] = WeakKeyDictionary()


def _bell(channel: str, whose: Callable[[str], int]) -> Bell:
    """One for each event loop and channel."""
    return _bells.setdefault(asyncio.get_running_loop(), {}).setdefault(channel, Bell(channel, whose))


def _parameters() -> dict[str, Any]:
    database: Database = settings.WERDA_DATABASE
    return {"connect_timeout": 5, **database.parameters(settings.WERDA_DATABASE_ROLE), "dbname": database.name}


async def changes(channel: str, whose: Callable[[str], int], readers: Collection[int]) -> AsyncIterator[str]:
    """Server-sent events: one `message` whenever something of one of these changed.

    Besides `here` after some silence, and `again` at the end, for who must know whether what they show is of now.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + AGAIN
    with _bell(channel, whose).heard_by(readers) as rung:
        yield "retry: 2000\n\n"
        while loop.time() < end:
            try:
                async with asyncio.timeout(STILL_HERE):
                    await rung.wait()
            except TimeoutError:
                yield "event: here\ndata: still\n\n"
                continue
            rung.clear()
            yield "data: changed\n\n"
        yield "event: again\ndata: now\n\n"


def stream(events: AsyncIterator[str]) -> StreamingHttpResponse:
    """An answer that goes on."""
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response
