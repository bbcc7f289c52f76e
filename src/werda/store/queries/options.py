"""What a brand offers beside its tariffs, and what a customer has booked of it (S13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import psycopg

from werda.core.option import Begins, Billing, BookedLine, Charge, Option, OptionCatalogue, Terms, Words
from werda.core.option_document import parse
from werda.core.order import OrderState
from werda.core.tariff import LineKind

Connection = psycopg.Connection[Any]


class BookingState(StrEnum):
    """How a booking stands; people see these words."""

    ORDERED = "ordered"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


OVER: Final = frozenset({BookingState.ENDED, BookingState.WITHDRAWN, BookingState.FAILED})
"""No longer booked."""


@dataclass(frozen=True, slots=True)
class Booking:
    """One option of one line, as it was booked. `taken`, `cancel_taken`: how the operator took the orders."""

    public_id: UUID
    line_id: int
    option: str
    name: Words
    terms: Terms
    price: Decimal
    charge: Charge
    currency: str
    booked_at: datetime
    starts_on: date
    ends_on: date | None
    cancelled_at: datetime | None
    withdrawn_at: datetime | None
    taken: OrderState
    cancel_taken: OrderState | None

    @property
    def cancel_failed(self) -> bool:
        """Whether somebody cancelled, and the operator could not carry it out."""
        return self.cancel_taken is OrderState.FAILED

    def state(self, today: date) -> BookingState:
        """How it stands on this day."""
        if self.taken is OrderState.FAILED:
            return BookingState.FAILED
        if self.withdrawn_at is not None:
            return BookingState.WITHDRAWN
        if self.ends_on is not None and self.ends_on < today:
            return BookingState.ENDED
        if self.taken is OrderState.ORDERED:
            return BookingState.ORDERED
        return BookingState.ENDING if self.cancelled_at is not None else BookingState.ACTIVE

    def is_over(self, today: date) -> bool:
        """Whether it is no longer booked."""
        return self.state(today) in OVER


@dataclass(frozen=True, slots=True)
class OptionLine:
    """A line of a customer with all that was ever booked for it."""

    id: int
    msisdn: str
    kind: LineKind
    tariff: str
    ended: bool
    bookings: tuple[Booking, ...]

    def seen(self, today: date) -> BookedLine:
        """The line as the rules see it."""
        booked = frozenset(booking.option for booking in self.bookings if not booking.is_over(today))
        return BookedLine(self.kind, self.tariff, booked, self.ended)


def options_of(connection: Connection, brand_id: int, now: datetime) -> OptionCatalogue | None:
    """What the brand offers now; None while it offers nothing."""
    return OptionCatalogue.in_force(catalogues_of(connection, brand_id), now)


def catalogues_of(connection: Connection, brand_id: int) -> list[OptionCatalogue]:
    """All that the brand offered, offers and will offer."""
    rows = connection.execute("select document from option_version where brand_id = %s", (brand_id,)).fetchall()
    read = [parse(document) for (document,) in rows]
    return [found for found in read if isinstance(found, OptionCatalogue)]


def option_lines(connection: Connection, customer_id: int) -> list[OptionLine]:
    """The customer's lines that have not ended, with their bookings, the newest first."""
    bookings = _bookings(connection, customer_id)
    rows = connection.execute(
        "select id, msisdn, kind, tariff from line where customer_id = %s and ended_at is null"
        " order by kind desc, msisdn",
        (customer_id,),
    ).fetchall()
    return [
        OptionLine(line_id, msisdn, LineKind(kind), tariff, False, tuple(b for b in bookings if b.line_id == line_id))
        for line_id, msisdn, kind, tariff in rows
    ]


def _bookings(connection: Connection, customer_id: int) -> Sequence[Booking]:
    rows = connection.execute(
        "select b.public_id, b.line_id, b.option, b.terms, b.price, b.currency, b.booked_at, b.starts_on, b.ends_on,"
        " b.cancelled_at, b.withdrawn_at, o.state, c.state from option_booking b"
        ' left join operator_order o on o.public_id = b."order"'
        " left join operator_order c on c.public_id = b.cancel_order"
        " where b.customer_id = %s order by b.id desc",
        (customer_id,),
    ).fetchall()
    return [_booking(row) for row in rows]


def _booking(row: tuple[Any, ...]) -> Booking:
    public_id, line_id, option, terms, price, currency, booked_at, starts_on, ends_on, cancelled_at, withdrawn_at = row[
        :11
    ]
    taken, cancel_taken = row[11:]  # an order that was erased after its time (A9) was carried out
    failed = cancel_taken == OrderState.FAILED
    kept = read_terms(terms)
    return Booking(
        public_id, line_id, option, Words(terms["de"], terms["en"]), kept, price, Charge(terms["charge"]), currency,
        booked_at, starts_on,
        # What could not be cancelled goes on as it was.
        None if failed and not kept.days else ends_on,
        None if failed else cancelled_at,
        None if failed else withdrawn_at,
        OrderState(taken) if taken else OrderState.DONE,
        OrderState(cancel_taken) if cancel_taken else None,
    )  # fmt: skip


def write_terms(option: Option) -> dict[str, object]:
    """An option's name and terms, to be kept with a booking."""
    terms = option.terms
    return {
        "de": option.name.de,
        "en": option.name.en,
        "charge": option.charge.value,
        "minimum_months": terms.minimum_months,
        "notice_days": terms.notice_days,
        "billing": terms.billing.value,
        "begins": terms.begins.value,
        "days": terms.days,
    }


def read_terms(kept: Mapping[str, Any]) -> Terms:
    """The terms as they were kept."""
    return Terms(
        minimum_months=kept["minimum_months"],
        notice_days=kept["notice_days"],
        billing=Billing(kept["billing"]),
        begins=Begins(kept["begins"]),
        days=kept["days"],
    )
