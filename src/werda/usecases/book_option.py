"""Book a tariff option for a line: the booking, the order, the event and the receipt, or none of them (S13).

The same key is the same booking, so that a double tap books once; the customer's row, which the asker holds locked,
makes two requests at the same moment take turns.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from werda.core.audit import EventKind
from werda.core.mail import MailKind
from werda.core.option import (
    NotBookable,
    Option,
    OptionCatalogue,
    WhyNot,
    day_of,
    may_book,
    own_end,
    start_of,
    withdraw_until,
)
from werda.core.order import OrderKind
from werda.store.queries.options import OptionLine, option_lines, options_of, write_terms
from werda.usecases.asker import Asker
from werda.usecases.order_from_operator import order_from_operator
from werda.usecases.post_mail import post_mail
from werda.usecases.sim_change import Connection, record


@dataclass(frozen=True, slots=True)
class Booked:
    """The booking stands. `repeated`: it stood before under the same key."""

    public_id: uuid.UUID
    repeated: bool = False


def book_option(
    connection: Connection, asker: Asker, *, line_id: int, slug: str, idempotency_key: str, now: datetime
) -> Booked | NotBookable:
    """Book what the catalogue in force says under `slug`, in the transaction at hand."""
    known = connection.execute(
        "select public_id, line_id, option from option_booking where customer_id = %s and idempotency_key = %s",
        (asker.customer_id, idempotency_key),
    ).fetchone()
    if known is not None:
        same = known[1:] == (line_id, slug)
        return Booked(known[0], repeated=True) if same else NotBookable(WhyNot.UNKNOWN)
    catalogue = options_of(connection, asker.brand_id, now)
    option = catalogue.find(slug) if catalogue else None
    line = line_of(connection, asker, line_id)
    if catalogue is None or option is None or line is None:
        return NotBookable(WhyNot.UNKNOWN if line is not None else WhyNot.LINE_ENDED)
    if (no := may_book(catalogue, option, line.seen(today := day_of(now, catalogue.zone)), today)) is not None:
        return no
    return Booked(_write(connection, asker, catalogue, option, line, idempotency_key, now))


def line_of(connection: Connection, asker: Asker, line_id: int) -> OptionLine | None:
    """The line, if it is the asker's to decide about."""
    if asker.line_id not in (None, line_id):
        return None
    return next((line for line in option_lines(connection, asker.customer_id) if line.id == line_id), None)


def _write(
    connection: Connection, asker: Asker, catalogue: OptionCatalogue, option: Option, line: OptionLine, key: str,
    now: datetime,
) -> uuid.UUID:  # fmt: skip
    public_id, today = uuid.uuid4(), day_of(now, catalogue.zone)
    starts_on = start_of(option.terms, today)
    ends_on = own_end(option.terms, starts_on)
    said: dict[str, Any] = {
        "option": option.slug, "line": line.msisdn, "price": str(option.price), "currency": catalogue.currency,
        "charge": option.charge.value, "from": starts_on.isoformat(),
        "until": ends_on.isoformat() if ends_on else None,
    }  # fmt: skip
    order = order_from_operator(
        connection, OrderKind.BOOK_OPTION, brand_id=asker.brand_id, customer_id=asker.customer_id, now=now,
        detail={"customer_number": asker.customer_number, "booking": str(public_id), **said},
    )  # fmt: skip
    connection.execute(
        "insert into option_booking (public_id, brand_id, customer_id, line_id, option, catalogue, terms, price,"
        ' currency, booked_at, starts_on, ends_on, idempotency_key, "order", reference, as_of)'
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            *(public_id, asker.brand_id, asker.customer_id, line.id, option.slug, catalogue.version),
            *(Jsonb(write_terms(option)), option.price, catalogue.currency, now, starts_on, ends_on, key),
            *(order.public_id, str(public_id), now),
        ),
    )
    record(
        connection, EventKind.OPTION_BOOKED, brand_id=asker.brand_id, customer_id=asker.customer_id,
        actor=asker.actor, call_id=asker.call_id, now=now, detail={"booking": str(public_id), **said},
    )  # fmt: skip
    names = {"de": option.name.de, "en": option.name.en}
    withdrawal = withdraw_until(today).isoformat()
    send_receipt(connection, asker, MailKind.OPTION_BOOKED, {**said, "name": names, "withdrawal": withdrawal}, now)
    return public_id


def send_receipt(connection: Connection, asker: Asker, kind: MailKind, said: dict[str, Any], now: datetime) -> None:
    """Post the receipt to who has an e-mail address; everybody finds the same in the portal."""
    row = connection.execute("select email, language from customer where id = %s", (asker.customer_id,)).fetchone()
    if row is None or not row[0]:
        return
    names = said.pop("name")
    data = {**said, "option": names["en" if row[1].startswith("en") else "de"]}
    post_mail(connection, kind, row[0], brand_id=asker.brand_id, customer_id=asker.customer_id, data=data, now=now)
