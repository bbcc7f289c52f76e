"""Of several hosts the one that may write is found, whichever is gone (design decision 1)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from socket import create_server

import asyncpg
import pytest

from tests.database import TestDatabase
from tests.gates import free_port, running_gate
from tests.people import Town
from werda.store.leader import connect_to_leader
from werda.store.roles import Database, Role

SECONDS = 5.0


@pytest.fixture
def silent() -> Iterator[int]:
    """A port of a machine that hangs: the connection is made and nobody ever answers."""
    with create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def with_standbys(database: TestDatabase, *ports: int) -> Database:
    """The leader named last, after hosts that are not there."""
    return replace(database.database, hosts=(*(("127.0.0.1", port) for port in ports), *database.database.hosts))


async def test_whoever_connects_passes_over_a_host_that_is_gone_and_one_that_hangs(
    database: TestDatabase, silent: int
) -> None:
    hosts = with_standbys(database, free_port(), silent)
    connection = await connect_to_leader(hosts, Role.GATE, SECONDS)
    assert await connection.fetchval("select current_user") == Role.GATE
    await connection.close()
    with hosts.connect(Role.DESK) as desk:
        assert desk.execute("select current_user").fetchone() == (Role.DESK,)


async def test_a_host_that_may_only_be_read_is_no_leader(database: TestDatabase) -> None:
    with database.postgres.connect() as superuser:
        superuser.execute(f"alter role {Role.GATE.value} set default_transaction_read_only = on".encode())
        try:
            with pytest.raises(asyncpg.TargetServerAttributeNotMatched):
                await connect_to_leader(with_standbys(database, free_port()), Role.GATE, SECONDS)
        finally:
            superuser.execute(f"alter role {Role.GATE.value} reset default_transaction_read_only".encode())


def test_a_gate_works_on_the_leader_among_its_hosts(database: TestDatabase, silent: int, tmp_path: Path) -> None:
    town = Town(database)
    maren = town.person("0815")
    several = replace(database, database=with_standbys(database, silent))
    with running_gate(several, tmp_path / "gate.log") as gate, gate.client() as client:
        body = {"brand": "nordfunk", "line": maren.line, "digits": "0815", "call_id": "call-1"}
        assert client.post("/v1/verifications", json=body).json()["result"] == "verified"
