"""An account holder lets somebody speak for them, gives them another code, or ends it (E2).

The code is random, told to the account holder once, to be handed on, and kept only as every code is: as a keyed value,
and sealed so that it can be moved to another key. A forgotten one is replaced by a new one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from werda.core.customer_code import CustomerCode
from werda.core.method import Method
from werda.core.policy import Operation
from werda.core.portal import Session
from werda.core.representative import LONGEST, MOST, RepresentativeKind, new_number
from werda.core.secret import Secret
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.store.queries.code import code_format
from werda.usecases.open_session import Connection

_TRIES = 5
"""Numbers that are taken already are drawn again."""


@dataclass(frozen=True, slots=True)
class Added:
    """They may speak from now on. The code is told once and kept nowhere in the clear."""

    id: int
    number: str
    code: Secret


class NotAdded(StrEnum):
    """Why nothing was done."""

    REPEATED = "repeated"
    """The same form again: it was done, and the code was told."""
    TOO_MANY = "too_many"
    TOO_LONG = "too_long"
    NOTHING = "nothing"
    """They could do nothing."""


def place_of(representative_id: int) -> str:
    """What a sealed code is bound to."""
    return f"representative|{representative_id}"


def add_representative(
    connection: Connection, verifier: Verifier, custody: Custody, session: Session, *, name: str,
    kind: RepresentativeKind, scope: Collection[Operation], expires_at: datetime, idempotency_key: str, now: datetime,
) -> Added | NotAdded:  # fmt: skip
    """Add one, in the transaction at hand; the session is the account holder's and fresh."""
    if not scope:
        return NotAdded.NOTHING
    if not now < expires_at <= now + LONGEST:
        return NotAdded.TOO_LONG
    code = CustomerCode.suggest(code_format(connection, session.brand_id, now)).secret
    mac = verifier.credential(Method.CUSTOMER_CODE, session.customer_id, code)
    for _ in range(_TRIES):
        number = new_number()
        row = connection.execute(
            "select * from add_representative(%s, %s, %s, %s::text[], %s, %s, %s, %s, %s, %s, %s)",
            (
                *(number, name, kind.value, [operation.value for operation in scope], expires_at),
                *(verifier.primary_id, mac, idempotency_key, MOST, session.actor, now),
            ),
        ).fetchone()
        assert row is not None
        if row[1]:
            return NotAdded.REPEATED
        if row[0] is not None:
            _seal(connection, custody, row[0], code)
            return Added(row[0], number, code)
    return NotAdded.TOO_MANY


def renew_representative(
    connection: Connection, verifier: Verifier, custody: Custody, session: Session, representative_id: int, *,
    now: datetime,
) -> Secret | None:  # fmt: skip
    """Another code, told once; None when there is no such representative, or their time is over."""
    code = CustomerCode.suggest(code_format(connection, session.brand_id, now)).secret
    mac = verifier.credential(Method.CUSTOMER_CODE, session.customer_id, code)
    row = connection.execute(
        "select renew_representative(%s, %s, %s, %s, %s)",
        (representative_id, verifier.primary_id, mac, session.actor, now),
    ).fetchone()
    if row != (True,):
        return None
    _seal(connection, custody, representative_id, code)
    return code


def end_representative(connection: Connection, session: Session, representative_id: int, *, now: datetime) -> bool:
    """From now on they speak for nobody, not in calls that go on either; False when there is none to end."""
    row = connection.execute(
        "select end_representative(%s, %s, %s)", (representative_id, session.actor, now)
    ).fetchone()
    return row == (True,)


def _seal(connection: Connection, custody: Custody, representative_id: int, code: Secret) -> None:
    sealed = custody.seal_for(place_of(representative_id), code)
    connection.execute("select seal_representative(%s, %s, %s)", (representative_id, sealed, custody.key_id))
