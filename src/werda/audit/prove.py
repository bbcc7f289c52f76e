"""Prove to a customer that what was recorded about them is in the signed record (A8, design decision 5).

Each attempt and event comes with its text, the hashes of its batch, and the path from the batch's leaf to the root of a
signed checkpoint. ``docs/verify_proof.py`` checks it with nothing of ours. Hashes of other rows tell nothing: each row
has a salt. Keys that signed after the one the reader has come signed by those before (core.succession). Who of the
operator's staff acted stands in an event's text; hand the proof to whom it is due.

What is read comes from the functions of store/sql/67_own_data.sql, which give the portal its own customer's alone.
"""

import base64
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from werda.core.audit import FIRST_LINK
from werda.core.merkle import Step, paths

Connection = psycopg.Connection[Any]

_HASH: Final = 32


@dataclass(frozen=True, slots=True)
class _Batch:
    """A sealed batch: the link it was chained to, and the ids and hashes of its rows."""

    before: str
    places: dict[int, int]
    rows: list[str]


def prove(connection: Connection, customer_id: int) -> dict[str, Any]:
    """The proof as one JSON object; `records` that are not sealed yet are counted in `unsealed`.

    The connection must not be in a transaction.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        return proof_of(connection, customer_id)


def proof_of(connection: Connection, customer_id: int) -> dict[str, Any]:
    """As `prove`, in the transaction at hand.

    What is sealed meanwhile lies above the checkpoint that is read first, and counts as not sealed yet.
    """
    note, size = connection.execute("select note, size from proof_checkpoint()").fetchone() or (None, 0)
    recorded = connection.execute("select * from proof_records(%s)", (customer_id,)).fetchall()
    sealed = [row for row in recorded if row[4] is not None and row[4] < size]
    batches = _batches(connection, customer_id) if sealed else {}
    found = _paths(connection, size, sorted({leaf for *_, leaf in sealed}))
    return {
        "checkpoint": note,
        "unsealed": len(recorded) - len(sealed),
        "keys": [
            {"public": public, "signature": signature}
            for public, signature in connection.execute("select public, signature from proof_keys()")
        ],
        "records": [
            {
                "line": line,
                "log": log,
                "batch": batch,
                "before": batches[log, batch].before,
                "rows": batches[log, batch].rows,
                "row": batches[log, batch].places[id_],
                "path": found[leaf],
            }
            for log, id_, line, batch, leaf in sealed
        ],
    }


def _batches(connection: Connection, customer_id: int) -> dict[tuple[int, int], _Batch]:
    rows = connection.execute("select log, batch, before, ids, hashes from proof_batches(%s)", (customer_id,))
    return {
        (log, batch): _Batch(
            _text(before or FIRST_LINK),
            {id_: place for place, id_ in enumerate(ids)},
            [_text(hashes[start : start + _HASH]) for start in range(0, len(hashes), _HASH)],
        )
        for log, batch, before, ids, hashes in rows
    }


def _paths(connection: Connection, size: int, wanted: list[int]) -> dict[int, list[list[str]]]:
    if not wanted:
        return {}
    with connection.cursor("leaves") as leaves:
        leaves.itersize = 10_000
        leaves.execute("select * from proof_leaves(%s)", (size,))
        found = paths((bytes(row[0]) for row in leaves), wanted)
    return {leaf: [_step(step) for step in path] for leaf, path in found.items()}


def _step(step: Step) -> list[str]:
    return ["left" if step.left else "right", _text(step.hash)]


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
