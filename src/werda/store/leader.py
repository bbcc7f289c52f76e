"""Connect to the leader among a database's hosts, with asyncpg.

asyncpg bounds the search over all hosts as a whole, so that one machine that is gone without a word would use up the
time of the others. Here each host has its own, as libpq does it. A standby is passed over: it may not write.
"""

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

from werda.store.roles import HOST_SECONDS, Database, Role

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]

_NOT_THE_LEADER = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


async def connect_to_leader(database: Database, role: Role, seconds: float, **options: Any) -> "Connection":
    """A connection of a role; a single host gets `seconds` to answer, each of several `HOST_SECONDS`.

    Raises `OSError`, `TimeoutError` or asyncpg's errors when nobody who leads answers.
    """
    within = seconds if len(database.hosts) == 1 else HOST_SECONDS
    options = {**options, "database": database.name, "target_session_attrs": "read-write", **database.login(role)}
    *others, last = database.hosts
    for host, port in others:
        try:
            return await _connect(within, host=host, port=port, **options)
        except _NOT_THE_LEADER:
            continue
    host, port = last
    return await _connect(within, host=host, port=port, **options)


async def _connect(within: float, **options: Any) -> "Connection":
    async with asyncio.timeout(within):
        connection: Connection = await asyncpg.connect(**options)
        return connection


async def create_pool(database: Database, role: Role, *, max_size: int, seconds: float) -> "Pool":
    """A pool of such connections, whose commands end after `seconds`."""

    async def connect(*_: Any, **options: Any) -> "Connection":
        return await connect_to_leader(database, role, seconds, **options)

    options: dict[str, Any] = {"min_size": 1, "max_size": max_size, "command_timeout": seconds}
    pool: Pool = await asyncpg.create_pool(connect=connect, **options)
    return pool
