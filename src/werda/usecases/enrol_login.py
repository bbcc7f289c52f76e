"""Open the portal for a person: their login, with a password, or without one for who signs in with something else.

Whoever calls this has made sure who it is: by a letter code, by a link and an SMS, or at the demo's founding.
"""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from werda.core.audit import EventKind
from werda.core.notice import NoticeKind
from werda.core.secret import Secret
from werda.usecases.check_login import fold
from werda.usecases.open_session import Connection
from werda.usecases.sim_change import record
from werda.usecases.tell_customer import tell_customer


def password_flaws(password: Secret) -> list[str]:
    """Why it is no good, each in a sentence of the active language; empty when it is."""
    try:
        validate_password(password.reveal())
    except ValidationError as weak:
        return list(weak.messages)
    return []


def first_password(connection: Connection, login_id: int, password: Secret, *, now: datetime) -> bool:
    """Set the password of the login whose step the transaction at hand is of; says whether a TOTP code must follow."""
    row = connection.execute(
        "update customer_login set password = %s, password_since = %s where id = %s returning totp is not null",
        (make_password(password.reveal()), now, login_id),
    ).fetchone()
    assert row is not None, "the step is this login's"
    return bool(row[0])


def enrol_login(
    connection: Connection, customer_id: int, *, name: str, password: Secret | None, actor: str, now: datetime,
    person_id: int = 0,
) -> int:  # fmt: skip
    """Give them their login, or the present one this password; gives its id. Role custody, in the transaction at hand.

    `name` is their e-mail, or empty; one that another login of the brand has already is left out, and they sign in with
    their customer number. Raises `LookupError` when there is no such customer.
    """
    customer = connection.execute(
        "select brand_id from customer where id = %s and ended_at is null for no key update", (customer_id,)
    ).fetchone()
    if customer is None:
        raise LookupError("no such customer")
    brand_id, folded = customer[0], fold(name)
    taken = connection.execute(
        "select 1 from customer_login where brand_id = %s and name = %s and (customer_id, person_id) <> (%s, %s)",
        (brand_id, folded, customer_id, person_id),
    ).fetchone()
    row = connection.execute(
        "insert into customer_login as l (brand_id, customer_id, person_id, name, password, password_since,"
        " totp_step, hides_secrets, enrolled_at) values (%(brand)s, %(customer)s, %(person)s, %(name)s, %(password)s,"
        " %(since)s, 0, false, %(now)s) on conflict (customer_id, person_id) do update set"
        " password = case excluded.password when '' then l.password else excluded.password end,"
        " password_since = coalesce(excluded.password_since, l.password_since) returning id",
        {
            "brand": brand_id,
            "customer": customer_id,
            "person": person_id,
            "name": "" if taken else folded,
            "password": make_password(password.reveal()) if password else "",
            "since": now if password else None,
            "now": now,
        },
    ).fetchone()
    assert row is not None
    record(
        connection, EventKind.LOGIN_ENROLLED, brand_id=brand_id, customer_id=customer_id, actor=actor, now=now,
        detail={"person": person_id, "password": password is not None},
    )  # fmt: skip
    tell_customer(connection, NoticeKind.LOGIN_ENROLLED, brand_id=brand_id, customer_id=customer_id, now=now)
    return int(row[0])
