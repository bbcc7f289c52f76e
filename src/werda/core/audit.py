"""What is recorded, and how it is made tamper-evident (D4, design decision 5).

The set of event kinds is closed: a kind that is not here cannot be written. Attempts are hashed in lanes: each batch's
hash covers the hash of every row and the hash of the batch before it. A row's hash covers all its columns and a random
salt, so that it can stay when the row is erased (A9) and tells nobody what the row was.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final
from uuid import UUID

FIRST_LINK: Final = bytes(32)
"""What the first batch of a lane is chained to."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class EventKind(StrEnum):
    """Everything that is recorded beside attempts: subject, then what happened to it."""

    API_KEY_CREATED = "api_key:created"
    API_KEY_REVOKED = "api_key:revoked"
    POLICY_ACTIVATED = "policy:activated"
    IMPORT_FINISHED = "import:finished"
    CREDENTIAL_IMPORTED = "credential:imported"
    CREDENTIAL_CHOSEN = "credential:chosen"
    CREDENTIAL_ASSIGNED = "credential:assigned"
    CREDENTIAL_REPLACED = "credential:replaced"
    GRANT_GIVEN = "grant:given"
    GRANT_LIFTED = "grant:lifted"
    LETTER_PRINTED = "letter:printed"
    CALL_WRAPPED_UP = "call:wrapped_up"
    AGENT_CREATED = "agent:created"
    WEBHOOK_CHANGED = "webhook:changed"
    TRUNK_CHANGED = "trunk:changed"
    BRAND_CHANGED = "brand:changed"
    SIM_ASSIGNED = "sim:assigned"
    SIM_SHIPPED = "sim:shipped"
    SIM_ACTIVATED = "sim:activated"
    SIM_BLOCKED = "sim:blocked"
    SIM_UNBLOCKED = "sim:unblocked"
    SIM_REPLACED = "sim:replaced"
    SIM_ENDED = "sim:ended"
    OPERATION_REQUESTED = "operation:requested"
    OPERATION_REFUSED = "operation:refused"
    OPERATION_LOCKED = "operation:locked"
    OPERATION_UNLOCKED = "operation:unlocked"
    CONTRACT_ENDED = "contract:ended"
    SECRETS_DESTROYED = "secrets:destroyed"
    CREDENTIAL_DISTRUSTED = "credential:distrusted"
    CALL_CODE_GIVEN = "call_code:given"
    LETTER_CODE_ORDERED = "letter_code:ordered"
    LOCKOUT_LIFTED = "lockout:lifted"
    ALARM_CHANGED = "alarm:changed"
    INCIDENT_OPENED = "incident:opened"
    INCIDENT_CHANGED = "incident:changed"
    INCIDENT_CLOSED = "incident:closed"
    AGENT_FLAGGED = "agent:flagged"
    KEY_ADDED = "key:added"
    KEY_PROMOTED = "key:promoted"
    KEY_RETIRED = "key:retired"
    CUSTOMER_ERASED = "customer:erased"
    RECORD_EXPIRED = "record:expired"
    RECORD_RESUMED = "record:resumed"
    SESSION_OPENED = "session:opened"
    SESSION_REFUSED = "session:refused"
    SESSION_RENEWED = "session:renewed"
    SESSION_ENDED = "session:ended"
    LOGIN_ENROLLED = "login:enrolled"
    LOGIN_RECOVERED = "login:recovered"
    LOGIN_PASSWORD_SET = "login:password_set"  # noqa: S105
    LOGIN_FACTOR_ADDED = "login:factor_added"
    LOGIN_FACTOR_REMOVED = "login:factor_removed"
    SECRET_SHOWN = "secret:shown"  # noqa: S105
    DISPLAY_LOCKED = "display:locked"
    DISPLAY_UNLOCKED = "display:unlocked"
    HOTLINE_LOCKED = "hotline:locked"
    HOTLINE_UNLOCKED = "hotline:unlocked"
    CONFIRMATION_ASKED = "confirmation:asked"
    CONFIRMATION_ANSWERED = "confirmation:answered"
    OPERATION_CANCELLED = "operation:cancelled"
    OPTION_BOOKED = "option:booked"
    OPTION_CANCELLED = "option:cancelled"
    CALL_ANNOUNCED = "call:announced"
    CATALOGUE_ACTIVATED = "catalogue:activated"
    DATA_EXPORTED = "data:exported"
    REPRESENTATIVE_ADDED = "representative:added"
    REPRESENTATIVE_ENDED = "representative:ended"
    APP_AUTHORISED = "app:authorised"
    APP_REVOKED = "app:revoked"


class Log(IntEnum):
    """The two logs; the numbers are stored beside what stays of an erased row."""

    ATTEMPTS = 1
    EVENTS = 2


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt as it is stored, every column of it."""

    id: int
    at: datetime
    brand_id: int
    customer_id: int
    person_id: int
    own_line: bool
    channel: int
    method: int
    outcome: int
    failures: int
    level: int
    line_id: int | None
    call_id: int
    tries: int
    calling_number: str
    trunk: str
    agent_id: int | None
    api_key_id: int
    idempotency_key: str | None
    request_mac: bytes | None
    salt: UUID


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as it is stored, every column of it; `detail` is the text PostgreSQL gives for its JSON."""

    id: int
    at: datetime
    txid: int
    kind: str
    brand_id: int | None
    customer_id: int | None
    call_id: int | None
    actor: str
    detail: str
    salt: UUID


def attempt_line(row: AttemptRow) -> str:
    """The text of an attempt over which the hash runs; store/sql/05_record_lines.sql is the same in SQL.

    What is missing is written differently from a zero and from an empty text, so that no two rows have the same line.
    """
    columns = (
        row.id,
        _microseconds(row.at),
        *(row.brand_id, row.customer_id, row.person_id, int(row.own_line), row.channel, row.method, row.outcome),
        *(row.failures, row.level, _or_nothing(row.line_id), row.call_id, row.tries, row.calling_number, row.trunk),
        *(_or_nothing(row.agent_id), row.api_key_id),
        "" if row.idempotency_key is None else "=" + _one_field(row.idempotency_key),
        "" if row.request_mac is None else "=" + row.request_mac.hex(),
        row.salt,
    )
    return "|".join(str(column) for column in columns)


def event_line(row: EventRow) -> str:
    """The text of an event over which the hash runs; store/sql/05_record_lines.sql is the same in SQL."""
    columns = (
        *(row.id, _microseconds(row.at), row.txid, _one_field(row.kind)),
        *(_or_nothing(row.brand_id), _or_nothing(row.customer_id), _or_nothing(row.call_id)),
        *(_one_field(row.actor), _one_field(row.detail), row.salt),
    )
    return "|".join(str(column) for column in columns)


def line_hash(line: str) -> bytes:
    """The hash of a row from its line, 32 bytes; all that stays of a row that was erased."""
    return hashlib.sha256(line.encode()).digest()


def batch_hash(previous: bytes, rows: Iterable[bytes]) -> bytes:
    """The hash of a batch, 32 bytes, from the hashes of its rows, chained to the batch before it in its lane."""
    return hashlib.sha256(previous + b"".join(rows)).digest()


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _one_field(text: str) -> str:
    return text.replace("%", "%25").replace("|", "%7C")


def _or_nothing(number: int | None) -> int | str:
    return "" if number is None else number
