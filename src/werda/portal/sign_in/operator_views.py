"""Sign in, or prove it once more, with the account that customers have at the operator's own provider (OIDC).

Such a session is as strong as one with a password: the provider does not say by what it knows them (A3). Who has an
authenticator app here is asked for its code as well. All refusals read the same.
"""

import hmac
import logging
from datetime import datetime
from typing import Final

from django.db import connection as django_connection
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from werda.core.portal import FRESH, SignedInBy
from werda.core.secret import Secret
from werda.look.address import address_of
from werda.portal.access import STEP_COOKIE, Visit, next_page, open_page, too_many
from werda.portal.sign_in.provider import AccountService, Unreachable, Vouched, state_of
from werda.portal.sign_in.tries import ADDRESSES
from werda.portal.sign_in.views import TOTP_STEP, provider_of, welcome
from werda.usecases.half_sign_in import Step, begin_step, end_step, find_step
from werda.usecases.limit_tries import Limit
from werda.usecases.open_session import SignedIn
from werda.usecases.renew_session import renew_session

STEP: Final = "operator"
ASKED: Final = Limit("portal: to the provider", 30, 600)
"""From one address: each leaves a step for ten minutes."""

_services: Final[dict[str, AccountService]] = {}
"""The one of this process, so that what the provider says of itself is not asked for each time."""

_log = logging.getLogger(__name__)


@open_page
def operator(visit: Visit) -> HttpResponseBase:
    """Send them to the provider. A page, no form: forms may lead nowhere else (Content-Security-Policy)."""
    service = _service(visit)
    if not ASKED.within(django_connection, address_of(visit.request)):
        return too_many(visit.request)
    try:
        service.look_up()  # before a step is written down
    except Unreachable as problem:
        return _unreachable(problem)
    again = visit.session.id if visit.session is not None else None
    state = {"next": next_page(visit.request), "again": again}
    step = begin_step(visit.connection, visit.shop.id, STEP, now=visit.now, state=state)
    visit.keep_step(step)
    return redirect(service.address(step, _back(visit), anew=again is not None))


@open_page
def operator_back(visit: Visit) -> HttpResponseBase:
    """They come back: with a code that the provider tells us the customer for, or without."""
    service = _service(visit)
    if not ADDRESSES.within(django_connection, address_of(visit.request)):
        return too_many(visit.request)
    step = find_step(visit.connection, visit.shop.id, STEP)
    if step is None:
        return _refused("no step waits in this browser")
    end_step(visit.connection, step)
    code = _code(visit)
    if code is None:
        return _refused("not what this browser asked for")
    try:
        told = service.ask(_step_secret(visit), code, _back(visit), now=visit.now.timestamp())
    except Unreachable as problem:
        return _unreachable(problem)
    if not isinstance(told, Vouched):
        return _refused(told.why)
    again = step.state.get("again")
    if again is not None and (visit.session is None or visit.session.id != again):
        return _refused("another session came back")
    row = visit.connection.execute(
        "select * from operator_login(%s, %s, %s, %s)",
        (visit.shop.id, told.customer_number, visit.now, visit.session.login_id if again and visit.session else None),
    ).fetchone()
    if row is None or row[0] is None:
        return _refused("no contract of this number, or somebody else's than before")
    ADDRESSES.give_back(django_connection, address_of(visit.request))
    return _known(visit, step, row[0], row[1], told)


@open_page
def operator_refused(visit: Visit) -> HttpResponseBase:
    """Why is not said: it is about somebody who is not known here (C7)."""
    return visit.render("sign_in/operator.html", {"refused": True}, 403)


@open_page
def operator_away(visit: Visit) -> HttpResponseBase:
    """The provider does not answer."""
    return visit.render("sign_in/operator.html", {"refused": False})


def _known(visit: Visit, step: Step, login_id: int, has_totp: bool, told: Vouched) -> HttpResponseBase:
    again, wanted = step.state.get("again"), str(step.state["next"])
    if again is not None:
        if told.signed_in_at is None or told.signed_in_at < (visit.now - FRESH).timestamp():
            return _refused("the provider did not ask them again")
        if not has_totp:
            renew_session(visit.connection, visit.signed_in, now=visit.now)
            return redirect(wanted)
    if has_totp:
        state = {"method": SignedInBy.OPERATOR.value, "again": again}
        visit.keep_step(
            begin_step(visit.connection, visit.shop.id, TOTP_STEP, now=visit.now, login_id=login_id, state=state)
        )
        return redirect(reverse("sign_in:second_step", query={"next": wanted}))
    answer = welcome(visit, SignedIn(login_id, SignedInBy.OPERATOR), wanted)
    _as_fresh_as(visit, told)
    return answer


def _as_fresh_as(visit: Visit, told: Vouched) -> None:
    """Who was signed in there already proved nothing now (S11): fresh since the provider asked them, if it says so."""
    asked = visit.now - FRESH
    if told.signed_in_at is not None and told.signed_in_at > asked.timestamp():
        asked = min(visit.now, datetime.fromtimestamp(told.signed_in_at, tz=visit.now.tzinfo))
    visit.connection.execute("update portal_session set fresh_at = %s where id = portal_session_id()", (asked,))


def _code(visit: Visit) -> Secret | None:
    """The code, if the answer is to what this browser asked, and by whom it asked (RFC 9207)."""
    answer = visit.request.GET
    provider = provider_of(visit)
    assert provider is not None
    right = hmac.compare_digest(answer.get("state", "").encode(), state_of(_step_secret(visit)).encode())
    if not right or answer.get("iss", provider.issuer) != provider.issuer or not answer.get("code"):
        return None
    return Secret(answer["code"][:4096])


def _step_secret(visit: Visit) -> Secret:
    return Secret(visit.request.COOKIES.get(STEP_COOKIE, "")[:100])


def _service(visit: Visit) -> AccountService:
    provider = provider_of(visit)
    if provider is None:
        raise Http404("no provider for this brand")
    return _services.setdefault(provider.issuer, AccountService(provider))


def _back(visit: Visit) -> str:
    return str(visit.request.build_absolute_uri(reverse("sign_in:operator_back")))


def _refused(why: str) -> HttpResponseBase:
    _log.info("sign-in by the operator's provider refused: %s", why)
    return redirect("sign_in:operator_refused")  # so that the code stays in no address that somebody sees


def _unreachable(problem: Unreachable) -> HttpResponseBase:
    _log.warning("the operator's provider cannot be asked: %s", problem)
    return redirect("sign_in:operator_away")
