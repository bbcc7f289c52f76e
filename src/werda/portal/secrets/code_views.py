"""Changing the code at any time (B8): a random one is offered first, an own one is checked as it is typed (B1, B2).

The new code comes in the body of a POST only and is sealed at once. Nobody is asked for the old one (E5).
"""

from typing import Any, Final

from django.db import connection as django_connection
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from werda.core.secret import Secret
from werda.look.objections import OBJECTIONS
from werda.look.rings import custody, verifier
from werda.portal.access import Visit, fresh_page, page, too_many
from werda.portal.secrets.views import groups
from werda.store.queries.code import own_data
from werda.usecases.check_code import check_code
from werda.usecases.choose_code import NotChosen, choose_code
from werda.usecases.limit_tries import Limit
from werda.usecases.suggest_code import suggest_code

CHECKS: Final = Limit("portal: check of a code", 40, 60)
"""By one customer: what is held by too many is asked here, too."""


@fresh_page
def change(visit: Visit) -> HttpResponseBase:
    """Take the suggestion, ask for another one, or choose."""
    go = visit.request.POST.get("go", "")
    if visit.request.method != "POST" or go == "another":
        return _page(visit)
    if not _check_is_within(visit):
        return too_many(visit.request)
    offered = Secret(visit.request.POST.get("suggested" if go == "suggested" else "own", "")[:32])
    session = visit.signed_in
    chosen = choose_code(
        visit.connection, verifier(), custody(), session.customer_id, offered, actor=session.actor, now=visit.now
    )
    if isinstance(chosen, NotChosen):
        return _page(visit, error=OBJECTIONS[chosen.reason], status=422)
    return redirect("secrets:changed")


@page
def changed(visit: Visit) -> HttpResponseBase:
    """It counts from now on."""
    return visit.render("secrets/changed.html")


@fresh_page
def check(visit: Visit) -> HttpResponseBase:
    """What speaks against a code that is being typed, for the script on the page."""
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    if not _check_is_within(visit):
        answer = JsonResponse({"good": False, "text": _("Too many checks. Wait a minute, then go on.")}, status=429)
        answer.headers["Retry-After"] = "60"
        return answer
    session = visit.signed_in
    offered = Secret(visit.request.POST.get("own", "")[:32])
    own = own_data(visit.connection, [session.customer_id])[session.customer_id]
    objection = check_code(visit.connection, verifier(), session.brand_id, offered, own, now=visit.now)
    text = _("This one is good.") if objection is None else str(OBJECTIONS[objection])
    return JsonResponse({"good": objection is None, "text": text})


def _check_is_within(visit: Visit) -> bool:
    return CHECKS.within(django_connection, str(visit.signed_in.customer_id))


def _page(visit: Visit, error: Any = "", status: int = 200) -> HttpResponse:
    session = visit.signed_in
    own = own_data(visit.connection, [session.customer_id])[session.customer_id]
    suggestion = suggest_code(visit.connection, verifier(), session.brand_id, own, now=visit.now).secret
    context = {
        "groups": groups(suggestion),
        "suggestion": suggestion.reveal(),
        "digits": len(suggestion.reveal()),
        "error": error,
    }
    return visit.render("secrets/change.html", context, status)
