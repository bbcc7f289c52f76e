"""The wire to Asterisk: a FastAGI connection as a channel that plays, listens and takes variables.

Asterisk opens the connection and sends a block of ``agi_*: value`` lines; then one command a line is answered by one
``200 result=N``. A hang-up shows as result -1, as a line ``HANGUP``, as 511 or as the end of the connection: here it
is always `HangUp`. What the other side sends is bounded in size and time and appears in no exception, because a pressed
key comes back in an answer (B9, D2).
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MOST_LINE: Final = 4096
"""Bytes of one line."""
MOST_LINES: Final = 128
"""Lines of the opening block, and lines read for one answer."""
OPENING_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 5.0
PROMPT_SECONDS: Final = 60.0
"""How long Asterisk may take for the opening block, for an answer, and for playing one file."""

_ANSWER: Final = re.compile(rb"200 result=(-?[0-9]{1,9})(?:\s|$)")
_WORD: Final = re.compile(r"[A-Za-z0-9_./~=+-]{0,512}")


class HangUp(Exception):
    """The caller is gone, or Asterisk is."""


class ProtocolError(Exception):
    """The other side does not speak AGI as it should. Carries nothing of what was received."""


@dataclass(frozen=True, slots=True)
class Request:
    """What Asterisk says when it calls: the script's name, the channel's facts and the script's arguments.

    `arguments` are those of the form ``name=value``; `values` all of ``agi_*`` without the prefix.
    """

    script: str
    values: Mapping[str, str] = field(repr=False)
    arguments: Mapping[str, str] = field(repr=False)

    @classmethod
    def parse(cls, lines: list[bytes]) -> "Request":
        """Read the lines of an opening block; raises `ProtocolError` when it names no script."""
        values = {}
        for line in lines:
            name, colon, value = line.decode("utf-8", "replace").partition(":")
            if not colon or not name.startswith("agi_"):
                raise ProtocolError("a line of the opening block is no agi_ line")
            values[name.removeprefix("agi_")] = value.strip()
        script = values.get("network_script", "").partition("?")[0].strip("/")
        if not script:
            raise ProtocolError("the opening block names no script")
        given = (value.partition("=") for name, value in values.items() if name.startswith("arg_"))
        return cls(script, values, {name: value for name, equals, value in given if equals})


class Channel:
    """One connection: commands to the channel that Asterisk has put under our control."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def opening(self) -> Request:
        """Read the opening block."""
        lines: list[bytes] = []
        try:
            async with asyncio.timeout(OPENING_SECONDS):
                while line := await self._line():
                    lines.append(line)
                    if len(lines) > MOST_LINES:
                        raise ProtocolError("the opening block has too many lines")
        except TimeoutError:
            raise ProtocolError("the opening block did not come in time") from None
        return Request.parse(lines)

    async def play(self, sound: str, interrupting: str = "") -> str | None:
        """Play a sound, named as Asterisk names it; gives the key that broke in, if any. A missing sound is silent."""
        return _key(await self._command(f'STREAM FILE "{_word(sound)}" "{interrupting}"', PROMPT_SECONDS))

    async def key(self, seconds: float) -> str | None:
        """Wait for a key; None when the time is up."""
        return _key(await self._command(f"WAIT FOR DIGIT {int(seconds * 1000)}", seconds + ANSWER_SECONDS))

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable, which the dialplan and Asterisk's verbose log show: never a secret a caller keyed."""
        await self._command(f'SET VARIABLE "{_word(name)}" "{_word(value)}"', ANSWER_SECONDS)

    async def _command(self, command: str, seconds: float) -> int:
        try:
            async with asyncio.timeout(seconds):
                self._writer.write(command.encode() + b"\n")
                await self._writer.drain()
                result = await self._result()
        except TimeoutError:
            raise ProtocolError("no answer in time") from None
        except ConnectionError:
            raise HangUp from None
        if result == -1:
            raise HangUp
        return result

    async def _result(self) -> int:
        for _ in range(MOST_LINES):
            line = await self._line()
            if (answer := _ANSWER.match(line)) is not None:
                return int(answer[1])
            if line == b"HANGUP" or line.startswith(b"511"):
                raise HangUp
            if not line.startswith(b"1"):  # 100 Trying…
                raise ProtocolError("an answer is no result")
        raise ProtocolError("an answer has too many lines")

    async def _line(self) -> bytes:
        """A line without its end; raises `HangUp` at the end of the connection."""
        try:
            line = await self._reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            raise HangUp from None
        except asyncio.LimitOverrunError:
            raise ProtocolError("a line is too long") from None
        return line.rstrip(b"\r\n")


def _key(result: int) -> str | None:
    """The key whose ASCII code Asterisk gave; 0 is none."""
    if result == 0:
        return None
    if not 0 < result < 128 or (key := chr(result)) not in "0123456789*#ABCD":
        raise ProtocolError("an answer names no key")
    return key


def _word(value: str) -> str:
    """A word that needs no quoting; anything else must not reach a command line."""
    if not _WORD.fullmatch(value):
        raise ValueError("not a plain word")
    return value
