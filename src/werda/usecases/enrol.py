"""Open the portal for a customer who is not signed in: by a letter code, or by a link in a mail and a code by SMS (E5).

It never needs the old password, and the customer code is no way in. The proof is checked in the database
(sql/68_enrolment.sql); what follows is a step in which a password is chosen. A letter code takes away passkeys and
authenticator app, because they may be lost with the telephone; link and SMS leave them, and they are still asked for.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from werda.core.method import Method
from werda.core.secret import Secret
from werda.keys.custody import Custody
from werda.keys.verifier import Verifier
from werda.usecases.check_login import fold
from werda.usecases.open_session import Connection
from werda.usecases.post_mail import place_of as place_of_mail
from werda.usecases.send_sms import place_of as place_of_sms

SMS_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class SmsSent:
    """An SMS is on its way to the number that ends like this; `enrolment_id` is what its code belongs to."""

    enrolment_id: int
    customer_id: int
    ends_in: str


def enrol_by_letter(connection: Connection, verifier: Verifier, token: Secret, *, now: datetime) -> int | None:
    """The login of whoever proved a letter code at the gate a moment ago, made if there is none; None otherwise."""
    meant = verifier.read_token(token)
    if meant is None:
        return None
    row = connection.execute("select enrol_by_letter(%s, %s, %s)", (*meant, now)).fetchone()
    return row[0] if row else None


def send_link(connection: Connection, custody: Custody, brand_id: int, name: str, *, now: datetime) -> None:
    """Send a link to whoever this is, if they can be reached by mail and SMS. Nobody learns whether they can (C7)."""
    token = Secret(secrets.token_urlsafe(24))
    row = connection.execute(
        "select * from begin_enrolment(%s, %s, %s, %s)", (brand_id, fold(name), _hash(token), now)
    ).fetchone()
    mail = row[0] if row else None
    if mail is not None:
        connection.execute(
            "select seal_enrolment_mail(%s, %s, %s, %s)",
            (mail, custody.seal_for(place_of_mail(mail), token), custody.key_id, now),
        )


def open_link(
    connection: Connection, verifier: Verifier, custody: Custody, brand_id: int, token: Secret, *, now: datetime
) -> SmsSent | None:
    """The link was followed: send the SMS. None when the link is over, was followed before, or never was."""
    row = connection.execute("select * from open_enrolment(%s, %s, %s)", (brand_id, _hash(token), now)).fetchone()
    if row is None or row[0] is None:
        return None
    enrolment, customer, sms, ends_in = row
    code = Secret(f"{secrets.randbelow(10**SMS_DIGITS):0{SMS_DIGITS}}")
    connection.execute(
        "select seal_enrolment_sms(%s, %s, %s, %s, %s, %s, %s)",
        (
            *(enrolment, sms, verifier.credential(Method.CALL_CODE, customer, code), verifier.primary_id),
            *(custody.seal_for(place_of_sms(sms), code), custody.key_id, now),
        ),
    )
    return SmsSent(enrolment, customer, ends_in)


def enrol_by_sms(
    connection: Connection, verifier: Verifier, enrolment_id: int, customer_id: int, code: Secret, *, now: datetime
) -> int | None:
    """The login, when this is the code of the SMS; None otherwise, and the try is counted."""
    digits = Secret("".join(code.reveal().split()))
    macs = b"".join(verifier.credential(Method.CALL_CODE, customer_id, digits, key) for key in verifier.key_ids)
    row = connection.execute(
        "select finish_enrolment(%s, %s, %s, %s)", (enrolment_id, list(verifier.key_ids), macs, now)
    ).fetchone()
    return row[0] if row else None


def _hash(token: Secret) -> bytes:
    return hashlib.sha256(token.reveal().encode()).digest()
