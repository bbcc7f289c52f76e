"""Locks that customers set: of the display, and of the hotline. One factor locks, full strength unlocks (E5)."""

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from werda.core.one_time_code import LetterReason, NoLetterCode
from werda.look.rings import custody, verifier
from werda.portal.access import Visit, fresh_page, page
from werda.portal.secrets import standing
from werda.portal.secrets.words import NO_LETTER
from werda.usecases.lift_lockout import lift_lockout
from werda.usecases.lock_display import Display, lock_display, proves_strongly, unlock_display
from werda.usecases.lock_hotline import lock_hotline
from werda.usecases.order_letter_code import order_letter_code


@page
def display(visit: Visit) -> HttpResponseBase:
    """Lock or unlock the display of code, PIN and PUK."""
    session = visit.signed_in
    if visit.request.method == "POST" and visit.request.POST.get("go") == "unlock":
        if unlock_display(visit.connection, session, now=visit.now) is Display.UNLOCKED:
            return redirect("secrets:overview")
    elif visit.request.method == "POST":
        lock_display(visit.connection, session, now=visit.now)
        return redirect("secrets:overview")
    strong = proves_strongly(visit.connection, session, now=visit.now)
    status = 403 if visit.request.method == "POST" else 200
    return visit.render("secrets/display.html", {"strong": strong}, status)


@page
def hotline(visit: Visit) -> HttpResponseBase:
    """Close the hotline for oneself, or open it again; also after too many wrong tries."""
    session = visit.signed_in
    if visit.request.method == "POST" and visit.request.POST.get("go") == "open":
        lift_lockout(visit.connection, session.app_session, now=visit.now)
        return redirect("secrets:hotline")
    if visit.request.method == "POST":
        lock_hotline(visit.connection, session, now=visit.now)
        return redirect("secrets:hotline")
    return visit.render("secrets/hotline.html", {"hotline": standing.hotline(visit)})


@fresh_page
def letter(visit: Visit) -> HttpResponseBase:
    """Order a code by post, with which the hotline can be opened again, or a call proved (E4)."""
    context: dict[str, Any] = {}
    if visit.request.method == "POST":
        session = visit.signed_in
        ordered = order_letter_code(
            visit.connection, verifier(), custody(), session.customer_id, reason=LetterReason.LOCKED,
            actor=session.actor, now=visit.now,
        )  # fmt: skip
        if isinstance(ordered, NoLetterCode):
            return visit.render("secrets/letter.html", {"refused": NO_LETTER[ordered]}, 409)
        context = {"ordered": True, "waiting": ordered.waiting}
    return visit.render("secrets/letter.html", context)
