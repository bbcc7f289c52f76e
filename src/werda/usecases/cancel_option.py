"""Cancel a booked option with the end of a billing period, or withdraw from it within fourteen days (S13, BGB § 355).

Done twice it is done once. The terms are those of the booking, whatever the catalogue says today.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from werda.core.audit import EventKind
from werda.core.mail import MailKind
from werda.core.option import OptionCatalogue, day_of, end_of, needed_by, withdraw_until
from werda.core.order import OrderKind
from werda.store.queries.options import Booking, BookingState, OptionLine, option_lines, options_of
from werda.usecases.asker import Asker
from werda.usecases.book_option import send_receipt
from werda.usecases.order_from_operator import order_from_operator
from werda.usecases.sim_change import Connection, record


class WhyNotCancelled(StrEnum):
    """Why it goes on."""

    UNKNOWN = "unknown"
    OVER = "over"
    CANCELLED = "cancelled"
    ENDS_ITSELF = "ends_itself"
    NEEDED = "needed"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class NotCancelled:
    """Nothing changed. `others` are booked options that cannot be without it."""

    why: WhyNotCancelled
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It ends with `ends_on`, before it began when it was withdrawn. `repeated`: somebody had done so before."""

    ends_on: date
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A booking with its line, and what both ways out of it would come to today."""

    booking: Booking
    line: OptionLine
    today: date
    ends_on: date
    withdraw_until: date
    needed_by: tuple[str, ...]

    @property
    def no_cancelling(self) -> NotCancelled | None:
        """Why it cannot be cancelled, if so."""
        if (no := self._over()) is not None:
            return no
        if self.booking.terms.days:
            return NotCancelled(WhyNotCancelled.ENDS_ITSELF)
        if self.booking.cancelled_at is not None:
            return NotCancelled(WhyNotCancelled.CANCELLED)
        return NotCancelled(WhyNotCancelled.NEEDED, self.needed_by) if self.needed_by else None

    @property
    def no_withdrawing(self) -> NotCancelled | None:
        """Why nobody can withdraw from it, if so; a cancelled one can still be withdrawn from."""
        if (no := self._over()) is not None:
            return no
        if self.today > self.withdraw_until:
            return NotCancelled(WhyNotCancelled.TOO_LATE)
        return NotCancelled(WhyNotCancelled.NEEDED, self.needed_by) if self.needed_by else None

    def _over(self) -> NotCancelled | None:
        return NotCancelled(WhyNotCancelled.OVER) if self.booking.is_over(self.today) else None


def standing_of(
    connection: Connection, customer_id: int, brand_id: int, public_id: uuid.UUID, *, now: datetime
) -> Standing | None:
    """How a booking of this customer stands now."""
    catalogue, zone = options_of(connection, brand_id, now), zone_of(connection, brand_id)
    for line in option_lines(connection, customer_id):
        for booking in line.bookings:
            if booking.public_id == public_id:
                return standing(catalogue, line, booking, day_of(now, zone), zone)
    return None


def standing(
    catalogue: OptionCatalogue | None, line: OptionLine, booking: Booking, today: date, zone: ZoneInfo
) -> Standing:
    """How a booking stands on this day."""
    ends_on = booking.ends_on or end_of(booking.terms, booking.starts_on, today)
    needing = needed_by(catalogue, booking.option, line.seen(today).booked) if catalogue else ()
    return Standing(booking, line, today, ends_on, withdraw_until(day_of(booking.booked_at, zone)), needing)


def zone_of(connection: Connection, brand_id: int) -> ZoneInfo:
    """By whose clocks a day is a day."""
    row = connection.execute("select timezone from brand where id = %s", (brand_id,)).fetchone()
    return ZoneInfo(row[0] if row else "Europe/Berlin")


def cancel_option(
    connection: Connection, asker: Asker, public_id: uuid.UUID, *, now: datetime
) -> Cancelled | NotCancelled:
    """Cancel it with the earliest end that its terms allow, in the transaction at hand."""
    found = _found(connection, asker, public_id, now)
    if found is None:
        return NotCancelled(WhyNotCancelled.UNKNOWN)
    if found.booking.state(found.today) is not BookingState.FAILED and found.booking.cancelled_at is not None:
        return Cancelled(found.ends_on, repeated=True)
    if (no := found.no_cancelling) is not None:
        return no
    _end(connection, asker, found, found.ends_on, withdrawn=False, now=now)
    return Cancelled(found.ends_on)


def withdraw_option(
    connection: Connection, asker: Asker, public_id: uuid.UUID, *, now: datetime
) -> Cancelled | NotCancelled:
    """Undo it from the start, in the transaction at hand: it ends the day before it began and costs nothing."""
    found = _found(connection, asker, public_id, now)
    if found is None:
        return NotCancelled(WhyNotCancelled.UNKNOWN)
    never = found.booking.starts_on - timedelta(days=1)
    if found.booking.withdrawn_at is not None:
        return Cancelled(never, repeated=True)
    if (no := found.no_withdrawing) is not None:
        return no
    _end(connection, asker, found, never, withdrawn=True, now=now)
    return Cancelled(never)


def _found(connection: Connection, asker: Asker, public_id: uuid.UUID, now: datetime) -> Standing | None:
    found = standing_of(connection, asker.customer_id, asker.brand_id, public_id, now=now)
    return found if found is not None and asker.line_id in (None, found.line.id) else None


def _end(
    connection: Connection, asker: Asker, found: Standing, ends_on: date, *, withdrawn: bool, now: datetime
) -> None:
    booking = found.booking
    said = {
        "option": booking.option, "line": found.line.msisdn, "price": str(booking.price), "currency": booking.currency,
        "charge": booking.charge.value, "from": booking.starts_on.isoformat(), "until": ends_on.isoformat(),
        "withdrawn": withdrawn,
    }  # fmt: skip
    order = order_from_operator(
        connection, OrderKind.CANCEL_OPTION, brand_id=asker.brand_id, customer_id=asker.customer_id, now=now,
        detail={"customer_number": asker.customer_number, "booking": str(booking.public_id), **said},
    )  # fmt: skip
    connection.execute(
        "update option_booking set ends_on = %s, cancelled_at = %s, withdrawn_at = %s, cancel_order = %s, as_of = %s"
        " where public_id = %s and customer_id = %s",
        (ends_on, now, now if withdrawn else None, order.public_id, now, booking.public_id, asker.customer_id),
    )
    record(
        connection, EventKind.OPTION_CANCELLED, brand_id=asker.brand_id, customer_id=asker.customer_id,
        actor=asker.actor, call_id=asker.call_id, now=now, detail={"booking": str(booking.public_id), **said},
    )  # fmt: skip
    names = {"de": booking.name.de, "en": booking.name.en}
    receipt = MailKind.OPTION_WITHDRAWN if withdrawn else MailKind.OPTION_CANCELLED
    send_receipt(connection, asker, receipt, {**said, "name": names}, now)
