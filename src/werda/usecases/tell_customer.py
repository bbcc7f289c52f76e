"""Remember that a customer must be told of something (C8, A6); by mail, letter or portal, whoever comes first."""

from datetime import datetime
from typing import Any

import psycopg

from werda.core.notice import NoticeKind


def tell_customer(
    connection: psycopg.Connection[Any], kind: NoticeKind, *, brand_id: int, customer_id: int, now: datetime,
    order_id: int | None = None,
) -> None:  # fmt: skip
    """Write the notice in the transaction at hand: what happened and the word of it, or neither.

    `order_id` is an order that waits: the mail gets a link that cancels it (A6).
    """
    connection.execute(
        "insert into notice (brand_id, customer_id, kind, created_at, order_id) values (%s, %s, %s, %s, %s)",
        (brand_id, customer_id, kind.value, now, order_id),
    )
