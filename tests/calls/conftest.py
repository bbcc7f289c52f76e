"""A gate, a real Asterisk in front of it with the shipped dialplan, an agent's telephone and a caller's."""

import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.calls import asterisk, hotline_process
from tests.calls.asterisk import Asterisk, Ports
from tests.calls.hotline_process import HotlineProcess
from tests.calls.phone import Phone
from tests.database import Cluster
from tests.parts import require


@dataclass(frozen=True)
class Switch:
    """A gate and the Asterisk in front of it."""

    gate: HotlineProcess
    asterisk: Asterisk


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


@contextmanager
def started(cluster: Cluster, folder: Path) -> Iterator[Switch]:
    """The gate on a database of its own and Asterisk in front of it, in a folder of their own."""
    tree = require("asterisk")
    with cluster.copy(f"calls_{secrets.token_hex(6)}") as database, hotline_process.running(database, folder) as gate:
        ports = Ports(sip=free_port(), agi=gate.agi_port)
        with asterisk.running(tree, folder / "asterisk", ports) as running:
            yield Switch(gate, running)


@pytest.fixture(scope="module")
def switch(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    """One switch for all calls of a module."""
    with started(cluster, tmp_path_factory.mktemp("switch")) as running:
        yield running


@pytest.fixture
def doomed_switch(cluster: Cluster, tmp_path: Path) -> Iterator[Switch]:
    """A switch whose gate the test may kill."""
    with started(cluster, tmp_path) as running:
        yield running


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
