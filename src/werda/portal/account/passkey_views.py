"""Add and remove passkeys. Adding needs a script, because browsers have no other way; the rest does not."""

import json
from typing import Any

from django.db import connection as django_connection
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from werda.portal.access import Visit, fresh_page
from werda.portal.relying_party import NotRight, ask_for_new, read_new
from werda.portal.sign_in.device import device_of
from werda.usecases.change_login import Change, add_passkey, remove_passkey
from werda.usecases.half_sign_in import begin_step, end_step, find_step
from werda.usecases.limit_tries import Limit

STEP = "enrol_passkey"
TRIES = Limit("portal: enrol passkey", 20, 300)


@fresh_page
def options(visit: Visit) -> HttpResponseBase:
    """What the browser is asked for."""
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    session = visit.signed_in
    if not TRIES.within(django_connection, str(session.login_id)):
        return HttpResponse(status=429)
    known = [bytes(public) for (public,) in visit.connection.execute("select public from passkey")]
    customer = visit.connection.execute("select customer_number from customer").fetchone()
    name = f"{visit.shop.name} {customer[0] if customer else ''}".strip()
    asked = ask_for_new(visit.request, visit.shop.name, session.login_id, name, known)
    visit.keep_step(
        begin_step(visit.connection, visit.shop.id, STEP, now=visit.now, login_id=session.login_id, state=asked.state)
    )
    return JsonResponse(asked.options)


@fresh_page
def add(visit: Visit) -> HttpResponseBase:
    """The page with the button, and the browser's answer."""
    if visit.request.method != "POST":
        return visit.render("account/add_passkey.html")
    step = find_step(visit.connection, visit.shop.id, STEP)
    if step is None or step.login_id != visit.signed_in.login_id:
        return JsonResponse({"problem": _("That took too long. Try again.")}, status=409)
    end_step(visit.connection, step)
    name = device_of(visit.request.headers.get("User-Agent", "")) or "Passkey"
    try:
        passkey = read_new(visit.request, visit.shop.name, dict(step.state), _answer(visit), name)
    except NotRight:
        return JsonResponse({"problem": _("That did not work. Try again.")}, status=422)
    add_passkey(visit.connection, visit.signed_in, passkey, now=visit.now)
    return JsonResponse({"next": "/account"})


@fresh_page
def remove(visit: Visit, passkey_id: int) -> HttpResponseBase:
    """Take one away."""
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    change = remove_passkey(visit.connection, visit.signed_in, passkey_id, now=visit.now)
    if change is Change.NOT_THERE:
        raise Http404
    if change is Change.LAST_WAY_IN:
        return visit.render("account/last_way_in.html", {}, 409)
    return redirect("account:overview")


def _answer(visit: Visit) -> Any:
    try:
        return json.loads(visit.request.POST.get("credential", "")[:20_000])
    except ValueError:
        raise NotRight("no JSON") from None
