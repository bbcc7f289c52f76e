"""A gate, a real Asterisk in front of it with the shipped dialplan, an agent's telephone and a caller's."""

import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.calls import asterisk, hotline_process
from tests.calls.asterisk import Asterisk, Ports
from tests.calls.hotline_process import HotlineProcess
from tests.calls.phone import Phone
from tests.parts import require


@dataclass(frozen=True)
class Switch:
    """A gate and the Asterisk in front of it."""

    gate: HotlineProcess
    asterisk: Asterisk


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def start(folder: Path) -> Iterator[Switch]:
    """The gate and Asterisk, together, in a folder of their own."""
    tree = require("asterisk")
    ports = Ports(sip=free_port(socket.SOCK_DGRAM), agi=free_port(socket.SOCK_STREAM))
    with (
        hotline_process.running(folder, ports.agi) as gate,
        asterisk.running(tree, folder / "asterisk", ports) as pbx,
    ):
        yield Switch(gate, pbx)


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    """One switch for all calls of a module."""
    yield from start(tmp_path_factory.mktemp("switch"))


@pytest.fixture
def doomed_switch(tmp_path: Path) -> Iterator[Switch]:
    """A switch whose gate the test may kill."""
    yield from start(tmp_path)


@pytest.fixture
async def agent(switch: Switch) -> AsyncIterator[Phone]:
    """Lena's telephone: registered, answers every call."""
    phone = await Phone.open("lena", switch.asterisk.sip, host="127.0.0.2")
    await phone.register("change-me-lena")
    yield phone
    await phone.close()


@pytest.fixture
async def phone(switch: Switch) -> AsyncIterator[Phone]:
    """A telephone behind the trunk."""
    opened = await Phone.open("trunk", switch.asterisk.sip)
    yield opened
    await opened.close()
