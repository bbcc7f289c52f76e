"""FastAGI: Asterisk's dialplan asks, the dialogue answers (telephony.md, "FastAGI is the way into Asterisk").

``agi://host/hotline`` leads a caller through `core.dialogue` and sets WERDA_RESULT, WERDA_LEVEL and WERDA_TOKEN;
``agi://host/answered`` runs on the agent's channel when it answers; ``agi://host/gone`` when the caller has hung up.
Whatever breaks, the caller goes on to a person, unverified (design decision 9). FastAGI knows neither passwords nor
encryption: listen on the loopback or a private network only.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Final, Self

from werda.api.failures import what_failed
from werda.core.call import Arrival, Source
from werda.core.dialogue import (
    TO_A_PERSON,
    Collect,
    Dialogue,
    End,
    Entry,
    Event,
    Failed,
    HandOver,
    Judged,
    Prompt,
    Result,
    Turn,
    Verify,
)
from werda.core.level import Level
from werda.core.number import normalise
from werda.core.secret import Secret
from werda.gate.agi import MOST_LINE, Channel, HangUp, ProtocolError, Request
from werda.gate.hotline import Hotline, UnknownNumber
from werda.gate.prompts import catalogue_of

DIALOGUE_SECONDS: Final = 180.0
"""After so long a dialogue turns to a person, wherever it stands."""
HOTLINE_SECONDS: Final = 8.0
"""The longest a caller waits for one answer of the gate."""
WITHHELD: Final = 0x60
"""The bits of ``agi_callingpres`` that say the caller's number must not be shown, or is not known."""

log = logging.getLogger(__name__)


class FastAgi:
    """The server. `start` it, and `close` it: calls still in a dialogue then go on to a person."""

    def __init__(
        self,
        hotline: Hotline,
        *,
        asserting_trunks: Collection[str] = (),
        sounds: str = "werda",
        dialogue_seconds: float = DIALOGUE_SECONDS,
    ) -> None:
        """`asserting_trunks` are the trunks whose word on a calling number is believed (C3), looked up at each call;
        `sounds` is the folder of the prompts as Asterisk names it, one folder for each catalogue inside."""
        self._hotline = hotline
        self._asserting_trunks = asserting_trunks
        self._sounds = sounds
        self._dialogue_seconds = dialogue_seconds
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @classmethod
    async def start(
        cls, host: str, port: int, hotline: Hotline, *, asserting_trunks: Collection[str] = (), sounds: str = "werda"
    ) -> Self:
        """Listen; port 0 takes a free one. Raises `OSError` when the address is taken."""
        server = cls(hotline, asserting_trunks=asserting_trunks, sounds=sounds)
        await server.listen(host, port)
        return server

    async def listen(self, host: str, port: int) -> None:
        """Begin to accept connections."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=MOST_LINE, backlog=1024)

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and let go of every call; Asterisk's dialplan takes them to a person."""
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._serve(Channel(reader, writer))
        except asyncio.CancelledError:
            log.info("a call was let go because the gate closes")
        except HangUp:
            log.debug("a connection ended early")
        except Exception as problem:
            log.warning("a call goes on to a person: %s", what_failed(problem))
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, channel: Channel) -> None:
        request = await channel.opening()
        match request.script:
            case "hotline":
                await self._hotline_call(channel, request)
            case "answered":
                await self._answered(request)
            case "gone":
                await self._gone(request)
            case _:
                raise ProtocolError("no such script")

    async def _hotline_call(self, channel: Channel, request: Request) -> None:
        try:
            async with asyncio.timeout(HOTLINE_SECONDS):
                arrival = await self._arrive(request)
        except UnknownNumber:
            log.warning("no brand answers under the dialled number")
            await _tell(channel, Result.UNVERIFIED)
            return
        except Exception as problem:
            log.warning("a call goes on to a person, not taken up: %s", what_failed(problem))
            await _tell(channel, Result.UNVERIFIED)
            return
        try:
            await Conversation(channel, self._hotline, arrival, self._sounds, self._dialogue_seconds).hold()
        except HangUp:
            await self._hotline.hung_up(arrival)

    async def _arrive(self, request: Request) -> Arrival:
        values, arguments = request.values, request.arguments
        dialled = arguments.get("dialled") or _known(values.get("dnid")) or values.get("extension", "")
        return await self._hotline.arrive(
            dialled=normalise(dialled) or dialled,
            source=self._source(request),
            switch_call=values.get("uniqueid", ""),
        )

    def _source(self, request: Request) -> Source:
        """Where the call comes from. `asserted` needs the dialplan's word and the gate's own list of trunks (C3)."""
        trunk = request.arguments.get("trunk", "")
        presentation = request.values.get("callingpres", "0")
        withheld = not presentation.isdecimal() or bool(int(presentation[:4]) & WITHHELD)
        number = None if withheld else normalise(request.values.get("callerid", ""))
        claimed = request.arguments.get("asserted") == "1"
        asserted = claimed and number is not None and trunk in self._asserting_trunks
        return Source(calling_number=number, asserted=asserted, trunk=trunk)

    async def _answered(self, request: Request) -> None:
        token, agent = Secret(request.arguments.get("token", "")), request.arguments.get("agent", "")
        if token and agent and not await self._hotline.answered(token, agent):
            log.warning("an agent's answer names no call that waits")

    async def _gone(self, request: Request) -> None:
        await self._hotline.hung_up(await self._arrive(request))


class Conversation:
    """One caller's dialogue, carried out on a channel."""

    def __init__(
        self, channel: Channel, hotline: Hotline, arrival: Arrival, sounds: str, dialogue_seconds: float
    ) -> None:
        self._channel = channel
        self._hotline = hotline
        self._arrival = arrival
        self._sounds = f"{sounds}/{catalogue_of(arrival.brand)}"
        self._until = asyncio.get_running_loop().time() + dialogue_seconds

    async def hold(self) -> None:
        """Lead the dialogue to its end; raises `HangUp` when the caller is gone."""
        dialogue = Dialogue.begin(self._arrival)
        while not dialogue.finished:
            dialogue = dialogue.hear(Failed() if self._late else await self._carry_out(dialogue.turn))
        await self._finish(dialogue.turn)

    @property
    def _late(self) -> bool:
        return asyncio.get_running_loop().time() > self._until

    async def _carry_out(self, turn: Turn) -> Event:
        match turn.then:
            case Collect() as collect:
                return await self._collect(turn.say, collect)
            case Verify(number, digits):
                await self._say(turn.say)
                return await self._verify(number, digits)
            case _:
                return Failed()

    async def _collect(self, prompts: tuple[Prompt, ...], collect: Collect) -> Event:
        entry = Entry(collect)
        key = await self._say(prompts, collect.interrupting)
        while not self._late:
            if key is not None and (event := entry.press(key)) is not None:
                return event
            key = await self._channel.key(entry.patience)
            if key is None:
                return entry.silent()
        return Failed()

    async def _say(self, prompts: tuple[Prompt, ...], interrupting: str = "") -> str | None:
        """Say the prompts in order; a key that breaks in ends them all and is given back."""
        for prompt in prompts:
            key = await self._channel.play(f"{self._sounds}/{prompt}", interrupting)
            if key is not None:
                return key
        return None

    async def _verify(self, number: str | None, digits: Secret) -> Event:
        try:
            async with asyncio.timeout(HOTLINE_SECONDS):
                return Judged(await self._hotline.verify(self._arrival, number=number, digits=digits))
        except Exception as problem:
            log.warning("call %s: verification failed: %s", self._arrival.call_id, what_failed(problem))
            return Failed()

    async def _finish(self, turn: Turn) -> None:
        """Carry out the last turn. The variables come first, so that they stand when the gate dies in mid-prompt."""
        token = None
        if isinstance(turn.then, HandOver):
            token = await self._hand_over()
            turn = turn if token else TO_A_PERSON
        match turn.then:
            case HandOver(result, level):
                await _tell(self._channel, result, level, token)
            case End(result):
                await _tell(self._channel, result)
            case _:  # pragma: no cover - only finished dialogues come here
                raise AssertionError("the dialogue is not finished")
        await self._say(turn.say)

    async def _hand_over(self) -> Secret | None:
        try:
            async with asyncio.timeout(HOTLINE_SECONDS):
                return await self._hotline.hand_over(self._arrival)
        except Exception as problem:
            log.warning("call %s: no token: %s", self._arrival.call_id, what_failed(problem))
            return None


async def _tell(channel: Channel, result: Result, level: Level = Level.NONE, token: Secret | None = None) -> None:
    """Tell the dialplan the outcome. The token goes first: a verified result never stands without it."""
    await channel.set_variable("WERDA_TOKEN", token.reveal() if token else "")
    await channel.set_variable("WERDA_LEVEL", str(int(level)))
    await channel.set_variable("WERDA_RESULT", str(result))


def _known(value: str | None) -> str | None:
    """Asterisk writes ``unknown`` for what it does not know."""
    return None if value in (None, "", "unknown") else value
