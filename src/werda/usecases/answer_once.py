"""The same request again under the same idempotency key gets the answer it had (`Idempotency-Key`).

What was sent is kept as a keyed value only, because it may hold secrets (B5); what was answered never does (B9).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from werda.core.secret import Secret
from werda.keys.verifier import Verifier

KEPT_FOR: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered: an HTTP status and JSON."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class AnotherRequest:
    """The key belongs to a request that said something else."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An idempotency key of an API key, and all that its request says: method, address and body."""

    api_key_id: int
    key: str
    said: Secret


@contextmanager
def one_at_a_time(connection: psycopg.Connection[Any], request: RequestKey | None) -> Iterator[None]:
    """Requests under one key take turns, so that the second is answered as the first was. The work in between may
    commit, so the lock is the connection's and not a transaction's."""
    if request is None:
        yield
        return
    lock = (f"werda:answer:{request.key}", request.api_key_id)
    connection.execute("select pg_advisory_lock(hashtextextended(%s, %s))", lock)
    try:
        yield
    finally:
        connection.rollback()
        connection.execute("select pg_advisory_unlock(hashtextextended(%s, %s))", lock)


def known_answer(
    connection: psycopg.Connection[Any], verifier: Verifier, request: RequestKey
) -> Answer | AnotherRequest | None:
    """What this request was answered before; None when it is new."""
    row = connection.execute(
        "select request_mac, status, body from intake_reply where api_key_id = %s and idempotency_key = %s",
        (request.api_key_id, request.key),
    ).fetchone()
    if row is None:
        return None
    mac, status, body = row
    return Answer(status, body) if verifier.is_request(mac, request.key, request.said) else AnotherRequest()


def keep_answer(
    connection: psycopg.Connection[Any], verifier: Verifier, request: RequestKey, answer: Answer, now: datetime
) -> None:
    """Remember an answer, in the transaction of what it tells."""
    connection.execute(
        "insert into intake_reply (api_key_id, idempotency_key, request_mac, status, body, answered_at)"
        " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
        (
            *(request.api_key_id, request.key, verifier.request(request.key, request.said)),
            *(answer.status, answer.body, now),
        ),
    )


def forget_answers(connection: psycopg.Connection[Any], now: datetime) -> bool:
    """Forget what was answered longer ago than `KEPT_FOR`."""
    connection.execute("delete from intake_reply where answered_at < %s", (now - KEPT_FOR,))
    return False
