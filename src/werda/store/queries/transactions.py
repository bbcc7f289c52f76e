"""How transactions are counted for the seal: by PostgreSQL, and beyond what an earlier server had counted.

A restore from a dump begins to count anew. Then the default of ``event.txid`` adds a number to the count, so that
events go on behind those that are sealed. The default is the only place where the number stands: what events are given
and what the seal reads cannot differ, and a dump carries it along.
"""

from typing import Any, Final

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]

_ADDED: Final = """coalesce((
    select substring(pg_get_expr(d.adbin, d.adrelid) from '\\+ ''(\\d+)''')::bigint from pg_attrdef d
    join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
    where d.adrelid = 'event'::regclass and a.attname = 'txid'), 0)"""


def horizon(connection: Connection) -> int:
    """All transactions with a lower number have ended."""
    return _number(connection, f"select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + {_ADDED}")


def added(connection: Connection) -> int:
    """What is added to PostgreSQL's count."""
    return _number(connection, f"select {_ADDED}")


def add(owner: Connection, number: int) -> None:
    """Add this to PostgreSQL's count from now on. Waits for everybody who writes events, and they for this."""
    owner.execute(
        sql.SQL(
            "alter table event alter column txid set default pg_current_xact_id()::text::bigint + {}::bigint"
        ).format(sql.Literal(str(number)))
    )


def _number(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return int(row[0])
