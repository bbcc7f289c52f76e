"""Tariff options by JSON: what there is, what is booked, book, cancel, withdraw (S13). The same use cases as the pages.

Booking takes an `Idempotency-Key`, as a second booking would cost money. Cancelling and withdrawing need none: what is
cancelled is cancelled, and the same request again gets the booking as it stands.
"""

from typing import Any, Final
from uuid import UUID

from django.http import Http404

from werda.api.edge import idempotency_key
from werda.api.problems import NOT_FOUND, Problem
from werda.core import option as rules
from werda.core.native_app import Scope
from werda.core.option import Charge, NotBookable, Option, WhyNot
from werda.core.permission import NotAllowed
from werda.core.policy import Operation as Asked
from werda.portal.native.access import (
    FRESH_PROOF,
    KEY_REUSED,
    MALFORMED,
    NOT_ALLOWED,
    NOT_BOOKABLE,
    NOT_CANCELLED,
    AppVisit,
    Operation,
    resource,
)
from werda.portal.native.shapes import DAY, DAY_OR_NONE, ID, MONEY, NUMBER, TEXT, TIME, YES_OR_NO, many, one_of, thing
from werda.portal.options.shown import Room
from werda.store.queries.options import BookingState, OptionLine
from werda.usecases.asker import Asker, asker_of_session
from werda.usecases.book_option import book_option
from werda.usecases.cancel_option import (
    NotCancelled,
    Standing,
    WhyNotCancelled,
    cancel_option,
    standing,
    standing_of,
    withdraw_option,
)

_CHARGE: Final = one_of(*(charge.value for charge in Charge))
_BOOKING: Final = thing(
    id=ID, line_id=NUMBER, option=TEXT, name=TEXT, price=MONEY, currency=TEXT, charge=_CHARGE,
    state=one_of(*(state.value for state in BookingState)), booked_at=TIME, starts_on=DAY, ends_on=DAY_OR_NONE,
    would_end_on=DAY_OR_NONE, withdraw_until=DAY_OR_NONE, can_cancel=YES_OR_NO, can_withdraw=YES_OR_NO,
)  # fmt: skip
_OFFER: Final = thing(
    option=TEXT, name=TEXT, about=TEXT, price=MONEY, currency=TEXT, charge=_CHARGE, minimum_months=NUMBER,
    notice_days=NUMBER, days=NUMBER, starts_on=DAY, ends_on=DAY_OR_NONE, withdraw_until=DAY,
    excludes=many(TEXT), requires=many(TEXT), bookable=YES_OR_NO,
)  # fmt: skip
_LINE: Final = thing(id=NUMBER, number=TEXT, tariff=TEXT, bookings=many(_BOOKING), offers=many(_OFFER))
_ENDING: Final = (NOT_FOUND, NOT_ALLOWED, NOT_CANCELLED)


@resource(
    Operation(
        "GET",
        "Each line: what is booked, and what can be, with prices and terms",
        Scope.OPTIONS,
        {"lines": many(_LINE)},
    )
)
def overview(visit: AppVisit) -> dict[str, Any]:
    """S13."""
    room = Room.of(visit)
    return {
        "lines": [
            {
                "id": line.id,
                "number": line.msisdn,
                "tariff": line.tariff,
                "bookings": [
                    _booking(room, standing(room.catalogue, line, one, room.today, room.zone)) for one in line.bookings
                ],
                "offers": [_offer(room, line, option) for option in room.fitting(line)],
            }
            for line in room.lines
        ]
    }


@resource(
    Operation(
        "POST", "Book an option for a line; it binds and costs what the offer says (BGB § 312j: say so on the button)",
        Scope.OPTIONS, {"booking": _BOOKING}, fresh=True, key=True,
        problems=(MALFORMED, FRESH_PROOF, NOT_ALLOWED, NOT_FOUND, NOT_BOOKABLE, KEY_REUSED),
    )
)  # fmt: skip
def book(visit: AppVisit, line_id: int, slug: str) -> dict[str, Any]:
    """The same key again is the same booking."""
    sent = idempotency_key({name.lower(): value for name, value in visit.request.headers.items()})
    if sent is None:
        raise Problem(MALFORMED, "Send an Idempotency-Key, another one for every booking.")
    key = f"app:{sent}"
    asker = _asker(visit, Asked.BOOK_OPTION)
    known = visit.connection.execute(
        "select line_id, option from option_booking where idempotency_key = %s", (key,)
    ).fetchone()
    if known is not None and known != (line_id, slug):
        raise Problem(KEY_REUSED, "Use a new Idempotency-Key for every booking.")
    booked = book_option(visit.connection, asker, line_id=line_id, slug=slug, idempotency_key=key, now=visit.now)
    if isinstance(booked, NotBookable):
        if booked.why in {WhyNot.UNKNOWN, WhyNot.LINE_ENDED}:
            raise Http404
        raise Problem(NOT_BOOKABLE, "It is not booked.", reason=booked.why.value, others=list(booked.others))
    return {"booking": _booking(Room.of(visit), _found(visit, booked.public_id))}


@resource(Operation("GET", "A booking as it stands", Scope.OPTIONS, {"booking": _BOOKING}, problems=(NOT_FOUND,)))
def booking(visit: AppVisit, public_id: UUID) -> dict[str, Any]:
    """S13."""
    return {"booking": _booking(Room.of(visit), _found(visit, public_id))}


@resource(
    Operation("POST", "Cancel it, for the earliest day that its terms allow", Scope.OPTIONS, {"booking": _BOOKING},
              problems=_ENDING)
)  # fmt: skip
def cancel(visit: AppVisit, public_id: UUID) -> dict[str, Any]:
    """What is cancelled already is shown as it stands."""
    return _end(visit, public_id, withdraws=False)


@resource(
    Operation("POST", "Withdraw from it within 14 days (BGB § 355): it never was, and costs nothing", Scope.OPTIONS,
              {"booking": _BOOKING}, problems=_ENDING)
)  # fmt: skip
def withdraw(visit: AppVisit, public_id: UUID) -> dict[str, Any]:
    """What was withdrawn from already is shown as it stands."""
    return _end(visit, public_id, withdraws=True)


def _end(visit: AppVisit, public_id: UUID, *, withdraws: bool) -> dict[str, Any]:
    found = _found(visit, public_id)
    state = found.booking.state(Room.of(visit).today)
    if state is BookingState.WITHDRAWN or (state is BookingState.ENDING and not withdraws):
        return {"booking": _booking(Room.of(visit), found)}
    end = withdraw_option if withdraws else cancel_option
    ended = end(visit.connection, _asker(visit, Asked.CANCEL_OPTION), public_id, now=visit.now)
    if isinstance(ended, NotCancelled):
        if ended.why is WhyNotCancelled.UNKNOWN:
            raise Http404
        raise Problem(NOT_CANCELLED, "It goes on.", reason=ended.why.value, others=list(ended.others))
    return {"booking": _booking(Room.of(visit), _found(visit, public_id))}


def _found(visit: AppVisit, public_id: UUID) -> Standing:
    session = visit.signed_in
    found = standing_of(visit.connection, session.customer_id, session.brand_id, public_id, now=visit.now)
    if found is None:
        raise Http404
    return found


def _asker(visit: AppVisit, operation: Asked) -> Asker:
    asker = asker_of_session(visit.connection, visit.signed_in, operation, now=visit.now)
    if isinstance(asker, NotAllowed):
        raise Problem(
            NOT_ALLOWED, "The customer calls the hotline, or does it on the portal's page.", reason=asker.why.value
        )
    return asker


def _booking(room: Room, found: Standing) -> dict[str, Any]:
    one = found.booking
    return {
        "id": one.public_id,
        "line_id": one.line_id,
        "option": one.option,
        "name": one.name.of(room.language),
        "price": f"{one.price:.2f}",
        "currency": one.currency,
        "charge": one.charge.value,
        "state": one.state(room.today).value,
        "booked_at": one.booked_at,
        "starts_on": one.starts_on,
        "ends_on": one.ends_on,
        "would_end_on": found.ends_on,
        "withdraw_until": found.withdraw_until,
        "can_cancel": found.no_cancelling is None,
        "can_withdraw": found.no_withdrawing is None,
    }


def _offer(room: Room, line: OptionLine, option: Option) -> dict[str, Any]:
    catalogue = room.catalogue
    assert catalogue is not None, "it offers the option"
    starts_on = rules.start_of(option.terms, room.today)
    return {
        "option": option.slug,
        "name": option.name.of(room.language),
        "about": option.about.of(room.language),
        "price": f"{option.price:.2f}",
        "currency": catalogue.currency,
        "charge": option.charge.value,
        "minimum_months": option.terms.minimum_months,
        "notice_days": option.terms.notice_days,
        "days": option.terms.days,
        "starts_on": starts_on,
        "ends_on": rules.own_end(option.terms, starts_on),
        "withdraw_until": rules.withdraw_until(room.today),
        "excludes": sorted(other.slug for other in catalogue.options if catalogue.between(option, other.slug)),
        "requires": list(option.requires),
        "bookable": rules.may_book(catalogue, option, line.seen(room.today), room.today) is None,
    }
