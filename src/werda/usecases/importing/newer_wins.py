"""Rows of a table told by files: the newer file wins, and of one moment the first word stays.

`as_of` of a row is the time of the newest file that told of it. A file with an earlier as-of time changes nothing; one
with the same time that says otherwise contradicts what is there. A None says nothing and changes nothing. So the same
file twice changes nothing, in whatever order its rows come.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql

Connection = psycopg.Connection[Any]
Text = str | None
"""A value in PostgreSQL's text form, without control characters (see `table_file`), or None for nothing said."""

_NOTHING_SAID: Final = "\x1f"
"""How COPY hears of a None: a control character, so that no value looks like it and none needs a look of its own."""


class Effect(Enum):
    """What a row did to the table."""

    NEW = auto()
    CHANGED = auto()
    SAME = auto()
    OLDER = auto()
    CONTRADICTS = auto()


APPLIED: Final = frozenset({Effect.NEW, Effect.CHANGED, Effect.SAME})


class Kept(NamedTuple):
    """The id of a row, and what the file did to it."""

    id: int
    effect: Effect


def prepare(connection: Connection) -> None:
    """Make the planner look each row up by its index; `analyze_imported` tells it how large the tables have become."""
    connection.prepare_threshold = None  # a plan made for empty tables must not be kept
    for method in ("hashjoin", "mergejoin", "seqscan", "bitmapscan"):
        connection.execute(sql.SQL("set enable_{} = off").format(sql.SQL(method)))


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
    """Bring rows of text values into a table with COPY."""
    lines = ["\t".join([_NOTHING_SAID if value is None else value for value in row]) for row in rows]
    target = sql.SQL("copy {} ({}) from stdin (null {})").format(
        sql.Identifier(table), _names(columns), sql.Literal(_NOTHING_SAID)
    )
    with connection.cursor() as cursor, cursor.copy(target) as copy:
        copy.write("\n".join([*lines, ""]).replace("\\", "\\\\"))


class NewerWins:
    """One table of a brand's rows, each known by `key`; `columns` with what a new row gets where nothing is said."""

    def __init__(self, connection: Connection, table: str, key: str, columns: Mapping[str, object]) -> None:
        self._connection = connection
        self._columns = (key, *columns)
        self._incoming = f"incoming_{table}"
        parts = {
            "table": sql.Identifier(table),
            "incoming": sql.Identifier(self._incoming),
            "key": sql.Identifier(key),
            "names": _names(self._columns),
            "told": sql.SQL(", ").join(
                [sql.SQL("coalesce(i.{0}, c.{0})").format(sql.Identifier(name)) for name in columns]
            ),
            "stored": sql.SQL(", ").join([sql.SQL("c.{}").format(sql.Identifier(name)) for name in columns]),
            "fresh": sql.SQL(", ").join(
                [
                    sql.SQL("coalesce(i.{}, {})").format(sql.Identifier(name), sql.Literal(v))
                    for name, v in columns.items()
                ]
            ),
            "assigned": sql.SQL(", ").join(
                [sql.SQL("{0} = coalesce(i.{0}, c.{0})").format(sql.Identifier(name)) for name in columns]
            ),
        }
        connection.execute(
            sql.SQL(
                "create temporary table if not exists {incoming} on commit delete rows"
                " as select {names} from {table} limit 0"
            ).format(**parts)
        )
        self._judge = sql.SQL(
            "select i.{key}, c.id, sign(extract(epoch from c.as_of - %(as_of)s))::int,"
            " ({told}) is distinct from ({stored})"
            " from {incoming} i join {table} c on c.brand_id = %(brand)s and c.{key} = i.{key}"
            " order by c.id for update of c"
        ).format(**parts)
        self._update = sql.SQL(
            "update {table} c set {assigned}, as_of = %(as_of)s from {incoming} i"
            " where c.brand_id = %(brand)s and c.{key} = i.{key} and c.as_of < %(as_of)s"
        ).format(**parts)
        self._insert = sql.SQL(
            "insert into {table} (brand_id, {names}, as_of)"
            " select %(brand)s, i.{key}, {fresh}, %(as_of)s from {incoming} i"
            " where not %(some_known)s or not exists"
            " (select from {table} c where c.brand_id = %(brand)s and c.{key} = i.{key}) returning {key}, id"
        ).format(**parts)

    def take(self, brand_id: int, as_of: datetime, rows: Collection[Sequence[Text]]) -> dict[str, Kept]:
        """Bring rows in, key first, each key once, once in a transaction; gives for every key what became of it."""
        if not rows:
            return {}
        copy_rows(self._connection, self._incoming, self._columns, rows)
        said = {"brand": brand_id, "as_of": as_of}
        judged = self._connection.execute(self._judge, said).fetchall()
        kept = {key: Kept(row_id, _effect(age, differs)) for key, row_id, age, differs in judged}
        if any(age < 0 for _, _, age, _ in judged):
            self._connection.execute(self._update, said)
        if len(kept) < len(rows):
            added = self._connection.execute(self._insert, {**said, "some_known": bool(kept)})
            kept.update({key: Kept(row_id, Effect.NEW) for key, row_id in added.fetchall()})
        return kept


def _effect(age: int, differs: bool) -> Effect:
    """`age` is how the stored as-of time stands to the file's: -1 older, 0 the same, 1 newer."""
    if age > 0:
        return Effect.OLDER
    if not differs:
        return Effect.SAME
    return Effect.CHANGED if age < 0 else Effect.CONTRADICTS


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join([sql.Identifier(name) for name in columns])
