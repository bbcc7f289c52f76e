"""A caller who keys the same digits whenever the hotline listens, over FastAGI as a switch does."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from werda.demo.switch import CallerGone, Leg, Outcome, Switch


class _Handset:
    def __init__(self, keys: str) -> None:
        self._keys = list(keys)

    async def play(self, sound: str, interrupting: str) -> str | None:
        return None

    async def key(self, seconds: float) -> str | None:
        if not self._keys:
            raise CallerGone
        return self._keys.pop(0)


def call_hotline(port: int, *, calling: str, dialled: str, keys: str) -> Outcome:
    """What the dialplan knows after the dialogue. In a thread of its own: a browser's test has a loop already."""
    leg = Leg(calling, dialled, "mobile-network", asserted=True)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, Switch("127.0.0.1", port).lead(leg, _Handset(keys))).result()
