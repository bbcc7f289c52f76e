"""Changes of brands, policies, trunks and API keys reach every gate within a second (S2)."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from werda.api.failures import what_failed

log = logging.getLogger(__name__)


class ConfigChanges:
    """Hears `werda_config` and calls `changed` within a second of any change; reads again every minute in any case."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], changed: Callable[[], Awaitable[None]]) -> None:
        self._connect = connect
        self._changed = changed

    async def listen(self) -> None:
        """Run until cancelled; a lost connection is made anew."""
        while True:
            heard = asyncio.Event()
            try:
                connection = await self._connect()
                try:
                    await connection.add_listener("werda_config", lambda *_, heard=heard: heard.set())
                    connection.add_termination_listener(lambda *_, heard=heard: heard.set())
                    while not connection.is_closed():
                        await self._changed()
                        with contextlib.suppress(TimeoutError):
                            async with asyncio.timeout(60):
                                await heard.wait()
                        heard.clear()
                finally:
                    connection.terminate()
            except Exception as problem:  # also a policy that does not hold: the rules known so far stay in force
                log.error("changes cannot be taken over for now: %s", what_failed(problem))
            await asyncio.sleep(0.5)
