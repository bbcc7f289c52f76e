"""Write a mail down in the transaction of what it tells of; the worker sends it, once the transaction holds.

A link's secret lies sealed until the mail is sent, and never in `data`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from werda.core.mail import MailKind
from werda.core.secret import Secret
from werda.keys.custody import Custody
from werda.usecases.open_session import Connection

CHANNEL: Final = "werda_mail"
"""Wakes the worker."""


def place_of(mail_id: int) -> str:
    """What the sealed secret of a mail is bound to."""
    return f"mail|{mail_id}"


def post_mail(
    connection: Connection, kind: MailKind, to_address: str, *, brand_id: int, customer_id: int | None, now: datetime,
    data: Mapping[str, Any] | None = None, secret: Secret | None = None, custody: Custody | None = None,
) -> int:  # fmt: skip
    """Post one; gives its id. `secret` is what a link to ``data["path"]`` carries; it needs `custody` to lie sealed."""
    row = connection.execute(
        "insert into mail (brand_id, customer_id, to_address, kind, data, created_at, next_try_at, tries, last_problem)"
        " values (%s, %s, %s, %s, %s, %s, %s, 0, '') returning id",
        (brand_id, customer_id, to_address, kind.value, Jsonb(dict(data or {})), now, now),
    ).fetchone()
    assert row is not None
    mail_id = int(row[0])
    if secret is not None:
        assert custody is not None, "a link's secret lies sealed"
        connection.execute(
            "update mail set sealed = %s, sealed_key_id = %s where id = %s",
            (custody.seal_for(place_of(mail_id), secret), custody.key_id, mail_id),
        )
    connection.execute("select pg_notify(%s, '')", (CHANNEL,))
    return mail_id
