"""Rows of a table told by files: the newer file wins, and of one moment the first word stays.

`as_of` of a row is the time of the newest file that told of it. A file with an earlier as-of time changes nothing; one
with the same time that says otherwise contradicts what is there. A None says nothing and changes nothing. So the same
file twice changes nothing, in whatever order its rows come.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final

import psycopg
from psycopg import sql

from werda.usecases.importing.cells import Text

Connection = psycopg.Connection[Any]
Columns = Sequence[Sequence[Text]]
"""Values column by column, the key's first."""

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


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of rows: the id of each by its key, if it was asked for, and what the file did to those that were
    not new."""

    ids: Mapping[Text, int]
    effects: Mapping[Text, Effect]

    def effect(self, key: Text) -> Effect:
        """What the file did to the row with this key."""
        return self.effects.get(key, Effect.NEW)


def prepare(connection: Connection) -> None:
    """Make the planner look each row up by its index; `analyze_imported` tells it how large the tables have become."""
    connection.prepare_threshold = None  # a plan made for empty tables must not be kept
    for method in ("hashjoin", "mergejoin", "seqscan", "bitmapscan"):
        connection.execute(sql.SQL("set enable_{} = off").format(sql.SQL(method)))


def together(keys: Sequence[Text]) -> tuple[str, str]:
    """Keys as one text, and what stands between them, for string_to_array.

    As a list each would be quoted, which takes ten times as long. No cell of a file holds a control character.
    """
    return _NOTHING_SAID.join(filter(None, keys)), _NOTHING_SAID


def copy_columns(connection: Connection, table: str, names: Sequence[str], columns: Columns) -> None:
    """Bring text values into a table with COPY."""
    said = [[_NOTHING_SAID if v is None else v for v in column] if None in column else column for column in columns]
    lines = map("\t".join, zip(*said, strict=True))
    target = sql.SQL("copy {} ({}) from stdin (null {})").format(
        sql.Identifier(table), _names(names), sql.Literal(_NOTHING_SAID)
    )
    with connection.cursor() as cursor, cursor.copy(target) as copy:
        copy.write("\n".join([*lines, ""]).replace("\\", "\\\\"))


class NewerWins:
    """One table of a brand's rows, each known by `key`; `columns` with what a new row gets where nothing is said.

    Without `gives_ids` the ids of new rows are not told. `dated` names a column that keeps the as-of time of the file
    which told the present value of some of the columns first.
    """

    def __init__(
        self, connection: Connection, table: str, key: str, columns: Mapping[str, object], *, gives_ids: bool = True,
        dated: tuple[str, Sequence[str]] | None = None,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._gives_ids = gives_ids
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
        parts |= {"since_name": sql.SQL(""), "since_fresh": sql.SQL(""), "since_assigned": sql.SQL("")}
        if dated is not None:
            since, of = dated
            parts |= {
                "since_name": sql.SQL(", {}").format(sql.Identifier(since)),
                "since_fresh": sql.SQL(", %(as_of)s"),
                "since_assigned": sql.SQL(
                    ", {0} = case when ({1}) is distinct from ({2}) then %(as_of)s else c.{0} end"
                ).format(
                    sql.Identifier(since),
                    sql.SQL(", ").join([sql.SQL("coalesce(i.{0}, c.{0})").format(sql.Identifier(name)) for name in of]),
                    sql.SQL(", ").join([sql.SQL("c.{}").format(sql.Identifier(name)) for name in of]),
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
            "update {table} c set {assigned}, as_of = %(as_of)s{since_assigned} from {incoming} i"
            " where c.brand_id = %(brand)s and c.{key} = i.{key} and c.as_of < %(as_of)s"
        ).format(**parts)
        add = sql.SQL(
            "insert into {table} (brand_id, {names}, as_of{since_name})"
            " select %(brand)s, i.{key}, {fresh}, %(as_of)s{since_fresh} from {incoming} i"
        ).format(**parts)
        returning = sql.SQL(" returning {key}, id" if gives_ids else "").format(**parts)
        self._insert = add + returning
        self._insert_unknown = (
            add
            + sql.SQL(
                " where not exists (select from {table} c where c.brand_id = %(brand)s and c.{key} = i.{key})"
            ).format(**parts)
            + returning
        )
        self._known = sql.SQL(
            "select 1 from {table} where brand_id = %s and {key} = any(string_to_array(%s, %s)) limit 1"
        ).format(**parts)

    def none_known(self, brand_id: int, keys: Sequence[Text]) -> bool:
        """Whether no row with one of these keys is there: so it is with nearly every chunk of a first import."""
        return not self._connection.execute(self._known, (brand_id, *together(keys))).fetchone()

    def take(self, brand_id: int, as_of: datetime, columns: Columns, *, none_known: bool | None = None) -> Taken:
        """Bring rows in, each key once, once in a transaction; gives what became of them.

        `none_known` is what `none_known` said of these keys, if it was asked.
        """
        keys = columns[0]
        if not keys:
            return Taken({}, {})
        if none_known is None:
            none_known = self.none_known(brand_id, keys)
        copy_columns(self._connection, self._incoming, self._columns, columns)
        said = {"brand": brand_id, "as_of": as_of}
        if none_known:
            return Taken(self._added(self._insert, said), {})
        judged = self._connection.execute(self._judge, said).fetchall()
        ids: dict[Text, int] = {key: row_id for key, row_id, _, _ in judged}
        effects: dict[Text, Effect] = {key: _effect(age, differs) for key, _, age, differs in judged}
        if any(age < 0 for _, _, age, _ in judged):
            self._connection.execute(self._update, said)
        if len(ids) < len(keys):
            ids.update(self._added(self._insert_unknown, said))
        return Taken(ids, effects)

    def _added(self, statement: sql.Composed, said: Mapping[str, object]) -> dict[Text, int]:
        added = self._connection.execute(statement, said)
        return dict(added.fetchall()) if self._gives_ids else {}


def _effect(age: int, differs: bool) -> Effect:
    """`age` is how the stored as-of time stands to the file's: -1 older, 0 the same, 1 newer."""
    if age > 0:
        return Effect.OLDER
    if not differs:
        return Effect.SAME
    return Effect.CHANGED if age < 0 else Effect.CONTRADICTS


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join([sql.Identifier(name) for name in columns])
