"""Give customers everything that is kept about them (A8, GDPR Art. 15): for machines, with the proof of each record.

Never a secret: what lies sealed, hashes, PINs, PUKs, card numbers and the values of links are not read here at all.
Who of the operator's staff acted is left out where it can be; the line of an event, over which its hash runs, says so
as a number.
"""

from datetime import datetime
from typing import Any, Final, LiteralString

from psycopg.rows import dict_row

from werda.audit.prove import proof_of
from werda.core.audit import EventKind, Log
from werda.core.portal import Session
from werda.store.queries.events_of import attempts_of, events_of
from werda.usecases.open_session import Connection
from werda.usecases.sim_change import record

FORMAT: Final = 1
"""The version of the format (docs/data-export.md)."""
NOT_SEALED: Final = "not sealed yet"

_CUSTOMER: Final[LiteralString] = (
    "select customer_number, kind, payment, salutation, given_name, family_name, company, birth_date, street, postcode,"
    " city, email, language, as_of, address_since from customer where id = %s"
)
_LISTS: Final[dict[str, LiteralString]] = {
    "lines": "select id, msisdn, kind, tariff, shared, ended_at from line where customer_id = %s order by id",
    "sims": "select id, line_id, kind, role, status, activated_at, ended_at from sim_profile"
    " where customer_id = %s order by id",
    "notices": "select kind, created_at, told_at, channel from notice where customer_id = %s order by id",
    "mails": "select kind, to_address, created_at, sent_at from mail where customer_id = %s order by id",
    "letters": "select kind, created_at, printed_at from letter where customer_id = %s order by id",
    "orders": "select public_id::text as id, kind, state, ordered_at, settled_at from operator_order"
    " where customer_id = %s order by ordered_at, id",
    "bookings": "select public_id::text as id, line_id, option, terms, price::text as price, currency,"
    " booked_at, starts_on, ends_on, cancelled_at, withdrawn_at from option_booking"
    " where customer_id = %s order by booked_at, id",
    "call_notes": "select written_at, topic, text from call_note where customer_id = %s order by id",
    "logins": "select name, enrolled_at, password_since, totp_since, hides_secrets from customer_login"
    " where customer_id = %s order by id",
    "passkeys": "select name, enrolled_at, used_at from passkey where customer_id = %s order by id",
    "representatives": "select number, name, kind, scope, begins_at, expires_at, ended_at from representative"
    " where customer_id = %s order by id",
    "push_subscriptions": "select host, created_at, delivered_at from push_subscription"
    " where customer_id = %s order by id",
    "sessions": "select method, place, device, opened_at, seen_at, ended_at from portal_session"
    " where customer_id = %s order by id",
}


def export_data(connection: Connection, session: Session, *, brand: str, now: datetime) -> dict[str, Any]:
    """All of it; that it was taken is an event, and in it already."""
    kept = kept_data(connection, session, form="json", now=now)
    customer_id = session.customer_id
    proof = proof_of(connection, customer_id)
    places = {(each["log"], int(each["line"].partition("|")[0])): n for n, each in enumerate(proof["records"])}
    return {
        "format": FORMAT,
        "brand": brand,
        "exported_at": now,
        **kept,
        "attempts": _proved(attempts_of(connection, customer_id), Log.ATTEMPTS, places),
        "events": _proved(events_of(connection, customer_id), Log.EVENTS, places),
        "proof": proof,
    }


def kept_data(connection: Connection, session: Session, *, form: str, now: datetime) -> dict[str, Any]:
    """All but the record, and none of the proofs: ``customer`` is a row, everything else a list of rows by its name."""
    record(
        connection, EventKind.DATA_EXPORTED, brand_id=session.brand_id, customer_id=session.customer_id,
        actor=session.actor, now=now, detail={"form": form},
    )  # fmt: skip
    with connection.cursor(row_factory=dict_row) as cursor:
        [customer] = cursor.execute(_CUSTOMER, (session.customer_id,)).fetchall()
        lists = {name: cursor.execute(query, (session.customer_id,)).fetchall() for name, query in _LISTS.items()}
    return {"customer": customer, **lists}


def _proved(rows: list[dict[str, Any]], log: Log, places: dict[tuple[int, int], int]) -> list[dict[str, Any]]:
    """Each row with the place of its proof among the records of the proof."""
    return [row | {"proof": places.get((log.value, row["id"]), NOT_SEALED)} for row in rows]
