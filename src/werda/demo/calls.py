"""Calls of the phone in the browser: what the visitor hears and does, as a stream of events and a row of keys.

A call is an asyncio task in the pages' process. Its events are kept while it lasts, so that a browser that lost its
connection gets those it missed. Keyed digits are no events and are never kept: the transcript shows dots (D2, B9).
"""

import asyncio
import contextlib
import logging
import secrets
import wave
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Final

from werda.core.call import BrandFacts
from werda.core.dialogue import Prompt
from werda.demo.switch import CallerGone, Leg, Outcome, Switch
from werda.gate.prompts import CATALOGUES, sound_file, transcript

log = logging.getLogger(__name__)

RING_SECONDS: Final = 3.0
"""How long it rings until the first agent answers by herself."""
LONGEST_SECONDS: Final = 1800.0
DESERTED_SECONDS: Final = 8.0
"""A call whose browser does not come back for so long is hung up."""
MOST_CALLS: Final = 50
KEYS: Final = frozenset("0123456789*#")

Event = Mapping[str, Any]


class TooManyCalls(RuntimeError):
    """The demo's switch has no free line; hang up a call first."""


@dataclass(frozen=True, slots=True)
class Brand:
    """Whom the visitor calls. `announce` is the date the greeting names, if it does."""

    facts: BrandFacts
    announce: date | None


@dataclass
class Call:
    """One call, known by an unguessable `handle`. `agents` maps logins to names; the first answers by herself."""

    leg: Leg
    brand: Brand
    switch: Switch
    agents: Mapping[str, str]
    handle: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    _events: list[Event] = field(default_factory=list, repr=False)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition, repr=False)
    _keys: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue, repr=False)
    _gone: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _answer: "asyncio.Future[str]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future(), repr=False
    )
    _listeners: int = 0
    _over: bool = False

    # What the visitor does

    def press(self, key: str) -> None:
        """A key of the telephone."""
        if key in KEYS and not self._over:
            self._keys.put_nowait(key)

    def hang_up(self) -> None:
        """Put the receiver down."""
        self._gone.set()

    def choose(self, agent: str) -> None:
        """Say who of the agents answers."""
        if agent in self.agents and not self._answer.done():
            self._answer.set_result(agent)

    async def events(self, after: int = -1) -> AsyncIterator[tuple[int, Event]]:
        """The events behind the one numbered `after`, until the call is over."""
        self._listeners += 1
        try:
            position = after + 1
            while True:
                async with self._changed:
                    while len(self._events) <= position and not self._over:
                        await self._changed.wait()
                while position < len(self._events):
                    yield position, self._events[position]
                    position += 1
                if self._over:
                    return
        finally:
            self._listeners -= 1

    # What happens to them: `Handset`, and the dialplan

    async def play(self, sound: str, interrupting: str) -> str | None:
        """Play a prompt; a key that may not break in is lost, as on a real switch."""
        folder, _, name = sound.rpartition("/")
        prompt, catalogue = Prompt(name), folder.rpartition("/")[2]
        await self._tell(
            kind="says",
            text=transcript(prompt, self.brand.facts, self.brand.announce),
            sound=f"{catalogue}/{prompt}",
            keys=bool(interrupting),
        )
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds_of(prompt, catalogue)
        while (left := end - loop.time()) > 0:
            key = await self._next_key(left)
            if key is not None and key in interrupting:
                await self._tell(kind="interrupted")
                return key
        return None

    async def key(self, seconds: float) -> str | None:
        """Wait for a key."""
        await self._tell(kind="listens", seconds=seconds)
        return await self._next_key(seconds)

    async def run(self) -> None:
        """The dialplan: the gate leads, then an agent's telephone rings, then they talk."""
        await self._tell(kind="dialling", number=self.leg.dialled)
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                outcome = await self._until_gone(self.switch.lead(self.leg, self))
                if outcome.result != "closed":
                    await self._until_gone(self._reach_a_person(outcome))
        except (CallerGone, TimeoutError):
            pass
        except Exception as problem:  # the kind only: a text could hold what was keyed
            log.warning("a demo call broke: %s", type(problem).__name__)
        finally:
            await self.switch.gone(self.leg)
            self._over = True
            await self._tell(kind="over")

    async def _reach_a_person(self, outcome: Outcome) -> None:
        agents = [{"login": login, "name": name} for login, name in self.agents.items()]
        await self._tell(kind="rings", result=outcome.result, level=outcome.level, agents=agents)
        try:
            async with asyncio.timeout(RING_SECONDS):
                agent = await asyncio.shield(self._answer)
        except TimeoutError:
            agent = next(iter(self.agents))
            self.choose(agent)
        if outcome.token:
            await self.switch.answered(self.leg, outcome.token, agent)
        # Without a token the gate was down: a person is reached all the same, but the desk does not know of the call.
        await self._tell(kind="talks", login=agent, agent=self.agents[agent], at_desk=bool(outcome.token))
        await self._gone.wait()

    async def _until_gone(self, work: Any) -> Any:
        """The result of `work`. Raises `CallerGone` when the caller hangs up first, or the browser deserts the call."""
        task = asyncio.ensure_future(work)
        leaving = asyncio.ensure_future(self._leave())
        try:
            await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise CallerGone
        finally:
            for unfinished in (task, leaving):
                unfinished.cancel()
                with contextlib.suppress(asyncio.CancelledError, CallerGone):
                    await unfinished

    async def _leave(self) -> None:
        alone = 0.0
        while not self._gone.is_set() and alone < DESERTED_SECONDS:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._gone.wait()
            alone = 0.0 if self._listeners else alone + 1.0

    async def _next_key(self, seconds: float) -> str | None:
        try:
            async with asyncio.timeout(seconds):
                return await self._keys.get()
        except TimeoutError:
            return None

    async def _tell(self, **event: Any) -> None:
        async with self._changed:
            self._events.append(event)
            self._changed.notify_all()


class Exchange:
    """All calls of the demo. One for the process."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._calls: dict[str, Call] = {}
        self._running: set[asyncio.Task[None]] = set()

    def dial(self, leg: Leg, brand: Brand, agents: Mapping[str, str]) -> Call:
        """Begin a call. Raises `TooManyCalls`."""
        if len(self._running) >= MOST_CALLS:
            raise TooManyCalls
        call = Call(leg, brand, self._switch, agents)
        self._calls[call.handle] = call
        task = asyncio.create_task(call.run())
        self._running.add(task)
        task.add_done_callback(lambda done: self._end(call, done))
        return call

    def find(self, handle: str) -> Call | None:
        """The call with this handle, also for a while after it has ended."""
        return self._calls.get(handle)

    def _end(self, call: Call, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        asyncio.get_running_loop().call_later(60, self._calls.pop, call.handle, None)


@cache
def seconds_of(prompt: Prompt, catalogue: str) -> float:
    """How long a prompt's sound is."""
    with wave.open(str(sound_file(prompt, catalogue))) as sound:
        return float(sound.getnframes() / sound.getframerate())


def is_sound(catalogue: str, prompt: str) -> bool:
    """Whether there is such a sound."""
    return catalogue in CATALOGUES and prompt in set(Prompt)
