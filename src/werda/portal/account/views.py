"""How one signs in, and where one is signed in."""

import base64
import binascii
import secrets
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from werda.core.secret import Secret
from werda.documents.qr_code import qr_code
from werda.look.rings import custody
from werda.portal.access import Visit, fresh_page, page
from werda.portal.account.forms import FirstCode, NewPassword
from werda.portal.account.push_views import push_key
from werda.usecases.change_login import Change, add_totp, remove_totp, set_password
from werda.usecases.check_login import TOTP_BYTES, totp_of
from werda.usecases.end_sessions import end_other_sessions, end_session
from werda.usecases.enrol_login import password_flaws


@page
def overview(visit: Visit) -> HttpResponseBase:
    """Everything of the account."""
    login = visit.connection.execute(
        "select name, password <> '', totp_since from customer_login where id = %s", (visit.signed_in.login_id,)
    ).fetchone()
    assert login is not None, "a session has its login"
    return visit.render(
        "account/overview.html",
        {
            "name": login[0],
            "has_password": login[1],
            "totp_since": login[2],
            **_passkeys(visit),
            **_sessions(visit),
            "push_key": push_key(visit),
        },
    )


@fresh_page
def password(visit: Visit) -> HttpResponseBase:
    """Another password; every other session ends."""
    if visit.request.method != "POST":
        return visit.render("account/password.html", {"form": NewPassword()})
    form = NewPassword(visit.request.POST)
    flaws = password_flaws(Secret(form.cleaned_data["password"])) if form.is_valid() else []
    for flaw in flaws:
        form.add_error("password", flaw)
    if form.errors:
        return visit.render("account/password.html", {"form": form}, 422)
    set_password(visit.connection, visit.signed_in, Secret(form.cleaned_data["password"]), now=visit.now)
    return redirect("account:overview")


@fresh_page
def authenticator(visit: Visit) -> HttpResponseBase:
    """Set up an authenticator app, or take it away."""
    request = visit.request
    if request.method == "POST" and request.POST.get("go") == "remove":
        remove_totp(visit.connection, visit.signed_in, now=visit.now)
        return redirect("account:overview")
    if request.method != "POST":
        return _set_up(visit, secrets.token_bytes(TOTP_BYTES), None)
    form = FirstCode(request.POST)
    key = _key(request.POST.get("key", ""))
    if key is None or not form.is_valid():
        return _set_up(visit, key or secrets.token_bytes(TOTP_BYTES), form, 422)
    code = Secret(form.cleaned_data["code"])
    if add_totp(visit.connection, custody(), visit.signed_in, key, code, now=visit.now) is not Change.DONE:
        form.add_error("code", _("This is not what the app should show. Is the phone's clock right?"))
        return _set_up(visit, key, form, 422)
    return redirect("account:overview")


def _set_up(visit: Visit, key: bytes, form: FirstCode | None, status: int = 200) -> HttpResponse:
    text = base64.b32encode(key).decode()
    name = str(visit.signed_in.login_id)
    customer = visit.connection.execute("select customer_number from customer").fetchone()
    uri = totp_of(key).get_provisioning_uri(customer[0] if customer else name, visit.shop.name)
    context: dict[str, Any] = {
        "form": form or FirstCode(initial={"key": text}),
        "has_app": _has_app(visit),
        "key": [text[start : start + 4] for start in range(0, len(text), 4)],
        "qr_code": mark_safe(qr_code(Secret(uri)).reveal()),  # noqa: S308 - our own drawing
    }
    return visit.render("account/authenticator.html", context, status)


def _has_app(visit: Visit) -> bool:
    row = visit.connection.execute(
        "select totp is not null from customer_login where id = %s", (visit.signed_in.login_id,)
    ).fetchone()
    return row == (True,)


def _key(text: str) -> bytes | None:
    try:
        key = base64.b32decode(text)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == TOTP_BYTES else None


@page
def end_others(visit: Visit) -> HttpResponseBase:
    """Sign out everywhere else."""
    if visit.request.method != "POST":
        return redirect("account:overview")
    end_other_sessions(visit.connection, visit.signed_in, now=visit.now)
    return redirect("account:overview")


@page
def end_one(visit: Visit, session_id: int) -> HttpResponseBase:
    """Sign out one other device."""
    if visit.request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    if not end_session(visit.connection, visit.signed_in, session_id, now=visit.now):
        raise Http404
    return redirect("account:overview")


def _sessions(visit: Visit) -> dict[str, Any]:
    rows = visit.connection.execute(
        "select id, device, place, opened_at, seen_at,"
        " exists (select from push_subscription p where p.session_id = portal_session.id) from portal_session"
        " where ended_at is null and expires_at > %s order by seen_at desc, id desc limit 50",
        (visit.now,),
    ).fetchall()
    here = visit.signed_in.id
    names = ("id", "device", "place", "opened_at", "seen_at", "pushes")
    return {"sessions": [{**dict(zip(names, row, strict=True)), "here": row[0] == here} for row in rows]}


def _passkeys(visit: Visit) -> dict[str, Any]:
    rows = visit.connection.execute("select id, name, enrolled_at, used_at from passkey order by id").fetchall()
    return {"passkeys": [dict(zip(("id", "name", "enrolled_at", "used_at"), row, strict=True)) for row in rows]}
