"""Order something that ends in the operator's systems: the order and the message about it, or neither (decision 10).

The message is a CloudEvent (CloudEvents 1.0, JSON format). Its body is written once and sent as it stands, because the
signature covers its bytes. It holds no secret (B9): what the operator needs to know is who and what, never a code.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from werda.core.order import OrderKind

SOURCE: Final = "/werda"
_TYPE: Final = "org.werda.order.{}.v1"


@dataclass(frozen=True, slots=True)
class Ordered:
    """The order stands, and its message will leave. `repeated`: it stood before under the same key."""

    order_id: int
    public_id: uuid.UUID
    repeated: bool = False


def order_from_operator(
    connection: psycopg.Connection[Any], kind: OrderKind, *, brand_id: int, customer_id: int | None,
    detail: Mapping[str, Any], now: datetime, idempotency_key: str | None = None,
) -> Ordered:  # fmt: skip
    """Write the order and its message in the transaction at hand. `detail` is shown to people and sent."""
    public_id = uuid.uuid4()
    row = connection.execute(
        "insert into operator_order (public_id, brand_id, customer_id, kind, state, detail, reason, idempotency_key,"
        " ordered_at) values (%s, %s, %s, %s, 'ordered', %s, '', %s, %s)"
        " on conflict (brand_id, idempotency_key) do nothing returning id",
        (public_id, brand_id, customer_id, kind.value, Jsonb(detail), idempotency_key, now),
    ).fetchone()
    if row is None:
        return known_order(connection, brand_id, idempotency_key)
    say_ordered(connection, kind, public_id, brand_id=brand_id, customer_id=customer_id, detail=detail, now=now)
    return Ordered(row[0], public_id)


def known_order(connection: psycopg.Connection[Any], brand_id: int, idempotency_key: str | None) -> Ordered:
    """The order that stands under this key already."""
    known = connection.execute(
        "select id, public_id from operator_order where brand_id = %s and idempotency_key = %s",
        (brand_id, idempotency_key),
    ).fetchone()
    assert known is not None
    return Ordered(known[0], known[1], repeated=True)


def say_ordered(
    connection: psycopg.Connection[Any], kind: OrderKind, public_id: uuid.UUID, *, brand_id: int,
    customer_id: int | None, detail: Mapping[str, Any], now: datetime,
) -> None:  # fmt: skip
    """Write the message about an order in the transaction at hand."""
    put_out(
        connection,
        _TYPE.format(kind.value),
        brand_id=brand_id,
        stream=f"customer:{customer_id}" if customer_id is not None else f"order:{public_id}",
        subject=str(public_id),
        data={"order": str(public_id), "kind": kind.value, **detail},
        now=now,
    )


def put_out(
    connection: psycopg.Connection[Any], type_: str, *, brand_id: int, stream: str, subject: str,
    data: Mapping[str, Any], now: datetime,
) -> None:  # fmt: skip
    """Write a message for the operator's systems; it leaves once the transaction at hand is committed.

    Transactions that write to the same stream take turns.
    """
    # Ids of a stream become visible in their order: else a later message could leave before an earlier one is there.
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"werda:outbox:{stream}",))
    message_id = str(uuid.uuid4())
    body = json.dumps(
        {
            "specversion": "1.0",
            "id": message_id,
            "source": SOURCE,
            "type": type_,
            "subject": subject,
            "time": now.isoformat(),
            "datacontenttype": "application/json",
            "data": dict(data),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    connection.execute(
        "insert into outbox_message (message_id, brand_id, stream, type, body, created_at, tries, next_try_at,"
        " last_problem) values (%s, %s, %s, %s, %s, %s, 0, %s, '')",
        (message_id, brand_id, stream, type_, body, now, now),
    )
    connection.execute("select pg_notify('werda_outbox', '')")
