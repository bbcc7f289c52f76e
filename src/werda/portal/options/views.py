"""See what there is, book, cancel, withdraw. A form carries the key under which a second tap is the same booking."""

from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from werda.core.option import NotBookable
from werda.core.permission import NotAllowed
from werda.core.policy import Operation
from werda.portal.access import Visit, form_key, fresh_page, page
from werda.portal.options.shown import Room
from werda.portal.options.words import NOT_BOOKABLE, NOT_CANCELLED
from werda.usecases.asker import Asker, asker_of_session
from werda.usecases.book_option import book_option
from werda.usecases.cancel_option import NotCancelled, Standing, cancel_option, standing_of, withdraw_option


@page
def overview(visit: Visit) -> HttpResponseBase:
    """Each line with its tariff, what is booked, and what can be."""
    room = Room.of(visit)
    return visit.render("options/overview.html", {"lines": [room.line(line) for line in room.lines]})


@fresh_page
def book(visit: Visit, line_id: int, slug: str) -> HttpResponseBase:
    """What it costs and binds to, then a button that says so (BGB § 312j)."""
    room = Room.of(visit)
    line = next((line for line in room.lines if line.id == line_id), None)
    option = room.catalogue.find(slug) if room.catalogue else None
    if line is None or option is None:
        raise Http404
    context: dict[str, Any] = {"line": line, "offer": room.offer(line, option), "key": uuid4()}
    if visit.request.method != "POST":
        return visit.render("options/book.html", context)
    asker = _asker(visit, Operation.BOOK_OPTION)
    if asker is None:
        return visit.render("options/book.html", {**context, "refused": True}, 403)
    key = form_key(visit.request.POST.get("key", ""))
    booked = book_option(visit.connection, asker, line_id=line_id, slug=slug, idempotency_key=key, now=visit.now)
    if isinstance(booked, NotBookable):
        no = {"no": NOT_BOOKABLE[booked.why], "others": room.names(booked.others)}
        return visit.render("options/book.html", {**context, "offer": {**context["offer"], **no}}, 409)
    return redirect("options:booking", booked.public_id)


@page
def booking(visit: Visit, public_id: UUID) -> HttpResponseBase:
    """One booking: the receipt, and how it stands."""
    return visit.render("options/booking.html", {"booking": Room.of(visit).standing(_found(visit, public_id))})


@page
def cancel(visit: Visit, public_id: UUID) -> HttpResponseBase:
    """Say with which day it ends, then end it."""
    return _end(visit, public_id, "options/cancel.html", withdraws=False)


@page
def withdraw(visit: Visit, public_id: UUID) -> HttpResponseBase:
    """Undo it from the start, within the time the law gives (BGB § 355)."""
    return _end(visit, public_id, "options/withdraw.html", withdraws=True)


def _end(visit: Visit, public_id: UUID, template: str, *, withdraws: bool) -> HttpResponse:
    found, room = _found(visit, public_id), Room.of(visit)
    no = found.no_withdrawing if withdraws else found.no_cancelling
    if visit.request.method == "POST":
        asker = _asker(visit, Operation.CANCEL_OPTION)
        if asker is None:
            return visit.render(template, {"booking": room.standing(found), "refused": True}, 403)
        end = withdraw_option if withdraws else cancel_option
        ended = end(visit.connection, asker, public_id, now=visit.now)
        if not isinstance(ended, NotCancelled):
            return redirect("options:booking", public_id)
        no = ended
    context: dict[str, Any] = {"booking": room.standing(found)}
    if no is not None:
        context |= {"no": NOT_CANCELLED[no.why], "others": room.names(no.others)}
    return visit.render(template, context, 409 if visit.request.method == "POST" else 200)


def _found(visit: Visit, public_id: UUID) -> Standing:
    session = visit.signed_in
    found = standing_of(visit.connection, session.customer_id, session.brand_id, public_id, now=visit.now)
    if found is None:
        raise Http404
    return found


def _asker(visit: Visit, operation: Operation) -> Asker | None:
    asker = asker_of_session(visit.connection, visit.signed_in, operation, now=visit.now)
    return None if isinstance(asker, NotAllowed) else asker
