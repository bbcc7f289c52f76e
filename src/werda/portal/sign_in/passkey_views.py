"""Sign in, or prove it once more, with a passkey: it says who it is, and its user was verified (A3)."""

import json
from datetime import datetime
from typing import Any

from django.db import connection as django_connection
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from werda.core.portal import SignedInBy
from werda.look.address import address_of
from werda.portal.access import Visit, next_page, open_page
from werda.portal.relying_party import NotRight, ask_who, check, credential_id_of
from werda.portal.sign_in.tries import ADDRESSES
from werda.portal.sign_in.views import welcome
from werda.usecases.half_sign_in import begin_step, end_step, find_step
from werda.usecases.open_session import SignedIn
from werda.usecases.renew_session import renew_session

STEP = "passkey"


@open_page
def options(visit: Visit) -> HttpResponseBase:
    """What the browser is asked for: any passkey of this host."""
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    asked = ask_who(visit.request, visit.shop.name)
    visit.keep_step(begin_step(visit.connection, visit.shop.id, STEP, now=visit.now, state=asked.state))
    return JsonResponse(asked.options)


@open_page
def passkey(visit: Visit) -> HttpResponseBase:
    """The browser's answer: a session begins, or the one at hand is fresh again."""
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    if not ADDRESSES.within(django_connection, address_of(visit.request)):
        return JsonResponse({"problem": _("Too many tries. Wait a minute.")}, status=429)
    step = find_step(visit.connection, visit.shop.id, STEP)
    if step is None:
        return JsonResponse({"problem": _("That took too long. Try again.")}, status=409)
    end_step(visit.connection, step)
    try:
        answer = _answer(visit)
        login_id, since = _proved(visit, dict(step.state), answer)
    except NotRight:
        return JsonResponse({"problem": _("This passkey does not fit. Sign in in another way.")}, status=422)
    ADDRESSES.give_back(django_connection, address_of(visit.request))
    back = next_page(visit.request)
    if visit.session is not None and visit.session.login_id == login_id:
        renew_session(visit.connection, visit.session, now=visit.now)
    else:
        welcome(visit, SignedIn(login_id, SignedInBy.PASSKEY, since))
    visit.connection.execute(
        "update passkey set used_at = %s, uses = %s where credential_id = %s",
        (visit.now, answer["uses"], credential_id_of(answer)),
    )
    return JsonResponse({"next": back})


def _proved(visit: Visit, state: dict[str, Any], answer: dict[str, Any]) -> tuple[int, datetime]:
    """Whose passkey signed, and since when it is theirs. Raises `NotRight`."""
    row = visit.connection.execute(
        "select login_id, public, uses, enrolled_at from portal_passkey(%s, %s)",
        (visit.shop.id, credential_id_of(answer)),
    ).fetchone()
    if row is None:
        raise NotRight("no such passkey")
    answer["uses"] = check(visit.request, visit.shop.name, state, answer, bytes(row[1]), row[2])
    return row[0], row[3]


def _answer(visit: Visit) -> dict[str, Any]:
    try:
        answer = json.loads(visit.request.POST.get("credential", "")[:20_000])
    except ValueError:
        raise NotRight("no JSON") from None
    if not isinstance(answer, dict):
        raise NotRight("no object")
    return answer
