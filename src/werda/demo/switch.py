"""A telephone switch small enough for the demo: it asks the gate over FastAGI, the very way an Asterisk does.

``agi://…/hotline`` leads the caller, ``agi://…/answered`` tells who answered, ``agi://…/gone`` that the caller has
hung up; deploy/asterisk/extensions.conf is the same dialplan for a real one. Whatever breaks, the caller reaches a
person, unverified (design decision 9). Keys travel as ASCII codes in answers, and are kept and logged nowhere (D2).
"""

import asyncio
import contextlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from werda.core.secret import Secret

CONNECT_SECONDS: Final = 3.0
_STREAM: Final = re.compile(r'STREAM FILE "([^"]*)" "([^"]*)"')
_WAIT: Final = re.compile(r"WAIT FOR DIGIT ([0-9]+)")
_SET: Final = re.compile(r'SET VARIABLE "([A-Z_]+)" "([^"]*)"')


@dataclass(frozen=True, slots=True)
class Leg:
    """The caller's side of a call: where from, on which trunk, and whom they dialled. `calling` None is suppressed.

    `asserted` is what the trunk says about the number; whether that is believed is the gate's matter (C3).
    """

    calling: str | None
    dialled: str
    trunk: str
    asserted: bool
    unique_id: str = field(default_factory=lambda: f"demo-{secrets.token_hex(8)}")


class CallerGone(Exception):
    """The caller has hung up."""


class Handset(Protocol):
    """What the switch does with the caller's telephone. Both raise `CallerGone`."""

    async def play(self, sound: str, interrupting: str) -> str | None:
        """Play a sound to its end, or until one of the `interrupting` keys, which is given back."""
        ...

    async def key(self, seconds: float) -> str | None:
        """The next key, or None when none comes in time."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the dialplan knows after the dialogue: it begins as `unverified`, and stays so when the gate is down."""

    result: str = "unverified"
    level: int = 0
    token: Secret = field(default_factory=lambda: Secret(""))


class Switch:
    """Asks the gate's FastAGI at `host` and `port`."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def lead(self, leg: Leg, handset: Handset) -> Outcome:
        """Let the gate lead the caller. Raises `CallerGone`; every other trouble is an unverified caller."""
        variables: dict[str, str] = {}
        arguments = {"trunk": leg.trunk, "asserted": str(int(leg.asserted)), "dialled": leg.dialled}
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            await self._run("hotline", leg, arguments, handset, variables)
        level = variables.get("WERDA_LEVEL", "0")
        return Outcome(
            result=variables.get("WERDA_RESULT", "unverified"),
            level=int(level) if level in {"0", "1", "2"} else 0,
            token=Secret(variables.get("WERDA_TOKEN", "")),
        )

    async def answered(self, leg: Leg, token: Secret, agent: str) -> None:
        """Tell the gate which agent answered, as `Dial(…U(werda-answered))` does on the agent's channel."""
        await self._tell("answered", leg, {"token": token.reveal(), "agent": agent})

    async def gone(self, leg: Leg) -> None:
        """Tell the gate that the caller has hung up, as the hangup handler does."""
        await self._tell("gone", leg, {"trunk": leg.trunk, "dialled": leg.dialled})

    async def _tell(self, script: str, leg: Leg, arguments: Mapping[str, str]) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            await self._run(script, leg, arguments, None, {})

    async def _run(
        self, script: str, leg: Leg, arguments: Mapping[str, str], handset: Handset | None, variables: dict[str, str]
    ) -> None:
        """Run an AGI script to its end; `variables` holds what it has set so far, also when it breaks off."""
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(_opening(script, leg, arguments))
            while line := (await reader.readline()).decode().rstrip("\n"):
                writer.write(await _obey(line, handset, variables))
                await writer.drain()
        finally:
            writer.close()


def _opening(script: str, leg: Leg, arguments: Mapping[str, str]) -> bytes:
    """The block with which Asterisk begins; 67 is *presentation prohibited, network number*."""
    lines = {
        "agi_network": "yes",
        "agi_network_script": script,
        "agi_channel": f"Demo/{leg.trunk}-{leg.unique_id}",
        "agi_uniqueid": leg.unique_id,
        "agi_callerid": leg.calling or "unknown",
        "agi_callingpres": "0" if leg.calling else "67",
        "agi_dnid": leg.dialled,
        "agi_extension": leg.dialled,
        **{f"agi_arg_{n}": f"{name}={value}" for n, (name, value) in enumerate(arguments.items(), 1)},
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items()).encode() + b"\n"


async def _obey(line: str, handset: Handset | None, variables: dict[str, str]) -> bytes:
    """Carry out one command; the answer to it."""
    if (stream := _STREAM.fullmatch(line)) and handset:
        return _answer(await handset.play(stream[1], stream[2]), b" endpos=0")
    if (wait := _WAIT.fullmatch(line)) and handset:
        return _answer(await handset.key(int(wait[1]) / 1000))
    if assignment := _SET.fullmatch(line):
        variables[assignment[1]] = assignment[2]
        return b"200 result=1\n"
    return b"510 Invalid or unknown command\n"


def _answer(key: str | None, rest: bytes = b"") -> bytes:
    return b"200 result=%d%b\n" % (ord(key) if key else 0, rest)
