"""Fill an order in, step by step: progress is kept, can be resumed with the cookie, and can be thrown away (S5).

Whoever has the token has the draft; the database knows its hash only. What was typed lies in `data`, the chosen code
sealed beside it. A draft that nobody finishes is destroyed with its code after `LIFETIME`.
"""

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from werda.core.customer_code import CustomerCode
from werda.core.secret import Secret
from werda.keys.custody import Custody, Kind

Connection = psycopg.Connection[Any]

_FIND: Final = (
    "select id, brand_id, data, code is not null, order_public_id from order_draft"
    " where token_hash = %s and brand_id = %s and expires_at > %s"
)
_FIND_AND_LOCK: Final = f"{_FIND} for update"

LIFETIME: Final = timedelta(days=14)
"""How long a draft waits, counted from its beginning."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An order that is being filled in. `data` holds what was typed in each step; `ordered` is the order it became."""

    id: int
    brand_id: int
    data: Mapping[str, Mapping[str, str]]
    has_code: bool
    ordered: uuid.UUID | None

    def step(self, name: str) -> Mapping[str, str]:
        """What was typed in a step."""
        return self.data.get(name, {})


def begin_draft(connection: Connection, brand_id: int, *, now: datetime) -> tuple[Draft, Secret]:
    """A fresh draft and the token that is its only key."""
    token = Secret(secrets.token_urlsafe(32))
    row = connection.execute(
        "insert into order_draft (token_hash, brand_id, data, created_at, expires_at) values (%s, %s, '{}', %s, %s)"
        " returning id",
        (_hash(token), brand_id, now, now + LIFETIME),
    ).fetchone()
    assert row is not None
    return Draft(row[0], brand_id, {}, False, None), token


def find_draft(
    connection: Connection, brand_id: int, token: Secret, *, now: datetime, lock: bool = False
) -> Draft | None:
    """The brand's draft of this token while it lives. `lock` keeps others waiting until the transaction ends."""
    row = connection.execute(
        _FIND_AND_LOCK if lock else _FIND,
        (_hash(token), brand_id, now),
    ).fetchone()
    return Draft(*row) if row else None


def keep_step(connection: Connection, draft: Draft, step: str, typed: Mapping[str, str]) -> None:
    """Keep what was typed in a step, right or wrong, so that nothing is lost on the way back. Never a secret."""
    connection.execute(
        "update order_draft set data = data || %s where id = %s and order_public_id is null",
        (Jsonb({step: dict(typed)}), draft.id),
    )


def keep_code(connection: Connection, custody: Custody, draft: Draft, code: CustomerCode) -> None:
    """Seal the chosen code for this draft, in the place of an earlier one."""
    connection.execute(
        "update order_draft set code = %s, code_key_id = %s where id = %s and order_public_id is null",
        (custody.seal(Kind.DRAFT_CODE, draft.id, 0, code.secret), custody.key_id, draft.id),
    )


def code_of(connection: Connection, custody: Custody, draft: Draft) -> Secret | None:
    """The code chosen in this draft, opened."""
    row = connection.execute("select code from order_draft where id = %s", (draft.id,)).fetchone()
    return custody.open(Kind.DRAFT_CODE, draft.id, 0, row[0]) if row and row[0] is not None else None


def forget_code(connection: Connection, draft: Draft) -> None:
    """Destroy the chosen code: it does not fit any more."""
    connection.execute("update order_draft set code = null, code_key_id = null where id = %s", (draft.id,))


def finish_draft(connection: Connection, draft: Draft, order: uuid.UUID) -> None:
    """The draft has become this order: only that is remembered, everything typed and the code are gone."""
    connection.execute(
        "update order_draft set data = '{}', code = null, code_key_id = null, order_public_id = %s where id = %s",
        (order, draft.id),
    )


def discard_draft(connection: Connection, draft: Draft) -> None:
    """Start over: nothing of the draft is left. An order that it became stands."""
    connection.execute("delete from order_draft where id = %s", (draft.id,))


def remove_expired(connection: Connection, *, now: datetime) -> int:
    """Destroy drafts that nobody finished and codes of orders that nobody carried out; gives how many (A9)."""
    drafts = connection.execute("delete from order_draft where expires_at <= %s", (now,)).rowcount
    return drafts + connection.execute("delete from ordered_code where expires_at <= %s", (now,)).rowcount


def _hash(token: Secret) -> bytes:
    return hashlib.sha256(token.reveal().encode()).digest()
