"""Erase a customer who left (GDPR Art. 17): their data and secrets go, of what was recorded the hashes stay (A9).

All of it is one transaction. It refuses while the contract goes on, while an order of theirs or an incident that
concerns them is open (A7), and while something is not sealed or not delivered yet. What it does with each table that
knows customers stands in `TABLES`; a test compares that with the catalog, so that a new table cannot be forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from werda.core.audit import EventKind
from werda.store import code_holders
from werda.usecases.destroy_due import codes_held, destroy_secrets
from werda.usecases.sim_change import Connection, Rings, record


class Grounds(StrEnum):
    """Why somebody is erased: a closed set, so that the reason itself is no personal data (GDPR Art. 17(1) a-e)."""

    NO_LONGER_NEEDED = "no-longer-needed"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    OBJECTION = "objection"
    UNLAWFUL = "unlawful"
    LEGAL_DUTY = "legal-duty"


TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attempt": "erased, the hash stays",
        "event": "erased, the hash stays; one says that the customer was erased, by a number that is nobody's now",
        "call": "anonymised: number, customer, person and line are taken out",
        "call_grant": "erased",
        "call_note": "erased",
        "credential": "erased",
        "sealed_secret": "erased",
        "one_time_code": "erased",
        "one_time_tries": "erased",
        "customer_lock": "erased",
        "customer_login": "erased",
        "passkey": "erased",
        "confirmation": "erased",
        "outgoing_call": "erased",
        "enrolment": "erased",
        "sms": "erased",
        "portal_session": "erased",
        "push": "erased",
        "representative": "erased",
        "push_subscription": "erased",
        "mail": "erased",
        "incident_customer": "erased: the incident stays, and of its attempts the hashes",
        "letter": "erased",
        "notice": "erased",
        "option_booking": "erased; bills are the operator's, and so is what they must keep",
        "line": "erased",
        "sim_profile": "erased",
        "operator_order": "anonymised: detail, reason and idempotency key are taken out",
        "budget": "kept: a count under a number that is nobody's now; an attempt under way still finds its row",
    }
)
"""What happens to each table with a column `customer_id`."""

_ERASED: Final = (
    "one_time_code",
    "one_time_tries",
    "letter",
    "notice",
    "mail",
    "option_booking",
    "confirmation",
    "outgoing_call",
    "enrolment",
    "sms",
    "push",
    "push_subscription",
    "representative",
    "sim_profile",
    "line",
    "incident_customer",
)


@dataclass(frozen=True, slots=True)
class Gone:
    """How much is gone, or in a dry run would be; `customer_id` is the internal number, nobody's now."""

    customer_id: int
    attempts: int
    events: int
    calls: int
    messages: int
    secrets: int


@dataclass(frozen=True, slots=True)
class NotErasable:
    """Nothing was erased; `why` says what to do."""

    why: str


def erase_customer(
    connection: Connection, rings: Rings, *, brand_id: int, number: str, grounds: Grounds, actor: str, now: datetime,
    dry_run: bool = False,
) -> Gone | NotErasable:  # fmt: skip
    """Erase the customer with this customer number; a dry run only counts."""
    with connection.transaction(force_rollback=dry_run):
        row = connection.execute(
            "select id, ended_at from customer where brand_id = %s and customer_number = %s for update",
            (brand_id, number),
        ).fetchone()
        if row is None:
            return NotErasable("no customer has this number; perhaps they were erased already")
        customer_id, ended_at = row
        if ended_at is None or ended_at > now:
            return NotErasable("the contract goes on; end it with `werda contract end`, then erase the customer")
        if connection.execute(
            "select from operator_order where customer_id = %s and settled_at is null", (customer_id,)
        ).fetchone():
            return NotErasable("an order of theirs is not settled; let the operator's system settle it first")
        open_incident = connection.execute(
            "select i.id from incident i join incident_customer c on c.incident_id = i.id"
            " where c.customer_id = %s and i.closed_at is null order by 1",
            (customer_id,),
        ).fetchone()
        if open_incident is not None:
            return NotErasable(
                f"incident {open_incident[0]} concerns them and is open; close it with `werda incident close` first"
            )
        try:
            with connection.transaction():
                return _erase(connection, rings, brand_id, customer_id, grounds, actor, now)
        except _Waiting as waiting:
            return NotErasable(
                f"{waiting} events or messages are not sealed or delivered yet; try again in a few minutes"
            )


class _Waiting(Exception):
    """So many rows cannot go yet; carries the transaction back."""


def _erase(
    connection: Connection, rings: Rings, brand_id: int, customer_id: int, grounds: Grounds, actor: str, now: datetime
) -> Gone:
    held = codes_held(connection, rings, brand_id, [customer_id])
    found = connection.execute(
        "select attempts, events, calls, messages, waiting from erase_records_of(%s, %s)", (customer_id, now)
    ).fetchone()
    assert found is not None
    attempts, events, calls, messages, waiting = found
    if waiting:
        raise _Waiting(waiting)
    sealed, credentials = destroy_secrets(connection, [customer_id])
    for table in _ERASED:
        connection.execute(f"delete from {table} where customer_id = %s".encode(), (customer_id,))  # noqa: S608
    connection.execute(
        "delete from ordered_code where order_id in (select id from operator_order where customer_id = %s)",
        (customer_id,),
    )
    connection.execute(
        "update operator_order set detail = '{}', reason = '', idempotency_key = null where customer_id = %s",
        (customer_id,),
    )
    connection.execute("delete from customer where id = %s", (customer_id,))
    gone = Gone(customer_id, attempts, events, calls, messages, len(sealed) + len(credentials))
    record(
        connection, EventKind.CUSTOMER_ERASED, brand_id=brand_id, customer_id=customer_id, actor=actor, now=now,
        detail={
            "grounds": grounds.value,
            "erased": {"attempts": attempts, "events": events, "calls": calls, "messages": messages},
            "secrets": gone.secrets,
        },
    )  # fmt: skip
    code_holders.tally(connection, brand_id, rings.verifier.primary_id, held)
    return gone
